#include "plan/decide.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

static bool decide(struct lab_decision *d, enum lab_action action)
{
    d->action = action;
    return true;
}

static bool refuse(struct lab_decision *d, enum lab_code code)
{
    d->refusal = code;
    return decide(d, LAB_ACTION_REFUSE);
}

static const char *name_of(const struct lab_decision *d)
{
    return d->node ? d->node->name : d->record->name;
}

static void advise_recreate(struct lab_decision *d)
{
    lab_str_addf(&d->reason, lab_tr("`labctl up --recreate %s` makes it anew"), name_of(d));
}

/* --- the rules, in their order: the first one that applies decides
 * --------------------------------- */

static bool is_strangers(struct lab_decision *d)
{
    if (!d->vm || d->vm->ours)
        return false;
    const char *owner = d->vm->owner_lab;
    lab_str_add(&d->reason, lab_tr("a VM of this name is there and "));
    if (!owner)
        lab_str_add(&d->reason, lab_tr("was not made by labctl"));
    else if (strcmp(owner, d->spec->name) == 0)
        lab_str_addf(&d->reason, lab_tr("belongs to another lab that is called '%s', too"), owner);
    else
        lab_str_addf(&d->reason, lab_tr("belongs to lab '%s'"), owner);
    if (d->vm->where)
        lab_str_addf(&d->reason, " (%s)", d->vm->where);
    if (owner && strcmp(owner, d->spec->name) == 0)
        lab_str_add(&d->reason,
                    lab_tr(", or to one whose ledger is lost, which `labctl teardown --orphans` "
                           "would remove, or the id in this lab's ledger was edited"));
    lab_str_add(&d->reason, lab_tr(": remove or rename it, or change the node's name"));
    return refuse(d, LAB_CONFLICT);
}

static bool is_new(struct lab_decision *d)
{
    if (d->record || d->vm)
        return false;
    return decide(d, LAB_ACTION_CREATE);
}

static bool is_unrecorded(struct lab_decision *d)
{
    if (d->record)
        return false;
    lab_str_add(&d->reason, lab_tr("its VM is this lab's, but was never recorded"));
    return decide(d, LAB_ACTION_PROVISION);
}

/* A node that got as far as running had a VM; for one that was killed before, nobody knows. */
static bool has_vanished(const struct lab_decision *d)
{
    return d->record && !d->vm && (d->record->provisioned || d->record->boot_id);
}

static bool is_absent(struct lab_decision *d)
{
    if (d->vm)
        return false;
    if (has_vanished(d))
        lab_str_add(&d->reason, lab_tr("its VM is gone from the hypervisor"));
    return decide(d, LAB_ACTION_CREATE);
}

static bool is_recreated(struct lab_decision *d)
{
    if (!d->recreate)
        return false;
    lab_str_add(&d->reason, lab_tr("asked for with --recreate"));
    return decide(d, LAB_ACTION_PROVISION);
}

/* The VM carries another generation than the one that is recorded: a new provisioning was recorded
 * and then cut short, or somebody put an older VM back. */
static bool is_exchanged(struct lab_decision *d)
{
    const char *seen = d->vm->generation, *recorded = d->record->generation;
    if (!seen || !recorded || strcmp(seen, recorded) == 0)
        return false;
    if (!d->record->provisioned) {
        lab_str_add(&d->reason, lab_tr("its VM is still that of an earlier provisioning"));
        return decide(d, LAB_ACTION_PROVISION);
    }
    lab_str_addf(
        &d->reason,
        lab_tr("its VM carries generation %s, but %s was provisioned: it was exchanged or put back "
               "outside labctl; "),
        seen, recorded);
    advise_recreate(d);
    return refuse(d, LAB_USAGE);
}

/* The record of the node's NIC number i: the same network, and as many NICs of it before. */
static const struct lab_nic_record *nic_of(const struct lab_decision *d, size_t i)
{
    size_t network = d->node->nics.items[i].network, before = 0;
    for (size_t k = 0; k < i; k++)
        before += d->node->nics.items[k].network == network;
    for (size_t k = 0; k < d->record->nics.len; k++)
        if (strcmp(d->record->nics.items[k].network, d->spec->networks.items[network].name) == 0 &&
            before-- == 0)
            return &d->record->nics.items[k];
    return NULL;
}

