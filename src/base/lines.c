#include "base/lines.h"

#include <string.h>

enum { LINE_MAX_BYTES = 64 * 1024 };

static void put(struct lab_lines *l)
{
    while (l->part.len && l->part.ptr[l->part.len - 1] == '\r')
        lab_str_truncate(&l->part, l->part.len - 1);
    l->line(l->arg, lab_str_get(&l->part), l->part.len);
    lab_str_truncate(&l->part, 0);
}

void lab_lines_add(struct lab_lines *l, const char *bytes, size_t n)
{
    while (n) {
        const char *newline = memchr(bytes, '\n', n);
        size_t take = newline ? (size_t)(newline - bytes) : n;
        if (l->part.len + take > LINE_MAX_BYTES)
            put(l);
        lab_str_addn(&l->part, bytes, take);
        if (newline)
            put(l);
        bytes += take + (newline ? 1 : 0);
        n -= take + (newline ? 1 : 0);
    }
}

void lab_lines_end(struct lab_lines *l)
{
    if (l->part.len)
        put(l);
}

void lab_lines_clear(struct lab_lines *l)
{
    lab_str_clear(&l->part);
}
