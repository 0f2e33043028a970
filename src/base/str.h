/* A growing string with a limit. Always NUL-terminated. Passing the limit sets a sticky mark,
 * checked once at the end with lab_str_ok(); until then additions are silently dropped. */
#ifndef LAB_BASE_STR_H
#define LAB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct lab_str {
    char *ptr; /* never NULL after the first addition; lab_str_get() is always safe */
    size_t len, cap;
    size_t max; /* 0 means 64 MiB */
    bool overflow;
};

#define LAB_STR_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0, 0, false                                                                       \
    }
#define LAB_STR_MAX(n)                                                                             \
    {                                                                                              \
        NULL, 0, 0, (n), false                                                                     \
    }
#define LAB_AUTO_STR LAB_CLEANUP(lab_str_clear)

void lab_str_add(struct lab_str *s, const char *text);
void lab_str_addn(struct lab_str *s, const void *bytes, size_t n);
void lab_str_addc(struct lab_str *s, char c);
void lab_str_addf(struct lab_str *s, const char *fmt, ...) LAB_PRINTF(2, 3);
void lab_str_truncate(struct lab_str *s, size_t len);
const char *lab_str_get(const struct lab_str *s); /* "" when empty */
char *lab_str_detach(struct lab_str *s);          /* caller frees; never NULL */
bool lab_str_ok(const struct lab_str *s);
void lab_str_clear(struct lab_str *s);

#endif
