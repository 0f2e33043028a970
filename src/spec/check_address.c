/* Addresses of all nodes: inside their range, nobody else's. A group whose addresses run into
 * something is reported once, not once for each node. */
#include "base/i18n.h"
#include "spec/clash.h"
#include "spec/draft.h"

static const struct lab_nic *nic_at(const struct lab_spec *spec, struct lab_place p)
{
    return &spec->nodes.items[p.node].nics.items[p.nic];
}

static const struct lab_draft_group *group_at(const struct lab_draft *d, struct lab_place p)
{
    return &d->groups.items[d->spec->nodes.items[p.node].group];
}

static const struct lab_yaml *yaml_at(const struct lab_draft *d, struct lab_place p)
{
    return group_at(d, p)->nics.items[p.nic].yaml;
}

/* Where the value stands that this address comes from. */
static struct lab_pos origin(const struct lab_draft *d, struct lab_place p)
{
    const struct lab_draft_group *g = group_at(d, p);
    const struct lab_cidr range = d->spec->networks.items[nic_at(d->spec, p)->network].range;
    if (lab_yaml_get(yaml_at(d, p), "ip"))
        return lab_yaml_pos(yaml_at(d, p), "ip");
    if (g->start && lab_cidr_contains(range, g->start))
        return lab_yaml_pos(g->yaml, "start");
    return d->spec->nodes.items[p.node].pos;
}

/* What is wrong with the address; caller frees. NULL: nothing. */
static char *explain(const struct lab_network *network, uint32_t ip)
{
    char buf[LAB_IPV4_TEXT];
    const char *why = lab_draft_bad_host(network->range, ip);
    if (why)
        return lab_format("%s %s/%u", why, lab_ipv4_format(network->range.network, buf),
                          network->range.prefix);
    return ip == network->gateway ? lab_strdup(lab_tr("is the gateway's")) : NULL;
}

static bool check_one(struct lab_draft *d, struct lab_place p)
{
    const struct lab_nic *nic = nic_at(d->spec, p);
    char ip[LAB_IPV4_TEXT];
    if (!nic->ip || !d->spec->networks.items[nic->network].range.prefix)
        return true;
    LAB_AUTOFREE char *why = explain(&d->spec->networks.items[nic->network], nic->ip);
    if (!why)
        return true;
    bool fixed = lab_yaml_get(yaml_at(d, p), "ip");
    const char *node = d->spec->nodes.items[p.node].name;
    lab_ipv4_format(nic->ip, ip);
    if (fixed)
        lab_draft_error(d, origin(d, p), "node '%s' has \"%s\", which %s", node, ip, why);
    else
        lab_draft_error(d, origin(d, p),
                        "node '%s' would get \"%s\", which %s; set 'start' so that all nodes fit",
                        node, ip, why);
    return false;
}

static void check_ranges(struct lab_draft *d)
{
    size_t group = LAB_NO_INDEX, said = 0; /* bit i: NIC i of this group was reported */
    for (size_t n = 0; n < d->spec->nodes.len; n++) {
        const struct lab_node *node = &d->spec->nodes.items[n];
        if (node->group != group)
            said = 0;
        group = node->group;
        for (size_t i = 0; i < node->nics.len; i++)
            if (!(said >> i & 1) && !check_one(d, (struct lab_place){n, i}))
                said |= (size_t)1 << i;
    }
}

static bool same_entry(const struct lab_draft *d, struct lab_place a, struct lab_place b)
{
    return a.nic == b.nic && group_at(d, a) == group_at(d, b);
}

static void ip_key(struct lab_str *out, const struct lab_spec *spec, struct lab_place p)
{
    char buf[LAB_IPV4_TEXT];
    uint32_t ip = nic_at(spec, p)->ip;
    if (ip && ip != UINT32_MAX) /* the end of a sequence that ran out of numbers was reported */
        lab_str_add(out, lab_ipv4_format(ip, buf));
}

static void
report_ip(struct lab_draft *d, const char *ip, struct lab_place first, struct lab_place later)
{
    const struct lab_node *a = &d->spec->nodes.items[first.node];
    const struct lab_node *b = &d->spec->nodes.items[later.node];
    bool fixed = lab_yaml_get(yaml_at(d, later), "ip");
    if (first.node == later.node || (fixed && same_entry(d, first, later)))
        return; /* a network named twice, one `ip` for a group of several: reported as that */
    if (fixed)
        lab_draft_error(d, origin(d, later), "node '%s' has \"%s\", which node '%s' (line %d) has",
                        b->name, ip, a->name, origin(d, first).line);
    else
        lab_draft_error(d, origin(d, later),
                        "node '%s' would get \"%s\", which node '%s' (line %d) has; give the group "
                        "or the network a 'start' that keeps them apart",
                        b->name, ip, a->name, origin(d, first).line);
}

static void mac_key(struct lab_str *out, const struct lab_spec *spec, struct lab_place p)
{
    char buf[LAB_MAC_TEXT];
    if (nic_at(spec, p)->mac_given)
        lab_str_add(out, lab_mac_format(nic_at(spec, p)->mac, buf));
}

static void
report_mac(struct lab_draft *d, const char *mac, struct lab_place first, struct lab_place later)
{
    if (same_entry(d, first, later))
        return; /* one `mac` for a group of several: reported as that */
    lab_draft_error(
        d, lab_yaml_pos(yaml_at(d, later), "mac"), "'mac' is \"%s\", which node '%s' (line %d) has",
        mac, d->spec->nodes.items[first.node].name, lab_yaml_pos(yaml_at(d, first), "mac").line);
}

void lab_draft_check_addresses(struct lab_draft *d)
{
    check_ranges(d);
    lab_clashes(d, true, ip_key, report_ip);
    lab_clashes(d, true, mac_key, report_mac);
}
