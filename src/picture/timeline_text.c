/* The timeline in letters: one a phase, capital where it decided the end. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "picture/timeline.h"

enum { TIME_WIDTH = 7, NOTE_LINES = 6 };

struct page {
    const struct lab_timeline *t;
    struct lab_str *out;
    size_t columns, names, plot; /* widths */
    bool utf8;
};

static uint64_t overlap(uint64_t a0, uint64_t a1, uint64_t b0, uint64_t b1)
{
    uint64_t from = a0 > b0 ? a0 : b0, to = a1 < b1 ? a1 : b1;
    return to > from ? to - from : 0;
}

/* The bars of one row. */
struct span {
    const struct lab_bar *bars;
    size_t len;
};

static struct span bars_of(const struct lab_timeline *t, size_t row)
{
    struct span span = {t->bars.items, 0};
    for (size_t i = 0; i < t->bars.len && t->bars.items[i].row <= row; i++) {
        if (t->bars.items[i].row < row)
            span.bars = &t->bars.items[i + 1];
        else
            span.len++;
    }
    return span;
}

static bool went_badly(const struct lab_bar *bar)
{
    return bar->end == LAB_BAR_FAILED || bar->end == LAB_BAR_BLOCKED;
}

/* The letter of whatever took most of the time between two moments. */
static const char *
cell(const struct page *p, struct span row, uint64_t from, uint64_t to, char text[2])
{
    uint64_t most = 0;
    text[0] = ' ', text[1] = 0;
    for (size_t i = 0; i < row.len; i++) {
        const struct lab_bar *bar = &row.bars[i];
        uint64_t own_ms = lab_bar_own_ms(bar);
        uint64_t own = overlap(own_ms, bar->end_ms, from, to);
        uint64_t held = overlap(bar->begin_ms, own_ms, from, to);
        if (went_badly(bar) && bar->end_ms > from && bar->end_ms <= to)
            return p->utf8 ? "✗" : "X";
        if (own > most)
            text[0] = lab_phase_letter(bar->phase);
        if (own > most && bar->critical)
            text[0] = (char)toupper((unsigned char)text[0]);
        most = own > most ? own : most;
        if (held > most)
            text[0] = '.';
        most = held > most ? held : most;
    }
    return text[0] == '.' && p->utf8 ? "·" : text;
}

static void put_row(const struct page *p, size_t row)
{
    const struct lab_timeline *t = p->t;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    uint64_t length = t->length_ms ? t->length_ms : 1, end = 0;
    char text[2];
    lab_put_name(&line, lab_row_name(&t->rows.items[row]), p->names, p->utf8);
    lab_str_addc(&line, ' ');
    struct span bars = bars_of(t, row);
    for (size_t i = 0; i < p->plot; i++)
        lab_str_add(&line, cell(p, bars, length * i / p->plot, length * (i + 1) / p->plot, text));
    for (size_t i = 0; i < bars.len; i++)
        end = bars.bars[i].end_ms > end ? bars.bars[i].end_ms : end;
    LAB_AUTOFREE char *time = lab_short_time(end);
    lab_put_columns(&line, time, TIME_WIDTH, true, p->utf8);
    lab_str_addf(p->out, "%s\n", lab_str_get(&line));
}

static void put_axis(const struct page *p)
{
    const struct lab_timeline *t = p->t;
    uint64_t step = lab_tick_ms(t->length_ms, (unsigned)p->plot / 9);
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    for (uint64_t ms = 0; ms <= t->length_ms; ms += step) {
        LAB_AUTOFREE char *time = ms ? lab_short_time(ms) : lab_strdup("0");
        size_t at = p->names + 1 + (size_t)(ms * p->plot / (t->length_ms ? t->length_ms : 1));
        for (size_t w = lab_utf8_width(lab_str_get(&line)); w < at; w++)
            lab_str_addc(&line, ' ');
        lab_str_addf(&line, "%s%s", p->utf8 ? "╷" : "|", time);
    }
    lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
}

/* Words with commas between them, on as many lines as it takes. */
static void put_words(const struct page *p, const char *const *words, size_t n)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    for (size_t i = 0; i < n; i++) {
        size_t width = lab_utf8_width(words[i]);
        if (line.len && lab_utf8_width(lab_str_get(&line)) + 2 + width > p->columns) {
            lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
            lab_str_truncate(&line, 0);
        }
        lab_str_addf(&line, "%s%s", line.len ? "  " : "", words[i]);
    }
    lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
}

static void put_legend(const struct page *p)
{
    const char *words[LAB_PHASE_COUNT + 3];
    char *owned[LAB_PHASE_COUNT];
    size_t n = 0;
    for (int phase = 0; phase < LAB_PHASE_COUNT; phase++)
        words[n++] = owned[phase] = lab_format("%c %s", lab_phase_letter((enum lab_phase)phase),
                                               lab_tr(lab_phase_name((enum lab_phase)phase)));
    words[n++] = p->utf8 ? lab_tr("· waits") : lab_tr(". waits");
    words[n++] = p->utf8 ? lab_tr("✗ failed") : lab_tr("X failed");
    words[n++] = lab_tr("CAPITALS decided the end");
    put_words(p, words, n);
    for (int phase = 0; phase < LAB_PHASE_COUNT; phase++)
        free(owned[phase]);
}

static void put_heading(const struct page *p, const char *text)
{
    lab_str_addc(p->out, '\n');
    lab_put_wrapped(p->out, text, p->columns, 2, 2, p->utf8);
}

