/* The files of a tar archive, read in place: each by its offset, by any thread, nothing unpacked.
 *
 * gzip and zstd (told by their first bytes, never by a suffix) have no offsets: such an archive is
 * unpacked once, as a whole, into a temporary plain archive that is gone after lab_archive_close().
 */
#ifndef LAB_OCI_ARCHIVE_H
#define LAB_OCI_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct lab_archive;

/* Where a file's bytes are. */
struct lab_span {
    int fd;
    bool own; /* to be closed by lab_span_close() */
    uint64_t offset, size;
};
void lab_span_close(struct lab_span *span);
/* Up to n bytes at an offset of the span: *got; fewer than asked only at its end. path: for
 * messages. */
int lab_span_read(const struct lab_span *span,
                  const char *path,
                  uint64_t at,
                  void *bytes,
                  size_t n,
                  size_t *got,
                  struct lab_error *err) LAB_MUST_CHECK;

/* What a packed archive may be unpacked: some times as much as all images of Rancher together have,
 * and too little for a few kilobytes to fill a large disk. */
#define LAB_ARCHIVE_UNPACKED_MAX ((uint64_t)256 << 30)

/* spool: folder for the temporary archive; its room is checked first. LAB_USAGE: no tar archive.
 * LAB_INTEGRITY: damaged, too large when unpacked, or with paths that lead out of it. LAB_HOST: no
 * room. Blocks. */
int lab_archive_open(struct lab_archive **out,
                     const char *path,
                     const char *spool,
                     struct lab_error *err) LAB_MUST_CHECK;
void lab_archive_close(struct lab_archive *archive); /* NULL is fine */

bool lab_archive_has(const struct lab_archive *archive, const char *name);
/* Follows links to other members. LAB_INTEGRITY: missing, a loop, or out of the archive. The span
 * is borrowed from the archive. */
int lab_archive_find(const struct lab_archive *archive,
                     const char *name,
                     struct lab_span *out,
                     struct lab_error *err) LAB_MUST_CHECK;

#endif
