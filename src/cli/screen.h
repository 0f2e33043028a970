/* Rows at the bottom of a terminal that are drawn over again and again, below the text that scrolls
 * past. No full-screen mode: what was drawn last stays in the scrollback like any other output.
 *
 * Every frame is one write and shows the cursor again at its end, so that whatever ends labctl
 * (Ctrl-C, Ctrl-Z, kill -9) leaves the terminal as it should be. Escape sequences: ECMA-48 and
 * DEC's cursor mode, which Windows 10's console knows too. */
#ifndef LAB_CLI_SCREEN_H
#define LAB_CLI_SCREEN_H

#include <stdio.h>

#include "base/str.h"
#include "base/vec.h"

struct lab_cli;

/* What a terminal can show. */
struct lab_style {
    bool color, utf8;
};
enum lab_ink { LAB_INK_NONE, LAB_INK_RED = 31, LAB_INK_GREEN = 32, LAB_INK_CYAN = 36 };

struct lab_frame_row {
    struct lab_str text;
    size_t width; /* columns that it takes */
};
struct lab_frame {
    LAB_VEC(struct lab_frame_row) rows;
};

struct lab_screen {
    FILE *out;                     /* stdout or stderr */
    LAB_VEC(size_t) drawn;         /* widths of the rows that stand on the terminal */
    struct lab_str last;           /* the frame that stands there */
    size_t columns, terminal_rows; /* when it was drawn */
};

/* NO_COLOR, --no-color, and the locale. */
struct lab_style lab_style_of(const struct lab_cli *cli);
/* false: a pipe, a file, TERM=dumb: whole lines only. */
bool lab_screen_can_draw(const FILE *out);

/* Room for a frame: columns that a row may take, and rows. At least 1 each. */
void lab_screen_room(const struct lab_screen *s, size_t *columns, size_t *rows);
/* The frame takes the place of the one before; writes nothing when it is the same. Rows and columns
 * are at most those of lab_screen_room(), but for a last frame: longer ones scroll. */
void lab_screen_draw(struct lab_screen *s, const struct lab_frame *frame);
/* Takes the frame away, so that text can scroll past; the next one is drawn below it. */
void lab_screen_clear(struct lab_screen *s);
/* What was drawn stays; frees. Repeating is fine. */
void lab_screen_end(struct lab_screen *s);

/* --- frames --------------------------------------------------------------------------------------
 */

struct lab_frame_row *lab_frame_row(struct lab_frame *frame);
/* Text of any origin: filtered, in ASCII when the terminal knows no more, cut to so many columns
 * (with an ellipsis where that is possible). Adds its width to the row. */
void lab_row_put(struct lab_frame_row *row,
                 const char *text,
                 size_t columns,
                 const struct lab_style *style);
/* The same, and spaces up to that width. right: in front. */
void lab_row_pad(struct lab_frame_row *row,
                 const char *text,
                 size_t columns,
                 bool right,
                 const struct lab_style *style);
void lab_row_gap(struct lab_frame_row *row, size_t n); /* spaces */
void lab_row_ink(struct lab_frame_row *row, enum lab_ink ink, const struct lab_style *style);
void lab_frame_clear(struct lab_frame *frame);

#endif
