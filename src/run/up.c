/* up: plan, prepare what the nodes share, let them climb. Everything may be repeated; what is
 * proved is not proved again. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/commands.h"
#include "run/host.h"
#include "run/hypervisor.h"
#include "run/leave.h"
#include "run/payload_fit.h"
#include "run/prepare.h"
#include "run/record.h"
#include "run/refresh.h"
#include "run/remove.h"
#include "run/report.h"
#include "run/roster.h"
#include "run/snapshot.h"

struct plan_inputs {
    size_t images, nodes;
    char **sums, **hashes, *payload;
};

static void inputs_clear(struct plan_inputs *in)
{
    for (size_t i = 0; in->sums && i < in->images; i++)
        free(in->sums[i]);
    for (size_t i = 0; in->hashes && i < in->nodes; i++)
        free(in->hashes[i]);
    free(in->sums);
    free(in->hashes);
    free(in->payload);
}

static bool was_started(struct lab_run *run, const char *name)
{
    struct lab_events gates = {{0}};
    bool started = false;
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (lab_state_gates(run->state, name, &gates, &ignored) == 0)
        LAB_VEC_FOREACH (gate, &gates.list)
            started = started || strcmp(gate->gate, lab_gate_name(LAB_GATE_POWERED)) == 0;
    lab_events_clear(&gates);
    return started;
}

/* A first boot that was cut off (host lost power, VM killed) is not run again by cloud-init: such a
 * node begins anew. */
static bool begins_anew(struct lab_run *run, const struct lab_plan_node *p)
{
    struct lab_node_record *record = lab_node_records_find(&run->records, p->name);
    struct lab_vm_state *vm = lab_vm_states_find(&run->observed, p->name);
    bool alive = vm && (vm->power == LAB_POWER_ON || vm->power == LAB_POWER_PAUSED);
    if (p->action == LAB_ACTION_RESUME)
        return !record || (!record->provisioned && !alive && was_started(run, p->name));
    return p->action == LAB_ACTION_CREATE || p->action == LAB_ACTION_PROVISION;
}

/* Nodes that have their payload are not asked: it may be an earlier, smaller one. */
static int check_payload(struct lab_run *run, const struct lab_plan *plan, struct lab_error *err)
{
    LAB_AUTOFREE bool *anew = lab_calloc(run->spec->nodes.len, sizeof(*anew));
    bool any = false;
    LAB_VEC_FOREACH (p, &plan->nodes)
        if (p->node && p->targeted && begins_anew(run, p))
            any = anew[p->node - run->spec->nodes.items] = true;
    return any ? lab_payload_check(run, anew, err) : 0;
}

static int make_plan(struct lab_run *run,
                     const struct lab_plan_options *options,
                     struct plan_inputs *in,
                     struct lab_plan *out,
                     struct lab_error *err)
{
    const struct lab_spec *spec = run->spec;
    in->images = spec->images.len;
    in->nodes = spec->nodes.len;
    in->sums = lab_calloc(in->images, sizeof(char *));
    in->hashes = lab_calloc(in->nodes, sizeof(char *));
    if (lab_prepare_digests(run, in->sums, err) || lab_payload_content(run, &in->payload, err) ||
        lab_run_observe(run, err))
        return -1;
    for (size_t i = 0; i < in->nodes; i++) {
        const struct lab_node *node = &spec->nodes.items[i];
        struct lab_str hash = LAB_STR_INIT;
        lab_plan_provision_hash(&hash, spec, node, in->sums[node->image], in->payload);
        in->hashes[i] = lab_str_detach(&hash);
    }
    return lab_plan_make(out, spec, &run->records, &run->observed, (const char *const *)in->hashes,
                         options, err) ||
                   check_payload(run, out, err)
               ? -1
               : 0;
}

int lab_plan_now(struct lab_run *run,
                 const struct lab_plan_options *options,
                 struct lab_plan *out,
                 struct lab_error *err)
{
    struct plan_inputs in = {0};
    int rc = make_plan(run, options, &in, out, err);
    char *unfinished = rc == 0 && !options->recreate_all ? lab_snapshot_unfinished(run) : NULL;
    if (unfinished) {
        *lab_vec_push(&out->notes) = unfinished;
        out->changes = true;
    }
    inputs_clear(&in);
    return rc;
}

/* --- from plan to climbs
 * ---------------------------------------------------------------------------- */

