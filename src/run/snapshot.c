#include "run/snapshot.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/roster.h"

char *lab_snapshot_handle(const struct lab_snapshot *snapshot)
{
    return lab_format("labctl-%s-%s", snapshot->name, snapshot->token);
}

int lab_snapshot_need(struct lab_run *run,
                      struct lab_snapshots *all,
                      const char *name,
                      struct lab_snapshot **out,
                      struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    *out = lab_snapshots_find(all, name);
    if (*out)
        return 0;
    LAB_VEC_FOREACH (s, &all->list)
        lab_str_addf(&names, "%s%s", names.len ? ", " : "", s->name);
    lab_fail(err, LAB_USAGE, "this lab has no snapshot '%s'", name);
    if (!names.len)
        return lab_error_hint(err, "make one: '%s snapshot create'", lab_run_self(run));
    return lab_error_hint(err, "there are: %s", lab_str_get(&names));
}

/* --- one node's part -------------------------------------------------------------------------- */

struct act_work {
    struct lab_run *run;
    enum lab_snapshot_act act;
    const char *handle, *node;
};

static int act_fn(void *arg, struct lab_error *err)
{
    struct act_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    switch (w->act) {
    case LAB_SNAPSHOT_TAKE:
        return p->ops->snapshot(p, w->node, w->handle, err);
    case LAB_SNAPSHOT_REVERT:
        return p->ops->revert(p, w->node, w->handle, err);
    default:
        return p->ops->delete_snapshot(p, w->node, w->handle, err);
    }
}

static char *evidence_of(enum lab_snapshot_act act, const char *node)
{
    switch (act) {
    case LAB_SNAPSHOT_TAKE:
        return lab_format(lab_tr("the disk of %s is kept"), node);
    case LAB_SNAPSHOT_REVERT:
        return lab_format(lab_tr("the disk of %s is set back"), node);
    default:
        return lab_format(lab_tr("the disk of %s lets go of it"), node);
    }
}

int lab_snapshot_act(struct lab_run *run,
                     enum lab_snapshot_act act,
                     const char *handle,
                     const char *node,
                     struct lab_error *err)
{
    struct act_work work = {run, act, handle, node};
    LAB_AUTOFREE char *evidence = evidence_of(act, node);
    return lab_await(run, "snapshot", act_fn, &work, &evidence, err);
}

bool lab_snapshot_is_on(struct lab_run *run, const char *node)
{
    const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, node);
    return vm && (vm->power == LAB_POWER_ON || vm->power == LAB_POWER_PAUSED);
}

/* --- deleting --------------------------------------------------------------------------------- */

int lab_snapshot_drop_disks(struct lab_run *run,
                            const struct lab_snapshot *s,
                            struct lab_error *err)
{
    LAB_AUTOFREE char *handle = lab_snapshot_handle(s);
    LAB_VEC_FOREACH (node, &s->nodes)
        if (lab_state_snapshot_mark(run->state, s->name, node->node, LAB_SNAPSHOT_REMOVING, err) ||
            lab_snapshot_act(run, LAB_SNAPSHOT_DROP, handle, node->node, err))
            return -1;
    return 0;
}

int lab_snapshot_drop(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (lab_state_snapshot_mark(run->state, s->name, NULL, LAB_SNAPSHOT_REMOVING, err) ||
        lab_snapshot_drop_disks(run, s, err))
        return -1;
    return lab_state_snapshot_gone(run->state, s->name, err);
}

/* Before any of them has gone. */
static int check_off(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    if (!run->provider.ops->deletes_while_off)
        return 0;
    if (lab_run_observe(run, err))
        return -1;
    LAB_VEC_FOREACH (r, &run->records.list)
        if (lab_snapshot_is_on(run, r->name))
            lab_str_addf(&names, "%s%s", names.len ? ", " : "", r->name);
    if (!names.len)
        return 0;
    lab_fail(err, LAB_CONFLICT, "%s deletes snapshots of VMs that are off, and these are on: %s",
             run->provider.ops->name, lab_str_get(&names));
    return lab_error_hint(err, "'%s stop' first, and '%s start' afterwards", lab_run_self(run),
                          lab_run_self(run));
}

/* The disks are of two times, and nothing but this record says so. */
static int check_unneeded(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (!lab_snapshot_is_pending(run, s))
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "the restore of snapshot '%s' was cut off: some disks are of then, others of now",
             s->name);
    return lab_error_hint(err,
                          "finish it first ('%s snapshot restore %s'), or restore another one, or "
                          "make all nodes anew: '%s up --recreate'",
                          lab_run_self(run), s->name, lab_run_self(run));
}

static int delete_named(struct lab_run *run, const char *name, struct lab_error *err)
{
    struct lab_snapshots all;
    struct lab_snapshot *s;
    if (lab_state_snapshots(run->state, &all, err))
        return -1;
    int rc = lab_snapshot_need(run, &all, name, &s, err) || check_unneeded(run, s, err) ||
                     check_off(run, err) || lab_snapshot_drop(run, s, err)
                 ? -1
                 : 0;
    lab_snapshots_clear(&all);
    return rc;
}

int lab_snapshot_ended(struct lab_run *run, int rc, struct lab_error *err)
{
    if (lab_state_run_end(run->state, rc ? (int)err->code : 0, rc ? NULL : err))
        return -1;
    return rc;
}

int lab_snapshot_delete(struct lab_run *run, const char *name, struct lab_error *err)
{
    if (lab_need_lab(run, err) || lab_state_run_begin(run->state, "snapshot delete", err))
        return -1;
    return lab_snapshot_ended(run, delete_named(run, name, err), err);
}
