/* What each node did when: one run of labctl as rows of bars, and how it is drawn. Pure: the caller
 * fills a struct lab_timeline, text comes out.
 *
 * Times are milliseconds since the run began. Bars of one row may lie over each other (the lab's
 * own steps): they are then drawn in lanes. Strings belong to the timeline; they may be hostile. */
#ifndef LAB_PICTURE_TIMELINE_H
#define LAB_PICTURE_TIMELINE_H

#include <stdint.h>

#include "base/vec.h"
#include "picture/svg.h"

/* Groups of gates, each with a colour and a letter of its own: more than these few cannot be told
 * apart. */
enum lab_phase {
    LAB_PHASE_LAB,     /* the lab's own steps: images, networks, media */
    LAB_PHASE_MACHINE, /* defined, powered on */
    LAB_PHASE_ACCESS,  /* address … clock */
    LAB_PHASE_SETUP,   /* copy, packages, cloud-init */
    LAB_PHASE_REBOOT,  /* off … SSH again */
    LAB_PHASE_K3S,     /* k3s, Ready */
    LAB_PHASE_COUNT
};
const char *lab_phase_name(enum lab_phase phase); /* "setup" */
char lab_phase_letter(enum lab_phase phase);      /* 's', for a text */

enum lab_bar_end {
    LAB_BAR_PASSED,
    LAB_BAR_FAILED,
    LAB_BAR_BLOCKED,
    LAB_BAR_LEFT /* neither: the run was interrupted, or the node took another way */
};
const char *lab_bar_end_name(enum lab_bar_end end);

#define LAB_NO_BAR SIZE_MAX

struct lab_bar {
    size_t row;
    enum lab_phase phase;
    char *gate, *evidence;
    uint64_t begin_ms, end_ms;
    uint64_t held_ms; /* until then it only waited; begin_ms when it did not */
    size_t holder;    /* the bar whose end it waited for, or LAB_NO_BAR */
    enum lab_bar_end end;
    bool critical; /* set by lab_timeline_find_path() */
};

struct lab_row {
    char *name; /* "": the lab itself */
    char *role; /* "master", … or "" */
    bool done;
};

struct lab_warning {
    uint64_t at_ms;
    size_t row;
    char *text;
};

struct lab_past_run {
    int64_t id, began_ms; /* wall clock */
    char *command;
    bool ended; /* else took_ms is what is known of it */
    int exit_status;
    uint64_t took_ms;
};

/* A gate's longest time on one node, without waiting for others, against the run before. */
struct lab_gate_change {
    char *gate, *node;
    enum lab_phase phase;
    uint64_t took_ms, before_ms;
    bool has_before;
};

struct lab_timeline {
    char *lab;
    struct lab_past_run run;
    uint64_t length_ms; /* no bar ends later */
    LAB_VEC(struct lab_row) rows;
    LAB_VEC(struct lab_bar) bars; /* row by row, and by begin within one */
    LAB_VEC(struct lab_warning) warnings;
    LAB_VEC(struct lab_past_run) runs; /* of the same command, the newest first; with this one */
    LAB_VEC(struct lab_gate_change) gates;
    int64_t before; /* id of the run that gates are compared with; 0: none */
    LAB_VEC(size_t) path;
};

void lab_timeline_clear(struct lab_timeline *t);

/* The chain of bars that decided when the run ended: from the node that ended last back to what it
 * waited for, then to what it did before, then to the lab's own steps. Fills path (in the order of
 * time) and `critical`. */
void lab_timeline_find_path(struct lab_timeline *t);
/* From when on the bar is part of that chain: after it was held. */
uint64_t lab_bar_own_ms(const struct lab_bar *bar);

/* --- drawings ------------------------------------------------------------------------------------
 */

struct lab_timeline_place { /* of one bar */
    struct lab_box held;    /* w 0: none */
    struct lab_box box;
};
struct lab_timeline_layout {
    int width, height;
    struct lab_box plot;
    LAB_VEC(struct lab_box) rows; /* by row; from the left edge of the plot to its right one */
    LAB_VEC(struct lab_timeline_place) bars;
    uint64_t tick_ms;
    int notes_y, runs_y; /* what is below the plot: failures and warnings; runs and gates */
};
/* Bars lie inside their row and never over each other. */
void lab_timeline_layout(const struct lab_timeline *t, struct lab_timeline_layout *out);
void lab_timeline_layout_clear(struct lab_timeline_layout *layout);
/* A round distance of ticks, so that there are at most `most` of them in length_ms. */
uint64_t lab_tick_ms(uint64_t length_ms, unsigned most);

void lab_timeline_svg(struct lab_str *out, const struct lab_timeline *t);
/* A whole page around the picture, with the same as tables. */
void lab_timeline_html(struct lab_str *out, const struct lab_timeline *t);
/* For a terminal of so many columns (at least 40 are used). */
void lab_timeline_text(struct lab_str *out,
                       const struct lab_timeline *t,
                       unsigned columns,
                       bool utf8);

/* --- words that the drawings share (timeline_words.c) -------------------------------------------
 */

const char *lab_row_name(const struct lab_row *row);
/* A second or more, now or before: the others only fill the page. */
bool lab_gate_is_worth_a_line(const struct lab_gate_change *gate);
/* "12s", "5m14s", "1h02m": short, for labels. Caller frees. */
char *lab_short_time(uint64_t ms);
/* "+12s", "-1m05s", "same". Caller frees. */
char *lab_change_words(uint64_t now_ms, uint64_t before_ms);
/* "up, run 12 of 2026-08-14 09:05 UTC: ready after 5m14s". Caller frees. */
char *lab_timeline_sentence(const struct lab_timeline *t);
/* "ready", "failed (5)", "not ended". Caller frees. */
char *lab_outcome_words(const struct lab_past_run *run);
/* "2026-08-14 09:05". Caller frees. */
char *lab_minute_words(int64_t wall_ms);
/* "restarted, 1m02s, after 41s of waiting for k3s-master1's k3s: evidence". Caller frees. */
char *lab_bar_words(const struct lab_timeline *t, const struct lab_bar *bar);

#endif