static unsigned resume_gates(const struct lab_climb *c)
{
    const struct lab_node_record *r = c->record;
    bool on = c->power == LAB_POWER_ON;
    if (r->provisioned && r->detached && !c->media_attached)
        return LAB_GATES_AGAIN;
    if (r->provisioned)
        return (on ? LAB_GATES_LINK : 0) | LAB_GATE_BIT(LAB_GATE_OFF) |
               LAB_GATE_BIT(LAB_GATE_DETACHED) | LAB_GATES_AGAIN;
    return ~(on ? LAB_GATE_BIT(LAB_GATE_DEFINED) | LAB_GATE_BIT(LAB_GATE_POWERED) : 0u);
}

static unsigned gates_for(const struct lab_climb *c, enum lab_action action)
{
    unsigned gates;
    switch (action) {
    case LAB_ACTION_CREATE:
    case LAB_ACTION_PROVISION:
        gates = ~0u;
        break;
    case LAB_ACTION_RESUME:
        gates = resume_gates(c);
        break;
    case LAB_ACTION_MODIFY:
        gates = LAB_GATE_BIT(LAB_GATE_OFF) | LAB_GATE_BIT(LAB_GATE_DETACHED) | LAB_GATES_AGAIN;
        break;
    default:
        gates = LAB_GATES_START;
        if (c->power == LAB_POWER_ON)
            gates &= ~LAB_GATE_BIT(LAB_GATE_POWERED);
    }
    if (c->record->role == LAB_ROLE_NONE)
        gates &= ~LAB_GATES_K3S;
    if (!lab_payload_has_packages(c->ladder->run))
        gates &= ~LAB_GATE_BIT(LAB_GATE_PACKAGES);
    return gates;
}

static void fill_record(struct lab_node_record *r,
                        const struct lab_spec *spec,
                        size_t order,
                        const char *hash,
                        bool anew)
{
    lab_record_place(r, spec, order);
    if (!anew)
        return;
    char generation[LAB_UUID_TEXT];
    lab_uuid_random(generation);
    lab_assign(&r->generation, generation);
    lab_assign(&r->provision_hash, hash);
    r->provisioned = r->detached = r->restarted = false;
    lab_assign(&r->boot_id, NULL);
    lab_record_made(r, spec, order);
}

static struct lab_node_record *record_for(struct lab_run *run, const char *name)
{
    struct lab_node_record *r = lab_node_records_find(&run->records, name);
    return r ? r : lab_vec_push(&run->records.list);
}

/* A worker's master is looked at too, even when only the worker is targeted. */
static bool takes_part(const struct lab_run *run, const struct lab_plan_node *p)
{
    if (!p->node || p->action == LAB_ACTION_ORPHAN || p->action == LAB_ACTION_REMOVE)
        return false;
    return p->targeted || (run->options->targets_len && p->action == LAB_ACTION_KEEP &&
                           p->node->role == LAB_ROLE_MASTER);
}

static void fill_ladder(struct lab_ladder *l,
                        struct lab_run *run,
                        const struct lab_plan *plan,
                        struct plan_inputs *in)
{
    size_t n = 0;
    /* All records first: the vector must not move once climbs point into it. */
    LAB_VEC_FOREACH (p, &plan->nodes) {
        if (!takes_part(run, p))
            continue;
        size_t order = (size_t)(p->node - run->spec->nodes.items);
        fill_record(record_for(run, p->name), run->spec, order, in->hashes[order],
                    begins_anew(run, p));
        n++;
    }
    lab_ladder_init(l, run, LAB_LADDER_UP, n);
    lab_refresh_note(l);
    n = 0;
    LAB_VEC_FOREACH (p, &plan->nodes) {
        if (!takes_part(run, p))
            continue;
        struct lab_climb *c = &l->climbs[n++];
        struct lab_vm_state *vm = lab_vm_states_find(&run->observed, p->name);
        c->ladder = l;
        c->node = p->node;
        c->record = lab_node_records_find(&run->records, p->name);
        c->power = vm ? vm->power : LAB_POWER_ABSENT;
        c->media_attached = vm && (vm->seed_attached || vm->payload_attached);
        c->provision = c->record->boot_id == NULL && !c->record->provisioned && begins_anew(run, p);
        c->gates = gates_for(c, c->provision ? LAB_ACTION_PROVISION : p->action);
        if (!c->provision)
            lab_refresh_look(c);
        if (c->provision)
            c->power = LAB_POWER_ABSENT;
    }
}

