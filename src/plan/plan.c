#include "plan/plan.h"

#include <string.h>

#include "base/i18n.h"
#include "plan/decide.h"
#include "plan/options.h"

static const char *const action_names[] = {
    [LAB_ACTION_KEEP] = "keep",     [LAB_ACTION_CREATE] = "create",
    [LAB_ACTION_RESUME] = "resume", [LAB_ACTION_START] = "start",
    [LAB_ACTION_MODIFY] = "modify", [LAB_ACTION_PROVISION] = "provision",
    [LAB_ACTION_REMOVE] = "remove", [LAB_ACTION_ORPHAN] = "orphan",
    [LAB_ACTION_REFUSE] = "refuse",
};

const char *lab_action_name(enum lab_action action)
{
    return action_names[action];
}

struct planner {
    struct lab_plan *plan;
    const struct lab_spec *spec;
    const struct lab_node_records *records;
    const struct lab_vm_states *observed;
    const struct lab_plan_options *options;
    struct lab_str notes;    /* lines */
    struct lab_str refusals; /* lines */
    enum lab_code refusal;
};

static const struct lab_node_record *record_of(const struct planner *p, const char *name)
{
    for (size_t i = 0; i < p->records->list.len; i++)
        if (strcmp(p->records->list.items[i].name, name) == 0)
            return &p->records->list.items[i];
    return NULL;
}

/* NULL when there is none: a VM that was asked for by name is listed as absent. */
static const struct lab_vm_state *vm_of(const struct planner *p, const char *name)
{
    for (size_t i = 0; i < p->observed->list.len; i++) {
        const struct lab_vm_state *vm = &p->observed->list.items[i];
        if (strcmp(vm->name, name) == 0)
            return vm->power == LAB_POWER_ABSENT ? NULL : vm;
    }
    return NULL;
}

static const struct lab_node *node_of(const struct planner *p, const char *name)
{
    for (size_t i = 0; i < p->spec->nodes.len; i++)
        if (strcmp(p->spec->nodes.items[i].name, name) == 0)
            return &p->spec->nodes.items[i];
    return NULL;
}

/* Takes the decision over into the plan. */
static void add(struct planner *p, struct lab_decision *d, const char *name)
{
    struct lab_plan_node *out = lab_vec_push(&p->plan->nodes);
    out->name = lab_strdup(name);
    out->node = d->node;
    out->record = d->record;
    out->action = d->action;
    out->targeted = lab_plan_targets(p->options, name);
    lab_decide_notes(&p->notes, d);
    out->reason = lab_str_detach(&d->reason);
    if (!out->targeted)
        return;
    if (d->action != LAB_ACTION_KEEP && d->action != LAB_ACTION_ORPHAN)
        p->plan->changes = true;
    if (d->action != LAB_ACTION_REFUSE)
        return;
    lab_str_addf(&p->refusals, lab_tr("%snode '%s': %s"), p->refusals.len ? "\n" : "", name,
                 out->reason);
    p->refusal = lab_code_worse(p->refusal, d->refusal);
}

static void add_wanted(struct planner *p, const struct lab_node *node, const char *hash)
{
    struct lab_decision d = {
        .spec = p->spec,
        .node = node,
        .record = record_of(p, node->name),
        .vm = vm_of(p, node->name),
        .hash = hash,
        .recreate = lab_plan_recreates(p->options, node->name),
    };
    lab_decide_wanted(&d);
    add(p, &d, node->name);
}

static void add_removed(struct planner *p, const struct lab_node_record *record)
{
    struct lab_decision d = {
        .spec = p->spec,
        .record = record,
        .vm = vm_of(p, record->name),
        .prune = p->options->prune,
    };
    lab_decide_removed(&d);
    add(p, &d, record->name);
}

static void note_unknown_vms(struct planner *p)
{
    for (size_t i = 0; i < p->observed->list.len; i++) {
        const struct lab_vm_state *vm = &p->observed->list.items[i];
        if (!vm->ours || vm->power == LAB_POWER_ABSENT || node_of(p, vm->name) ||
            record_of(p, vm->name))
            continue;
        lab_str_addf(
            &p->notes,
            lab_tr(
                "VM '%s' carries this lab's tag, but neither lab.yaml nor the ledger knows it%s%s\n"),
            vm->name, vm->where ? ": " : "", vm->where ? vm->where : "");
    }
}

/* Its certificates and its token go with it: what stays would knock at a cluster that is gone. */
static void note_lost_cluster(struct planner *p)
{
    const struct lab_plan_node *lost = NULL;
    size_t masters = 0, stranded = 0;
    for (size_t i = 0; i < p->plan->nodes.len; i++) {
        const struct lab_plan_node *n = &p->plan->nodes.items[i];
        if (!n->node || !n->record || !n->record->restarted)
            continue;
        bool anew =
            n->targeted && (n->action == LAB_ACTION_PROVISION || n->action == LAB_ACTION_CREATE);
        masters += n->node->role == LAB_ROLE_MASTER;
        if (anew && n->node->role == LAB_ROLE_MASTER)
            lost = n;
        if (!anew && n->node->role == LAB_ROLE_WORKER)
            stranded++;
    }
    if (!lost || masters > 1 || stranded == 0)
        return;
    lab_str_addf(
        &p->notes,
        lab_tr("the only master '%s' is made anew, so that its k3s cluster is a new one: make the "
               "workers anew, too (`labctl up --recreate`)\n"),
        lost->name);
}

/* One line, one note. */
static void take_notes(struct planner *p)
{
    const char *line = lab_str_get(&p->notes);
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        *lab_vec_push(&p->plan->notes) = lab_strndup(line, (size_t)(end - line));
}

static int refuse(const struct planner *p, struct lab_error *err)
{
    if (p->refusal == LAB_OK)
        return 0;
    lab_fail(err, p->refusal, "%s", lab_str_get(&p->refusals));
    return lab_error_hint(err, "nothing was changed; `labctl plan` shows every node");
}

int lab_plan_make(struct lab_plan *out,
                  const struct lab_spec *spec,
                  const struct lab_node_records *records,
                  const struct lab_vm_states *observed,
                  const char *const *hashes,
                  const struct lab_plan_options *options,
                  struct lab_error *err)
{
    *out = (struct lab_plan){0};
    struct planner p = {
        .plan = out,
        .spec = spec,
        .records = records,
        .observed = observed,
        .options = options,
        .refusal = LAB_OK,
    };
    if (lab_plan_check_options(options, spec, records, err))
        return -1;
    for (size_t i = 0; i < spec->nodes.len; i++)
        add_wanted(&p, &spec->nodes.items[i], hashes ? hashes[i] : NULL);
    for (size_t i = 0; i < records->list.len; i++)
        if (!node_of(&p, records->list.items[i].name))
            add_removed(&p, &records->list.items[i]);
    note_unknown_vms(&p);
    note_lost_cluster(&p);
    take_notes(&p);
    int rc = refuse(&p, err);
    lab_str_clear(&p.notes);
    lab_str_clear(&p.refusals);
    return rc;
}

void lab_plan_clear(struct lab_plan *plan)
{
    LAB_VEC_FOREACH (node, &plan->nodes) {
        free(node->name);
        free(node->reason);
    }
    lab_vec_clear(&plan->nodes);
    LAB_VEC_FOREACH (note, &plan->notes)
        free(*note);
    lab_vec_clear(&plan->notes);
    plan->changes = false;
}
