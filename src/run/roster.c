#include "run/roster.h"

#include <string.h>

#include "base/text.h"
#include "run/prepare.h"

/* One of lab.yaml's that `up` has not come to. */
static const char *unmade_target(struct lab_run *run)
{
    for (size_t i = 0; i < run->options->targets_len; i++)
        if (!lab_node_records_find(&run->records, run->options->targets[i]))
            return run->options->targets[i];
    return NULL;
}

int lab_need_lab(struct lab_run *run, struct lab_error *err)
{
    const char *missing = NULL;
    if (!run->state || !run->records.list.len)
        lab_fail(err, LAB_USAGE, "this lab has no VMs yet");
    else if ((missing = unmade_target(run)) != NULL)
        lab_fail(err, LAB_USAGE, "node '%s' was not made yet", missing);
    else
        return 0;
    return lab_error_hint(err, "make it with '%s up'", lab_run_self(run));
}

int lab_need_node(struct lab_run *run, const char *node, struct lab_error *err)
{
    LAB_VEC(const char *) names = {0};
    if (lab_node_records_find(&run->records, node))
        return 0;
    LAB_VEC_FOREACH (r, &run->records.list)
        *lab_vec_push(&names) = r->name;
    const char *nearest = lab_nearest(node, names.items, names.len);
    lab_vec_clear(&names);
    lab_fail(err, LAB_USAGE, "no node '%s' in this lab", node);
    return nearest ? lab_error_hint(err, "did you mean '%s'?", nearest)
                   : lab_error_hint(err, "'%s status' lists the nodes", lab_run_self(run));
}

int lab_roster_check(struct lab_run *run,
                     enum lab_ladder_kind kind,
                     const struct lab_node_record *record,
                     struct lab_error *err)
{
    const char *name = record->name;
    const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, name);
    bool absent = !vm || vm->power == LAB_POWER_ABSENT;
    if (absent && kind == LAB_LADDER_STOP)
        return 0; /* off it is */
    if (absent) {
        lab_fail(err, LAB_HYPERVISOR, "the hypervisor has no VM '%s' any more", name);
        return lab_error_hint(err, "'%s up' makes it anew", lab_run_self(run));
    }
    if (!vm->ours) {
        lab_fail(err, LAB_CONFLICT, "VM '%s' (%s) does not belong to this lab", name,
                 vm->where ? vm->where : "");
        return lab_error_hint(err, "rename or remove that VM, then run '%s up'", lab_run_self(run));
    }
    return 0;
}

/* A worker's master is looked at too: only it knows who is Ready. */
static bool
takes_part(const struct lab_run *run, enum lab_ladder_kind kind, const struct lab_node_record *r)
{
    return lab_run_targeted(run, r->name) ||
           (kind != LAB_LADDER_STOP && r->role == LAB_ROLE_MASTER && r->restarted);
}

int lab_roster(struct lab_ladder *out,
               struct lab_run *run,
               enum lab_ladder_kind kind,
               struct lab_error *err)
{
    size_t n = 0;
    if (lab_need_lab(run, err) || lab_prepare_keys(run, err) || lab_run_observe(run, err))
        return -1;
    LAB_VEC_FOREACH (r, &run->records.list)
        n += takes_part(run, kind, r);
    lab_ladder_init(out, run, kind, n);
    n = 0;
    LAB_VEC_FOREACH (r, &run->records.list) {
        if (!takes_part(run, kind, r))
            continue;
        struct lab_vm_state *vm = lab_vm_states_find(&run->observed, r->name);
        struct lab_climb *c = &out->climbs[n++];
        c->ladder = out;
        c->node = run->spec ? lab_spec_node(run->spec, r->name) : NULL;
        c->record = r;
        c->power = vm ? vm->power : LAB_POWER_ABSENT;
        c->media_attached = vm && (vm->seed_attached || vm->payload_attached);
        if (lab_roster_check(run, kind, r, &c->error))
            c->gates = ~0u; /* it fails at once; the others go on */
    }
    for (size_t i = 0; i < out->len; i++) {
        LAB_AUTOFREE char *token = lab_run_path(run, "keys/k3s-token");
        if (kind == LAB_LADDER_STOP || kind == LAB_LADDER_WAIT ||
            out->climbs[i].record->role != LAB_ROLE_MASTER || out->k3s.token[0])
            continue;
        if (lab_k3s_load_token(&out->k3s, token, err)) {
            lab_ladder_clear(out);
            return -1;
        }
    }
    return 0;
}
