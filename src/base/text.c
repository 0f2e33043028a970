#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool lab_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool lab_ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool lab_has_line(const char *text, const char *name)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t n = strcspn(line, "\n");
        while (n > 0 && *line == ' ') {
            line++;
            n--;
        }
        while (n > 0 && line[n - 1] == ' ')
            n--;
        if (n == strlen(name) && n > 0 && memcmp(line, name, n) == 0)
            return true;
    }
    return false;
}

bool lab_is_label(const char *s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t n = strlen(s);
    return n >= 1 && n <= 63 && strspn(s, allowed) == n && s[0] != '-' && s[n - 1] != '-';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits into *out and moves *s behind them. False: none, or more than 64 bits. */
static bool read_digits(const char **s, uint64_t *out)
{
    const char *at = *s;
    uint64_t v = 0;
    for (; is_digit(*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (at == *s)
        return false;
    *s = at;
    *out = v;
    return true;
}

int lab_parse_uint(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t v;
    if (!read_digits(&s, &v) || *s || v > max)
        return -1;
    *out = v;
    return 0;
}

/* 'K' is missing on purpose: people mean 1000 and 1024 by it. */
static uint64_t size_unit(const char *s)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {
        {"Ki", UINT64_C(1) << 10},      {"KiB", UINT64_C(1) << 10},
        {"Mi", UINT64_C(1) << 20},      {"MiB", UINT64_C(1) << 20},
        {"Gi", UINT64_C(1) << 30},      {"GiB", UINT64_C(1) << 30},
        {"Ti", UINT64_C(1) << 40},      {"TiB", UINT64_C(1) << 40},
        {"k", UINT64_C(1000)},          {"kB", UINT64_C(1000)},
        {"M", UINT64_C(1000000)},       {"MB", UINT64_C(1000000)},
        {"G", UINT64_C(1000000000)},    {"GB", UINT64_C(1000000000)},
        {"T", UINT64_C(1000000000000)}, {"TB", UINT64_C(1000000000000)},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(units); i++)
        if (strcmp(s, units[i].name) == 0)
            return units[i].bytes;
    return 0;
}

/* Bytes of ".125" of a unit; at most six digits, so that nothing overflows. */
static bool read_fraction(const char **s, uint64_t *millionths)
{
    uint64_t v = 0;
    int digits = 0;
    for (; is_digit(**s); (*s)++, digits++) {
        if (digits == 6)
            return false;
        v = v * 10 + (uint64_t)(**s - '0');
    }
    if (digits == 0)
        return false;
    for (; digits < 6; digits++)
        v *= 10;
    *millionths = v;
    return true;
}

int lab_parse_size(const char *s, uint64_t *bytes)
{
    uint64_t whole, millionths = 0;
    if (!read_digits(&s, &whole))
        return -1;
    if (*s == '.') {
        s++;
        if (!read_fraction(&s, &millionths))
            return -1;
    }
    uint64_t unit = size_unit(s);
    /* At most 2^40 / 10^6 * 10^6: split so that the product stays below 2^64. */
    uint64_t part = unit / 1000000 * millionths + unit % 1000000 * millionths / 1000000;
    if (unit == 0 || whole > (UINT64_MAX - part) / unit)
        return -1;
    *bytes = whole * unit + part;
    return 0;
}

int lab_parse_duration(const char *s, uint64_t *ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"h", 3600000}, {"ms", 1}, {"m", 60000}, {"s", 1000}};
    uint64_t total = 0, before = UINT64_MAX;
    do {
        uint64_t v;
        size_t i = 0;
        if (!read_digits(&s, &v))
            return -1;
        while (i < LAB_ARRAY_LEN(units) && !lab_starts_with(s, units[i].name))
            i++;
        /* Larger units first and each once: "30m1h" is more likely a slip than a wish. */
        if (i == LAB_ARRAY_LEN(units) || units[i].ms >= before)
            return -1;
        before = units[i].ms;
        if (v > (UINT64_MAX - total) / before)
            return -1;
        total += v * before;
        s += strlen(units[i].name);
    } while (*s);
    *ms = total;
    return 0;
}

void lab_put_size(struct lab_str *out, uint64_t bytes)
{
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        lab_str_addf(out, "%u B", (unsigned)bytes);
        return;
    }
    size_t i = 0;
    uint64_t unit = 1024;
    /* Up to where rounding would print 1024.0 of the smaller unit. */
    while (i + 1 < LAB_ARRAY_LEN(names) && bytes / unit >= 1023 &&
           (bytes / unit >= 1024 || bytes % unit >= unit - unit / 20)) {
        unit *= 1024;
        i++;
    }
    uint64_t whole = bytes / unit, tenths = (bytes % unit / (unit / 1024) * 10 + 512) / 1024;
    if (tenths == 10) {
        whole++;
        tenths = 0;
    }
    if (tenths)
        lab_str_addf(out, "%u.%u %s", (unsigned)whole, (unsigned)tenths, names[i]);
    else
        lab_str_addf(out, "%u %s", (unsigned)whole, names[i]);
}

void lab_put_duration(struct lab_str *out, uint64_t ms)
{
    unsigned long long s = ms / 1000;
    if (ms < 1000)
        lab_str_addf(out, "%ums", (unsigned)ms);
    else if (s < 60)
        lab_str_addf(out, "%llu.%us", s, (unsigned)(ms % 1000 / 100));
    else if (s < 3600)
        lab_str_addf(out, "%llum%02llus", s / 60, s % 60);
    else
        lab_str_addf(out, "%lluh%02llum", s / 3600, s / 60 % 60);
}
