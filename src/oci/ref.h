/* Image references, as people and manifests write them: "busybox", "quay.io/a/b:1@sha256:…".
 *
 * Grammar: github.com/distribution/reference; the short forms are Docker's ("busybox" is
 * docker.io/library/busybox:latest). Stricter than that: upper case, control characters (lists with
 * CRLF), and digests other than SHA-256 are refused. */
#ifndef LAB_OCI_REF_H
#define LAB_OCI_REF_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define LAB_DIGEST_TEXT    72 /* "sha256:" and 64 digits, with the NUL */
#define LAB_REPOSITORY_MAX 255
#define LAB_TAG_MAX        128

struct lab_image_ref {
    char *registry;   /* "docker.io", "192.168.6.1:5000" */
    char *repository; /* "library/busybox" */
    char *tag;        /* NULL: only a digest was given */
    char *digest;     /* "sha256:…" or NULL */
};
#define LAB_AUTO_IMAGE_REF LAB_CLEANUP(lab_image_ref_clear)

/* LAB_USAGE with the reason. Without tag and digest the tag is "latest". */
int lab_image_ref_parse(struct lab_image_ref *out,
                        const char *text,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_image_ref_clear(struct lab_image_ref *ref);

/* "docker.io/library/busybox:1.36" */
void lab_image_ref_put(struct lab_str *out, const struct lab_image_ref *ref);
/* "busybox:1.36" */
void lab_image_ref_put_familiar(struct lab_str *out, const struct lab_image_ref *ref);
/* What is asked for behind …/manifests/: the digest, else the tag. Borrowed. */
const char *lab_image_ref_wanted(const struct lab_image_ref *ref);

bool lab_is_digest(const char *s);     /* "sha256:" and 64 lower-case digits */
bool lab_is_repository(const char *s); /* "library/busybox" */
bool lab_is_tag(const char *s);

#endif
