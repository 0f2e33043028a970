/* Manifests, indexes and configs of images, read strictly: bounded, no duplicate keys, every digest
 * and size in the one form that is allowed.
 *
 * Formats: OCI image-spec 1.1 (manifest, image-index, config) and Docker's image manifest version
 * 2, schema 2, with its manifest list. */
#ifndef LAB_OCI_MANIFEST_H
#define LAB_OCI_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "oci/ref.h"

#define LAB_MANIFEST_MAX ((size_t)4 << 20) /* what registries accept */
#define LAB_CONFIG_MAX   ((size_t)8 << 20)
#define LAB_BLOB_MAX     ((uint64_t)1 << 40)

#define LAB_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define LAB_TYPE_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define LAB_TYPE_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define LAB_TYPE_OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define LAB_TYPE_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define LAB_TYPE_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define LAB_TYPE_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar.gzip"

struct lab_platform {
    char *os, *arch; /* "linux", "amd64" as Go writes them */
};

struct lab_descriptor {
    char *type;
    char digest[LAB_DIGEST_TEXT];
    uint64_t size;
    struct lab_platform platform; /* NULL members: not said */
    char *name;                   /* of the annotations: full name, or tag; NULL */
    bool attestation;             /* says something about an image, is none */
};

struct lab_oci_manifest {
    char *type;
    bool index;
    struct lab_descriptor config;        /* of a manifest */
    LAB_VEC(struct lab_descriptor) list; /* layers, or an index' manifests */
};
#define LAB_AUTO_OCI_MANIFEST LAB_CLEANUP(lab_oci_manifest_clear)

/* type: from the Content-Type or the descriptor; NULL when neither is known. LAB_INTEGRITY for what
 * is no manifest or not as `type` says; LAB_USAGE for Docker's schema 1 and foreign layers. */
int lab_oci_manifest_parse(struct lab_oci_manifest *out,
                           const char *bytes,
                           size_t n,
                           const char *type,
                           struct lab_error *err) LAB_MUST_CHECK;
void lab_oci_manifest_clear(struct lab_oci_manifest *manifest);
bool lab_is_manifest_type(const char *type); /* one of the four */
void lab_descriptor_copy(struct lab_descriptor *out, const struct lab_descriptor *in);
void lab_descriptor_clear(struct lab_descriptor *descriptor);

/* The index' one manifest for the platform; attestations ("unknown/unknown") are passed over. When
 * no child says its platform and there is one, that. LAB_USAGE names the platforms that there are.
 */
const struct lab_descriptor *lab_oci_manifest_choose(const struct lab_oci_manifest *index,
                                                     const struct lab_platform *platform,
                                                     struct lab_error *err);

struct lab_config {
    struct lab_platform platform;
    LAB_VEC(char *) diff_ids; /* digests of the unpacked layers, lowest first */
};
int lab_config_parse(struct lab_config *out, const char *bytes, size_t n, struct lab_error *err)
    LAB_MUST_CHECK;
void lab_config_clear(struct lab_config *config);
bool lab_is_config_type(const char *type); /* of an image, not of a chart or the like */
/* LAB_USAGE, naming both architectures, when the image is for another machine. */
int lab_config_check(const struct lab_config *config,
                     const struct lab_platform *platform,
                     struct lab_error *err) LAB_MUST_CHECK;

/* "linux/amd64"; LAB_USAGE. */
int lab_platform_parse(struct lab_platform *out,
                       const char *text,
                       struct lab_error *err) LAB_MUST_CHECK;
void lab_platform_clear(struct lab_platform *platform);

#endif
