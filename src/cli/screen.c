#include "cli/screen.h"

#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "platform.h"

static int fd_of(const FILE *out)
{
    return out == stdout ? 1 : 2;
}

struct lab_style lab_style_of(const struct lab_cli *cli)
{
    /* https://no-color.org: when present and not empty, whatever its value */
    const char *no_color = plat_getenv("NO_COLOR");
    return (struct lab_style){!cli->no_color && (!no_color || !*no_color), plat_terminal_utf8()};
}

bool lab_screen_can_draw(const FILE *out)
{
    const char *term = plat_getenv("TERM");
    return plat_is_terminal(fd_of(out)) && !(term && strcmp(term, "dumb") == 0);
}

static void terminal_size(const struct lab_screen *s, size_t *columns, size_t *rows)
{
    int c, r;
    plat_terminal_size(fd_of(s->out), &c, &r);
    *columns = c > 1 ? (size_t)c : 2;
    *rows = r > 1 ? (size_t)r : 2;
}

/* One column less than there are: some terminals wrap when the last one is written. One row less:
 * the cursor stands below the frame. */
void lab_screen_room(const struct lab_screen *s, size_t *columns, size_t *rows)
{
    terminal_size(s, columns, rows);
    --*columns;
    --*rows;
}

/* Most terminals wrap anew what stands on them when they become narrower. */
static bool wraps_anew(void)
{
    const char *term = plat_getenv("TERM");
    return !plat_getenv("XTERM_VERSION") && !(term && lab_starts_with(term, "linux"));
}

/* How far up the frame begins now; the terminal may have another size than it had. */
static size_t rows_above(const struct lab_screen *s, size_t columns, size_t rows)
{
    size_t up = 0;
    bool narrower = columns < s->columns && wraps_anew();
    LAB_VEC_FOREACH (width, &s->drawn)
        up += narrower && *width ? (*width + columns - 1) / columns : 1;
    return up < rows ? up : rows - 1;
}

/* anew: a row that the terminal had wrapped counts as one with the next, until it is erased whole.
 */
static void put_frame(struct lab_str *out, const struct lab_frame *frame, bool anew)
{
    LAB_VEC_FOREACH (row, &frame->rows)
        lab_str_addf(out, "%s%s\x1b[K\n", anew ? "\x1b[2K" : "", lab_str_get(&row->text));
}

static void put_out(const struct lab_screen *s, const char *text)
{
    fflush(stdout); /* what was said before comes before */
    fputs(text, s->out);
    fflush(s->out);
}

/* Gives how many rows that was. */
static size_t
go_to_top(const struct lab_screen *s, struct lab_str *out, size_t columns, size_t rows)
{
    size_t up = rows_above(s, columns, rows);
    lab_str_add(out, "\x1b[?25l\r");
    if (up)
        lab_str_addf(out, "\x1b[%zuA", up);
    return up;
}

void lab_screen_draw(struct lab_screen *s, const struct lab_frame *frame)
{
    size_t columns, rows;
    LAB_AUTO_STR struct lab_str body = LAB_STR_INIT, out = LAB_STR_INIT;
    terminal_size(s, &columns, &rows);
    bool resized = s->drawn.len && (columns != s->columns || rows != s->terminal_rows);
    put_frame(&body, frame, resized);
    if (s->drawn.len && !resized && strcmp(lab_str_get(&body), lab_str_get(&s->last)) == 0)
        return;
    go_to_top(s, &out, columns, rows);
    lab_str_addf(&out, "%s\x1b[J\x1b[?25h", lab_str_get(&body));
    put_out(s, lab_str_get(&out));
    s->drawn.len = 0;
    LAB_VEC_FOREACH (row, &frame->rows)
        *lab_vec_push(&s->drawn) = row->width;
    s->columns = columns;
    s->terminal_rows = rows;
    lab_str_clear(&s->last);
    s->last = body;
    body = (struct lab_str)LAB_STR_INIT;
}

void lab_screen_clear(struct lab_screen *s)
{
    size_t columns, rows;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (!s->drawn.len)
        return;
    terminal_size(s, &columns, &rows);
    /* row by row: tmux keeps in its history what is erased from the screen's first row on */
    size_t up = go_to_top(s, &out, columns, rows);
    for (size_t i = 0; i < up; i++)
        lab_str_add(&out, "\x1b[K\n");
    lab_str_addf(&out, "\x1b[J\x1b[%zuA\x1b[?25h", up);
    put_out(s, lab_str_get(&out));
    s->drawn.len = 0;
}

void lab_screen_end(struct lab_screen *s)
{
    lab_vec_clear(&s->drawn);
    lab_str_clear(&s->last);
}
