#include "cli/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "platform.h"
#include "run/gate.h"

/* One line of the live table: a node, or a step of the lab as a whole. */
struct line {
    char *name, *gate, *state, *evidence;
    uint64_t began_ms, ended_ms;
};

struct lab_view {
    struct lab_cli *cli;
    enum { LIVE, PLAIN, NDJSON, QUIET } mode;
    bool color, utf8;
    LAB_VEC(struct line) lines;
    size_t drawn; /* lines on the screen that the next drawing overwrites */
    uint64_t drawn_ms;
};

static struct line *line_of(struct lab_view *v, const char *name)
{
    LAB_VEC_FOREACH (line, &v->lines)
        if (strcmp(line->name, name) == 0)
            return line;
    struct line *line = lab_vec_push(&v->lines);
    line->name = lab_strdup(name);
    line->began_ms = plat_now_ms();
    return line;
}

/* --- the live table
 * ---------------------------------------------------------------------------------- */

static const char *mark(const struct lab_view *v, const struct line *line)
{
    const char *state = line->state ? line->state : "";
    if (strcmp(state, "failed") == 0)
        return v->utf8 ? "✗" : "x";
    if (strcmp(state, "blocked") == 0)
        return v->utf8 ? "⊘" : "-";
    if (strcmp(state, "done") == 0 || (strcmp(state, "passed") == 0 && line->ended_ms))
        return v->utf8 ? "✓" : "+";
    return v->utf8 ? "·" : ".";
}

static const char *color_of(const struct line *line)
{
    const char *state = line->state ? line->state : "";
    if (strcmp(state, "failed") == 0 || strcmp(state, "blocked") == 0)
        return "31";
    return line->ended_ms ? "32" : "36";
}

static const char *title_of(const struct line *line)
{
    int gate = line->gate ? lab_gate_by_name(line->gate) : -1;
    return gate >= 0 ? lab_gate_title((enum lab_gate)gate) : line->gate ? line->gate : "";
}

/* Cuts to the terminal's width: a wrapped line would break the counting of rows. */
static void put_cut(struct lab_str *out, const char *text, size_t width)
{
    LAB_AUTO_STR struct lab_str cut = LAB_STR_INIT;
    size_t n = strlen(text);
    lab_put_printable(&cut, text, n, n ? n : 1);
    while (lab_utf8_width(lab_str_get(&cut)) > width) {
        size_t len = cut.len - 1;
        while (len && ((unsigned char)cut.ptr[len] & 0xC0) == 0x80)
            len--;
        lab_str_truncate(&cut, len);
    }
    lab_str_add(out, lab_str_get(&cut));
}

static void put_line(struct lab_view *v,
                     struct lab_str *out,
                     const struct line *line,
                     size_t name_width,
                     size_t columns,
                     uint64_t now)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT, time = LAB_STR_INIT;
    uint64_t seconds = ((line->ended_ms ? line->ended_ms : now) - line->began_ms) / 1000;
    if (seconds < 60)
        lab_str_addf(&time, "%us", (unsigned)seconds);
    else
        lab_put_duration(&time, seconds * 1000);
    lab_str_add(&text, *line->name ? line->name : "lab");
    for (size_t w = lab_utf8_width(lab_str_get(&text)); w < name_width; w++)
        lab_str_addc(&text, ' ');
    const char *title = title_of(line), *evidence = line->evidence ? line->evidence : "";
    lab_str_addf(&text, " %6s  %s%s%s", lab_str_get(&time), title, *title && *evidence ? ": " : "",
                 evidence);
    if (v->color)
        lab_str_addf(out, "\x1b[%sm%s\x1b[0m ", color_of(line), mark(v, line));
    else
        lab_str_addf(out, "%s ", mark(v, line));
    put_cut(out, lab_str_get(&text), columns > 3 ? columns - 3 : 1);
    lab_str_add(out, "\x1b[K\n");
}

static bool first_shown(const struct lab_view *v, size_t rows, size_t *from)
{
    *from = v->lines.len > rows ? v->lines.len - rows : 0;
    return *from > 0;
}

/* More lines than rows: those that are finished give way first, then the oldest. */
static void draw(struct lab_view *v, bool last)
{
    int columns, rows;
    uint64_t now = plat_now_ms();
    plat_terminal_size(2, &columns, &rows);
    size_t room = rows > 3 ? (size_t)rows - 2 : 1, width = 4, shown = 0, from;
    bool crowded = first_shown(v, room, &from) && !last;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (v->drawn)
        lab_str_addf(&out, "\x1b[%zuA\r", v->drawn);
    LAB_VEC_FOREACH (line, &v->lines) {
        size_t w = lab_utf8_width(line->name);
        width = w > width ? w : width;
    }
    size_t hidden = 0;
    LAB_VEC_FOREACH (line, &v->lines) {
        if (crowded && (line->ended_ms || shown + 1 >= room)) {
            hidden++;
            continue;
        }
        put_line(v, &out, line, width, (size_t)columns, now);
        shown++;
    }
    if (hidden) {
        lab_str_addf(&out, "  and %zu more\x1b[K\n", hidden);
        shown++;
    }
    lab_str_add(&out, "\x1b[J");
    fputs(lab_str_get(&out), stderr);
    fflush(stderr);
    v->drawn = shown;
    v->drawn_ms = now;
}

/* Clears the table, so that a line of text can scroll past above it. */
static void make_room(struct lab_view *v)
{
    if (v->mode == LIVE && v->drawn) {
        lab_cli_say("\x1b[%zuA\r\x1b[J", v->drawn);
        v->drawn = 0;
    }
}

/* --- plain lines and NDJSON
 * ---------------------------------------------------------------------------- */

