#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

enum { ESC = 0x1b, BEL = 0x07 };

/* Where a control string (window title, hyperlink) ends: BEL or ESC \. One that never ends in its
 * line must not swallow the evidence behind it. */
static size_t skip_control_string(const char *s, size_t n, size_t i)
{
    size_t start = i;
    for (; i < n && s[i] != '\n' && s[i] != '\r'; i++) {
        if (s[i] == BEL)
            return i + 1;
        if (s[i] == ESC)
            return i + 1 < n && s[i + 1] == '\\' ? i + 2 : i;
    }
    return i == n ? n : start;
}

/* s[i] is ESC; gives the offset behind the sequence (ECMA-48). */
static size_t skip_escape(const char *s, size_t n, size_t i)
{
    i++;
    if (i == n)
        return n;
    char kind = s[i];
    if (kind == '[') {
        for (i++; i < n && s[i] >= 0x20 && s[i] <= 0x3f; i++)
            ;
        return i < n && s[i] >= 0x40 && s[i] <= 0x7e ? i + 1 : i;
    }
    if (kind && strchr("]PX^_", kind))
        return skip_control_string(s, n, i + 1);
    for (; i < n && s[i] >= 0x20 && s[i] <= 0x2f; i++) /* character sets: ESC ( B */
        ;
    return i < n && s[i] >= 0x30 && s[i] <= 0x7e ? i + 1 : i;
}

/* Controls, line separators, and marks that turn the direction of what follows on a terminal. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Valid UTF-8 whose only controls are \n and \r. */
static void clean(struct lab_str *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t c;
        if (s[i] == ESC) {
            i = skip_escape(s, n, i);
            continue;
        }
        size_t len = lab_utf8_next(s + i, n - i, &c);
        if (len == 0)
            lab_str_add(out, LAB_UTF8_REPLACEMENT);
        else if (c == '\n' || c == '\r')
            lab_str_addc(out, (char)c);
        else if (is_control(c))
            lab_str_addc(out, ' ');
        else
            lab_str_addn(out, s + i, len);
        i += len ? len : 1;
    }
}

/* The last part of a line that is more than spaces: what stays on the screen. */
static void add_last_state(struct lab_str *out, const char *line, size_t n)
{
    const char *best = line;
    size_t best_len = 0;
    for (size_t start = 0; start <= n;) {
        const char *cr = memchr(line + start, '\r', n - start);
        size_t end = cr ? (size_t)(cr - line) : n;
        for (size_t i = start; i < end; i++) {
            if (line[i] != ' ') {
                best = line + start;
                best_len = end - start;
                break;
            }
        }
        start = end + 1;
    }
    while (best_len > 0 && *best == ' ')
        best++, best_len--;
    while (best_len > 0 && best[best_len - 1] == ' ')
        best_len--;
    if (best_len > 0 && out->len > 0)
        lab_str_addc(out, ' ');
    lab_str_addn(out, best, best_len);
}

void lab_put_printable(struct lab_str *out, const char *bytes, size_t n, size_t max)
{
    LAB_AUTO_STR struct lab_str cleaned = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    clean(&cleaned, bytes, n);
    const char *s = lab_str_get(&cleaned), *end = s + cleaned.len;
    while (s < end) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        const char *stop = newline ? newline : end;
        add_last_state(&line, s, (size_t)(stop - s));
        s = newline ? newline + 1 : end;
    }
    size_t len = line.len < max ? line.len : max;
    while (len > 0 && len < line.len && (line.ptr[len] & 0xc0) == 0x80)
        len--; /* not through the middle of a character */
    while (len > 0 && line.ptr[len - 1] == ' ')
        len--;
    lab_str_addn(out, lab_str_get(&line), len);
}