/* Of an adopted node nobody knows what it was made from: lab.yaml as it is now, so that at least
 * later changes are noticed. */
static int note_hashes(struct lab_run *run,
                       const struct lab_plan *plan,
                       const struct plan_inputs *in,
                       struct lab_error *err)
{
    LAB_VEC_FOREACH (p, &plan->nodes) {
        struct lab_node_record *r = lab_node_records_find(&run->records, p->name);
        if (!p->node || !r || r->provision_hash)
            continue;
        lab_assign(&r->provision_hash, in->hashes[p->node - run->spec->nodes.items]);
        if (lab_state_node_put(run->state, r, err))
            return -1;
    }
    return 0;
}

/* --- prune
 * ------------------------------------------------------------------------------------------- */

static bool stays(const void *plan, const char *name)
{
    LAB_VEC_FOREACH (p, &((const struct lab_plan *)plan)->nodes)
        if (strcmp(p->name, name) == 0)
            return p->action != LAB_ACTION_REMOVE && p->action != LAB_ACTION_PROVISION;
    return false;
}

static int prune(struct lab_run *run,
                 const struct lab_plan *plan,
                 bool yes,
                 struct lab_report *report,
                 struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    LAB_VEC_FOREACH (p, &plan->nodes)
        if (p->action == LAB_ACTION_REMOVE && p->targeted)
            lab_str_addf(&names, "%s%s", names.len ? ", " : "", p->name);
    if (!names.len)
        return 0;
    LAB_AUTOFREE char *question = lab_format(lab_tr("Remove %s for good?"), lab_str_get(&names));
    LAB_AUTOFREE char *refusal =
        lab_format(lab_tr("not removing %s without a yes"), lab_str_get(&names));
    if (lab_confirm(run, yes, question, refusal, err))
        return -1;
    LAB_VEC_FOREACH (p, &plan->nodes) {
        if (p->action != LAB_ACTION_REMOVE || !p->targeted)
            continue;
        /* a stranger's VM took the name: only our record goes */
        struct lab_vm_state *vm = lab_vm_states_find(&run->observed, p->name);
        bool foreign = vm && vm->power != LAB_POWER_ABSENT && !vm->ours;
        if (foreign ? lab_state_node_gone(run->state, p->name, err)
                    : lab_leave_cluster(run, p->name, stays, plan, err) ||
                          lab_remove_node(run, p->name, report, err))
            return -1;
    }
    return 0;
}

static int record_lab(struct lab_run *run, struct lab_error *err)
{
    if (lab_run_record_provider(run, err))
        return -1;
    return lab_state_set(run->state, "username", run->spec->auth.username, err);
}

static int probe_fn(void *arg, struct lab_error *err)
{
    struct lab_run *run = arg;
    return run->provider.ops->probe(&run->provider, &run->host, err);
}

/* For OpenSSH and friends: the same pins that labctl itself uses. */
static int write_known_hosts(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_run_path(run, "known_hosts");
    LAB_VEC_FOREACH (r, &run->records.list) {
        LAB_AUTOFREE char *pub = lab_run_path(run, "keys/%s.pub", r->name);
        if (!r->nics.len || !r->nics.items[0].ip || !lab_file_exists(pub))
            continue;
        lab_str_addf(&text, "%s,%s ", r->name, r->nics.items[0].ip);
        if (lab_file_read(pub, 4096, &text, err))
            return -1;
        if (text.len && text.ptr[text.len - 1] != '\n')
            lab_str_add(&text, "\n");
    }
    return lab_file_replace(path, lab_str_get(&text), text.len, 0600, err);
}

static int probe_host(struct lab_run *run, struct lab_error *err)
{
    return run->host.hypervisor ? 0 : lab_await(run, NULL, probe_fn, run, NULL, err);
}

/* What the nodes share. Only what is needed: a look at a lab that is up makes nothing. */
static int prepare(struct lab_ladder *l, struct plan_inputs *in, struct lab_error *err)
{
    bool defines = false;
    for (size_t i = 0; i < l->len; i++)
        defines = defines || (l->climbs[i].gates &
                              (LAB_GATE_BIT(LAB_GATE_DEFINED) | LAB_GATE_BIT(LAB_GATE_DETACHED)));
    if (lab_preflight(l, err) || lab_prepare_networks(l, err) || lab_prepare_registry(l, err))
        return -1;
    if (!defines)
        return 0;
    struct lab_run *run = l->run;
    if (probe_host(run, err) ||
        lab_state_object_put(run->state, LAB_OBJECT_LAB, "storage", LAB_OBJECT_MAKING, NULL, err))
        return -1;
    return lab_prepare_images(l, in->sums, err) || lab_prepare_payload(l, err) ||
                   lab_fill_registry(l, err)
               ? -1
               : 0;
}

