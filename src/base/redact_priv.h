/* The shapes of secrets, for redact.c. */
#ifndef LAB_BASE_REDACT_PRIV_H
#define LAB_BASE_REDACT_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct lab_shape {
    const char *what;
    size_t from, until; /* of the bytes to mask; from may be behind the place that was asked for */
};

/* A secret whose shape begins exactly at `at`. */
bool lab_shape_at(struct lab_shape *out, const char *text, size_t n, size_t at);
/* The text begins in the middle of a PEM key. */
bool lab_shape_headless(struct lab_shape *out, const char *text, size_t n);
/* redact_names.c: at `at` a name of a secret begins, and its value follows. */
bool lab_shape_named(struct lab_shape *out, const char *text, size_t n, size_t at);

#endif
