/* SVG 1.1 as text, self-contained: no scripts, no links, no fonts of others.
 *
 * Coordinates and sizes are tenths of a pixel, in whole numbers: the same picture is the same bytes
 * on every system and in every locale. Texts may be anything, also of hostile guests: what is no
 * UTF-8, controls, and marks that turn the direction are replaced, markup is escaped. */
#ifndef LAB_PICTURE_SVG_H
#define LAB_PICTURE_SVG_H

#include <stdbool.h>

#include "base/str.h"

#define LAB_PX(n) ((n)*10)

struct lab_box {
    int x, y, w, h;
};

/* style: CSS of the classes that are used, behind lab_svg_theme()'s. */
void lab_svg_begin(struct lab_str *out,
                   int width,
                   int height,
                   const char *title,
                   const char *description,
                   const char *style);
void lab_svg_end(struct lab_str *out);
/* The colours, light and dark; also for a page around the picture. */
const char *lab_svg_theme(void);

/* A group whose title is shown where the pointer rests, and read aloud; NULL: none. */
void lab_svg_open(struct lab_str *out, const char *class_name, const char *title);
void lab_svg_close(struct lab_str *out);
void lab_svg_rect(struct lab_str *out, struct lab_box box, int radius, const char *class_name);
void lab_svg_line(struct lab_str *out, int x1, int y1, int x2, int y2, const char *class_name);
void lab_svg_circle(struct lab_str *out, int x, int y, int r, const char *class_name);
/* points: pairs of x and y. */
void lab_svg_shape(struct lab_str *out, const int *points, size_t n, const char *class_name);
/* y is the baseline. */
void lab_svg_text(struct lab_str *out, int x, int y, const char *class_name, const char *text);
/* Shortened to width at this size of the letters; the whole is then its title. */
void lab_svg_text_in(struct lab_str *out,
                     int x,
                     int y,
                     int width,
                     int size,
                     const char *class_name,
                     const char *text);
/* The same for a name: cut in its middle, since names differ at their ends. */
void lab_svg_name_in(struct lab_str *out,
                     int x,
                     int y,
                     int width,
                     int size,
                     const char *class_name,
                     const char *name);
void lab_svg_escape(struct lab_str *out, const char *text);

/* Room that the text takes in a common sans-serif at this size; rather too much than too little. */
int lab_text_room(const char *text, int size);
/* The text, or as much of its beginning as fits, with "…" behind it. *cut may be NULL. Caller
 * frees. */
char *lab_text_fit(const char *text, int width, int size, bool *cut);
char *lab_name_fit(const char *name, int width, int size, bool *cut);

/* --- columns of a terminal (columns.c) ----------------------------------------------------------
 */

/* The text in exactly `width` columns: cut with "…" (without UTF-8 "~"), or filled with spaces, in
 * front when right. Without UTF-8 other letters become '?'. */
void lab_put_columns(struct lab_str *out, const char *text, size_t width, bool right, bool utf8);
/* A name, cut in its middle. */
void lab_put_name(struct lab_str *out, const char *name, size_t width, bool utf8);
/* A line of at most `width` columns, without spaces at its end, and its newline. */
void lab_put_cut_line(struct lab_str *out, const char *text, size_t width, bool utf8);
/* As many lines as it takes, at most `most`, broken at spaces; all but the first are indented. */
void lab_put_wrapped(
    struct lab_str *out, const char *text, size_t width, size_t indent, unsigned most, bool utf8);

#endif
