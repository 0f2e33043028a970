/* How much room letters take, without a font to ask: by classes of width that common sans-serif
 * fonts do not exceed. */
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "picture/svg.h"

/* In hundredths of the letters' size. */
static int room_of(uint32_t c, size_t columns)
{
    if (c >= 0x80)
        return columns > 1 ? 102 : columns ? 72 : 0;
    if (c == ' ')
        return 32;
    if (strchr("ijl.,:;'|!()[]`", (int)c))
        return 34;
    if (strchr("ftr-/\"{}", (int)c))
        return 46;
    if (strchr("mwMW@%", (int)c))
        return 98;
    return c >= 'A' && c <= 'Z' ? 74 : 62;
}

static size_t next_letter(const char *s, uint32_t *c, int *room)
{
    char one[8] = "";
    size_t n = lab_utf8_next(s, strlen(s), c);
    if (n == 0)
        return 0;
    memcpy(one, s, n);
    *room = room_of(*c, lab_utf8_width(one));
    return n;
}

int lab_text_room(const char *text, int size)
{
    long sum = 0;
    uint32_t c;
    int room;
    for (size_t n; *text && sum < 1000000; text += n ? n : 1, sum += room)
        if (!(n = next_letter(text, &c, &room)))
            room = 102;
    return (int)(sum * size / 100);
}

char *lab_text_fit(const char *text, int width, int size, bool *cut)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    lab_put_printable(&plain, text, strlen(text), 4096);
    const char *s = lab_str_get(&plain);
    bool whole = lab_text_room(s, size) <= width;
    if (cut)
        *cut = !whole;
    if (whole)
        return lab_str_detach(&plain);
    uint32_t c;
    long room_left = (long)width * 100 / (size ? size : 1) - 100; /* the "…" */
    size_t keep = 0;
    int room = 0;
    for (size_t n; s[keep] && (n = next_letter(s + keep, &c, &room)) && room <= room_left;
         keep += n)
        room_left -= room;
    while (keep && s[keep - 1] == ' ')
        keep--;
    return lab_format("%.*s…", (int)keep, s);
}

/* Names are ASCII (RFC 1123); others are cut at their end. */
char *lab_name_fit(const char *name, int width, int size, bool *cut)
{
    enum { TAIL = 6 };
    size_t n = strlen(name);
    *cut = lab_text_room(name, size) > width;
    for (size_t head = n > TAIL ? n - TAIL - 1 : 0; *cut && head && lab_is_label(name); head--) {
        LAB_AUTOFREE char *shorter = lab_format("%.*s…%s", (int)head, name, name + n - TAIL);
        if (lab_text_room(shorter, size) <= width)
            return lab_steal(&shorter);
    }
    return lab_text_fit(name, width, size, cut);
}
