/* status: what the ledger and the hypervisor say, side by side; the hypervisor wins. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/commands.h"
#include "run/doctor.h"
#include "run/snapshot.h"

/* The newest word on the node's gates: the failing or waiting one, else the last one passed. */
static void
put_gate(struct lab_run *run, struct lab_status_row *row, const char *node, bool finished)
{
    struct lab_events gates = {{0}};
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (lab_state_gates(run->state, node, &gates, &ignored) == 0 && gates.list.len) {
        const struct lab_event *last = &gates.list.items[gates.list.len - 1];
        /* of an `up --no-start`: all that was asked for, but not a node that is done */
        if (!finished && gates.list.len > 1 && strcmp(last->gate, "done") == 0)
            last--;
        row->gate = lab_strdup(last->gate);
        row->state = lab_strdup(last->state);
        if (strcmp(last->state, "failed") == 0 || strcmp(last->state, "blocked") == 0)
            row->note = lab_strdup(last->evidence);
    }
    lab_events_clear(&gates);
}

static void
put_power(const struct lab_run *run, struct lab_status_row *row, const struct lab_vm_state *vm)
{
    const char *lab = run->state ? lab_state_name(run->state) : run->spec ? run->spec->name : "";
    row->power = lab_strdup(lab_power_name(vm ? vm->power : LAB_POWER_ABSENT));
    if (!vm || vm->power == LAB_POWER_ABSENT || vm->ours)
        return;
    if (vm->owner_lab && strcmp(vm->owner_lab, lab) == 0)
        lab_assign(&row->note,
                   lab_tr("an orphan: it carries the tag of a lab of this name, but not of this "
                          "ledger; 'up' names it and says how to adopt or remove it"));
    else
        lab_assign(&row->note, lab_tr("a VM of this name exists, but it is not this lab's"));
}

static void
put_record(struct lab_run *run, struct lab_status *out, const struct lab_node_record *record)
{
    struct lab_vm_state *vm = lab_vm_states_find(&run->observed, record->name);
    struct lab_status_row *row = lab_vec_push(&out->rows);
    row->node = lab_strdup(record->name);
    row->address = lab_strdup(record->nics.len ? record->nics.items[0].ip : NULL);
    row->role = lab_strdup(lab_role_name((enum lab_role)record->role));
    put_gate(run, row, record->name, record->restarted);
    put_power(run, row, vm);
    row->running = vm && vm->ours && vm->power == LAB_POWER_ON;
    if (!row->note && vm && vm->power == LAB_POWER_ABSENT)
        row->note = lab_strdup(lab_tr("gone from the hypervisor; 'up' makes it anew"));
    if (vm && vm->power == LAB_POWER_ON)
        return;
    /* what was ready before is not ready while it is off */
    lab_assign(&row->gate, NULL);
    lab_assign(&row->state, NULL);
    if (!row->note && record->restarted && vm && vm->power == LAB_POWER_OFF)
        row->note = lab_strdup(lab_tr("off; 'up' or 'start' starts it"));
}

/* In lab.yaml, not made yet. */
static void put_wanted(struct lab_run *run, struct lab_status *out, const struct lab_node *node)
{
    char ip[LAB_IPV4_TEXT];
    struct lab_status_row *row = lab_vec_push(&out->rows);
    row->node = lab_strdup(node->name);
    row->address = node->nics.len && node->nics.items[0].ip
                       ? lab_strdup(lab_ipv4_format(node->nics.items[0].ip, ip))
                       : NULL;
    row->role = lab_strdup(lab_role_name(node->role));
    put_power(run, row, lab_vm_states_find(&run->observed, node->name));
    if (!row->note)
        row->note = lab_strdup(lab_tr("not made yet"));
}

int lab_status(struct lab_run *run, struct lab_status *out, struct lab_error *err)
{
    if (lab_run_observe(run, err))
        return -1;
    out->lab = lab_strdup(run->state ? lab_state_name(run->state) : run->spec->name);
    out->provider = lab_strdup(run->provider.ops->name);
    out->source = lab_strdup(run->state ? lab_state_get(run->state, "source") : run->spec->path);
    if (run->spec)
        out->insecure = lab_registry_insecure(&run->spec->registry);
    LAB_VEC_FOREACH (record, &run->records.list)
        if (lab_run_targeted(run, record->name))
            put_record(run, out, record);
    LAB_AUTOFREE char *unfinished = lab_snapshot_unfinished(run);
    LAB_VEC_FOREACH (row, &out->rows)
        if (unfinished) /* nothing else counts before that */
            lab_assign(&row->note, unfinished);
    if (run->spec)
        LAB_VEC_FOREACH (node, &run->spec->nodes)
            if (lab_run_targeted(run, node->name) &&
                !lab_node_records_find(&run->records, node->name))
                put_wanted(run, out, node);
    return 0;
}

void lab_status_clear(struct lab_status *status)
{
    LAB_VEC_FOREACH (row, &status->rows) {
        free(row->node);
        free(row->address);
        free(row->role);
        free(row->power);
        free(row->gate);
        free(row->state);
        free(row->note);
        free(row->k3s);
    }
    lab_vec_clear(&status->rows);
    free(status->lab);
    free(status->provider);
    free(status->source);
    free(status->insecure);
}
