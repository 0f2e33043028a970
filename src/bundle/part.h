/* Inside bundle only: OUT.part, in which a bundle grows until it is whole, and its change into OUT.
 *
 * PART is known as ours by the folder .work in it, which also holds the lock: one labctl at a time
 * works there, and what a killed one left is used or cleaned by the next. */
#ifndef LAB_BUNDLE_PART_H
#define LAB_BUNDLE_PART_H

#include <stdbool.h>

#include "base/error.h"
#include "platform.h"

#define LAB_PART_WORK ".work"

struct lab_part_dir {
    char *out, *part;       /* absolute */
    struct plat_lock *held; /* NULL: not, or no more */
};

/* Makes OUT.part, or takes it up. LAB_CONFLICT: OUT or OUT.part is somebody else's, or another
 * labctl is at it. verb: "create", for its words. */
int lab_part_open(struct lab_part_dir *dir,
                  const char *out,
                  const char *verb,
                  struct lab_error *err) LAB_MUST_CHECK;
/* Removes every file that keep() does not want; NULL: all. Not those in .work. */
int lab_part_clean(const struct lab_part_dir *dir,
                   bool (*keep)(const void *arg, const char *path),
                   const void *arg,
                   struct lab_error *err) LAB_MUST_CHECK;
/* .work goes, and the lock with it: what is left is the bundle. */
int lab_part_finish(struct lab_part_dir *dir, struct lab_error *err) LAB_MUST_CHECK;
/* PART becomes OUT; a bundle that is OUT goes, by way of OUT.old. */
int lab_part_put_in_place(const struct lab_part_dir *dir, struct lab_error *err) LAB_MUST_CHECK;
void lab_part_close(struct lab_part_dir *dir); /* leaves what is on the disk */

#endif
