#include <inttypes.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "picture/timeline.h"
#include "picture/timeline_draw.h"

static const char style[] =
    ".p0{fill:#b4bcc6}.p1{fill:#5f9ad8}.p2{fill:#b5dbf5}.p3{fill:#f0b93f}.p4{fill:#cdb2e8}"
    ".p5{fill:#2fa58c}.failed{fill:#e4604e}.blocked{fill:#e9a69c}.on{fill:#14181f;font-size:11px}\n"
    ".grid{stroke:var(--grid);stroke-width:1}.axis{stroke:var(--line);stroke-width:1}"
    ".wait{fill:url(#lab-wait);stroke:var(--line);stroke-width:.6}"
    ".hatch{stroke:var(--soft);stroke-width:1.4;opacity:.55}\n"
    ".path{fill:var(--ink)}.link{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:3 2}"
    ".mark{fill:#b3261e;stroke:var(--ground);stroke-width:1.5}"
    ".cross{stroke:#fff;stroke-width:1.8;stroke-linecap:round}"
    ".alert{fill:#f0b93f;stroke:var(--ink);stroke-width:1}.past{fill:var(--line)}\n"
    "g.bar:hover rect{stroke:var(--ink);stroke-width:1.5}\n";

static const char pattern[] =
    "<defs><pattern id=\"lab-wait\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/>"
    "</pattern></defs>\n";

/* --- heading and legend -------------------------------------------------------------------------
 */

static int legend_entry(struct lab_str *out, int x, int y, const char *class_name, const char *text)
{
    lab_svg_rect(out, (struct lab_box){x, y - LAB_PX(10), LAB_PX(18), LAB_PX(12)}, LAB_PX(2),
                 class_name);
    lab_svg_text(out, x + LAB_PX(24), y, "soft", text);
    return x + LAB_PX(24) + lab_text_room(text, LETTERS) + LAB_PX(16);
}

static void draw_legend(struct lab_str *out)
{
    static const char *const words[LAB_PHASE_COUNT] = {
        LAB_N("lab's own steps"),          LAB_N("machine"), LAB_N("access: address … clock"),
        LAB_N("setup: copy … cloud-init"), LAB_N("reboot"),  "k3s"};
    int x = MARGIN, y = LAB_PX(92);
    for (int phase = 0; phase < LAB_PHASE_COUNT; phase++) {
        LAB_AUTOFREE char *class_name = lab_format("p%d", phase);
        x = legend_entry(out, x, y, class_name, lab_tr(words[phase]));
    }
    x = legend_entry(out, x, y, "wait", lab_tr("waits for others"));
    lab_svg_rect(out, (struct lab_box){x, y - LAB_PX(6), LAB_PX(22), LAB_PX(3)}, 0, "path");
    lab_svg_text(out, x + LAB_PX(28), y, "soft", lab_tr("decided the end"));
}

static void draw_heading(struct lab_str *out, const struct lab_timeline *t)
{
    LAB_AUTOFREE char *sentence = lab_timeline_sentence(t);
    LAB_AUTOFREE char *lab = lab_format(lab_tr("Lab %s"), t->lab);
    bool bad = t->run.ended && t->run.exit_status;
    lab_svg_text_in(out, MARGIN, LAB_PX(38), PICTURE_WIDTH - 2 * MARGIN, LAB_PX(18), "title", lab);
    lab_svg_text_in(out, MARGIN, LAB_PX(60), PICTURE_WIDTH - 2 * MARGIN, LETTERS,
                    bad ? "bad" : "soft", sentence);
    draw_legend(out);
}

