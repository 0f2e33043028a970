/* Inside src/oci only: what sources are made of. */
#ifndef LAB_OCI_SOURCE_PRIV_H
#define LAB_OCI_SOURCE_PRIV_H

#include "oci/archive.h"
#include "oci/source.h"

/* --- files.c: a folder and an archive look the same ---------------------------------------------
 */
struct lab_source_files {
    char *path, *folder; /* folder NULL: the archive's */
    struct lab_archive *archive;
};
int lab_source_files_open(struct lab_source_files **out,
                          const char *path,
                          const char *spool,
                          struct lab_error *err) LAB_MUST_CHECK;
void lab_source_files_close(struct lab_source_files *files);
bool lab_source_files_has(const struct lab_source_files *files, const char *name);
/* The span is closed by the caller. LAB_INTEGRITY when the file is not there. */
int lab_source_files_find(const struct lab_source_files *files,
                          const char *name,
                          struct lab_span *out,
                          struct lab_error *err) LAB_MUST_CHECK;
/* The whole file; LAB_INTEGRITY beyond max. */
int lab_source_files_read(const struct lab_source_files *files,
                          const char *name,
                          size_t max,
                          struct lab_str *out,
                          struct lab_error *err) LAB_MUST_CHECK;

/* --- source.c ------------------------------------------------------------------------------------
 */
/* name NULL or not a reference: the image has none. */
struct lab_source_image *lab_source_add_image(struct lab_source *source, const char *name);
/* Index of the blob with that digest and diff_id ("" both for none), new or not. */
size_t lab_source_add_blob(struct lab_source *source,
                           const char *digest,
                           const char *diff_id,
                           uint64_t stored,
                           const char *file);

/* --- source_oci.c, source_docker.c ---------------------------------------------------------------
 */
int lab_source_list_oci(struct lab_source *source, struct lab_error *err) LAB_MUST_CHECK;
int lab_source_load_oci(struct lab_source *source,
                        struct lab_source_image *image,
                        const struct lab_platform *platform,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_source_list_docker(struct lab_source *source, struct lab_error *err) LAB_MUST_CHECK;
int lab_source_load_docker(struct lab_source *source,
                           struct lab_source_image *image,
                           const struct lab_platform *platform,
                           struct lab_error *err) LAB_MUST_CHECK;
/* Writes the manifest that `docker save` leaves out. */
void lab_source_make_manifest(const struct lab_source *source, struct lab_source_image *image);

/* --- squeeze.c: gzip, both ways ------------------------------------------------------------------
 */
struct lab_squeeze;
struct lab_squeeze *lab_squeeze_new(void);
void lab_squeeze_free(struct lab_squeeze *squeeze); /* NULL is fine */
/* Packs in[0..*in_len) into out[0..*out_len); both lengths become what was used. end: no more input
 * follows. Returns true when the end mark is written. */
bool lab_squeeze_some(struct lab_squeeze *squeeze,
                      const void *in,
                      size_t *in_len,
                      void *out,
                      size_t *out_len,
                      bool end);
struct lab_stretch;
struct lab_stretch *lab_stretch_new(void);
void lab_stretch_free(struct lab_stretch *stretch); /* NULL is fine */
/* Unpacks all of it to fn. False: it is no gzip. */
bool lab_stretch_some(struct lab_stretch *stretch,
                      const void *in,
                      size_t n,
                      void (*fn)(void *arg, const void *bytes, size_t n),
                      void *arg);
bool lab_stretch_ended(const struct lab_stretch *stretch); /* at the end of a whole gzip file */

#endif
