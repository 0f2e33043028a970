/* qcow2, compressed clusters and backing files included. */
#include "fuzz_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_disk(data, size);
}
