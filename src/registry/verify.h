/* Can these images be pulled by their digests? Every manifest is read, every blob asked for. */
#ifndef LAB_REGISTRY_VERIFY_H
#define LAB_REGISTRY_VERIFY_H

#include "oci/manifest.h"
#include "registry/client.h"

struct lab_verify_image {
    const char *image;      /* for the result; may be NULL */
    const char *repository; /* in the registry */
    const char *digest;     /* of the manifest; of an index: all that is in it */
    const char *tag;        /* must stand for that digest; NULL: no matter */
};
struct lab_verified {
    char *image, *repository;
    char digest[LAB_DIGEST_TEXT];
    unsigned blobs;
    uint64_t bytes;         /* of manifest and blobs */
    struct lab_error error; /* code LAB_OK: it can be pulled */
};
struct lab_verify_result {
    LAB_VEC(struct lab_verified) images;
    size_t failed;
};

/* Probes first; then goes on after an image that is not right. Blocks. */
int lab_registry_verify(struct lab_registry *registry,
                        const struct lab_verify_image *images,
                        size_t n,
                        struct lab_verify_result *out,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_verify_result_clear(struct lab_verify_result *result);

#endif
