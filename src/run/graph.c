#include "run/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "run/hypervisor.h"
#include "run/registry.h"

/* --- networks -----------------------------------------------------------------------------------
 */

static size_t network_of(struct lab_graph *g, const char *name)
{
    for (size_t i = 0; i < g->networks.len; i++)
        if (strcmp(g->networks.items[i].name, name) == 0)
            return i;
    lab_vec_push(&g->networks)->name = lab_strdup(name); /* not in lab.yaml any more */
    return g->networks.len - 1;
}

static void put_networks(struct lab_graph *g, const struct lab_spec *spec)
{
    LAB_VEC_FOREACH (network, &spec->networks) {
        struct lab_graph_net *to = lab_vec_push(&g->networks);
        char ip[LAB_IPV4_TEXT];
        to->name = lab_strdup(network->name);
        to->bridge = lab_strdup(network->bridge);
        to->range = lab_strdup("DHCP");
        if (network->has_ipam) {
            free(to->range);
            to->range = lab_format("%s/%u", lab_ipv4_format(network->range.network, ip),
                                   (unsigned)network->range.prefix);
        }
        if (network->has_ipam && network->gateway)
            to->gateway = lab_strdup(lab_ipv4_format(network->gateway, ip));
    }
}

/* --- nodes --------------------------------------------------------------------------------------
 */

static void put_role(struct lab_graph_node *to, enum lab_role role)
{
    to->role = lab_strdup(role == LAB_ROLE_NONE ? "" : lab_role_name(role));
}

static void
put_record(struct lab_graph *g, struct lab_run *run, const struct lab_node_record *record)
{
    struct lab_graph_node *to = lab_vec_push(&g->nodes);
    const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, record->name);
    to->name = lab_strdup(record->name);
    put_role(to, (enum lab_role)record->role);
    to->cpu = record->cpu;
    to->memory_mib = record->memory_mib;
    to->disk_bytes = record->disk_bytes;
    to->power = vm ? lab_strdup(lab_power_name(vm->power)) : NULL;
    to->runs = vm && vm->power == LAB_POWER_ON;
    if (vm && vm->power != LAB_POWER_ABSENT)
        to->media = lab_strdup(vm->seed_attached || vm->payload_attached ? LAB_N("ISOs attached")
                                                                         : LAB_N("no ISOs"));
    else if (!vm)
        to->media = lab_strdup(record->detached ? LAB_N("ISOs detached") : NULL);
    LAB_VEC_FOREACH (nic, &record->nics) {
        size_t network = network_of(g, nic->network);
        *lab_vec_push(&to->nics) =
            (struct lab_graph_nic){network, lab_strdup(nic->ip), lab_strdup(nic->mac)};
    }
}

static void
put_wanted(struct lab_graph *g, const struct lab_node *node, bool has_macs, bool is_made)
{
    struct lab_graph_node *to = lab_vec_push(&g->nodes);
    to->name = lab_strdup(node->name);
    put_role(to, node->role);
    to->cpu = node->cpu;
    to->memory_mib = node->memory_mib;
    to->disk_bytes = node->disk_bytes;
    to->power =
        is_made ? lab_strdup(LAB_N("not made yet")) : NULL; /* else none is, and it says so above */
    LAB_VEC_FOREACH (nic, &node->nics) {
        char ip[LAB_IPV4_TEXT], mac[LAB_MAC_TEXT];
        *lab_vec_push(&to->nics) = (struct lab_graph_nic){
            nic->network, nic->ip ? lab_strdup(lab_ipv4_format(nic->ip, ip)) : NULL,
            has_macs || nic->mac_given ? lab_strdup(lab_mac_format(nic->mac, mac)) : NULL};
    }
}

/* Stable once it is known which hypervisor: before, only those that lab.yaml gives are. */
static bool assign_macs(struct lab_run *run)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    enum lab_provider_kind kind = run->spec->provider;
    const char *recorded = run->state ? lab_state_get(run->state, "provider") : NULL;
    for (int k = LAB_PROVIDER_LIBVIRT; recorded && k <= LAB_PROVIDER_KUBEVIRT; k++)
        if (strcmp(recorded, lab_provider_kind_name((enum lab_provider_kind)k)) == 0)
            kind = (enum lab_provider_kind)k;
    return kind != LAB_PROVIDER_AUTO && lab_spec_assign_macs(run->spec, kind, &ignored) == 0;
}

