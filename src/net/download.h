/* Files from URLs, whole or not at all.
 *
 * A file is written as PATH.part beside PATH.part.from, which says where it came from and which
 * version that was (ETag, Last-Modified, length). A download that broke off, in this run or an
 * earlier one, goes on where it stopped (Range with If-Range) when that is still the same version,
 * or when the expected digest will tell; a server that ignores ranges, or has another version by
 * now, makes it begin anew. What is complete is checked (size, SHA-256), fsynced and renamed to
 * PATH.
 *
 * A connection that breaks, stalls or is refused is tried again with growing pauses, as long as
 * bytes arrive or `tries` in a row brought none. */
#ifndef LAB_NET_DOWNLOAD_H
#define LAB_NET_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"

struct lab_download {
    const char *source; /* URL, or the path of a file on this machine, which is copied */
    const char *path;   /* its folder exists; what is there is replaced */
    unsigned mode;
    const char
        *sha256;   /* expected, lower case; NULL: not known. PATH with it is not fetched again */
    uint64_t size; /* expected; 0: not known */
    uint64_t max_bytes; /* more is refused; 0: no bound but the disk */
    /* results */
    char got[LAB_SHA256_HEX];
    uint64_t bytes;
    bool done;   /* PATH is complete and checked */
    bool reused; /* it was there before */
};

struct lab_download_options {
    unsigned tries;      /* in a row without bytes; 0: 8, about half a minute */
    unsigned parallel;   /* files at a time; 0: 4 */
    unsigned stall_s;    /* 0: LAB_HTTP_STALL_S */
    uint64_t backoff_ms; /* the first pause, doubled up to 30 s; 0: 250 ms */
    /* On the calling thread, some times a second. total grows as lengths become known; neither
     * falls. */
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    void *arg;
};

/* All of them, several at a time; blocks. After a failure no further one is begun, and the first
 * failure is the error: LAB_INTEGRITY (digest, size), LAB_HOST (network, disk), LAB_CANCELLED after
 * lab_work_cancel_all(). Parts stay for the next time. */
int lab_download_all(struct lab_download *list,
                     size_t n,
                     const struct lab_download_options *options,
                     struct lab_error *err) LAB_MUST_CHECK;

/* How long the server, or the file system, says that it is; 0 when it does not. One try. */
uint64_t lab_download_length(const char *source);

#endif
