/* What stands below the bars: failures and warnings in words, the last runs, and what each gate
 * took against the run before. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "picture/timeline.h"
#include "picture/timeline_draw.h"

/* --- failures and warnings ----------------------------------------------------------------------
 */

static void draw_note(struct lab_str *out,
                      size_t line,
                      const struct lab_timeline_layout *l,
                      uint64_t at_ms,
                      const char *class_name,
                      const char *words)
{
    int y = l->notes_y + NOTES_HEAD + (int)line * PANEL_LINE;
    LAB_AUTOFREE char *time = lab_short_time(at_ms);
    lab_svg_text(out, PLOT_LEFT - LAB_PX(12), y, "soft end", time);
    lab_svg_text_in(out, PLOT_LEFT, y, l->width - PLOT_LEFT - MARGIN, LETTERS, class_name, words);
}

void lab_timeline_draw_notes(struct lab_str *out,
                             const struct lab_timeline *t,
                             const struct lab_timeline_layout *l)
{
    size_t line = 0, all = lab_timeline_notes(t);
    if (!all)
        return;
    lab_svg_text(out, MARGIN, l->notes_y + NOTES_HEAD, "bold", "Noted");
    LAB_VEC_FOREACH (bar, &t->bars) {
        if ((bar->end != LAB_BAR_FAILED && bar->end != LAB_BAR_BLOCKED) || line == NOTES_MOST)
            continue;
        LAB_AUTOFREE char *words =
            lab_format("✕ %s: %s %s: %s", lab_row_name(&t->rows.items[bar->row]), bar->gate,
                       lab_bar_end_name(bar->end), bar->evidence ? bar->evidence : "");
        draw_note(out, line++, l, bar->end_ms, "bad", words);
    }
    LAB_VEC_FOREACH (warning, &t->warnings) {
        if (line == NOTES_MOST)
            break;
        LAB_AUTOFREE char *words = lab_format("▲ %s", warning->text);
        draw_note(out, line++, l, warning->at_ms, "warn", words);
    }
    if (all > NOTES_MOST) {
        LAB_AUTOFREE char *more = lab_format(lab_tr("… and %zu more"), all - NOTES_MOST);
        lab_svg_text(out, PLOT_LEFT, l->notes_y + NOTES_HEAD + NOTES_MOST * PANEL_LINE, "soft",
                     more);
    }
}

/* --- runs and gates -----------------------------------------------------------------------------
 */

static size_t shown(size_t lines)
{
    return lines > PANEL_LINES ? PANEL_LINES : lines;
}

static struct lab_box panel(struct lab_str *out,
                            const struct lab_timeline_layout *l,
                            int x,
                            int w,
                            size_t lines,
                            const char *title)
{
    struct lab_box box = {x, l->runs_y, w, PANEL_HEAD + (int)lines * PANEL_LINE + PANEL_FOOT};
    lab_svg_rect(out, box, LAB_PX(6), "panel");
    lab_svg_text_in(out, x + LAB_PX(14), l->runs_y + LAB_PX(24), w - LAB_PX(28), LETTERS, "bold",
                    title);
    return box;
}

static void draw_run(struct lab_str *out,
                     const struct lab_timeline *t,
                     const struct lab_box *in,
                     size_t i,
                     uint64_t most)
{
    const struct lab_past_run *run = &t->runs.items[i];
    int y = in->y + PANEL_HEAD + (int)i * PANEL_LINE + LAB_PX(10), x = in->x + LAB_PX(14);
    bool is_this = run->id == t->run.id;
    LAB_AUTOFREE char *when = lab_minute_words(run->began_ms);
    LAB_AUTOFREE char *number = lab_format("%" PRId64, run->id);
    LAB_AUTOFREE char *time = lab_short_time(run->took_ms);
    LAB_AUTOFREE char *outcome = lab_outcome_words(run);
    const char *weight = is_this ? "bold" : "soft";
    LAB_AUTOFREE char *right = lab_format(lab_tr("%s end"), weight);
    int w = (int)((uint64_t)LAB_PX(140) * run->took_ms / most);
    lab_svg_text_in(out, x, y, LAB_PX(34), LETTERS, weight, number);
    lab_svg_text(out, x + LAB_PX(36), y, weight, when);
    lab_svg_rect(out,
                 (struct lab_box){x + LAB_PX(172), y - LAB_PX(10), w > 10 ? w : 10, LAB_PX(12)},
                 LAB_PX(2), is_this ? "path" : "past");
    lab_svg_text(out, x + LAB_PX(378), y, right, time);
    lab_svg_text_in(out, x + LAB_PX(392), y, in->w - LAB_PX(414), LETTERS,
                    run->ended && !run->exit_status ? weight : "bad", outcome);
}

