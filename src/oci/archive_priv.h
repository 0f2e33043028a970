/* Inside src/oci only: archive.c and what unpacks for it. */
#ifndef LAB_OCI_ARCHIVE_PRIV_H
#define LAB_OCI_ARCHIVE_PRIV_H

#include "oci/archive.h"

/* When the file at path is packed: *fd is a temporary file with its plain content, *temporary its
 * path, or NULL where it is nameless already. Else *fd is -1. LAB_INTEGRITY beyond max bytes, of
 * which nothing is left then. */
int lab_archive_unpack(const char *path,
                       int from,
                       const char *folder,
                       uint64_t max,
                       int *fd,
                       char **temporary,
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
