/* The image command's work: disk images converted and looked at. */
#ifndef LAB_RUN_IMAGE_H
#define LAB_RUN_IMAGE_H

#include "disk/disk.h"

/* lab_disk_convert() beside a loop: Ctrl-C ends it with LAB_CANCELLED and nothing left behind, and
 * job->progress is called on this thread, a few times a second. */
int lab_image_convert(const struct lab_disk_job *job,
                      struct lab_disk_result *out,
                      struct lab_error *err) LAB_MUST_CHECK;

struct lab_image_look {
    struct lab_disk_info info;
    uint64_t file_bytes;   /* of all its files */
    LAB_VEC(char *) files; /* its own first */
};
int lab_image_look(const char *path,
                   struct lab_image_look *out,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_image_look_clear(struct lab_image_look *look);

#endif
