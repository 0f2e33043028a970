#include "spec/draft.h"

#include "base/i18n.h"

static const struct lab_yaml *ipam_of(const struct lab_draft *d, size_t network)
{
    return lab_yaml_get(d->networks.items[network], "ipam");
}

/* An address that somebody in the network shall have: NULL, or why nobody can. */
const char *lab_draft_bad_host(struct lab_cidr range, uint32_t ip)
{
    if (!lab_cidr_contains(range, ip))
        return lab_tr("is outside");
    if (ip == range.network)
        return lab_tr("is the network address of");
    return ip == lab_cidr_broadcast(range) ? lab_tr("is the broadcast address of") : NULL;
}

static void check_host(struct lab_draft *d, size_t i, const char *key, uint32_t ip)
{
    const struct lab_cidr range = d->spec->networks.items[i].range;
    const char *why = ip ? lab_draft_bad_host(range, ip) : NULL;
    char a[LAB_IPV4_TEXT], b[LAB_IPV4_TEXT];
    if (why)
        lab_draft_error(d, lab_yaml_pos(ipam_of(d, i), key), "'%s' is \"%s\", which %s %s/%u", key,
                        lab_ipv4_format(ip, a), why, lab_ipv4_format(range.network, b),
                        range.prefix);
}

static void check_range(struct lab_draft *d, size_t i)
{
    const struct lab_network *network = &d->spec->networks.items[i];
    char buf[LAB_IPV4_TEXT];
    check_host(d, i, "gateway", network->gateway);
    check_host(d, i, "start", network->start);
    if (network->start && network->start == network->gateway)
        lab_draft_error(d, lab_yaml_pos(ipam_of(d, i), "start"),
                        "'start' is \"%s\", which is the gateway; begin behind it",
                        lab_ipv4_format(network->start, buf));
}

static void check_overlaps(struct lab_draft *d, size_t i)
{
    const struct lab_network *b = &d->spec->networks.items[i];
    char buf[LAB_IPV4_TEXT];
    for (size_t k = 0; k < i; k++) {
        const struct lab_network *a = &d->spec->networks.items[k];
        if (!a->range.prefix || !lab_cidr_overlaps(a->range, b->range))
            continue;
        lab_draft_error(d, lab_yaml_pos(ipam_of(d, i), "range"),
                        "'range' overlaps %s/%u of network '%s' (line %d); a lab's networks must "
                        "not share addresses",
                        lab_ipv4_format(a->range.network, buf), a->range.prefix, a->name,
                        a->pos.line);
        return;
    }
}

static void check_used(struct lab_draft *d, size_t i)
{
    LAB_VEC_FOREACH (g, &d->groups) {
        if (!g->nics.len)
            return; /* reported, and it may be this network that is missing there */
        LAB_VEC_FOREACH (nic, &g->nics)
            if (nic->network == i || nic->network == LAB_NO_INDEX)
                return; /* the same: an unknown name */
    }
    const struct lab_network *network = &d->spec->networks.items[i];
    lab_draft_warning(d, network->pos, "no node is on network '%s'", network->name);
}

void lab_draft_check_networks(struct lab_draft *d)
{
    for (size_t i = 0; i < d->spec->networks.len; i++) {
        if (d->spec->networks.items[i].range.prefix) {
            check_range(d, i);
            check_overlaps(d, i);
        }
        if (d->groups.len)
            check_used(d, i);
    }
}
