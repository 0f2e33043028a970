/* Whether the lab as it is now can be set back to a snapshot, and whether it must be. */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/roster.h"
#include "run/snapshot.h"

static const struct lab_snapshot_node *part_of(const struct lab_snapshot *s, const char *node)
{
    LAB_VEC_FOREACH (part, &s->nodes)
        if (strcmp(part->node, node) == 0)
            return part;
    return NULL;
}

static bool is_same_disk(const struct lab_snapshot_node *part, const struct lab_node_record *r)
{
    return strcmp(part->generation ? part->generation : "", r->generation ? r->generation : "") ==
           0;
}

void lab_snapshot_differences(const struct lab_run *run,
                              const struct lab_snapshot *snapshot,
                              struct lab_str *out)
{
    LAB_VEC_FOREACH (r, &run->records.list) {
        const struct lab_snapshot_node *part = part_of(snapshot, r->name);
        if (!part)
            lab_str_addf(out, lab_tr("\n  node '%s' was added since"), r->name);
        else if (!is_same_disk(part, r))
            lab_str_addf(out, lab_tr("\n  node '%s' was made anew since"), r->name);
    }
    LAB_VEC_FOREACH (part, &snapshot->nodes) {
        bool there = false;
        LAB_VEC_FOREACH (r, &run->records.list)
            there = there || strcmp(r->name, part->node) == 0;
        if (!there)
            lab_str_addf(out, lab_tr("\n  node '%s' is gone since"), part->node);
    }
}

bool lab_snapshot_is_pending(const struct lab_run *run, const struct lab_snapshot *snapshot)
{
    bool there = false;
    LAB_VEC_FOREACH (r, &run->records.list) {
        const struct lab_snapshot_node *part = part_of(snapshot, r->name);
        there = there || (part && is_same_disk(part, r));
    }
    return there && snapshot->state == LAB_SNAPSHOT_RESTORING;
}

struct missing_work {
    struct lab_run *run;
    const struct lab_snapshot *snapshot;
    const char *handle;
    struct lab_str *out;
};

static int missing_fn(void *arg, struct lab_error *err)
{
    struct missing_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    LAB_VEC_FOREACH (part, &w->snapshot->nodes) {
        LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false};
        if (p->ops->snapshots(p, part->node, &there, err))
            return -1;
        if (!lab_vm_snapshots_has(&there, w->handle))
            lab_str_addf(w->out, lab_tr("\n  node '%s': the hypervisor has no snapshot '%s' of it"),
                         part->node, w->handle);
    }
    return 0;
}

int lab_snapshot_missing(struct lab_run *run,
                         const struct lab_snapshot *snapshot,
                         struct lab_str *out,
                         struct lab_error *err)
{
    LAB_AUTOFREE char *handle = lab_snapshot_handle(snapshot);
    struct missing_work work = {run, snapshot, handle, out};
    return lab_await(run, NULL, missing_fn, &work, NULL, err);
}

/* The guest on the disk knows its NICs by their MACs. */
static bool
same_nics(const struct lab_run *run, const struct lab_node *node, const struct lab_node_record *r)
{
    if (node->nics.len != r->nics.len)
        return false;
    for (size_t i = 0; i < r->nics.len; i++) {
        const struct lab_nic_record *was = &r->nics.items[i];
        char mac[LAB_MAC_TEXT];
        lab_mac_format(node->nics.items[i].mac, mac);
        if (strcmp(run->spec->networks.items[node->nics.items[i].network].name, was->network) !=
                0 ||
            (was->mac && strcmp(was->mac, mac) != 0))
            return false;
    }
    return true;
}

static void add_spec_differences(const struct lab_run *run, struct lab_str *out)
{
    LAB_VEC_FOREACH (r, &run->records.list) {
        const struct lab_node *node = lab_spec_node(run->spec, r->name);
        if (!node)
            lab_str_addf(out, lab_tr("\n  node '%s' is not in %s any more"), r->name,
                         run->spec->file);
        else if (!same_nics(run, node, r))
            lab_str_addf(out, lab_tr("\n  node '%s' has other NICs in %s than it was made with"),
                         r->name, run->spec->file);
    }
}

static int hint_at_ways(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    if (!lab_snapshot_is_pending(run, s))
        return lab_error_hint(
            err, "remove what was added, or give the snapshot up: '%s snapshot delete %s'",
            lab_run_self(run), s->name);
    return lab_error_hint(
        err,
        "its restore was cut off, so the disks are of different times: restore "
        "another one, make all nodes anew ('%s up --recreate'), or remove the lab "
        "('%s teardown')",
        lab_run_self(run), lab_run_self(run));
}

int lab_snapshot_check_fits(struct lab_run *run,
                            const struct lab_snapshot *s,
                            struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
    if (!run->spec) {
        lab_fail(err, LAB_USAGE, "the VMs are defined anew by lab.yaml, which cannot be read here");
        return lab_error_hint(err, "give it with -f");
    }
    lab_snapshot_differences(run, s, &why);
    add_spec_differences(run, &why);
    if (!why.len && lab_snapshot_missing(run, s, &why, err))
        return -1;
    if (!why.len)
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "the lab cannot be set back to snapshot '%s'; nothing was touched:%s", s->name,
             lab_str_get(&why));
    return hint_at_ways(run, s, err);
}

char *lab_snapshot_unfinished(struct lab_run *run)
{
    struct lab_snapshots all;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    char *text = NULL;
    if (!run->state)
        return NULL;
    if (lab_state_snapshots(run->state, &all, &why))
        return lab_strdup(why.message);
    LAB_VEC_FOREACH (s, &all.list)
        if (!text && lab_snapshot_is_pending(run, s))
            text = lab_format(
                lab_tr("the restore of snapshot '%s' was cut off; 'up' or 'start' finishes it"),
                s->name);
    lab_snapshots_clear(&all);
    return text;
}
