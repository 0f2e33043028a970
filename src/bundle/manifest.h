/* manifest.yaml: what a bundle holds and what each file is for. Format 1:
 *
 *   format: 1
 *   k3s_version: "v1.33.4+k3s1"     # absent: no k3s in it
 *   arch: "amd64"
 *   created: 1780000000             # seconds since 1970, UTC; also in build-timestamp
 *   min_free_bytes: 900000000       # what a node wants free, the copy of the bundle included
 *   files:                          # all but manifest.yaml, SHA256SUMS and SHA256SUMS.sig
 *     - path: "k3s/k3s"
 *       size: 78991522
 *       sha256: "…"
 *       mode: "0755"                # what it should have in a guest; FAT and ISO may not keep it
 *       role: "k3s-binary"
 *   images:
 *     - ref: "docker.io/rancher/mirrored-pause:3.6"
 *       file: "k3s/k3s-airgap-images-amd64.tar.zst"   # or images/oci/index.json, of the layout
 *       digest: "sha256:…"          # of its manifest; of its config in a docker-save archive
 *       platform: "linux/amd64"
 *   packages:                       # absent: none
 *     release: "bookworm"
 *     sha256: "…"                   # of the set: the SHA-256 of debs/RELEASE-ARCH/Packages
 *     list:
 *       - name: "tree"
 *         version: "2.1.0-1"
 *         arch: "amd64"
 *         file: "debs/bookworm-amd64/tree_2.1.0-1_amd64.deb"
 *         wanted: true              # asked for by name; false: needed by one that was
 *
 * Always written in this order, one key a line, two blanks a level, text in double quotes without
 * escapes: shell scripts in a guest read it with awk. Read back with libyaml, strictly. */
#ifndef LAB_BUNDLE_MANIFEST_H
#define LAB_BUNDLE_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/str.h"
#include "base/vec.h"

#define LAB_MANIFEST_NAME      "manifest.yaml"
#define LAB_MANIFEST_FORMAT    1
#define LAB_MANIFEST_MAX_BYTES (16u << 20)
#define LAB_TIMESTAMP_NAME     "build-timestamp" /* EPOCH_SECONDS=…, for time's floor in guests */

/* Roles. Others may come: readers keep what they do not know. */
#define LAB_FILE_K3S_BINARY  "k3s-binary"
#define LAB_FILE_K3S_INSTALL "k3s-install"
#define LAB_FILE_K3S_IMAGES  "k3s-images" /* archive for agent/images */
#define LAB_FILE_K3S_LIST    "k3s-image-list"
#define LAB_FILE_K3S_SUMS    "k3s-sums"
#define LAB_FILE_IMAGES      "images" /* archive of further images, for agent/images */
#define LAB_FILE_IMAGE       "image"  /* of the OCI layout images/oci */
#define LAB_FILE_DEB         "deb"
#define LAB_FILE_DEB_INDEX   "deb-index"
#define LAB_FILE_TIMESTAMP   "timestamp"
#define LAB_FILE_OTHER       "file" /* of `files` in bundle.yaml */

struct lab_bundle_file {
    char *path, *role;
    uint64_t size;
    unsigned mode;
    char sha256[LAB_SHA256_HEX];
};
struct lab_bundle_image {
    char *ref, *file, *digest, *platform;
};
struct lab_bundle_package {
    char *name, *version, *arch, *file;
    bool wanted;
};

struct lab_manifest {
    char *k3s_version; /* NULL: no k3s */
    char *arch;
    int64_t created;
    uint64_t min_free_bytes;
    LAB_VEC(struct lab_bundle_file) files; /* sorted by path */
    LAB_VEC(struct lab_bundle_image) images;
    char *release; /* of the packages; NULL: none */
    char packages_sha256[LAB_SHA256_HEX];
    LAB_VEC(struct lab_bundle_package) packages; /* sorted by name */
};
#define LAB_AUTO_MANIFEST LAB_CLEANUP(lab_manifest_clear)

/* Whether a text can stand in the manifest: printable ASCII without '"' and '\', 1 to 1023 bytes.
 */
bool lab_manifest_can_say(const char *text);
/* Sorts what is sorted. Every text has to be one that the manifest can say. */
void lab_manifest_put(struct lab_str *out, struct lab_manifest *manifest);
/* file: for messages. LAB_INTEGRITY with every problem as FILE:LINE:COLUMN, one a line. */
int lab_manifest_parse(struct lab_manifest *out,
                       const char *file,
                       const char *text,
                       size_t len,
                       struct lab_error *err) LAB_MUST_CHECK;
/* DIR/manifest.yaml. LAB_USAGE when the folder has none: it is no bundle. */
int lab_manifest_load(struct lab_manifest *out,
                      const char *dir,
                      struct lab_error *err) LAB_MUST_CHECK;
const struct lab_bundle_file *lab_manifest_find(const struct lab_manifest *manifest,
                                                const char *path);
uint64_t lab_manifest_bytes(const struct lab_manifest *manifest); /* of all its files */
void lab_manifest_clear(struct lab_manifest *manifest);

#endif
