/* Archives of images, as `docker save`, `skopeo copy … docker-archive:` or `oci-archive:` and k3s
 * write them: a tar, packed or not, of an OCI layout (index.json) or with a manifest.json. */
#ifndef LAB_BUNDLE_ARCHIVE_H
#define LAB_BUNDLE_ARCHIVE_H

#include "bundle/manifest.h"

/* The path with the suffix that k3s wants for what the file holds (".tar.gz", ".tar.zst", …).
 * Caller frees; NULL with LAB_USAGE: nothing that k3s can import. */
char *lab_archive_name(const char *path, const char *file, struct lab_error *err);

/* Reads DIR/path to its end and adds its images to the manifest. LAB_INTEGRITY: it is damaged, a
 * blob is not what its name says, or a part is missing. LAB_USAGE: an image is for another
 * processor, or none has a name. */
int lab_archive_images(struct lab_manifest *out,
                       const char *dir,
                       const char *path,
                       const char *arch,
                       struct lab_error *err) LAB_MUST_CHECK;

/* "busybox" is docker.io/library/busybox:latest. Caller frees. */
char *lab_image_full_name(const char *ref);

#endif