static void put_path(const struct page *p)
{
    const struct lab_timeline *t = p->t;
    uint64_t longest = 0;
    LAB_VEC_FOREACH (at, &t->path) {
        uint64_t own = t->bars.items[*at].end_ms - lab_bar_own_ms(&t->bars.items[*at]);
        longest = own > longest ? own : longest;
    }
    if (longest < 1000)
        return;
    put_heading(p, lab_tr("What decided the end, from a second on:"));
    LAB_VEC_FOREACH (at, &t->path) {
        const struct lab_bar *bar = &t->bars.items[*at];
        if (bar->end_ms - lab_bar_own_ms(bar) < 1000)
            continue;
        LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
        LAB_AUTOFREE char *time = lab_short_time(bar->end_ms - lab_bar_own_ms(bar));
        lab_put_columns(&line, time, TIME_WIDTH, true, p->utf8);
        lab_str_add(&line, "  ");
        lab_put_name(&line, lab_row_name(&t->rows.items[bar->row]), p->names, p->utf8);
        lab_str_addf(&line, " %s", bar->gate);
        if (bar->holder != LAB_NO_BAR)
            lab_str_addf(&line, lab_tr(" (after %s)"),
                         lab_row_name(&t->rows.items[t->bars.items[bar->holder].row]));
        lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
    }
}

static void put_notes(const struct page *p)
{
    const struct lab_timeline *t = p->t;
    bool any = t->warnings.len;
    LAB_VEC_FOREACH (bar, &t->bars)
        any = any || went_badly(bar);
    if (!any)
        return;
    put_heading(p, lab_tr("Failures and warnings:"));
    LAB_VEC_FOREACH (bar, &t->bars) {
        if (!went_badly(bar))
            continue;
        LAB_AUTOFREE char *line = lab_format(
            "%s %s %s %s: %s", p->utf8 ? "✗" : "X", lab_row_name(&t->rows.items[bar->row]),
            bar->gate, lab_tr(lab_bar_end_name(bar->end)), bar->evidence ? bar->evidence : "");
        lab_put_wrapped(p->out, line, p->columns, 2, NOTE_LINES, p->utf8);
    }
    LAB_VEC_FOREACH (warning, &t->warnings) {
        LAB_AUTOFREE char *line = lab_format("! %s", warning->text);
        lab_put_wrapped(p->out, line, p->columns, 2, NOTE_LINES, p->utf8);
    }
}

static void put_runs(const struct page *p)
{
    const struct lab_timeline *t = p->t;
    if (t->runs.len < 2)
        return;
    LAB_AUTOFREE char *title = lab_format(lab_tr("Last runs of '%s':"), t->run.command);
    put_heading(p, title);
    LAB_VEC_FOREACH (run, &t->runs) {
        LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
        LAB_AUTOFREE char *number = lab_format("%" PRId64, run->id);
        LAB_AUTOFREE char *when = lab_minute_words(run->began_ms);
        LAB_AUTOFREE char *time = lab_short_time(run->took_ms);
        LAB_AUTOFREE char *outcome = lab_outcome_words(run);
        lab_str_add(&line, run->id == t->run.id ? "*" : " ");
        lab_put_columns(&line, number, 3, true, p->utf8);
        lab_str_addf(&line, " %s", when);
        lab_put_columns(&line, time, TIME_WIDTH, true, p->utf8);
        lab_str_addf(&line, "  %s", outcome);
        lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
    }
}

static void put_gates(const struct page *p)
{
    const struct lab_timeline *t = p->t;
    if (!t->before)
        return;
    LAB_AUTOFREE char *title = lab_format(
        lab_tr("Each gate on its slowest node, against run %lld:"), (long long)t->before);
    put_heading(p, title);
    LAB_VEC_FOREACH (gate, &t->gates) {
        if (!lab_gate_is_worth_a_line(gate))
            continue;
        LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
        LAB_AUTOFREE char *time = lab_short_time(gate->took_ms);
        LAB_AUTOFREE char *change = gate->has_before
                                        ? lab_change_words(gate->took_ms, gate->before_ms)
                                        : lab_strdup(lab_tr("new"));
        lab_put_columns(&line, time, TIME_WIDTH, true, p->utf8);
        lab_put_columns(&line, change, TIME_WIDTH + 2, true, p->utf8);
        lab_str_add(&line, "  ");
        lab_put_columns(&line, gate->gate, 12, false, p->utf8);
        lab_str_addc(&line, ' ');
        lab_put_name(&line, gate->node, p->columns - lab_utf8_width(lab_str_get(&line)), p->utf8);
        lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
    }
}

void lab_timeline_text(struct lab_str *out,
                       const struct lab_timeline *t,
                       unsigned columns,
                       bool utf8)
{
    struct page p = {t, out, columns < 40 ? 40 : columns, 3, 0, utf8};
    LAB_VEC_FOREACH (row, &t->rows) {
        size_t width = lab_utf8_width(lab_row_name(row));
        p.names = width > p.names ? width : p.names;
    }
    p.names = p.names > p.columns / 4 ? p.columns / 4 : p.names;
    p.plot = p.columns - p.names - 1 - TIME_WIDTH;
    LAB_AUTOFREE char *sentence = lab_timeline_sentence(t);
    LAB_AUTOFREE char *title = lab_format(lab_tr("lab %s: %s"), t->lab, sentence);
    lab_put_wrapped(out, title, p.columns, 2, 3, utf8);
    lab_str_addc(out, '\n');
    put_axis(&p);
    for (size_t row = 0; row < t->rows.len; row++)
        put_row(&p, row);
    put_legend(&p);
    put_path(&p);
    put_notes(&p);
    put_runs(&p);
    put_gates(&p);
}
