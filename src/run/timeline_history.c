/* One run beside those before it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run/timeline.h"

enum { RUNS_SHOWN = 8, RUNS_SEARCHED = 20 };

/* --- gates ---------------------------------------------------------------------------------------
 */

static struct lab_gate_change *change_of(struct lab_timeline *t, const struct lab_bar *bar)
{
    LAB_VEC_FOREACH (gate, &t->gates)
        if (strcmp(gate->gate, bar->gate) == 0 && gate->phase == bar->phase)
            return gate;
    struct lab_gate_change *gate = lab_vec_push(&t->gates);
    gate->gate = lab_strdup(bar->gate);
    gate->phase = bar->phase;
    gate->node = lab_strdup("");
    return gate;
}

/* What the row's bars of this gate took together: a lab has several images. */
static uint64_t took(const struct lab_timeline *t, size_t row, const char *gate)
{
    uint64_t sum = 0;
    LAB_VEC_FOREACH (bar, &t->bars)
        if (bar->row == row && strcmp(bar->gate, gate) == 0)
            sum += bar->end_ms - lab_bar_own_ms(bar);
    return sum;
}

static bool slowest(const struct lab_timeline *t, const struct lab_gate_change *gate, uint64_t *ms)
{
    bool any = false;
    *ms = 0;
    LAB_VEC_FOREACH (bar, &t->bars) {
        if (strcmp(bar->gate, gate->gate) != 0 || bar->phase != gate->phase)
            continue;
        uint64_t sum = took(t, bar->row, bar->gate);
        *ms = sum > *ms ? sum : *ms;
        any = true;
    }
    return any;
}

void lab_timeline_compare(struct lab_timeline *t, const struct lab_timeline *before)
{
    t->before = before ? before->run.id : 0;
    LAB_VEC_FOREACH (bar, &t->bars) {
        struct lab_gate_change *gate = change_of(t, bar);
        uint64_t ms = took(t, bar->row, bar->gate);
        if (*gate->node && ms <= gate->took_ms)
            continue;
        gate->took_ms = ms;
        lab_assign(&gate->node, lab_row_name(&t->rows.items[bar->row]));
    }
    LAB_VEC_FOREACH (gate, &t->gates)
        gate->has_before = before && slowest(before, gate, &gate->before_ms);
}

/* A run that only mended something says nothing of how long it takes to make a lab. */
static bool is_alike(const struct lab_timeline *t, const struct lab_timeline *before)
{
    size_t common = 0;
    uint64_t ms;
    LAB_VEC_FOREACH (gate, &t->gates)
        common += slowest(before, gate, &ms);
    return common && common * 2 >= t->gates.len;
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static int load(struct lab_run *run,
                const struct lab_run_entry *entry,
                struct lab_timeline *out,
                struct lab_error *err)
{
    struct lab_events events;
    if (lab_state_run_events(run->state, entry->id, &events, err))
        return -1;
    lab_timeline_fill(out, lab_state_name(run->state), entry, &events, &run->records);
    lab_events_clear(&events);
    return 0;
}

/* The newest run of the same command that went well and did about the same. */
static int compare(struct lab_run *run,
                   struct lab_timeline *t,
                   const struct lab_run_entries *runs,
                   struct lab_error *err)
{
    size_t searched = 0;
    lab_timeline_compare(t, NULL);
    LAB_VEC_FOREACH (entry, &runs->list) {
        struct lab_timeline before = {0};
        if (entry->id >= t->run.id || !entry->ended || entry->exit_status ||
            strcmp(entry->command, t->run.command) != 0)
            continue;
        if (searched++ == RUNS_SEARCHED)
            break;
        if (load(run, entry, &before, err))
            return -1;
        bool found = is_alike(t, &before);
        if (found)
            lab_timeline_compare(t, &before);
        lab_timeline_clear(&before);
        if (found)
            break;
    }
    return 0;
}

/* A run that was killed took as long as is known of it. */
static int list_runs(struct lab_run *run,
                     struct lab_timeline *t,
                     const struct lab_run_entries *runs,
                     struct lab_error *err)
{
    LAB_VEC_FOREACH (entry, &runs->list) {
        struct lab_timeline other = {0};
        if (t->runs.len == RUNS_SHOWN || entry->id > t->run.id ||
            strcmp(entry->command, t->run.command) != 0)
            continue;
        if (load(run, entry, &other, err))
            return -1;
        struct lab_past_run *past = lab_vec_push(&t->runs);
        *past = other.run;
        other.run.command = NULL;
        lab_timeline_clear(&other);
    }
    return 0;
}

static int find(struct lab_run *run,
                int64_t which,
                const struct lab_run_entries *runs,
                struct lab_timeline *out,
                struct lab_error *err)
{
    LAB_VEC_FOREACH (entry, &runs->list) {
        if (which && entry->id != which)
            continue;
        if (load(run, entry, out, err))
            return -1;
        if (which || out->bars.len)
            return 0;
        lab_timeline_clear(out);
    }
    if (!which || !runs->list.len) {
        lab_fail(err, LAB_USAGE, "nothing has happened to lab '%s' yet",
                 lab_state_name(run->state));
        return lab_error_hint(err, "'%s up' makes it; the timeline shows what it did",
                              lab_run_self(run));
    }
    lab_fail(err, LAB_USAGE, "there is no run %lld in the record of lab '%s'", (long long)which,
             lab_state_name(run->state));
    return lab_error_hint(err, "runs %lld to %lld are kept; without --run the newest is shown",
                          (long long)runs->list.items[runs->list.len - 1].id,
                          (long long)runs->list.items[0].id);
}

int lab_timeline_gather(struct lab_run *run,
                        int64_t which,
                        struct lab_timeline *out,
                        struct lab_error *err)
{
    struct lab_run_entries runs;
    *out = (struct lab_timeline){0};
    if (!run->state) {
        lab_fail(err, LAB_USAGE, "lab '%s' was not made yet, so nothing has happened to it",
                 run->spec->name);
        return lab_error_hint(err, "'%s up' makes it", lab_run_self(run));
    }
    if (lab_state_runs(run->state, &runs, err))
        return -1;
    int rc = find(run, which, &runs, out, err);
    if (rc == 0 && (compare(run, out, &runs, err) || list_runs(run, out, &runs, err)))
        rc = -1;
    lab_run_entries_clear(&runs);
    if (rc)
        lab_timeline_clear(out);
    return rc;
}
