/* A folder of images: OCI image-spec 1.1, image-layout.md.
 *
 * Every write is to a .part, synced, and renamed; index.json is replaced as a whole, so a layout is
 * whole at every instant. Images are named by their full reference, in both annotations that
 * readers look for (io.containerd.image.name, org.opencontainers.image.ref.name). One writer at a
 * time; blobs may be added by several threads of it. Its index.json is the same for the same
 * images, whatever the order they came in. */
#ifndef LAB_OCI_LAYOUT_H
#define LAB_OCI_LAYOUT_H

#include "oci/manifest.h"

#define LAB_LAYOUT_MARK_MAX 4096 /* of the file oci-layout */

struct lab_layout_image {
    char *name;  /* as annotated; NULL: none */
    char *asked; /* digest of the index that it was chosen from; NULL */
    struct lab_descriptor manifest;
};
struct lab_layout {
    char *path;
    LAB_VEC(struct lab_layout_image) images; /* by name */
};

/* LAB_USAGE: no layout. LAB_INTEGRITY: not of version 1, or damaged. */
int lab_layout_open(struct lab_layout **out,
                    const char *path,
                    struct lab_error *err) LAB_MUST_CHECK;
/* Opens it, or makes an empty one. LAB_CONFLICT for a folder with something else in it. */
int lab_layout_create(struct lab_layout **out,
                      const char *path,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_layout_close(struct lab_layout *layout); /* NULL is fine */
const struct lab_layout_image *lab_layout_find(const struct lab_layout *layout, const char *name);

char *lab_layout_blob_name(const char *digest); /* "blobs/sha256/…"; caller frees */
char *lab_layout_blob_path(const struct lab_layout *layout, const char *digest); /* caller frees */
/* Reads all of it: size first, then SHA-256. LAB_INTEGRITY, missing included. */
int lab_layout_check_blob(const struct lab_layout *layout,
                          const struct lab_descriptor *blob,
                          struct lab_error *err) LAB_MUST_CHECK;

/* --- writing -------------------------------------------------------------------------------------
 */

/* One blob that is being written. A .part that an earlier run left is gone on with. */
struct lab_layout_part;
/* *out NULL: the blob is there and right already (read and checked). */
int lab_layout_begin(struct lab_layout_part **out,
                     struct lab_layout *layout,
                     const struct lab_descriptor *blob,
                     struct lab_error *err) LAB_MUST_CHECK;
uint64_t lab_layout_part_size(const struct lab_layout_part *part); /* bytes that it has */
int lab_layout_part_add(struct lab_layout_part *part,
                        const void *bytes,
                        size_t n,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_layout_part_restart(struct lab_layout_part *part, struct lab_error *err) LAB_MUST_CHECK;
/* LAB_INTEGRITY (and the .part is gone) when the bytes are not the right ones. Frees part. */
int lab_layout_part_finish(struct lab_layout_part *part, struct lab_error *err) LAB_MUST_CHECK;
void lab_layout_part_leave(struct lab_layout_part *part); /* for the next run; frees part */

/* A whole blob: its digest and size go into out, whose type the caller sets. */
int lab_layout_add(struct lab_layout *layout,
                   const void *bytes,
                   size_t n,
                   struct lab_descriptor *out,
                   struct lab_error *err) LAB_MUST_CHECK;
int lab_layout_add_file(struct lab_layout *layout,
                        const char *path,
                        struct lab_descriptor *out,
                        struct lab_error *err) LAB_MUST_CHECK;

/* Names an image, whose blobs are there; replaces one of that name. asked: the digest that the
 * reference stood for, where that was an index; else NULL. */
int lab_layout_put(struct lab_layout *layout,
                   const char *name,
                   const struct lab_descriptor *manifest,
                   const char *asked,
                   struct lab_error *err) LAB_MUST_CHECK;

/* Inside src/oci only. */
int lab_layout_check_mark(const char *bytes, size_t n, const char *path, struct lab_error *err)
    LAB_MUST_CHECK;

#endif
