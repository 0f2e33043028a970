#include "run/record.h"

void lab_record_place(struct lab_node_record *r, const struct lab_spec *spec, size_t node)
{
    const struct lab_node *n = &spec->nodes.items[node];
    lab_assign(&r->name, n->name);
    lab_assign(&r->group, spec->groups.items[n->group].label);
    r->number = n->number;
    r->role = n->role;
    r->order = (unsigned)node;
}

void lab_record_made(struct lab_node_record *r, const struct lab_spec *spec, size_t node)
{
    const struct lab_node *n = &spec->nodes.items[node];
    r->cpu = n->cpu;
    r->memory_mib = n->memory_mib;
    r->disk_bytes = n->disk_bytes;
    LAB_VEC_FOREACH (old, &r->nics) {
        free(old->network);
        free(old->ip);
        free(old->mac);
    }
    r->nics.len = 0;
    LAB_VEC_FOREACH (nic, &n->nics) {
        char ip[LAB_IPV4_TEXT], mac[LAB_MAC_TEXT];
        struct lab_nic_record *to = lab_vec_push(&r->nics);
        to->network = lab_strdup(spec->networks.items[nic->network].name);
        to->ip = nic->ip ? lab_strdup(lab_ipv4_format(nic->ip, ip)) : NULL;
        to->mac = lab_strdup(lab_mac_format(nic->mac, mac));
    }
}
