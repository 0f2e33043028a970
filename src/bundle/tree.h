/* The files below a bundle's folder, and the rule for their paths.
 *
 * A bundle travels over ISO images, FAT32 sticks and NTFS, and shell scripts in guests read its
 * lists: so a path is printable ASCII without : \ " * ? < > |, at most 7 folders deep, no part
 * empty,
 * "." or "..", or with a blank or (at the end) a stop at its edge. Only plain files and folders. */
#ifndef LAB_BUNDLE_TREE_H
#define LAB_BUNDLE_TREE_H

#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

#define LAB_BUNDLE_MAX_FILES 20000

/* Why the path cannot be one of a bundle, as the end of a sentence ("is absolute"); NULL: it can.
 */
const char *lab_bundle_bad_path(const char *path);

struct lab_tree_file {
    char *path; /* relative, '/' between parts */
    uint64_t size;
    unsigned mode;
    const char *bad; /* static: why a bundle cannot hold it ("is a symbolic link"); NULL: it can */
};
struct lab_tree {
    LAB_VEC(struct lab_tree_file) files; /* sorted by the bytes of their paths */
};
#define LAB_AUTO_TREE LAB_CLEANUP(lab_tree_clear)

/* Everything below dir that is no folder. Links are listed, never followed. LAB_USAGE when there
 * are more than LAB_BUNDLE_MAX_FILES. */
int lab_tree_read(struct lab_tree *out, const char *dir, struct lab_error *err) LAB_MUST_CHECK;
const struct lab_tree_file *lab_tree_find(const struct lab_tree *tree, const char *path);
void lab_tree_clear(struct lab_tree *tree);

#endif
