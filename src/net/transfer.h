/* Inside net only: the state of one download, shared by its three parts. */
#ifndef LAB_NET_TRANSFER_H
#define LAB_NET_TRANSFER_H

#include "net/download_priv.h"
#include "net/http.h"

/* Headers of the answer that is being read; redirects have some of their own. */
struct lab_answer {
    struct lab_note note;
    uint64_t from; /* of Content-Range */
    bool ranged;
};

struct lab_transfer {
    struct lab_download *d;
    const struct lab_download_options *options;
    struct lab_download_counts *counts;
    struct lab_error *err;
    CURL *curl;
    char *part, *note_path;
    int fd;
    uint64_t have; /* bytes in the part, all of them in hash */
    struct lab_sha256 *hash;
    struct lab_note note; /* what the part is a part of; no source: nothing to go on with */
    struct lab_answer answer;
    bool asked_rest, body;
    bool joined; /* the part is of more than one answer */
    bool anew;   /* the answer is no use to this part */
    int refused; /* -1: err is set, and trying again helps nobody */
};

/* Sets an error that trying again will not cure. Returns -1. */
int lab_transfer_refuse(struct lab_transfer *t, enum lab_code code, const char *fmt, ...)
    LAB_PRINTF(3, 4);

/* transfer_part.c: PATH.part and its hash. */
int lab_transfer_open(struct lab_transfer *t); /* takes up what an earlier run left */
int lab_transfer_anew(struct lab_transfer *t); /* empties it */
void lab_transfer_forget(struct lab_transfer *t);
/* Tells how many bytes there are, and of how many (0: as before). */
void lab_transfer_count(struct lab_transfer *t, uint64_t total);

/* transfer_answer.c: libcurl's callbacks for headers and bytes; body: before the first byte, or for
 * a file without any. */
size_t lab_transfer_header(char *line, size_t one, size_t n, void *arg);
size_t lab_transfer_bytes(char *bytes, size_t one, size_t n, void *arg);
int lab_transfer_body(struct lab_transfer *t);

#endif