static void print_plain(const struct lab_event *e)
{
    if (strcmp(e->state, "waiting") == 0)
        return;
    struct lab_date at = lab_date(plat_local_ms(e->at_ms));
    int gate = lab_gate_by_name(e->gate);
    lab_cli_say(
        "%02d:%02d:%02d %s %s%s%s%s%s\n", at.hour, at.minute, at.second, *e->node ? e->node : "lab",
        gate >= 0 ? lab_gate_title((enum lab_gate)gate) : e->gate,
        strcmp(e->state, "passed") == 0 ? "" : " ", strcmp(e->state, "passed") == 0 ? "" : e->state,
        *e->evidence ? ": " : "", e->evidence);
}

/* A wait must not look like a hang: what is seen, when it changed, at most every half minute. */
static void
print_patience(struct lab_view *v, const char *node, const char *gate, const char *evidence)
{
    LAB_AUTOFREE char *name = *node ? lab_strdup(node) : lab_format("lab %s", gate);
    struct line *line = line_of(v, name);
    uint64_t now = plat_now_ms();
    uint64_t last = line->ended_ms > line->began_ms ? line->ended_ms : line->began_ms;
    if (!*evidence || now - last < 30000 ||
        (line->evidence && strcmp(line->evidence, evidence) == 0))
        return;
    line->ended_ms = now;
    lab_assign(&line->evidence, evidence);
    struct lab_event e = {plat_wall_ms(), (char *)node, (char *)gate, (char *)"waits",
                          (char *)evidence};
    print_plain(&e);
}

static void print_ndjson(const struct lab_event *e)
{
    json_t *line = json_pack("{s:I, s:s, s:s, s:s, s:s}", "time_ms", (json_int_t)e->at_ms, "node",
                             e->node, "gate", e->gate, "state", e->state, "evidence", e->evidence);
    if (line)
        lab_cli_print_object(line);
}

/* --- listener
 * -------------------------------------------------------------------------------------------- */

static bool ends_node(const struct lab_event *e)
{
    return strcmp(e->state, "failed") == 0 || strcmp(e->state, "blocked") == 0 ||
           (strcmp(e->state, "passed") == 0 && (!*e->node || strcmp(e->gate, "done") == 0));
}

static void note_event(struct lab_view *v, const struct lab_event *e)
{
    /* a step of the lab as a whole is a line of its own, named after the step */
    LAB_AUTOFREE char *name = *e->node ? lab_strdup(e->node) : lab_format("lab %s", e->gate);
    struct line *line = line_of(v, name);
    lab_assign(&line->gate, *e->node ? e->gate : "");
    lab_assign(&line->state, e->state);
    lab_assign(&line->evidence, e->evidence);
    line->ended_ms = ends_node(e) ? plat_now_ms() : 0;
}

static void on_event(void *arg, const struct lab_event *e)
{
    struct lab_view *v = arg;
    switch (v->mode) {
    case LIVE:
        note_event(v, e);
        draw(v, false);
        break;
    case PLAIN:
        print_plain(e);
        break;
    case NDJSON:
        print_ndjson(e);
        break;
    default:
        if (strcmp(e->state, "failed") == 0)
            print_plain(e);
    }
}

static void on_live(void *arg, const char *node, const char *gate, const char *evidence)
{
    struct lab_view *v = arg;
    if (v->mode == PLAIN)
        print_patience(v, node, gate, evidence);
    if (v->mode != LIVE)
        return;
    LAB_AUTOFREE char *name = *node ? lab_strdup(node) : lab_format("lab %s", gate);
    lab_assign(&line_of(v, name)->evidence, evidence);
    if (plat_now_ms() - v->drawn_ms >= 200)
        draw(v, false);
}

static void on_warning(void *arg, const char *text)
{
    struct lab_view *v = arg;
    if (v->mode == QUIET)
        return;
    make_room(v);
    lab_cli_say("warning: %s\n", text);
}

static bool on_confirm(void *arg, const char *question)
{
    struct lab_view *v = arg;
    if (v->cli->yes)
        return true;
    if (!plat_is_terminal(0) || !v->cli->run)
        return false;
    make_room(v);
    return lab_cli_ask(v->cli->run, question);
}

void lab_view_begin(struct lab_cli *cli)
{
    struct lab_view *v = lab_alloc(sizeof(*v));
    const char *term = plat_getenv("TERM");
    bool dumb = term && strcmp(term, "dumb") == 0;
    v->cli = cli;
    v->mode = cli->output == LAB_OUTPUT_NDJSON                ? NDJSON
              : cli->quiet                                    ? QUIET
              : plat_is_terminal(2) && !dumb && !cli->verbose ? LIVE
                                                              : PLAIN;
    v->color = !cli->no_color && !plat_getenv("NO_COLOR");
    v->utf8 = plat_terminal_utf8();
    cli->view = v;
    cli->listener = (struct lab_listener){on_event, on_live, on_warning, on_confirm, v};
}

void lab_view_end(struct lab_cli *cli)
{
    struct lab_view *v = cli->view;
    if (!v)
        return;
    if (v->mode == LIVE) {
        LAB_VEC_FOREACH (line, &v->lines)
            line->ended_ms = line->ended_ms ? line->ended_ms : plat_now_ms();
        draw(v, true);
    }
    LAB_VEC_FOREACH (line, &v->lines) {
        free(line->name);
        free(line->gate);
        free(line->state);
        free(line->evidence);
    }
    lab_vec_clear(&v->lines);
    free(v);
    cli->view = NULL;
    cli->listener = (struct lab_listener){0}; /* late words have nowhere to go */
}
