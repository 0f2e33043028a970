#include "disk/disk_priv.h"

#include <string.h>

uint64_t lab_get_be(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | b[i];
    return v;
}

uint64_t lab_get_le(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    uint64_t v = 0;
    while (n--)
        v = v << 8 | b[n];
    return v;
}

void lab_put_le(void *bytes, uint64_t value, size_t n)
{
    unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++, value >>= 8)
        b[i] = (unsigned char)value;
}

bool lab_is_zero(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    /* The first bytes by hand, then each byte against the one 16 before it: memcmp() is fast. */
    for (size_t i = 0; i < 16 && i < n; i++)
        if (b[i])
            return false;
    return n <= 16 || memcmp(b, b + 16, n - 16) == 0;
}
