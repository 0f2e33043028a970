/* From what is known to rows of text, as many and as wide as the terminal has room for. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/view_priv.h"
#include "platform.h"

/* Below this a row keeps to what matters most. */
enum { NARROW = 60, TINY = 30, TIME_COLUMNS = 6 };

void lab_put_seconds(struct lab_str *out, uint64_t ms)
{
    if (ms < 60000)
        lab_str_addf(out, "%us", (unsigned)(ms / 1000));
    else
        lab_put_duration(out, ms);
}

void lab_put_about(struct lab_str *out, uint64_t ms)
{
    uint64_t s = ms / 1000 + 1, step = s <= 60 ? 5 : s <= 600 ? 15 : 60;
    s = (s + step - 1) / step * step;
    lab_str_add(out, lab_tr("about "));
    if (s < 60)
        lab_str_addf(out, "%us", (unsigned)s);
    else if (s % 60 == 0 && s < 3600)
        lab_str_addf(out, "%um", (unsigned)(s / 60));
    else
        lab_put_duration(out, s * 1000);
}

/* --- one line ------------------------------------------------------------------------------------
 */

static const char *mark(const struct lab_view *v, const struct lab_view_line *line)
{
    if (line->state && strcmp(line->state, "failed") == 0)
        return v->style.utf8 ? "✗" : "x";
    if (line->state && strcmp(line->state, "blocked") == 0)
        return v->style.utf8 ? "⊘" : "-";
    if (line->state && strcmp(line->state, "passed") == 0 && line->ended_ms)
        return v->style.utf8 ? "✓" : "+";
    return v->style.utf8 ? "·" : ".";
}

static enum lab_ink ink_of(const struct lab_view_line *line)
{
    if (lab_view_line_failed(line))
        return LAB_INK_RED;
    bool well = line->ended_ms && line->state && strcmp(line->state, "passed") == 0;
    return well ? LAB_INK_GREEN : LAB_INK_CYAN;
}

static size_t name_columns(const struct lab_view *v, size_t columns)
{
    size_t width = 4, most = columns < NARROW ? columns / 3 : columns / 2;
    LAB_VEC_FOREACH (line, &v->lines) {
        size_t w = lab_utf8_width(line->name);
        width = w > width ? w : width;
    }
    return width < most ? width : most;
}

/* The gate and what is seen there; a step's name says its gate already. */
static void put_words(struct lab_str *out, const struct lab_view_line *line)
{
    const char *gate = line->gate && !line->step ? line->gate : "";
    const char *evidence = line->evidence ? line->evidence : "";
    lab_str_addf(out, "%s%s%s", gate, *gate && *evidence ? ": " : "", evidence);
}