static void
draw_axis(struct lab_str *out, const struct lab_timeline *t, const struct lab_timeline_layout *l)
{
    int bottom = l->plot.y + l->plot.h;
    for (uint64_t ms = 0; ms <= t->length_ms; ms += l->tick_ms) {
        LAB_AUTOFREE char *time = ms ? lab_short_time(ms) : lab_strdup("0");
        int x = lab_timeline_x(t, l, ms);
        lab_svg_line(out, x, l->plot.y - LAB_PX(4), x, bottom, "grid");
        lab_svg_text(out, x, l->plot.y - LAB_PX(12), "small soft mid", time);
    }
    lab_svg_line(out, l->plot.x, bottom, l->plot.x + l->plot.w, bottom, "axis");
}

/* --- rows and bars ------------------------------------------------------------------------------
 */

static const struct lab_bar *last_of(const struct lab_timeline *t, size_t row)
{
    const struct lab_bar *last = NULL;
    LAB_VEC_FOREACH (bar, &t->bars)
        if (bar->row == row && (!last || bar->end_ms >= last->end_ms))
            last = bar;
    return last;
}

static void draw_row(struct lab_str *out,
                     const struct lab_timeline *t,
                     const struct lab_timeline_layout *l,
                     size_t i)
{
    const struct lab_row *row = &t->rows.items[i];
    const struct lab_box *box = &l->rows.items[i];
    const struct lab_bar *last = last_of(t, i);
    int room = PLOT_LEFT - MARGIN - LAB_PX(12);
    bool of_lab = !*row->name,
         bad = last && (last->end == LAB_BAR_FAILED || last->end == LAB_BAR_BLOCKED);
    lab_svg_line(out, MARGIN, box->y, l->width - MARGIN, box->y, "grid");
    lab_svg_name_in(out, MARGIN, box->y + LAB_PX(16), room, LETTERS * 105 / 100, "bold",
                    lab_row_name(row));
    lab_svg_text_in(out, MARGIN, box->y + LAB_PX(29), room, SMALL, "small soft",
                    of_lab ? lab_tr("its own steps") : row->role);
    if (!last)
        return;
    LAB_AUTOFREE char *time = lab_short_time(last->end_ms);
    LAB_AUTOFREE char *words = lab_format("%s%s",
                                          bad                    ? "✕ "
                                          : row->done && !of_lab ? "✓ "
                                                                 : "",
                                          time);
    lab_svg_text(out, l->width - MARGIN, box->y + LAB_PX(20),
                 bad         ? "bad bold end"
                 : row->done ? "end"
                             : "soft end",
                 words);
}

static const char *class_of(const struct lab_bar *bar)
{
    static const char *const phases[LAB_PHASE_COUNT] = {"p0", "p1", "p2", "p3", "p4", "p5"};
    if (bar->end == LAB_BAR_FAILED)
        return "failed";
    return bar->end == LAB_BAR_BLOCKED ? "blocked" : phases[bar->phase];
}

/* A gap to the next one, where there is room for it. */
static struct lab_box with_gap(struct lab_box box)
{
    box.w -= box.w > LAB_PX(4) ? LAB_PX(1) : 0;
    return box;
}

static void
draw_failure(struct lab_str *out, const struct lab_timeline_layout *l, struct lab_box box)
{
    int x = box.x + box.w, y = box.y + box.h / 2, d = LAB_PX(3);
    int right = l->plot.x + l->plot.w;
    x = x > right ? right : x;
    lab_svg_circle(out, x, y, LAB_PX(8), "mark");
    lab_svg_line(out, x - d, y - d, x + d, y + d, "cross");
    lab_svg_line(out, x - d, y + d, x + d, y - d, "cross");
}

