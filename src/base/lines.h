/* Bytes that come in pieces, as lines. */
#ifndef LAB_BASE_LINES_H
#define LAB_BASE_LINES_H

#include <stddef.h>

#include "base/str.h"

struct lab_lines {
    /* Without its end (\n or \r\n), NUL-terminated; one of more than 64 KiB comes in parts. */
    void (*line)(void *arg, const char *text, size_t n);
    void *arg;
    struct lab_str part; /* what came without its end yet */
};

void lab_lines_add(struct lab_lines *l, const char *bytes, size_t n);
void lab_lines_end(struct lab_lines *l); /* hands out the rest, if there is one */
void lab_lines_clear(struct lab_lines *l);

#endif
