/* Setting a lab back. The definition is always that of today: the one that a hypervisor keeps with
 * a snapshot may be of a time when cpu, memory or media were others. */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "platform.h"
#include "run/cut.h"
#include "run/power.h"
#include "run/prepare.h"
#include "run/refresh.h"
#include "run/remove.h"
#include "run/roster.h"
#include "run/snapshot.h"

/* --- whether it may be --------------------------------------------------------------------------
 */

static int check_whole(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (s->state == LAB_SNAPSHOT_PRESENT || s->state == LAB_SNAPSHOT_RESTORING)
        return 0;
    if (s->state == LAB_SNAPSHOT_MAKING)
        lab_fail(err, LAB_CONFLICT,
                 "snapshot '%s' is half-made: there is nothing whole to go back to", s->name);
    else
        lab_fail(err, LAB_CONFLICT,
                 "snapshot '%s' is half-deleted: there is nothing whole to go back to", s->name);
    return lab_error_hint(err, "'%s snapshot delete %s' removes what there is of it",
                          lab_run_self(run), s->name);
}

/* --- the disks -------------------------------------------------------------------------------- */

struct cut_work {
    struct lab_run *run;
    const char *node;
};

static int cut_fn(void *arg, struct lab_error *err)
{
    struct cut_work *w = arg;
    return w->run->provider.ops->hard_stop(&w->run->provider, w->node, err);
}

/* What a guest could still write is about to be given up, and one that is broken would not follow
 * for minutes. */
static int cut_off(struct lab_run *run, struct lab_error *err)
{
    LAB_VEC_FOREACH (r, &run->records.list) {
        const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, r->name);
        struct cut_work work = {run, r->name};
        if (lab_roster_check(run, LAB_LADDER_UP, r, err))
            return -1;
        if (vm->power != LAB_POWER_ON && vm->power != LAB_POWER_PAUSED)
            continue;
        lab_run_warning(run, "%s is cut off: what it wrote since the snapshot is given up",
                        r->name);
        if (lab_await(run, NULL, cut_fn, &work, NULL, err))
            return -1;
    }
    return 0;
}

static int revert_all(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    LAB_AUTOFREE char *handle = lab_snapshot_handle(s);
    if (lab_state_snapshot_mark(run->state, s->name, NULL, LAB_SNAPSHOT_RESTORING, err) ||
        cut_off(run, err))
        return -1;
    LAB_VEC_FOREACH (part, &s->nodes) {
        if (lab_state_snapshot_mark(run->state, s->name, part->node, LAB_SNAPSHOT_RESTORING, err) ||
            lab_refresh_forget(run, part->node, err) ||
            lab_note_cut(run, part->node, part->cut, err) ||
            lab_snapshot_act(run, LAB_SNAPSHOT_REVERT, handle, part->node, err) ||
            lab_state_snapshot_mark(run->state, s->name, part->node, LAB_SNAPSHOT_PRESENT, err))
            return -1;
    }
    return 0;
}

/* As they were last defined: what lab.yaml wants changed is for `up`, as ever. */
static int define_all(struct lab_run *run, struct lab_error *err)
{
    struct lab_ladder ladder = {0};
    if (lab_roster(&ladder, run, LAB_LADDER_UP, err))
        return -1;
    LAB_AUTOFREE struct lab_node *nodes = lab_calloc(ladder.len, sizeof(*nodes));
    for (size_t i = 0; i < ladder.len; i++) {
        struct lab_climb *c = &ladder.climbs[i];
        nodes[i] = *c->node;
        nodes[i].cpu = c->record->cpu;
        nodes[i].memory_mib = c->record->memory_mib;
        nodes[i].disk_bytes = c->record->disk_bytes;
        c->node = &nodes[i];
        c->gates = LAB_GATE_BIT(LAB_GATE_DETACHED);
    }
    int rc = lab_preflight(&ladder, err) || lab_prepare_networks(&ladder, err) ||
                     lab_ladder_run(&ladder, err)
                 ? -1
                 : 0;
    lab_ladder_clear(&ladder);
    return rc;
}

