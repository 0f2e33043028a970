/* What one bundle has that another has not, by their manifests. */
#ifndef LAB_BUNDLE_DIFF_H
#define LAB_BUNDLE_DIFF_H

#include "bundle/manifest.h"

enum lab_diff_kind { LAB_DIFF_K3S, LAB_DIFF_FILE, LAB_DIFF_IMAGE, LAB_DIFF_PACKAGE };
const char *lab_diff_kind_name(enum lab_diff_kind kind);

struct lab_difference {
    enum lab_diff_kind kind;
    char *name;
    char *before, *after; /* version, digest, size; NULL: not in that bundle */
};
struct lab_diff {
    LAB_VEC(struct lab_difference) list;
};

/* Packages are told by their versions, not by their files. */
void lab_bundle_diff(struct lab_diff *out,
                     const struct lab_manifest *before,
                     const struct lab_manifest *after);
void lab_diff_clear(struct lab_diff *diff);

#endif
