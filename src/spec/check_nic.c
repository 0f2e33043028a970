#include "spec/draft.h"

static const struct lab_network *network_of(const struct lab_draft *d,
                                            const struct lab_draft_nic *nic)
{
    return nic->network == LAB_NO_INDEX ? NULL : &d->spec->networks.items[nic->network];
}

static void check_single(struct lab_draft *d,
                         const struct lab_group *group,
                         const struct lab_draft_nic *nic,
                         const char *key)
{
    if (lab_yaml_get(nic->yaml, key) && group->replicas > 1)
        lab_draft_error(d, lab_yaml_pos(nic->yaml, key),
                        "'%s' is for one node, and '%s' has %u; give the node an entry of its own",
                        key, group->label, group->replicas);
}

static void check_dhcp(struct lab_draft *d, const struct lab_draft_nic *nic, bool first)
{
    const struct lab_network *network = network_of(d, nic);
    if (!network || network->has_ipam)
        return;
    if (first && network->bridge)
        lab_draft_error(
            d, nic->yaml->pos,
            "network '%s' has no 'ipam', so labctl would not know the address to log in "
            "to; put a network with 'ipam' first",
            network->name);
    if (lab_yaml_get(nic->yaml, "ip"))
        lab_draft_error(d, lab_yaml_pos(nic->yaml, "ip"),
                        "'ip' needs a network with 'ipam'; '%s' is left to DHCP", network->name);
}

/* Two NICs on one network get in each other's way (ARP, routes), and would get one address. */
static void check_twice(struct lab_draft *d, const struct lab_draft_group *g, size_t i)
{
    const struct lab_draft_nic *nic = &g->nics.items[i];
    for (size_t k = 0; k < i; k++)
        if (nic->network != LAB_NO_INDEX && g->nics.items[k].network == nic->network) {
            lab_draft_error(d, nic->yaml->pos, "network '%s' stands here twice for one node",
                            network_of(d, nic)->name);
            return;
        }
}

static void check_route(struct lab_draft *d,
                        const struct lab_draft_nic *nic,
                        const struct lab_draft_nic **chosen)
{
    const struct lab_network *network = network_of(d, nic);
    if (!nic->default_route)
        return;
    struct lab_pos pos = lab_yaml_pos(nic->yaml, "default_route");
    if (*chosen)
        lab_draft_error(d, pos, "a node has one default route; the first is on line %d",
                        lab_yaml_pos((*chosen)->yaml, "default_route").line);
    else
        *chosen = nic;
    /* A gateway that was refused is not missing. */
    const struct lab_yaml *ipam =
        network ? lab_yaml_get(d->networks.items[nic->network], "ipam") : NULL;
    if (network && !lab_yaml_get(ipam, "gateway") && network->has_ipam)
        lab_draft_error(d, pos, "network '%s' has no 'gateway', so no route can go through it",
                        network->name);
}

/* The default route: where `default_route: true` stands, else on the first network with a gateway.
 */
static size_t choose_route(const struct lab_draft *d, const struct lab_draft_group *g)
{
    for (size_t i = 0; i < g->nics.len; i++)
        if (g->nics.items[i].default_route)
            return i;
    for (size_t i = 0; i < g->nics.len; i++) {
        const struct lab_network *network = network_of(d, &g->nics.items[i]);
        if (network && network->gateway && !lab_yaml_get(g->nics.items[i].yaml, "default_route"))
            return i;
    }
    return LAB_NO_INDEX;
}

/* A group's start must fall into one of its networks. */
static void check_start(struct lab_draft *d, const struct lab_draft_group *g)
{
    char buf[LAB_IPV4_TEXT];
    LAB_AUTO_STR struct lab_str ranges = LAB_STR_INIT;
    for (size_t i = 0; i < g->nics.len; i++) {
        const struct lab_network *network = network_of(d, &g->nics.items[i]);
        if (!network || (network->has_ipam && !network->range.prefix))
            return; /* not known */
        if (!network->has_ipam)
            continue;
        if (lab_cidr_contains(network->range, g->start))
            return;
        lab_str_addf(&ranges, "%s%s/%u", ranges.len ? ", " : "",
                     lab_ipv4_format(network->range.network, buf), network->range.prefix);
    }
    if (ranges.len)
        lab_draft_error(d, lab_yaml_pos(g->yaml, "start"), "'start' is \"%s\", which is outside %s",
                        lab_ipv4_format(g->start, buf), lab_str_get(&ranges));
}

void lab_draft_check_nics(struct lab_draft *d)
{
    for (size_t k = 0; k < d->groups.len; k++) {
        const struct lab_draft_group *g = &d->groups.items[k];
        const struct lab_draft_nic *chosen = NULL;
        for (size_t i = 0; i < g->nics.len; i++) {
            check_single(d, &d->spec->groups.items[k], &g->nics.items[i], "ip");
            check_single(d, &d->spec->groups.items[k], &g->nics.items[i], "mac");
            check_dhcp(d, &g->nics.items[i], i == 0);
            check_twice(d, g, i);
            check_route(d, &g->nics.items[i], &chosen);
        }
        if (g->start)
            check_start(d, g);
    }
    LAB_VEC_FOREACH (node, &d->spec->nodes) {
        size_t route = choose_route(d, &d->groups.items[node->group]);
        for (size_t i = 0; i < node->nics.len; i++)
            node->nics.items[i].default_route = i == route;
    }
}