/* Several reasons of one node are told one after the other. */
static void next_reason(struct lab_decision *d)
{
    if (d->reason.len)
        lab_str_add(&d->reason, "; ");
}

/* Other guests know the node by its address, whether it is through cloud-init or not. */
static void find_moved(struct lab_decision *d)
{
    for (size_t i = 0; i < d->node->nics.len; i++) {
        const struct lab_nic *nic = &d->node->nics.items[i];
        const struct lab_nic_record *was = nic_of(d, i);
        char ip[LAB_IPV4_TEXT];
        if (!was || !was->ip || !nic->ip || strcmp(was->ip, lab_ipv4_format(nic->ip, ip)) == 0)
            continue;
        next_reason(d);
        lab_str_addf(
            &d->reason,
            lab_tr("its address on network '%s' would move from %s to %s (`ip: %s` or the group's "
                   "`start` keeps it)"),
            was->network, was->ip, ip, was->ip);
    }
}

static void put_change(struct lab_str *out, uint64_t from, uint64_t to)
{
    LAB_AUTO_STR struct lab_str a = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str b = LAB_STR_INIT;
    lab_put_size(&a, from);
    lab_put_size(&b, to);
    if (strcmp(lab_str_get(&a), lab_str_get(&b)) != 0)
        lab_str_addf(out, "%s -> %s", lab_str_get(&a), lab_str_get(&b));
    else /* less than the rounding */
        lab_str_addf(out, lab_tr("%llu -> %llu bytes"), (unsigned long long)from,
                     (unsigned long long)to);
}

static void find_shrunk(struct lab_decision *d)
{
    if (d->node->disk_bytes >= d->record->disk_bytes)
        return;
    next_reason(d);
    lab_str_add(&d->reason, lab_tr("its disk cannot become smaller ("));
    put_change(&d->reason, d->record->disk_bytes, d->node->disk_bytes);
    lab_str_addc(&d->reason, ')');
}

static void find_made_from_other(struct lab_decision *d)
{
    LAB_AUTO_STR struct lab_str changed = LAB_STR_INIT;
    if (lab_plan_provision_diff(&changed, d->record->provision_hash, d->hash) == 0)
        return;
    next_reason(d);
    lab_str_addf(&d->reason, lab_tr("%s changed"), lab_str_get(&changed));
}

/* 0 in the record: not known. */
static void find_resized(struct lab_decision *d)
{
    const struct lab_node_record *was = d->record;
    if (was->cpu && was->cpu != d->node->cpu) {
        next_reason(d);
        lab_str_addf(&d->reason, lab_tr("cpu %u -> %u"), was->cpu, d->node->cpu);
    }
    if (was->memory_mib && was->memory_mib != d->node->memory_mib) {
        next_reason(d);
        lab_str_add(&d->reason, lab_tr("memory "));
        put_change(&d->reason, was->memory_mib << 20, d->node->memory_mib << 20);
    }
    if (was->disk_bytes && was->disk_bytes != d->node->disk_bytes) {
        next_reason(d);
        lab_str_add(&d->reason, lab_tr("disk "));
        put_change(&d->reason, was->disk_bytes, d->node->disk_bytes);
    }
}

static bool is_refused(struct lab_decision *d)
{
    find_moved(d);
    find_shrunk(d);
    if (d->record->provisioned)
        find_made_from_other(d);
    if (!d->reason.len)
        return false;
    lab_str_add(&d->reason, ": ");
    advise_recreate(d);
    return refuse(d, LAB_USAGE);
}

/* Nothing of the user's is on the disk of a node that never passed cloud-init, and a restart in the
 * middle of its first boot would leave that half done. */
static bool is_begun_otherwise(struct lab_decision *d)
{
    if (d->record->provisioned)
        return false;
    find_made_from_other(d);
    find_resized(d);
    if (!d->reason.len)
        return false;
    lab_str_add(&d->reason, lab_tr(", before it was through cloud-init"));
    return decide(d, LAB_ACTION_PROVISION);
}

static bool is_resized(struct lab_decision *d)
{
    find_resized(d);
    return d->reason.len ? decide(d, LAB_ACTION_MODIFY) : false;
}

