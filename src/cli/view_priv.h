/* What the files of the view share: what is known of every line, and who shows it. */
#ifndef LAB_CLI_VIEW_PRIV_H
#define LAB_CLI_VIEW_PRIV_H

#include "cli/command.h"
#include "cli/screen.h"
#include "cli/view.h"

/* A node, or a step of the lab as a whole. Times are plat_now_ms(). */
struct lab_view_line {
    char *name, *gate, *state, *evidence;
    bool step;
    uint64_t began_ms, gate_ms; /* the work on it, and its present gate */
    uint64_t ended_ms;          /* 0: goes on */
};

struct lab_view {
    struct lab_cli *cli;
    enum { LAB_VIEW_LIVE, LAB_VIEW_PLAIN, LAB_VIEW_NDJSON, LAB_VIEW_QUIET } mode;
    struct lab_style style;
    LAB_VEC(struct lab_view_line) lines; /* in the order of their first word */
    struct lab_overall overall;          /* nodes 0: nothing was said yet */
    uint64_t began_ms, drawn_ms;
    bool asking;
    struct lab_screen screen;
};

/* view_lines.c */
void lab_view_note(struct lab_view *v, const struct lab_event *e);
void lab_view_see(struct lab_view *v, const char *node, const char *gate, const char *evidence);
bool lab_view_goes_on(const struct lab_view *v); /* a line has not ended */
void lab_view_finish(struct lab_view *v);        /* all have, now */
bool lab_view_line_failed(const struct lab_view_line *line);
struct lab_view_line *lab_view_line(struct lab_view *v, const char *node, const char *gate);
void lab_view_forget(struct lab_view *v);

/* view_layout.c: rows for a terminal of that room. last: nothing follows, so everything is shown,
 * however many rows that takes. */
void lab_view_layout(
    struct lab_frame *frame, const struct lab_view *v, size_t columns, size_t rows, bool last);
/* "5s", "2m05s", "1h02m": whole seconds, for what is read while it changes. */
void lab_put_seconds(struct lab_str *out, uint64_t ms);
/* "about 2m" of what is only estimated: rounded, the more so the longer it is. */
void lab_put_about(struct lab_str *out, uint64_t ms);

/* view_plain.c */
void lab_view_print(const struct lab_event *e);
/* A wait must not look like a hang: what is seen, when it changed, at most every half minute. */
void lab_view_patience(struct lab_view *v,
                       const char *node,
                       const char *gate,
                       const char *evidence);
void lab_view_ndjson(const struct lab_event *e);

#endif