static void draw_bar(struct lab_str *out,
                     const struct lab_timeline *t,
                     const struct lab_timeline_layout *l,
                     size_t i)
{
    const struct lab_bar *bar = &t->bars.items[i];
    const struct lab_timeline_place *place = &l->bars.items[i];
    LAB_AUTOFREE char *words = lab_bar_words(t, bar);
    lab_svg_open(out, "bar", words);
    if (place->held.w)
        lab_svg_rect(out, with_gap(place->held), LAB_PX(2), "wait");
    lab_svg_rect(out, with_gap(place->box), place->box.w > LAB_PX(4) ? LAB_PX(2) : 0,
                 class_of(bar));
    if (lab_text_room(bar->gate, SMALL) + LAB_PX(10) <= place->box.w)
        lab_svg_text(out, place->box.x + LAB_PX(5), place->box.y + LAB_PX(14), "on", bar->gate);
    if (bar->critical)
        lab_svg_rect(out,
                     (struct lab_box){place->box.x, place->box.y + place->box.h + LAB_PX(2),
                                      place->box.w, LAB_PX(3)},
                     0, "path");
    if (bar->end == LAB_BAR_FAILED)
        draw_failure(out, l, place->box);
    lab_svg_close(out);
}

/* Where the chain goes on in another row. Drawn below the bars. */
static void
draw_links(struct lab_str *out, const struct lab_timeline *t, const struct lab_timeline_layout *l)
{
    for (size_t i = 1; i < t->path.len; i++) {
        const struct lab_box *from = &l->bars.items[t->path.items[i - 1]].box;
        const struct lab_box *to = &l->bars.items[t->path.items[i]].box;
        int y1 = from->y + from->h + LAB_PX(3), y2 = to->y + to->h + LAB_PX(3);
        int x1 = from->x + from->w, x2 = to->x;
        if (y1 == y2)
            continue;
        lab_svg_line(out, x1, y1, x1, y2, "link");
        if (x2 - x1 > LAB_PX(1))
            lab_svg_line(out, x1, y2, x2, y2, "link");
    }
}

static void draw_warnings(struct lab_str *out,
                          const struct lab_timeline *t,
                          const struct lab_timeline_layout *l)
{
    LAB_VEC_FOREACH (warning, &t->warnings) {
        int x = lab_timeline_x(t, l, warning->at_ms), y = l->plot.y;
        LAB_AUTOFREE char *time = lab_short_time(warning->at_ms);
        LAB_AUTOFREE char *words = lab_format(lab_tr("warning at %s: %s"), time, warning->text);
        const int points[] = {x - LAB_PX(5), y - LAB_PX(8), x + LAB_PX(5), y - LAB_PX(8), x,
                              y + LAB_PX(1)};
        lab_svg_open(out, NULL, words);
        lab_svg_shape(out, points, LAB_ARRAY_LEN(points), "alert");
        lab_svg_close(out);
    }
}

static char *describe(const struct lab_timeline *t)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *sentence = lab_timeline_sentence(t);
    lab_str_addf(&out, lab_tr("%s. What decided its end:"), sentence);
    LAB_VEC_FOREACH (at, &t->path) {
        const struct lab_bar *bar = &t->bars.items[*at];
        LAB_AUTOFREE char *time = lab_short_time(bar->end_ms - lab_bar_own_ms(bar));
        lab_str_addf(&out, "%s %s %s %s", at > t->path.items ? "," : "",
                     lab_row_name(&t->rows.items[bar->row]), bar->gate, time);
    }
    return lab_str_detach(&out);
}

void lab_timeline_svg(struct lab_str *out, const struct lab_timeline *t)
{
    struct lab_timeline_layout l;
    LAB_AUTOFREE char *title = lab_format(lab_tr("Timeline of lab %s"), t->lab);
    LAB_AUTOFREE char *description = describe(t);
    lab_timeline_layout(t, &l);
    lab_svg_begin(out, l.width, l.height, title, description, style);
    lab_str_add(out, pattern);
    draw_heading(out, t);
    draw_axis(out, t, &l);
    for (size_t i = 0; i < t->rows.len; i++)
        draw_row(out, t, &l, i);
    draw_links(out, t, &l);
    for (size_t i = 0; i < t->bars.len; i++)
        draw_bar(out, t, &l, i);
    draw_warnings(out, t, &l);
    lab_timeline_draw_notes(out, t, &l);
    lab_timeline_panels(out, t, &l);
    lab_svg_end(out);
    lab_timeline_layout_clear(&l);
}