/* A new one only while no master runs by the old one. */
static int prepare_token(struct lab_ladder *l, struct lab_error *err)
{
    bool in_use = false; /* `restarted` of those that are made anew is false by now */
    LAB_VEC_FOREACH (record, &l->run->records.list)
        in_use = in_use || (record->role == LAB_ROLE_MASTER && record->restarted);
    if (!lab_spec_has_role(l->run->spec, LAB_ROLE_MASTER))
        return 0;
    LAB_AUTOFREE char *path = lab_run_path(l->run, "keys/k3s-token");
    return in_use ? lab_k3s_load_token(&l->k3s, path, err) : lab_k3s_token(&l->k3s, path, err);
}

/* k3s keeps a lone master's data in SQLite, to which no other master can be added. */
static int check_growth(const struct lab_ladder *l, struct lab_error *err)
{
    const struct lab_run *run = l->run;
    const char *datastore = lab_state_get(run->state, "datastore"), *lone = NULL;
    size_t masters = 0;
    LAB_VEC_FOREACH (node, &run->spec->nodes)
        masters += node->role == LAB_ROLE_MASTER;
    LAB_VEC_FOREACH (record, &run->records.list)
        if (record->role == LAB_ROLE_MASTER && record->restarted)
            lone = record->name;
    if (masters < 2 || !lone || !datastore || strcmp(datastore, "sqlite") != 0)
        return 0;
    lab_fail(err, LAB_USAGE,
             "the cluster of '%s' was begun with one master and cannot take in others", lone);
    return lab_error_hint(err, "go back to one master, or make the lab anew: '%s up --recreate'",
                          lab_run_self(run));
}

static int up(struct lab_run *run,
              const struct lab_up_options *options,
              struct plan_inputs *in,
              struct lab_plan *plan,
              struct lab_ladder *l,
              struct lab_report *report,
              struct lab_error *err)
{
    /* what is made anew altogether needs no disk set back */
    if (!options->plan.recreate_all && lab_snapshot_settle(run, err))
        return -1;
    if (make_plan(run, &options->plan, in, plan, err) || lab_check_host(run, in->sums, err) ||
        lab_prepare_keys(run, err))
        return -1;
    LAB_VEC_FOREACH (note, &plan->notes)
        lab_run_warning(run, "%s", *note);
    if (lab_confirm_recreate(run, plan, &options->plan, options->yes, err) ||
        prune(run, plan, options->yes, report, err) || record_lab(run, err) ||
        note_hashes(run, plan, in, err))
        return -1;
    fill_ladder(l, run, plan, in);
    if (lab_prepare_password(l, err))
        return -1;
    if (check_growth(l, err) || prepare_token(l, err) || prepare(l, in, err))
        return -1;
    if (options->no_start)
        l->last = LAB_GATE_DEFINED;
    report->changed = plan->changes;
    int rc = lab_ladder_run(l, err);
    if (rc == 0)
        rc = lab_await_registry(l, err);
    lab_report_climbs(report, l);
    /* the keys exist by now, also of nodes that failed later */
    return write_known_hosts(run, rc ? NULL : err) || rc ? -1 : 0;
}

int lab_up(struct lab_run *run,
           const struct lab_up_options *options,
           struct lab_report *report,
           struct lab_error *err)
{
    struct plan_inputs in = {0};
    struct lab_plan plan = {0};
    struct lab_ladder ladder = {0};
    uint64_t began = plat_now_ms();
    if (lab_state_run_begin(run->state, "up", err))
        return -1;
    int rc = up(run, options, &in, &plan, &ladder, report, err);
    report->took_ms = plat_now_ms() - began;
    if (lab_state_run_end(run->state, rc ? (int)err->code : 0, rc ? NULL : err))
        rc = -1;
    lab_ladder_clear(&ladder);
    lab_plan_clear(&plan);
    inputs_clear(&in);
    return rc;
}
