#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        fputs("labctl: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *lab_alloc(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

void *lab_calloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));
}

void *lab_realloc(void *p, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        checked(NULL);
    size_t bytes = n * size;
    return checked(realloc(p, bytes ? bytes : 1));
}

char *lab_strdup(const char *s)
{
    return s ? lab_strndup(s, strlen(s)) : NULL;
}

char *lab_strndup(const char *s, size_t n)
{
    char *copy = lab_alloc(n + 1);
    memcpy(copy, s, n);
    return copy;
}

char *lab_vformat(const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) {
        va_end(again);
        return lab_strdup("");
    }
    char *s = lab_alloc((size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

char *lab_format(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = lab_vformat(fmt, ap);
    va_end(ap);
    return s;
}

void lab_assign(char **dst, const char *src)
{
    char *copy = lab_strdup(src);
    free(*dst);
    *dst = copy;
}

void lab_wipe(void *p, size_t n)
{
    volatile unsigned char *b = p;
    while (n--)
        *b++ = 0;
}

void lab_autofree_(void *pp)
{
    void *p;
    memcpy(&p, pp, sizeof(p));
    free(p);
}
