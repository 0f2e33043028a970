/* A log file, for somebody who reads it while it grows. A file that begins anew (another one has
 * its name, or it was emptied) is read to its end and then from the start of the new one. */
#ifndef LAB_BASE_FOLLOW_H
#define LAB_BASE_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct lab_follow {
    const char *path;
    int64_t from; /* offset of the first byte */
    bool follow;  /* go on after the end; false: up to the end */
    void (*put)(void *arg, const char *bytes, size_t n);
    void (*anew)(void *arg); /* what comes next is of a new file; may be NULL */
    /* Asked after every look, several times a second: true, from then on, ends it. */
    bool (*cancelled)(void *arg);
    void *arg;
};

/* Blocks. LAB_HOST: the file cannot be opened or read; with follow, one that has gone is waited for
 * as soon as it has been there once. LAB_CANCELLED after cancelled(), only with follow. */
int lab_file_follow(const struct lab_follow *f, struct lab_error *err) LAB_MUST_CHECK;

/* Where the last lines begin; 0 when the file has no more than that, or cannot be read. */
int64_t lab_file_last_lines(const char *path, uint64_t lines);

#endif
