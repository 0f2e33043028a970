/* Where images are pushed from: an OCI image layout (a folder, or an archive of one) or an archive
 * of `docker save`. Whoever pushes sees images, and blobs with a reader; not which of them it is.
 *
 * Manifests and blobs of a layout pass as they are, so their digests survive. `docker save` has
 * unpacked layers and no manifest: those are packed while they are read (gzip of a fixed level,
 * without time and name), so their digest is known only at the end, and the manifest after that;
 * its digest is not that of upstream's manifest. */
#ifndef LAB_OCI_SOURCE_H
#define LAB_OCI_SOURCE_H

#include "oci/manifest.h"
#include "oci/packed.h"

struct lab_blob {
    char digest[LAB_DIGEST_TEXT];  /* of the bytes that are sent; "": not known yet */
    uint64_t size;                 /* of those bytes */
    char diff_id[LAB_DIGEST_TEXT]; /* a layer of `docker save`: the digest of its tar; else "" */
    uint64_t stored;               /* bytes in the source, which is what progress counts */
    char *file;                    /* in the source, for messages too */
};

struct lab_source_image {
    char *name; /* full reference; NULL: the source gives none */
    struct lab_image_ref ref;
    struct lab_descriptor manifest; /* what the name stands for in the source; may be an index */
    /* from here: after lab_source_load() */
    bool loaded;
    char *asked;           /* digest of the index that it was chosen from, or NULL */
    LAB_VEC(size_t) blobs; /* into the source's; config first, then layers as listed */
    char *text;            /* the manifest's bytes; NULL until every digest is known */
    size_t text_len;
    char *type;                   /* of the manifest */
    char digest[LAB_DIGEST_TEXT]; /* of text; "" */
    char *config_file;            /* `docker save` only */
    LAB_VEC(char *) layer_files;  /* `docker save` only */
};

struct lab_source {
    char *path;
    bool docker;                             /* an archive of `docker save` without an OCI layout */
    LAB_VEC(struct lab_source_image) images; /* by name */
    LAB_VEC(struct lab_blob) blobs;          /* each once; of loaded images */
    struct lab_packed *packed;               /* digests of layers that were packed earlier */
    struct lab_source_files *files;
};

struct lab_source_options {
    const char *spool;  /* folder for unpacking a packed archive */
    const char *packed; /* file that remembers digests of packed layers; NULL: nothing is kept */
};

/* Lists the images. A folder may also be a bundle, with the layout in images/oci. LAB_USAGE:
 * neither layout nor archive. LAB_INTEGRITY: damaged. Blocks. */
int lab_source_open(struct lab_source **out,
                    const char *path,
                    const struct lab_source_options *options,
                    struct lab_error *err) LAB_MUST_CHECK;
void lab_source_close(struct lab_source *source); /* NULL is fine */

/* Index of the image that text names (a reference in any form), or -1 with the nearest in
 * LAB_USAGE. An only image without a name takes it. */
int lab_source_find(struct lab_source *source, const char *text, struct lab_error *err);

/* Reads manifest and config, checks platform and that every blob is there with its size. From one
 * thread, before any blob is read. */
int lab_source_load(struct lab_source *source,
                    size_t image,
                    const struct lab_platform *platform,
                    struct lab_error *err) LAB_MUST_CHECK;
/* Reads the blobs whose digest is not known, only to know it. */
int lab_source_measure(struct lab_source *source,
                       size_t image,
                       struct lab_error *err) LAB_MUST_CHECK;
/* Fills in text, type and digest, once all of the image's blobs have their digests. */
int lab_source_finish(struct lab_source *source,
                      size_t image,
                      struct lab_error *err) LAB_MUST_CHECK;

/* One blob's bytes, once, in order; several readers at a time are fine. */
struct lab_blob_reader;
int lab_blob_open(struct lab_blob_reader **out,
                  const struct lab_source *source,
                  size_t blob,
                  struct lab_error *err) LAB_MUST_CHECK;
/* Up to n bytes; *got 0: the end. The last bytes are given only when all of them were right:
 * LAB_INTEGRITY. */
int lab_blob_read(struct lab_blob_reader *reader,
                  void *bytes,
                  size_t n,
                  size_t *got,
                  struct lab_error *err) LAB_MUST_CHECK;
uint64_t lab_blob_taken(const struct lab_blob_reader *reader); /* of `stored` */
/* After the end: what was read. */
void lab_blob_sum(struct lab_blob_reader *reader, char digest[LAB_DIGEST_TEXT], uint64_t *size);
void lab_blob_close(struct lab_blob_reader *reader); /* NULL is fine */

#endif
