#include "run/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "run/gate.h"

/* Events in the order of writing, their times made never to go back: the wall clock may. */
struct filling {
    struct lab_timeline *t;
    LAB_VEC(size_t) open; /* bars that have not ended */
    uint64_t now_ms;
};

static enum lab_phase phase_of(const char *node, const char *gate)
{
    if (!*node)
        return LAB_PHASE_LAB;
    int n = lab_gate_by_name(gate);
    if (n <= LAB_GATE_POWERED) /* unknown ones too: "removed" */
        return LAB_PHASE_MACHINE;
    if (n <= LAB_GATE_CLOCK)
        return LAB_PHASE_ACCESS;
    if (n <= LAB_GATE_CLOUD_INIT)
        return LAB_PHASE_SETUP;
    return n <= LAB_GATE_SSH_AGAIN ? LAB_PHASE_REBOOT : LAB_PHASE_K3S;
}

static size_t row_of(struct lab_timeline *t, const char *name, int role)
{
    for (size_t i = 0; i < t->rows.len; i++)
        if (strcmp(t->rows.items[i].name, name) == 0)
            return i;
    struct lab_row *row = lab_vec_push(&t->rows);
    row->name = lab_strdup(name);
    row->role = lab_strdup(role > LAB_ROLE_NONE ? lab_role_name((enum lab_role)role) : "");
    return t->rows.len - 1;
}

/* Nodes do one thing after the other; the lab's steps may overlap. */
static void end_open(
    struct filling *f, size_t row, const char *gate, enum lab_bar_end end, const char *evidence)
{
    for (size_t i = f->open.len; i-- > 0;) {
        struct lab_bar *bar = &f->t->bars.items[f->open.items[i]];
        if (bar->row != row || (gate && strcmp(bar->gate, gate) != 0))
            continue;
        bar->end = end;
        bar->end_ms = f->now_ms;
        lab_assign(&bar->evidence, evidence);
        f->open.items[i] = f->open.items[--f->open.len];
        return;
    }
}

static void
take_event(struct filling *f, const struct lab_event *e, const struct lab_run_entry *run)
{
    uint64_t at = e->at_ms > run->began_ms ? (uint64_t)(e->at_ms - run->began_ms) : 0;
    f->now_ms = at > f->now_ms ? at : f->now_ms;
    size_t row = row_of(f->t, e->node, LAB_ROLE_NONE);
    if (strcmp(e->state, "warning") == 0) {
        struct lab_warning *warning = lab_vec_push(&f->t->warnings);
        warning->row = row;
        warning->at_ms = f->now_ms;
        warning->text = lab_strdup(e->evidence);
    } else if (strcmp(e->gate, "done") == 0) {
        f->t->rows.items[row].done = true;
    } else if (strcmp(e->state, "waiting") == 0) {
        if (*e->node)
            end_open(f, row, NULL, LAB_BAR_LEFT, "");
        *lab_vec_push(&f->open) = f->t->bars.len;
        struct lab_bar *bar = lab_vec_push(&f->t->bars);
        *bar = (struct lab_bar){.row = row,
                                .phase = phase_of(e->node, e->gate),
                                .begin_ms = f->now_ms,
                                .holder = LAB_NO_BAR};
        bar->gate = lab_strdup(e->gate);
    } else {
        end_open(f, row, e->gate,
                 strcmp(e->state, "failed") == 0    ? LAB_BAR_FAILED
                 : strcmp(e->state, "blocked") == 0 ? LAB_BAR_BLOCKED
                                                    : LAB_BAR_PASSED,
                 e->evidence);
    }
}

/* Row by row, in the order in which they began. */
static void sort_bars(struct lab_timeline *t)
{
    size_t n = 0;
    struct lab_bar *sorted = lab_calloc(t->bars.len + 1, sizeof(*sorted));
    for (size_t row = 0; row < t->rows.len; row++)
        LAB_VEC_FOREACH (bar, &t->bars)
            if (bar->row == row)
                sorted[n++] = *bar;
    free(t->bars.items);
    t->bars.items = sorted;
    t->bars.cap = t->bars.len + 1;
}

/* The lab's row stays only when it shows something. */
static void drop_empty_lab_row(struct lab_timeline *t)
{
    LAB_VEC_FOREACH (bar, &t->bars)
        if (bar->row == 0)
            return;
    if (t->warnings.len || !t->rows.len || *t->rows.items[0].name)
        return;
    free(t->rows.items[0].name);
    free(t->rows.items[0].role);
    memmove(t->rows.items, t->rows.items + 1, --t->rows.len * sizeof(*t->rows.items));
    LAB_VEC_FOREACH (bar, &t->bars)
        bar->row--;
}

void lab_timeline_fill(struct lab_timeline *out,
                       const char *lab,
                       const struct lab_run_entry *entry,
                       const struct lab_events *events,
                       const struct lab_node_records *records)
{
    struct filling f = {.t = out};
    *out = (struct lab_timeline){.lab = lab_strdup(lab)};
    row_of(out, "", LAB_ROLE_NONE);
    LAB_VEC_FOREACH (record, &records->list)
        LAB_VEC_FOREACH (e, &events->list)
            if (strcmp(e->node, record->name) == 0) {
                row_of(out, record->name, record->role);
                break;
            }
    LAB_VEC_FOREACH (e, &events->list)
        take_event(&f, e, entry);
    uint64_t took = entry->ended ? entry->took_ms : f.now_ms;
    f.now_ms = took > f.now_ms ? took : f.now_ms;
    while (f.open.len)
        end_open(&f, out->bars.items[f.open.items[0]].row, NULL, LAB_BAR_LEFT, "");
    lab_vec_clear(&f.open);
    out->length_ms = f.now_ms;
    out->run = (struct lab_past_run){.id = entry->id,
                                     .began_ms = entry->began_ms,
                                     .command = lab_strdup(entry->command),
                                     .ended = entry->ended,
                                     .exit_status = entry->exit_status,
                                     .took_ms = took};
    sort_bars(out);
    drop_empty_lab_row(out);
    lab_timeline_find_holders(out);
    lab_timeline_find_path(out);
}