static int set_back(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (revert_all(run, s, err) || define_all(run, err))
        return -1;
    return lab_state_snapshot_mark(run->state, s->name, NULL, LAB_SNAPSHOT_PRESENT, err);
}

/* --- restore ---------------------------------------------------------------------------------- */

static int ask(struct lab_run *run, const struct lab_snapshot *s, bool yes, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str when = LAB_STR_INIT;
    lab_put_time(&when, s->made_ms);
    LAB_AUTOFREE char *question = lab_format(
        s->nodes.len == 1
            ? lab_tr(
                  "Set lab '%s' back to snapshot '%s' of %s? What its %zu node wrote since is lost.")
            : lab_tr(
                  "Set lab '%s' back to snapshot '%s' of %s? What its %zu nodes wrote since is lost."),
        lab_state_name(run->state), s->name, lab_str_get(&when), s->nodes.len);
    return lab_confirm(run, yes, question, lab_tr("nothing was touched: restore wants a yes"), err);
}

/* Another one's restore may have been cut off: this one sets back the same disks. */
static int forget_others(struct lab_run *run,
                         const struct lab_snapshots *all,
                         const struct lab_snapshot *s,
                         struct lab_error *err)
{
    LAB_VEC_FOREACH (other, &all->list)
        if (other->state == LAB_SNAPSHOT_RESTORING && strcmp(other->name, s->name) != 0 &&
            lab_state_snapshot_mark(run->state, other->name, NULL, LAB_SNAPSHOT_PRESENT, err))
            return -1;
    return 0;
}

static int restore(struct lab_run *run,
                   const char *name,
                   bool yes,
                   struct lab_snapshots *all,
                   struct lab_report *report,
                   struct lab_error *err)
{
    struct lab_snapshot *s;
    if (lab_snapshot_need(run, all, name, &s, err) || check_whole(run, s, err) ||
        lab_run_observe(run, err) || lab_snapshot_check_fits(run, s, err) || ask(run, s, yes, err))
        return -1;
    /* first its own intent, so that at no time the disks are mixed with nothing that says so */
    if (lab_state_snapshot_mark(run->state, s->name, NULL, LAB_SNAPSHOT_RESTORING, err) ||
        forget_others(run, all, s, err) || set_back(run, s, err))
        return -1;
    return lab_power_up(run, report, err);
}

int lab_snapshot_restore(struct lab_run *run,
                         const char *name,
                         bool yes,
                         struct lab_report *report,
                         struct lab_error *err)
{
    struct lab_snapshots all;
    uint64_t began = plat_now_ms();
    if (lab_need_lab(run, err) || lab_state_snapshots(run->state, &all, err))
        return -1;
    int rc = lab_state_run_begin(run->state, "snapshot restore", err);
    if (rc == 0) {
        rc = restore(run, name, yes, &all, report, err);
        if (lab_state_run_end(run->state, rc ? (int)err->code : 0, rc ? NULL : err))
            rc = -1;
    }
    lab_snapshots_clear(&all);
    report->took_ms = plat_now_ms() - began;
    return rc;
}

static int settle(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (run->options->targets_len) {
        lab_fail(err, LAB_CONFLICT, "the restore of snapshot '%s' was cut off, and is of all nodes",
                 s->name);
        return lab_error_hint(err, "finish it without --target: '%s snapshot restore %s'",
                              lab_run_self(run), s->name);
    }
    lab_run_warning(run, "the restore of snapshot '%s' was cut off: it is finished first", s->name);
    return lab_run_observe(run, err) || lab_snapshot_check_fits(run, s, err) ||
                   set_back(run, s, err)
               ? -1
               : 0;
}

int lab_snapshot_settle(struct lab_run *run, struct lab_error *err)
{
    struct lab_snapshots all;
    int rc = 0;
    if (!run->state || !run->records.list.len)
        return 0;
    if (lab_state_snapshots(run->state, &all, err))
        return -1;
    LAB_VEC_FOREACH (s, &all.list)
        if (rc == 0 && lab_snapshot_is_pending(run, s))
            rc = settle(run, s, err);
    lab_snapshots_clear(&all);
    return rc;
}
