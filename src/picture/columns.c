#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "picture/svg.h"

/* What the screen will show of it. */
static void put_plain(struct lab_str *out, const char *text, bool utf8)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    lab_put_printable(&plain, text, strlen(text), 4096);
    if (utf8) {
        lab_str_add(out, lab_str_get(&plain));
        return;
    }
    uint32_t c;
    for (const char *s = lab_str_get(&plain); *s;) {
        size_t n = lab_utf8_next(s, strlen(s), &c);
        lab_str_addc(out, n == 1 ? *s : '?');
        s += n ? n : 1;
    }
}

/* Shortened in place by whole letters. */
static void cut(struct lab_str *text, size_t width, bool utf8)
{
    if (lab_utf8_width(lab_str_get(text)) <= width)
        return;
    while (text->len && lab_utf8_width(lab_str_get(text)) + 1 > width) {
        size_t len = text->len - 1;
        while (len && ((unsigned char)text->ptr[len] & 0xC0) == 0x80)
            len--;
        lab_str_truncate(text, len);
    }
    if (width)
        lab_str_add(text, utf8 ? "…" : "~");
}

void lab_put_columns(struct lab_str *out, const char *text, size_t width, bool right, bool utf8)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    put_plain(&plain, text, utf8);
    cut(&plain, width, utf8);
    size_t used = lab_utf8_width(lab_str_get(&plain));
    for (size_t i = used; right && i < width; i++)
        lab_str_addc(out, ' ');
    lab_str_add(out, lab_str_get(&plain));
    for (size_t i = used; !right && i < width; i++)
        lab_str_addc(out, ' ');
}

void lab_put_name(struct lab_str *out, const char *name, size_t width, bool utf8)
{
    size_t n = strlen(name), tail = width / 2;
    if (n <= width || width < 4 || !lab_is_label(name)) {
        lab_put_columns(out, name, width, false, utf8);
        return;
    }
    lab_str_addf(out, "%.*s%s%s", (int)(width - tail - 1), name, utf8 ? "…" : "~", name + n - tail);
}

void lab_put_cut_line(struct lab_str *out, const char *text, size_t width, bool utf8)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    size_t indent = strspn(text, " "), n = strlen(text); /* printable text loses its margin */
    while (n > indent && text[n - 1] == ' ')
        n--;
    LAB_AUTOFREE char *body = lab_strndup(text + indent, n - indent);
    for (size_t i = 0; i < indent && i < width; i++)
        lab_str_addc(&plain, ' ');
    put_plain(&plain, body, utf8);
    cut(&plain, width, utf8);
    lab_str_addf(out, "%s\n", lab_str_get(&plain));
}

/* Bytes of whole letters that fit; at a space, when there is one. */
static size_t line_end(const char *s, size_t width)
{
    size_t n = 0, space = 0, used = 0;
    while (s[n]) {
        uint32_t c;
        char one[8] = "";
        size_t len = lab_utf8_next(s + n, strlen(s + n), &c);
        memcpy(one, s + n, len ? len : 1);
        used += lab_utf8_width(one);
        if (used > width)
            return space ? space : n ? n : 1;
        n += len ? len : 1;
        if (s[n] == ' ')
            space = n;
    }
    return n;
}

void lab_put_wrapped(
    struct lab_str *out, const char *text, size_t width, size_t indent, unsigned most, bool utf8)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    put_plain(&plain, text, utf8);
    const char *s = lab_str_get(&plain);
    for (unsigned line = 1;; line++) {
        size_t room = line == 1 ? width : width - indent, n = line_end(s, room);
        LAB_AUTO_STR struct lab_str part = LAB_STR_INIT;
        lab_str_addn(&part, s, line == most ? strlen(s) : n);
        cut(&part, room, utf8);
        for (size_t i = 0; line > 1 && i < indent; i++)
            lab_str_addc(out, ' ');
        lab_str_addf(out, "%s\n", lab_str_get(&part));
        s += n + (s[n] == ' ');
        if (!*s || line == most)
            return;
    }
}
