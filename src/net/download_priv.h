/* Inside net only: one file's download, and the note about its part. */
#ifndef LAB_NET_DOWNLOAD_PRIV_H
#define LAB_NET_DOWNLOAD_PRIV_H

#include <stdatomic.h>

#include "net/download.h"

/* PATH.part.from: which version of what the part is a part of. */
struct lab_note {
    char *source, *etag, *modified; /* "" when the server does not say */
    uint64_t total;                 /* 0: not known */
};
void lab_note_clear(struct lab_note *note);
/* False: there is none that can be used. */
bool lab_note_read(struct lab_note *out, const char *path);
int lab_note_write(const struct lab_note *note,
                   const char *path,
                   struct lab_error *err) LAB_MUST_CHECK;
/* The value for If-Range; NULL: nothing that a server may be asked by. */
const char *lab_note_validator(const struct lab_note *note);

struct lab_download_counts {
    atomic_uint_fast64_t done, total;
};

/* Blocks. Fills the results of d. */
int lab_download_one(struct lab_download *d,
                     const struct lab_download_options *options,
                     struct lab_download_counts *counts,
                     struct lab_error *err) LAB_MUST_CHECK;
/* The same from a file of this machine. */
int lab_download_copy(struct lab_download *d,
                      struct lab_download_counts *counts,
                      struct lab_error *err) LAB_MUST_CHECK;

#endif