static size_t room_of(const struct lab_frame_row *row, size_t columns)
{
    return columns > row->width ? columns - row->width : 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void put_line(struct lab_frame *frame,
                     const struct lab_view *v,
                     const struct lab_view_line *line,
                     size_t name_width,
                     size_t columns)
{
    struct lab_frame_row *row = lab_frame_row(frame);
    LAB_AUTO_STR struct lab_str time = LAB_STR_INIT, words = LAB_STR_INIT;
    lab_row_ink(row, ink_of(line), &v->style);
    lab_row_put(row, mark(v, line), columns, &v->style);
    lab_row_ink(row, LAB_INK_NONE, &v->style);
    lab_row_gap(row, least(1, room_of(row, columns)));
    lab_row_pad(row, line->name, least(name_width, room_of(row, columns)), false, &v->style);
    if (columns >= TINY) {
        lab_put_seconds(&time, (line->ended_ms ? line->ended_ms : plat_now_ms()) - line->began_ms);
        lab_row_gap(row, 1);
        lab_row_pad(row, lab_str_get(&time), TIME_COLUMNS, true, &v->style);
    }
    put_words(&words, line);
    if (!words.len || room_of(row, columns) < 4)
        return;
    lab_row_gap(row, 2);
    lab_row_put(row, lab_str_get(&words), room_of(row, columns), &v->style);
}

/* --- which lines, when there are more than rows --------------------------------------------------
 */

/* What asks for a look comes first: failures, then what goes on, the longest at its gate before the
 * others; what is finished last. */
static int rank(const struct lab_view_line *line)
{
    if (lab_view_line_failed(line))
        return strcmp(line->state, "failed") == 0 ? 0 : 1;
    return line->ended_ms ? 3 : 2;
}

static int by_need(const void *a, const void *b)
{
    const struct lab_view_line *const *x = a, *const *y = b;
    int left = rank(*x), right = rank(*y);
    if (left != right)
        return left < right ? -1 : 1;
    if (left == 2 && (*x)->gate_ms != (*y)->gate_ms)
        return (*x)->gate_ms < (*y)->gate_ms ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* as they stand in the lab */
}

static void put_more(struct lab_frame *frame,
                     const struct lab_view *v,
                     const struct lab_view_line **hidden,
                     size_t n,
                     size_t columns)
{
    size_t ended = 0;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (size_t i = 0; i < n; i++)
        ended += rank(hidden[i]) == 3;
    lab_str_addf(&text, lab_tr("%s and %zu more"), v->style.utf8 ? "…" : "...", n);
    if (ended == n)
        lab_str_add(&text, lab_tr(", all done"));
    else if (ended)
        lab_str_addf(&text, lab_tr(", %zu of them done"), ended);
    lab_row_put(lab_frame_row(frame), lab_str_get(&text), columns, &v->style);
}

static void
put_lines(struct lab_frame *frame, const struct lab_view *v, size_t columns, size_t rows, bool last)
{
    size_t n = v->lines.len, width = name_columns(v, columns);
    bool crowded = !last && n > rows;
    const struct lab_view_line **order = lab_calloc(n + 1, sizeof(struct lab_view_line *));
    for (size_t i = 0; i < n; i++)
        order[i] = &v->lines.items[i];
    if (crowded)
        qsort(order, n, sizeof(*order), by_need);
    size_t shown = crowded ? rows - 1 : n;
    for (size_t i = 0; i < shown; i++)
        put_line(frame, v, order[i], width, columns);
    if (crowded)
        put_more(frame, v, order + shown, n - shown, columns);
    free(order);
}

/* --- all together --------------------------------------------------------------------------------
 */

static bool ends_off(const struct lab_view *v)
{
    return strcmp(v->cli->command->name, "stop") == 0;
}

static void put_left(struct lab_str *out, int64_t left_ms)
{
    if (left_ms == 0)
        lab_str_add(out, lab_tr(", longer than last time"));
    else if (left_ms > 0) {
        lab_str_add(out, ", ");
        lab_put_about(out, (uint64_t)left_ms);
        lab_str_add(out, lab_tr(" left"));
    }
}

/* detail: 2 all of it, 1 without words and clock, 0 without the gates too. */
static void put_counts(struct lab_str *out, const struct lab_view *v, int detail, bool last)
{
    const struct lab_overall *o = &v->overall;
    if (detail == 2) {
        lab_put_seconds(out, plat_now_ms() - v->began_ms);
        lab_str_addf(out,
                     ends_off(v) ? lab_tr("  %u of %u gates, %u of %u nodes off")
                                 : lab_tr("  %u of %u gates, %u of %u nodes ready"),
                     o->gates_passed, o->gates, o->nodes_done, o->nodes);
    } else {
        if (detail == 1)
            lab_str_addf(out, lab_tr("%u/%u gates, "), o->gates_passed, o->gates);
        lab_str_addf(out, ends_off(v) ? lab_tr("%u/%u off") : lab_tr("%u/%u ready"), o->nodes_done,
                     o->nodes);
    }
    if (o->nodes_failed)
        lab_str_addf(out, lab_tr(", %u failed"), o->nodes_failed);
    if (!last && o->nodes_done + o->nodes_failed < o->nodes)
        put_left(out, o->left_ms);
}

static void
put_overall(struct lab_frame *frame, const struct lab_view *v, size_t columns, bool last)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (int detail = 2; detail >= 0; detail--) {
        lab_str_truncate(&text, 0);
        put_counts(&text, v, detail, last);
        if (lab_utf8_width(lab_str_get(&text)) <= columns)
            break;
    }
    lab_row_put(lab_frame_row(frame), lab_str_get(&text), columns, &v->style);
}

void lab_view_layout(
    struct lab_frame *frame, const struct lab_view *v, size_t columns, size_t rows, bool last)
{
    bool overall = v->overall.nodes && (rows > 1 || last);
    put_lines(frame, v, columns, rows - (overall ? 1 : 0), last);
    if (overall)
        put_overall(frame, v, columns, last);
}
