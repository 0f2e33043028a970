/* Where everything of a timeline goes. */
#include "picture/timeline.h"
#include "picture/timeline_draw.h"

uint64_t lab_tick_ms(uint64_t length_ms, unsigned most)
{
    static const unsigned steps[] = {1,   2,   5,    10,   15,   20,   30,    60,    120,  300,
                                     600, 900, 1200, 1800, 3600, 7200, 14400, 28800, 86400};
    for (size_t i = 0; i < LAB_ARRAY_LEN(steps); i++)
        if (length_ms / 1000 / steps[i] <= most)
            return (uint64_t)steps[i] * 1000;
    return (length_ms / (most ? most : 1) / 86400000 + 1) * 86400000;
}

static int x_of(const struct lab_timeline *t, const struct lab_timeline_layout *l, uint64_t ms)
{
    uint64_t length = t->length_ms ? t->length_ms : 1;
    return l->plot.x + (int)((ms < length ? ms : length) * (uint64_t)l->plot.w / length);
}

int lab_timeline_x(const struct lab_timeline *t, const struct lab_timeline_layout *l, uint64_t ms)
{
    return x_of(t, l, ms);
}

/* The first lane of its row in which nothing lies over it. lanes: one number per bar so far. */
static unsigned lane_of(const struct lab_timeline *t, const unsigned *lanes, size_t i)
{
    const struct lab_bar *bar = &t->bars.items[i];
    for (unsigned lane = 0;; lane++) {
        bool is_free = true;
        for (size_t k = i; k-- > 0 && is_free && t->bars.items[k].row == bar->row;) {
            const struct lab_bar *other = &t->bars.items[k];
            bool meets = other->begin_ms < bar->end_ms && bar->begin_ms < other->end_ms;
            is_free = !meets || lanes[k] != lane;
        }
        if (is_free)
            return lane;
    }
}

static void
place_rows(const struct lab_timeline *t, const unsigned *lanes, struct lab_timeline_layout *out)
{
    int y = out->plot.y;
    for (size_t row = 0; row < t->rows.len; row++)
        *lab_vec_push(&out->rows) = (struct lab_box){out->plot.x, 0, out->plot.w, ROW_HEIGHT};
    for (size_t i = 0; i < t->bars.len; i++) {
        struct lab_box *row = &out->rows.items[t->bars.items[i].row];
        int h = ROW_HEIGHT + (int)lanes[i] * LANE_HEIGHT;
        row->h = h > row->h ? h : row->h;
    }
    LAB_VEC_FOREACH (row, &out->rows) {
        bool of_lab = !*t->rows.items[row - out->rows.items].name;
        row->y = y;
        y += row->h + (of_lab ? LAB_ROW_GAP : 0);
    }
    out->plot.h = y - out->plot.y;
}

static void
place_bars(const struct lab_timeline *t, const unsigned *lanes, struct lab_timeline_layout *out)
{
    for (size_t i = 0; i < t->bars.len; i++) {
        const struct lab_bar *bar = &t->bars.items[i];
        struct lab_timeline_place *place = lab_vec_push(&out->bars);
        int y = out->rows.items[bar->row].y + BAR_TOP + (int)lanes[i] * LANE_HEIGHT;
        int x0 = x_of(t, out, bar->begin_ms), x1 = x_of(t, out, lab_bar_own_ms(bar));
        int x2 = x_of(t, out, bar->end_ms);
        place->held = (struct lab_box){x0, y, x1 - x0, BAR_HEIGHT};
        place->box = (struct lab_box){x1, y, x2 - x1, BAR_HEIGHT};
    }
}

size_t lab_timeline_notes(const struct lab_timeline *t)
{
    size_t n = t->warnings.len;
    LAB_VEC_FOREACH (bar, &t->bars)
        n += bar->end == LAB_BAR_FAILED || bar->end == LAB_BAR_BLOCKED;
    return n;
}

size_t lab_timeline_gates(const struct lab_timeline *t)
{
    size_t n = 0;
    LAB_VEC_FOREACH (gate, &t->gates)
        n += lab_gate_is_worth_a_line(gate);
    return n;
}

void lab_timeline_layout(const struct lab_timeline *t, struct lab_timeline_layout *out)
{
    *out = (struct lab_timeline_layout){.width = PICTURE_WIDTH,
                                        .tick_ms = lab_tick_ms(t->length_ms, 10)};
    out->plot = (struct lab_box){PLOT_LEFT, PLOT_TOP, PICTURE_WIDTH - PLOT_LEFT - PLOT_RIGHT, 0};
    LAB_AUTOFREE unsigned *lanes = lab_calloc(t->bars.len + 1, sizeof(*lanes));
    for (size_t i = 0; i < t->bars.len; i++)
        lanes[i] = lane_of(t, lanes, i);
    place_rows(t, lanes, out);
    place_bars(t, lanes, out);
    out->notes_y = out->plot.y + out->plot.h + NOTES_GAP;
    size_t notes = lab_timeline_notes(t);
    notes = notes > NOTES_MOST ? NOTES_MOST + 1 : notes;
    out->runs_y = out->notes_y + (notes ? NOTES_HEAD + (int)notes * PANEL_LINE : 0) + PANEL_GAP;
    size_t gates = lab_timeline_gates(t), lines = t->runs.len > gates ? t->runs.len : gates;
    lines = lines > PANEL_LINES ? PANEL_LINES : lines;
    out->height =
        out->runs_y + (lines ? PANEL_HEAD + (int)lines * PANEL_LINE + PANEL_FOOT : 0) + MARGIN;
    out->height = (out->height + 9) / 10 * 10;
}

void lab_timeline_layout_clear(struct lab_timeline_layout *layout)
{
    lab_vec_clear(&layout->rows);
    lab_vec_clear(&layout->bars);
}