static void draw_runs(struct lab_str *out,
                      const struct lab_timeline *t,
                      const struct lab_timeline_layout *l,
                      int w)
{
    LAB_AUTOFREE char *title = lab_format(lab_tr("Last runs of “%s”"), t->run.command);
    struct lab_box box = panel(out, l, MARGIN, w, shown(t->runs.len), title);
    uint64_t most = 1;
    LAB_VEC_FOREACH (run, &t->runs)
        most = run->took_ms > most ? run->took_ms : most;
    for (size_t i = 0; i < t->runs.len && i < PANEL_LINES; i++)
        draw_run(out, t, &box, i, most);
}

/* By sign and by colour; small changes are no news. */
static const char *change_class(const struct lab_gate_change *gate)
{
    uint64_t now = gate->took_ms, then = gate->before_ms;
    if (now > then + 2000 && now > then + then / 10)
        return "warn bold end";
    return then > now + 2000 && then > now + now / 10 ? "good bold end" : "soft end";
}

static void draw_gate(struct lab_str *out,
                      const struct lab_timeline *t,
                      const struct lab_box *in,
                      const struct lab_gate_change *gate,
                      size_t line)
{
    int y = in->y + PANEL_HEAD + (int)line * PANEL_LINE + LAB_PX(10), x = in->x + LAB_PX(14);
    int right = in->x + in->w - LAB_PX(14);
    LAB_AUTOFREE char *swatch = lab_format("p%d", (int)gate->phase);
    LAB_AUTOFREE char *time = lab_short_time(gate->took_ms);
    LAB_AUTOFREE char *change = gate->has_before ? lab_change_words(gate->took_ms, gate->before_ms)
                                                 : lab_strdup(lab_tr("new"));
    lab_svg_rect(out, (struct lab_box){x, y - LAB_PX(10), LAB_PX(12), LAB_PX(12)}, LAB_PX(2),
                 swatch);
    lab_svg_text_in(out, x + LAB_PX(20), y, LAB_PX(110), LETTERS, NULL, gate->gate);
    lab_svg_name_in(out, x + LAB_PX(136), y, in->w - LAB_PX(330), LETTERS, "soft", gate->node);
    lab_svg_text(out, t->before ? right - LAB_PX(90) : right, y, "end", time);
    if (t->before)
        lab_svg_text(out, right, y, gate->has_before ? change_class(gate) : "soft end", change);
}

static void draw_gates(struct lab_str *out,
                       const struct lab_timeline *t,
                       const struct lab_timeline_layout *l,
                       int x)
{
    LAB_AUTOFREE char *title =
        t->before ? lab_format(lab_tr("Each gate on its slowest node, against run %lld"),
                               (long long)t->before)
                  : lab_strdup(lab_tr("Each gate on its slowest node"));
    struct lab_box box =
        panel(out, l, x, l->width - MARGIN - x, shown(lab_timeline_gates(t)), title);
    size_t line = 0;
    LAB_VEC_FOREACH (gate, &t->gates)
        if (lab_gate_is_worth_a_line(gate) && line < PANEL_LINES)
            draw_gate(out, t, &box, gate, line++);
}

void lab_timeline_panels(struct lab_str *out,
                         const struct lab_timeline *t,
                         const struct lab_timeline_layout *l)
{
    int w = LAB_PX(500);
    if (!t->runs.len && !t->gates.len)
        return;
    draw_runs(out, t, l, w);
    if (lab_timeline_gates(t))
        draw_gates(out, t, l, MARGIN + w + LAB_PX(16));
}
