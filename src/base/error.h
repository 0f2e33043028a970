/* Errors: what was tried, on what, why it failed, what to do next.
 *
 * A function that can fail returns 0 or -1 and takes a struct lab_error as its last parameter. On
 * success it leaves the error untouched. Set an error once, where the cause is known; wrap it at
 * module borders with what was being tried. The first error wins; failures while cleaning up go to
 * the log. */
#ifndef LAB_BASE_ERROR_H
#define LAB_BASE_ERROR_H

#include "base/mem.h"

/* The values are labctl's exit statuses: they say what the user must do next. */
enum lab_code {
    LAB_OK = 0,
    LAB_INTERNAL = 1,   /* a defect in labctl */
    LAB_USAGE = 2,      /* command line or lab.yaml */
    LAB_HOST = 3,       /* the host lacks something */
    LAB_HYPERVISOR = 4, /* the hypervisor refused */
    LAB_GUEST = 5,      /* a guest failed */
    LAB_TIMEOUT = 6,    /* a deadline passed */
    LAB_CONFLICT = 7,   /* locked, or not ours */
    LAB_INTEGRITY = 8,  /* checksum, signature, host key */
    LAB_CANCELLED = 130 /* interrupted */
};

struct lab_error {
    enum lab_code code;
    char *message; /* one whole sentence without the final stop */
    char *hint;    /* what to do next; NULL when the message says it all */
};

#define LAB_ERROR_INIT                                                                             \
    {                                                                                              \
        LAB_OK, NULL, NULL                                                                         \
    }
#define LAB_AUTO_ERROR LAB_CLEANUP(lab_error_clear)

/* Sets the error unless one is set already. Always returns -1. err may be NULL. */
int lab_fail(struct lab_error *err, enum lab_code code, const char *fmt, ...) LAB_PRINTF(3, 4);

/* Adds "CONTEXT: " in front of the message. Returns -1. */
int lab_error_wrap(struct lab_error *err, const char *fmt, ...) LAB_PRINTF(2, 3);

/* Sets the hint unless one is set. Returns -1. */
int lab_error_hint(struct lab_error *err, const char *fmt, ...) LAB_PRINTF(2, 3);

/* Moves src into dst (cleared first); src becomes empty. */
void lab_error_move(struct lab_error *dst, struct lab_error *src);
void lab_error_copy(struct lab_error *dst, const struct lab_error *src);
void lab_error_clear(struct lab_error *err);

/* Exit status for several failures: the first that applies of 8, 7, 4, 5, 6, then the larger. */
enum lab_code lab_code_worse(enum lab_code a, enum lab_code b);

#endif
