/* Lists of container images (oci/ref.h), and whether one is in them. */
#ifndef LAB_LINT_REF_H
#define LAB_LINT_REF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "oci/ref.h"

/* With the tag latest, written or not, and no digest. */
bool lab_ref_is_latest(const struct lab_image_ref *ref);

struct lab_refs {
    LAB_VEC(struct lab_image_ref) list;
};
#define LAB_AUTO_REFS LAB_CLEANUP(lab_refs_clear)
void lab_refs_add(struct lab_refs *refs, const char *text); /* what is no name is passed over */
bool lab_refs_has(const struct lab_refs *refs,
                  const struct lab_image_ref *ref); /* by digest, else by tag */
void lab_refs_clear(struct lab_refs *refs);

/* The images that a file of the payload says it brings: lines of a k3s-images.txt (any
 * "…images….txt"), `ref:` values under `images:` of a bundle's manifest.yaml. The one place that
 * knows these formats. path: below the payload's folder. */
bool lab_refs_is_list(const char *path);
void lab_refs_read_list(struct lab_refs *refs, const char *path, const char *text);

#endif
