/* VMDK: sparse and streamOptimized, and descriptors of several files. */
#include "fuzz_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_disk(data, size);
}
