#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t default_max = (size_t)64 << 20;

static bool reserve(struct lab_str *s, size_t more)
{
    size_t max = s->max ? s->max : default_max;
    if (s->overflow || more > max - s->len) {
        s->overflow = true;
        return false;
    }
    size_t need = s->len + more + 1;
    if (need > s->cap) {
        size_t cap = s->cap ? s->cap : 64;
        while (cap < need)
            cap *= 2;
        s->ptr = lab_realloc(s->ptr, cap, 1);
        s->cap = cap;
    }
    return true;
}

void lab_str_addn(struct lab_str *s, const void *bytes, size_t n)
{
    if (!reserve(s, n))
        return;
    if (n)
        memcpy(s->ptr + s->len, bytes, n);
    s->len += n;
    s->ptr[s->len] = '\0';
}

void lab_str_add(struct lab_str *s, const char *text)
{
    lab_str_addn(s, text, strlen(text));
}

void lab_str_addc(struct lab_str *s, char c)
{
    lab_str_addn(s, &c, 1);
}

void lab_str_addf(struct lab_str *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vformat(fmt, ap);
    va_end(ap);
    lab_str_add(s, text);
}

void lab_str_truncate(struct lab_str *s, size_t len)
{
    if (len < s->len) {
        s->len = len;
        s->ptr[len] = '\0';
    }
}

const char *lab_str_get(const struct lab_str *s)
{
    return s->ptr ? s->ptr : "";
}

char *lab_str_detach(struct lab_str *s)
{
    char *out = s->ptr ? s->ptr : lab_strdup("");
    *s = (struct lab_str){.max = s->max};
    return out;
}

bool lab_str_ok(const struct lab_str *s)
{
    return !s->overflow;
}

void lab_str_clear(struct lab_str *s)
{
    free(s->ptr);
    *s = (struct lab_str){.max = s->max};
}
