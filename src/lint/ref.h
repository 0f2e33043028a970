/* Names of container images ("nginx", "quay.io/a/b:1.2@sha256:…") and lists of them.
 *
 * Normalised as Docker's reference library does (github.com/distribution/reference, normalize.go):
 * no registry means docker.io, one word there means library/; no tag and no digest means latest. */
#ifndef LAB_LINT_REF_H
#define LAB_LINT_REF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

struct lab_ref {
    char *registry, *path; /* "docker.io", "library/nginx" */
    char *tag, *digest;    /* NULL: not written */
};
#define LAB_AUTO_REF LAB_CLEANUP(lab_ref_clear)

/* -1: no name of an image. */
int lab_ref_parse(struct lab_ref *out, const char *text);
void lab_ref_clear(struct lab_ref *ref);
/* Without tag and digest, or with the tag latest and no digest. */
bool lab_ref_is_latest(const struct lab_ref *ref);
bool lab_ref_equal(const struct lab_ref *a, const struct lab_ref *b);

struct lab_refs {
    LAB_VEC(struct lab_ref) list;
};
#define LAB_AUTO_REFS LAB_CLEANUP(lab_refs_clear)
void lab_refs_add(struct lab_refs *refs, const char *text); /* what is no name is passed over */
bool lab_refs_has(const struct lab_refs *refs, const struct lab_ref *ref);
void lab_refs_clear(struct lab_refs *refs);

/* The images that a file of the payload says it brings: lines of a k3s-images.txt (any
 * "…images….txt"), `ref:` values under `images:` of a bundle's manifest.yaml. The one place that
 * knows these formats. path: below the payload's folder. */
bool lab_refs_is_list(const char *path);
void lab_refs_read_list(struct lab_refs *refs, const char *path, const char *text);

#endif