/* In the order of lab.yaml, as far as it names them. */
static void put_nodes(struct lab_graph *g, struct lab_run *run)
{
    bool has_macs = run->spec && assign_macs(run);
    if (run->spec)
        LAB_VEC_FOREACH (node, &run->spec->nodes) {
            struct lab_node_record *record = lab_node_records_find(&run->records, node->name);
            if (record)
                put_record(g, run, record);
            else
                put_wanted(g, node, has_macs, run->records.list.len > 0);
        }
    LAB_VEC_FOREACH (record, &run->records.list)
        if (!run->spec || !lab_spec_node(run->spec, record->name))
            put_record(g, run, record);
}

/* --- media --------------------------------------------------------------------------------------
 */

static void put_medium(struct lab_graph *g, const char *name, const char *detail, const char *note)
{
    *lab_vec_push(&g->media) =
        (struct lab_graph_medium){lab_strdup(name), lab_strdup(detail), lab_strdup(note)};
}

static void put_payload(struct lab_graph *g, const struct lab_spec *spec)
{
    const struct lab_payload *payload = &spec->payload;
    const char *path = payload->bundle ? payload->bundle : payload->dir;
    if (path)
        put_medium(g, payload->bundle ? LAB_N("Payload ISO, from a bundle") : LAB_N("Payload ISO"),
                   path,
                   payload->per_node ? LAB_N("on each node's own seed ISO")
                                     : LAB_N("one for all nodes, read-only"));
}

static void put_registry(struct lab_graph *g, const struct lab_run *run)
{
    const struct lab_registry_spec *r = &run->spec->registry;
    const char *address = lab_registry_address(run);
    if (!run->spec->has_registry)
        return;
    LAB_AUTOFREE char *note = r->node    ? lab_format(lab_tr("runs on node %s"), r->node)
                              : r->serve ? lab_strdup(LAB_N("runs on this host"))
                                         : lab_strdup(LAB_N("was there before"));
    put_medium(g, LAB_N("Container registry"), address ? address : LAB_N("address when made"),
               note);
}

static void put_media(struct lab_graph *g, const struct lab_run *run)
{
    size_t detached = 0;
    LAB_VEC_FOREACH (record, &run->records.list)
        detached += record->detached;
    LAB_AUTOFREE char *note =
        lab_format(lab_tr("taken out of %zu of %zu nodes"), detached, g->nodes.len);
    put_medium(g, LAB_N("Seed ISO"), LAB_N("one for each node: who it is, its network, its keys"),
               run->records.list.len ? note : LAB_N("taken out after the first boot"));
    if (run->spec) {
        put_payload(g, run->spec);
        put_registry(g, run);
    }
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool observe(struct lab_run *run)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    return lab_run_open_provider(run, &ignored) == 0 && lab_run_observe(run, &ignored) == 0;
}

int lab_graph_gather(struct lab_run *run, struct lab_graph *out, struct lab_error *err)
{
    *out = (struct lab_graph){0};
    bool is_made = run->records.list.len > 0, seen = is_made && observe(run);
    if (run->interrupted)
        return lab_run_interrupted(run, err);
    if (!run->spec && !is_made) {
        lab_fail(err, LAB_USAGE, "lab '%s' has no nodes, and its lab.yaml is not here",
                 run->state ? lab_state_name(run->state) : "");
        return lab_error_hint(err, "name the file with -f FILE");
    }
    const char *recorded = run->state ? lab_state_get(run->state, "provider") : NULL;
    const char *wanted = !run->spec ? LAB_N("unknown hypervisor")
                         : run->spec->provider == LAB_PROVIDER_AUTO
                             ? LAB_N("any hypervisor")
                             : lab_provider_kind_name(run->spec->provider);
    *out = (struct lab_graph){
        .lab = lab_run_lab_name(run),
        .provider = lab_strdup(recorded ? recorded : wanted),
        .origin = lab_strdup(seen      ? LAB_N("as it is now")
                             : is_made ? LAB_N("as it was made; the hypervisor does not answer")
                                       : LAB_N("by lab.yaml, not made yet"))};
    if (run->spec)
        put_networks(out, run->spec);
    put_nodes(out, run);
    put_media(out, run);
    return 0;
}