static bool media_are_back(const struct lab_decision *d)
{
    return d->record && d->record->detached && d->vm &&
           (d->vm->seed_attached || d->vm->payload_attached);
}

static bool is_unfinished(struct lab_decision *d)
{
    const char *reason = NULL;
    if (!d->record->provisioned)
        reason = lab_tr("not through cloud-init yet");
    else if (!d->record->detached)
        reason = lab_tr("its media are not detached yet");
    else if (media_are_back(d))
        reason = lab_tr("a medium is attached again");
    else if (!d->record->restarted)
        reason = lab_tr("not restarted since its media were detached");
    if (!reason)
        return false;
    lab_str_add(&d->reason, reason);
    if (d->vm->power != LAB_POWER_ON)
        lab_str_addf(&d->reason, lab_tr("; its VM is %s"), lab_power_name(d->vm->power));
    return decide(d, LAB_ACTION_RESUME);
}

static bool is_not_running(struct lab_decision *d)
{
    if (d->vm->power == LAB_POWER_ON)
        return false;
    lab_str_addf(&d->reason, lab_tr("its VM is %s"), lab_power_name(d->vm->power));
    return decide(d, LAB_ACTION_START);
}

static bool is_as_wanted(struct lab_decision *d)
{
    return decide(d, LAB_ACTION_KEEP);
}

void lab_decide_wanted(struct lab_decision *d)
{
    static bool (*const rules[])(struct lab_decision *) = {
        is_strangers, is_new,        is_unrecorded,  is_absent,
        is_recreated, is_exchanged,  is_refused,     is_begun_otherwise,
        is_resized,   is_unfinished, is_not_running, is_as_wanted,
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(rules); i++)
        if (rules[i](d))
            return;
}

void lab_decide_removed(struct lab_decision *d)
{
    lab_str_add(&d->reason, lab_tr("no longer in lab.yaml"));
    if (!d->prune)
        lab_str_add(&d->reason, lab_tr("; `labctl up --prune` removes it"));
    decide(d, d->prune ? LAB_ACTION_REMOVE : LAB_ACTION_ORPHAN);
}

/* --- what differs
 * ---------------------------------------------------------------------------------- */

static void note_resources(struct lab_str *lines, const struct lab_decision *d)
{
    const struct lab_node_record *record = d->record;
    if (d->vm->cpu && record->cpu && d->vm->cpu != record->cpu)
        lab_str_addf(lines, lab_tr("VM '%s' has %u CPUs; labctl gave it %u\n"), name_of(d),
                     d->vm->cpu, record->cpu);
    if (!d->vm->memory_mib || !record->memory_mib || d->vm->memory_mib == record->memory_mib)
        return;
    LAB_AUTO_STR struct lab_str has = LAB_STR_INIT, gave = LAB_STR_INIT;
    lab_put_size(&has, d->vm->memory_mib << 20);
    lab_put_size(&gave, record->memory_mib << 20);
    lab_str_addf(lines, lab_tr("VM '%s' has %s of memory; labctl gave it %s\n"), name_of(d),
                 lab_str_get(&has), lab_str_get(&gave));
}

void lab_decide_notes(struct lab_str *lines, const struct lab_decision *d)
{
    const char *name = name_of(d);
    if (has_vanished(d))
        lab_str_addf(lines, lab_tr("VM '%s' was there but is gone from the hypervisor\n"), name);
    if (!d->vm)
        return;
    if (!d->vm->ours) {
        if (d->record)
            lab_str_addf(
                lines,
                lab_tr("the record has a node '%s', but the VM of that name is not this lab's\n"),
                name);
        return;
    }
    if (!d->record) {
        lab_str_addf(lines,
                     lab_tr("VM '%s' carries this lab's tag, but the ledger does not know it\n"),
                     name);
        return;
    }
    if (media_are_back(d))
        lab_str_addf(lines, lab_tr("VM '%s' has %s attached, which labctl had detached\n"), name,
                     d->vm->seed_attached ? lab_tr("its seed ISO") : lab_tr("the payload ISO"));
    if (d->record->generation && d->vm->generation &&
        strcmp(d->record->generation, d->vm->generation) != 0)
        lab_str_addf(lines, lab_tr("VM '%s' carries generation %s; the ledger says %s\n"), name,
                     d->vm->generation, d->record->generation);
    note_resources(lines, d);
}
