#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/screen.h"

struct lab_frame_row *lab_frame_row(struct lab_frame *frame)
{
    struct lab_frame_row *row = lab_vec_push(&frame->rows);
    *row = (struct lab_frame_row){LAB_STR_INIT, 0};
    return row;
}

/* Marks of our own sentences that have a spelling in ASCII; the rest becomes '?'. */
static const char *ascii_of(uint32_t c)
{
    switch (c) {
    case 0x2014: /* — */
    case 0x2013:
        return "-";
    case 0x2018:
    case 0x2019:
        return "'";
    case 0x201c:
    case 0x201d:
        return "\"";
    case 0x2026: /* … */
        return "...";
    default:
        return "?";
    }
}

static void put_plain(struct lab_str *out, const char *text, const struct lab_style *style)
{
    LAB_AUTO_STR struct lab_str clean = LAB_STR_INIT;
    lab_put_printable(&clean, text, strlen(text), SIZE_MAX);
    if (style->utf8) {
        lab_str_add(out, lab_str_get(&clean));
        return;
    }
    for (size_t i = 0; i < clean.len;) {
        uint32_t c = 0xfffd;
        size_t n = lab_utf8_next(clean.ptr + i, clean.len - i, &c);
        if (c < 0x80)
            lab_str_addc(out, (char)c);
        else
            lab_str_add(out, ascii_of(c));
        i += n ? n : 1;
    }
}

/* Bytes of the longest beginning that takes at most so many columns. */
static size_t fits(const char *text, size_t columns)
{
    size_t n = strlen(text), end = 0;
    LAB_AUTO_STR struct lab_str one = LAB_STR_INIT;
    for (size_t i = 0, width = 0; i < n;) {
        uint32_t c;
        size_t len = lab_utf8_next(text + i, n - i, &c);
        lab_str_truncate(&one, 0);
        lab_str_addn(&one, text + i, len ? len : 1);
        width += lab_utf8_width(lab_str_get(&one));
        if (width > columns)
            break;
        end = i += one.len;
    }
    return end;
}

void lab_row_put(struct lab_frame_row *row,
                 const char *text,
                 size_t columns,
                 const struct lab_style *style)
{
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    put_plain(&all, text, style);
    if (lab_utf8_width(lab_str_get(&all)) > columns) {
        bool ellipsis = style->utf8 && columns > 3;
        lab_str_truncate(&all, fits(lab_str_get(&all), ellipsis ? columns - 1 : columns));
        if (ellipsis)
            lab_str_add(&all, "…");
    }
    lab_str_add(&row->text, lab_str_get(&all));
    row->width += lab_utf8_width(lab_str_get(&all));
}

void lab_row_gap(struct lab_frame_row *row, size_t n)
{
    row->width += n;
    while (n--)
        lab_str_addc(&row->text, ' ');
}

void lab_row_pad(struct lab_frame_row *row,
                 const char *text,
                 size_t columns,
                 bool right,
                 const struct lab_style *style)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    put_plain(&plain, text, style);
    size_t width = lab_utf8_width(lab_str_get(&plain));
    size_t end = row->width + columns;
    if (right && width < columns)
        lab_row_gap(row, columns - width);
    lab_row_put(row, text, columns, style);
    if (row->width < end)
        lab_row_gap(row, end - row->width);
}

void lab_row_ink(struct lab_frame_row *row, enum lab_ink ink, const struct lab_style *style)
{
    if (style->color)
        lab_str_addf(&row->text, "\x1b[%dm", (int)ink);
}

void lab_frame_clear(struct lab_frame *frame)
{
    LAB_VEC_FOREACH (row, &frame->rows)
        lab_str_clear(&row->text);
    lab_vec_clear(&frame->rows);
}
