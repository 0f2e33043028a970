/* A VMDK's descriptor by itself. */
#include "disk/vmdk.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    struct lab_vmdk_text out = {.type = NULL};
    int rc = lab_vmdk_text_parse(&out, "disk.vmdk", text, &err);
    fuzz_answer(rc, &err);
    uint64_t sectors = 0;
    LAB_VEC_FOREACH (e, &out.extents) {
        fuzz_check(e->sectors > 0 && (e->kind == LAB_VMDK_ZERO) == (e->file == NULL));
        sectors += e->sectors;
    }
    fuzz_check(sectors <= LAB_DISK_MAX / LAB_DISK_SECTOR || rc < 0);
    lab_vmdk_text_clear(&out);
    return 0;
}
