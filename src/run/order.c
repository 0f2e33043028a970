#include "run/order.h"

#include <string.h>

#include "base/i18n.h"

bool lab_is_master(const struct lab_climb *c)
{
    return c->record->role == LAB_ROLE_MASTER;
}

static bool ended_badly(const struct lab_climb *c)
{
    return c->end == LAB_CLIMB_FAILED || c->end == LAB_CLIMB_BLOCKED;
}

/* Its bootstrap marker is of this generation: k3s starts by itself at every boot, labctl only
 * looks. */
bool lab_bootstrapped(const struct lab_climb *c)
{
    const char *done = lab_climb_fact(c, "k3s_done");
    LAB_AUTOFREE char *want =
        lab_format("generation=%s ", c->record->generation ? c->record->generation : "");
    return done && strncmp(done, want, strlen(want)) == 0;
}

char *lab_joined_key(const struct lab_node_record *record)
{
    return lab_format("joined:%s", record->name);
}

/* "yes": by a labctl that did not record the generation. */
static bool is_member(const struct lab_run *run, const struct lab_node_record *record)
{
    LAB_AUTOFREE char *key = lab_joined_key(record);
    const char *joined = lab_state_get(run->state, key);
    return record->role == LAB_ROLE_MASTER && record->restarted && joined &&
           (strcmp(joined, "yes") == 0 ||
            (record->generation && strcmp(joined, record->generation) == 0));
}

struct lab_climb *lab_any_master(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++)
        if (lab_is_master(&l->climbs[i]) && !ended_badly(&l->climbs[i]))
            return &l->climbs[i];
    return NULL;
}

struct lab_climb *lab_other_member(const struct lab_climb *c)
{
    struct lab_ladder *l = c->ladder;
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *m = &l->climbs[i];
        if (m != c && !ended_badly(m) && is_member(l->run, m->record))
            return m;
    }
    return NULL;
}

/* Other masters hold the cluster, whether or not this command climbs with them. */
static bool cluster_exists(const struct lab_climb *c)
{
    const struct lab_run *run = c->ladder->run;
    LAB_VEC_FOREACH (record, &run->records.list)
        if (record != c->record && is_member(run, record) &&
            (!run->spec || lab_spec_node(run->spec, record->name)))
            return true;
    return false;
}

static struct lab_climb *previous_master(const struct lab_climb *c, bool bad_ones_too)
{
    struct lab_climb *before = NULL;
    for (struct lab_climb *m = c->ladder->climbs; m < c; m++)
        if (lab_is_master(m) && (bad_ones_too || !ended_badly(m)))
            before = m;
    return before;
}

static const char waits_for_api[] = LAB_N("waits for the master's API");
static const char waits_for_previous[] = LAB_N("waits for the master before it");

static const char *wait_for_api(struct lab_climb *c)
{
    struct lab_climb *m = lab_any_master(c->ladder);
    return m && !lab_climb_passed(m, LAB_GATE_K3S) ? lab_tr(waits_for_api) : NULL;
}

/* Workers after the API. New masters one after the other, each Ready before the next; one that
 * failed holds nobody: the others come back up and say so at the k3s gate. Those that were members
 * before are held on their way down, not up: after a full stop they need each other. */
const char *lab_hold_restart(struct lab_climb *c, bool *dead)
{
    *dead = false;
    if (c->record->role == LAB_ROLE_WORKER)
        return wait_for_api(c);
    if (!lab_is_master(c) || c->record->restarted)
        return NULL;
    const struct lab_climb *before = previous_master(c, false);
    return before && !lab_climb_passed(before, LAB_GATE_READY) ? lab_tr(waits_for_previous) : NULL;
}

/* Two members down at once are a cluster without a quorum. */
static const char *hold_member(struct lab_climb *c, bool *dead)
{
    const struct lab_climb *before = previous_master(c, true);
    if (!before || (!ended_badly(before) && lab_climb_passed(before, LAB_GATE_READY)))
        return NULL;
    *dead = ended_badly(before);
    return *dead
               ? lab_tr(
                     "the master before it did not come back, and without both the cluster has no "
                     "quorum; it was left running")
               : lab_tr(waits_for_previous);
}

/* stop: masters last. restart: each node goes down only when those before it are back. In `up` a
 * node goes down as soon as it is provisioned, and waits before it starts again. */
const char *lab_hold_off(struct lab_climb *c, bool *dead)
{
    *dead = false;
    const struct lab_ladder *l = c->ladder;
    for (size_t i = 0; l->kind == LAB_LADDER_STOP && lab_is_master(c) && i < l->len; i++)
        if (!lab_is_master(&l->climbs[i]) && l->climbs[i].end == LAB_CLIMB_GOING)
            return lab_tr("waits until the workers are off");
    if (l->kind == LAB_LADDER_STOP)
        return NULL;
    if (lab_is_master(c) && c->record->restarted && c->power == LAB_POWER_ON)
        return hold_member(c, dead);
    return l->kind == LAB_LADDER_RESTART ? lab_hold_restart(c, dead) : NULL;
}

/* After a full stop all masters start together; workers wait for the API. */
const char *lab_hold_power(struct lab_climb *c, bool *dead)
{
    *dead = false;
    if (c->record->role != LAB_ROLE_WORKER || !c->record->restarted || c->power == LAB_POWER_ON)
        return NULL;
    return wait_for_api(c);
}

/* A master beside a cluster joins it, whatever its place in the file: founding a second one would
 * look as well as the first. */
static const char *hold_master(struct lab_climb *c, bool *dead)
{
    if (cluster_exists(c)) {
        const struct lab_climb *m = lab_other_member(c);
        *dead = !m;
        return !m ? lab_tr(
                        "the masters that hold the cluster are not up; `up` without --target brings "
                        "them up first")
               : lab_climb_passed(m, LAB_GATE_K3S) ? NULL
                                                   : lab_tr("waits for a master of the cluster");
    }
    const struct lab_climb *before = previous_master(c, false);
    return before && !lab_climb_passed(before, LAB_GATE_K3S) ? lab_tr(waits_for_previous) : NULL;
}

const char *lab_hold_k3s(struct lab_climb *c, bool *dead)
{
    *dead = false;
    if (lab_bootstrapped(c))
        return NULL;
    if (lab_is_master(c))
        return hold_master(c, dead);
    bool any = false;
    for (size_t i = 0; i < c->ladder->len; i++)
        any = any || lab_is_master(&c->ladder->climbs[i]);
    *dead = !lab_any_master(c->ladder);
    if (*dead)
        return any ? lab_tr("no master came up, so this worker cannot join")
                   : lab_tr("its master is not up; `up` without --target brings it up first");
    return wait_for_api(c);
}
