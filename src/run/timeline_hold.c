#include <string.h>

#include "run/gate.h"
#include "run/timeline.h"

static bool has_role(const struct lab_timeline *t, size_t row, enum lab_role role)
{
    return strcmp(t->rows.items[row].role, lab_role_name(role)) == 0;
}

static bool is_gate(const struct lab_bar *bar, enum lab_gate gate)
{
    return strcmp(bar->gate, lab_gate_name(gate)) == 0;
}

/* It was not there yet when the bar began, and the bar went on when it was. */
static bool may_hold(const struct lab_bar *bar, const struct lab_bar *other, enum lab_gate gate)
{
    return other->row != bar->row && other->end == LAB_BAR_PASSED && is_gate(other, gate) &&
           other->end_ms > bar->begin_ms && other->end_ms <= bar->end_ms;
}

static bool is_fresh(const struct lab_timeline *t, size_t row)
{
    LAB_VEC_FOREACH (bar, &t->bars)
        if (bar->row == row && is_gate(bar, LAB_GATE_DEFINED))
            return true;
    return false;
}

/* A worker: for the API of the first master that has one. */
static size_t api_for(const struct lab_timeline *t, const struct lab_bar *bar)
{
    bool restarts = strcmp(t->run.command, "restart") == 0;
    if (!is_gate(bar, LAB_GATE_RESTARTED) && !is_gate(bar, LAB_GATE_K3S) &&
        !(is_gate(bar, LAB_GATE_OFF) && restarts) &&
        !(is_gate(bar, LAB_GATE_POWERED) && !is_fresh(t, bar->row)))
        return LAB_NO_BAR;
    for (size_t i = 0; i < t->bars.len; i++)
        if (has_role(t, t->bars.items[i].row, LAB_ROLE_MASTER) &&
            may_hold(bar, &t->bars.items[i], LAB_GATE_K3S))
            return i;
    return LAB_NO_BAR;
}

/* The one of that role whose gate opened last. earlier: only rows above. */
static size_t latest(const struct lab_timeline *t,
                     const struct lab_bar *bar,
                     enum lab_role role,
                     enum lab_gate gate,
                     bool earlier)
{
    size_t best = LAB_NO_BAR;
    for (size_t i = 0; i < t->bars.len; i++) {
        const struct lab_bar *other = &t->bars.items[i];
        if (!has_role(t, other->row, role) || (earlier && other->row > bar->row) ||
            !may_hold(bar, other, gate))
            continue;
        if (best == LAB_NO_BAR || other->end_ms > t->bars.items[best].end_ms)
            best = i;
    }
    return best;
}

/* A master: for the one before it; on its way down for good, for the workers. */
static size_t master_waits(const struct lab_timeline *t, const struct lab_bar *bar)
{
    if (is_gate(bar, LAB_GATE_OFF) && strcmp(t->run.command, "stop") == 0)
        return latest(t, bar, LAB_ROLE_WORKER, LAB_GATE_OFF, false);
    if (is_gate(bar, LAB_GATE_RESTARTED) ||
        (is_gate(bar, LAB_GATE_OFF) && strcmp(t->run.command, "restart") == 0))
        return latest(t, bar, LAB_ROLE_MASTER, LAB_GATE_READY, true);
    if (is_gate(bar, LAB_GATE_K3S))
        return latest(t, bar, LAB_ROLE_MASTER, LAB_GATE_K3S, false);
    return LAB_NO_BAR;
}

void lab_timeline_find_holders(struct lab_timeline *t)
{
    LAB_VEC_FOREACH (bar, &t->bars) {
        bar->holder = has_role(t, bar->row, LAB_ROLE_WORKER)   ? api_for(t, bar)
                      : has_role(t, bar->row, LAB_ROLE_MASTER) ? master_waits(t, bar)
                                                               : LAB_NO_BAR;
        bar->held_ms =
            bar->holder == LAB_NO_BAR ? bar->begin_ms : t->bars.items[bar->holder].end_ms;
    }
}
