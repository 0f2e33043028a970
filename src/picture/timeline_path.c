#include "picture/timeline.h"

uint64_t lab_bar_own_ms(const struct lab_bar *bar)
{
    return bar->holder == LAB_NO_BAR ? bar->begin_ms : bar->held_ms;
}

static bool is_of_lab(const struct lab_timeline *t, const struct lab_bar *bar)
{
    return !*t->rows.items[bar->row].name;
}

/* The node that ended last; of a run that never came to its nodes, the lab's last step. */
static size_t last_bar(const struct lab_timeline *t)
{
    size_t last = LAB_NO_BAR;
    bool of_lab = true;
    for (size_t i = 0; i < t->bars.len; i++) {
        const struct lab_bar *bar = &t->bars.items[i];
        bool beats = last == LAB_NO_BAR || bar->end_ms >= t->bars.items[last].end_ms;
        if (is_of_lab(t, bar) ? of_lab && beats : of_lab || beats) {
            last = i;
            of_lab = is_of_lab(t, bar);
        }
    }
    return last;
}

/* What its row did before, else the lab's step that ended last before it began. */
static size_t before(const struct lab_timeline *t, size_t of)
{
    const struct lab_bar *bar = &t->bars.items[of];
    size_t own = LAB_NO_BAR, labs = LAB_NO_BAR;
    for (size_t i = 0; i < t->bars.len; i++) {
        const struct lab_bar *other = &t->bars.items[i];
        if (i == of || other->critical || other->end_ms > bar->begin_ms)
            continue;
        size_t *best = other->row == bar->row ? &own : is_of_lab(t, other) ? &labs : NULL;
        if (best && (*best == LAB_NO_BAR || other->end_ms >= t->bars.items[*best].end_ms))
            *best = i;
    }
    return own != LAB_NO_BAR ? own : labs;
}

static void reverse(size_t *items, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        size_t keep = items[i];
        items[i] = items[n - 1 - i];
        items[n - 1 - i] = keep;
    }
}

void lab_timeline_find_path(struct lab_timeline *t)
{
    t->path.len = 0;
    LAB_VEC_FOREACH (bar, &t->bars)
        bar->critical = false;
    for (size_t at = last_bar(t); at != LAB_NO_BAR;) {
        struct lab_bar *bar = &t->bars.items[at];
        bar->critical = true;
        *lab_vec_push(&t->path) = at;
        bool held = bar->holder != LAB_NO_BAR && !t->bars.items[bar->holder].critical;
        at = held ? bar->holder : before(t, at);
    }
    reverse(t->path.items, t->path.len);
}
