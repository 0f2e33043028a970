/* Inside image*.c only. */
#ifndef LAB_SPEC_IMAGE_H
#define LAB_SPEC_IMAGE_H

#include "spec/spec.h"

#define LAB_IMAGE_HEAD 65536 /* an ISO's mark is at 32 KiB */

struct lab_image_head {
    unsigned char *bytes;
    size_t len;
    uint64_t file_size;
};

int lab_image_qcow2(const char *path,
                    const struct lab_image_head *h,
                    uint64_t *size,
                    struct lab_error *err);
/* Bytes; 0 when the header does not say (a descriptor that names other files). */
uint64_t lab_image_vmdk_size(const struct lab_image_head *h);

#endif
