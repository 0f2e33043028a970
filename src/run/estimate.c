#include "run/estimate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"

/* Of the gates that this climb has, those up to the ladder's last one. */
static bool climbs(const struct lab_climb *c, int gate)
{
    return (c->gates & LAB_GATE_BIT(gate)) && gate <= (int)c->ladder->last;
}

/* What is compared: which command it is, in which rooms it goes, as "0:1/fffd". */
static char *work_of(const struct lab_climb *c)
{
    unsigned gates = 0;
    for (int g = 0; g < LAB_GATE_COUNT; g++)
        gates |= climbs(c, g) ? LAB_GATE_BIT(g) : 0;
    return lab_format("%d:%d/%x", (int)c->ladder->kind, c->provision, gates);
}

/* "12,0,3": milliseconds of every gate. false: not written by this labctl. */
static bool read_times(const char *took, int64_t out[LAB_GATE_COUNT])
{
    for (int g = 0; g < LAB_GATE_COUNT; g++) {
        char *end;
        long long ms = strtoll(took, &end, 10);
        if (end == took || ms < 0 || *end != (g + 1 < LAB_GATE_COUNT ? ',' : '\0'))
            return false;
        out[g] = ms;
        took = end + 1;
    }
    return true;
}

static void load(struct lab_climb *c, const struct lab_times *times)
{
    int64_t ms[LAB_GATE_COUNT];
    free(c->work);
    c->work = work_of(c);
    for (int g = 0; g < LAB_GATE_COUNT; g++)
        c->was_ms[g] = -1;
    LAB_VEC_FOREACH (row, &times->list) {
        if (strcmp(row->work, c->work) != 0 || !read_times(row->took, ms))
            continue;
        bool own = strcmp(row->node, c->record->name) == 0;
        for (int g = 0; g < LAB_GATE_COUNT; g++)
            if (own || ms[g] > c->was_ms[g])
                c->was_ms[g] = ms[g];
        if (own)
            return;
    }
}

void lab_estimate_load(struct lab_ladder *l)
{
    struct lab_times times = {{0}};
    if (l->run->state)
        lab_times_of(lab_state_name(l->run->state), &times);
    for (size_t i = 0; i < l->len; i++)
        load(&l->climbs[i], &times);
    lab_times_clear(&times);
}

void lab_estimate_save(const struct lab_ladder *l)
{
    struct lab_times times = {{0}};
    if (l->observe || !l->run->state)
        return;
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        if (!c->work)
            continue;
        LAB_AUTO_STR struct lab_str took = LAB_STR_INIT;
        for (int g = 0; g < LAB_GATE_COUNT; g++)
            lab_str_addf(&took, "%s%" PRIu64, g ? "," : "", c->took_ms[g]);
        struct lab_times_row *row = lab_vec_push(&times.list);
        row->node = lab_strdup(c->record->name);
        row->work = lab_strdup(c->work);
        row->took = lab_str_detach(&took);
    }
    lab_times_put(lab_state_name(l->run->state), &times);
    lab_times_clear(&times);
}

static int64_t spent_at(const struct lab_climb *c, uint64_t now)
{
    return now > c->reached_ms ? (int64_t)(now - c->reached_ms) : 0;
}

/* What is left of one climb; a gate that takes longer than it did counts nothing more. */
static int64_t left_of(const struct lab_climb *c, uint64_t now)
{
    int64_t left = 0;
    for (int g = (int)c->gate; g < LAB_GATE_COUNT; g++) {
        if (!climbs(c, g))
            continue;
        if (c->was_ms[g] < 0)
            return -1;
        int64_t spent = g == (int)c->gate ? spent_at(c, now) : 0;
        left += c->was_ms[g] > spent ? c->was_ms[g] - spent : 0;
    }
    return left;
}

/* The slowest node decides. */
static int64_t left_of_all(const struct lab_ladder *l, uint64_t now)
{
    enum { NOTICEABLE_MS = 10000 };
    int64_t most = -1, late = 0;
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        if (c->end != LAB_CLIMB_GOING || c->gate >= LAB_GATE_COUNT)
            continue;
        int64_t left = left_of(c, now), over = spent_at(c, now) - c->was_ms[c->gate];
        if (left < 0)
            return -1;
        most = left > most ? left : most;
        late = over > late ? over : late;
    }
    return most == 0 && late < NOTICEABLE_MS ? -1 : most;
}

void lab_estimate_overall(const struct lab_ladder *l, uint64_t now, struct lab_overall *out)
{
    *out = (struct lab_overall){.nodes = (unsigned)l->len, .left_ms = left_of_all(l, now)};
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        for (int g = 0; g < LAB_GATE_COUNT; g++) {
            out->gates += climbs(c, g);
            out->gates_passed += climbs(c, g) && g < (int)c->gate;
        }
        out->nodes_done += c->end == LAB_CLIMB_DONE;
        /* what Ctrl-C left behind has not failed */
        bool blocked = c->end == LAB_CLIMB_BLOCKED && c->error.code != LAB_OK &&
                       c->error.code != LAB_CANCELLED;
        out->nodes_failed += c->end == LAB_CLIMB_FAILED || blocked;
    }
}
