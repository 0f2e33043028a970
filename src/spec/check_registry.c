/* Where labctl's own registry is: on an address that its host, or its node, can have. */
#include <string.h>

#include "base/text.h"
#include "spec/draft.h"

static bool split(const char *address, uint32_t *ip)
{
    const char *colon = strrchr(address, ':');
    LAB_AUTOFREE char *host = lab_strndup(address, (size_t)(colon - address));
    return lab_ipv4_parse(host, ip) == 0;
}

static const struct lab_node *node_with(const struct lab_spec *spec, uint32_t ip)
{
    LAB_VEC_FOREACH (node, &spec->nodes)
        LAB_VEC_FOREACH (nic, &node->nics)
            if (nic->ip == ip)
                return node;
    return NULL;
}

static void check_served_address(struct lab_draft *d, struct lab_pos pos, const char *address)
{
    uint32_t ip;
    if (!split(address, &ip)) {
        lab_draft_error(d, pos,
                        "with 'serve' the address is one of this host, such as 192.168.6.1:5000, "
                        "not a name: guests have nobody to ask for it");
        return;
    }
    const struct lab_node *node = node_with(d->spec, ip);
    if (node)
        lab_draft_error(d, pos,
                        "'serve' runs the registry on this host, but the address is that of node "
                        "'%s'; write 'node: %s' to run it there",
                        node->name, node->name);
    else if (ip >> 24 == 127 || ip == 0)
        lab_draft_warning(d, pos, "no guest can reach the registry at %s", address);
}

static void check_serve(struct lab_draft *d, const struct lab_yaml *yaml)
{
    if (d->spec->registry.address) {
        check_served_address(d, lab_yaml_pos(yaml, "address"), d->spec->registry.address);
        return;
    }
    LAB_VEC_FOREACH (network, &d->spec->networks)
        if (network->gateway)
            return;
    lab_draft_error(d, lab_yaml_pos(yaml, "serve"),
                    "no network has a 'gateway' to run the registry at; give registry an 'address' "
                    "of this host");
}

static void unknown_node(struct lab_draft *d, const struct lab_yaml *yaml)
{
    LAB_VEC(const char *) names = {0};
    LAB_VEC_FOREACH (node, &d->spec->nodes)
        *lab_vec_push(&names) = node->name;
    LAB_AUTOFREE char *quoted = lab_quote(d->spec->registry.node);
    const char *nearest = lab_nearest(d->spec->registry.node, names.items, names.len);
    if (nearest)
        lab_draft_error(d, lab_yaml_pos(yaml, "node"), "there is no node %s; did you mean '%s'?",
                        quoted, nearest);
    else
        lab_draft_error(d, lab_yaml_pos(yaml, "node"), "there is no node %s", quoted);
    lab_vec_clear(&names);
}

static void check_node(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_registry_spec *r = &d->spec->registry;
    const struct lab_node *node = lab_spec_node(d->spec, r->node);
    uint32_t ip;
    if (!node) {
        unknown_node(d, yaml);
        return;
    }
    if (!node->nics.len || !node->nics.items[0].ip)
        lab_draft_error(d, lab_yaml_pos(yaml, "node"),
                        "node '%s' has no fixed address on its first network for the registry",
                        r->node);
    else if (r->address && (!split(r->address, &ip) || node_with(d->spec, ip) != node))
        lab_draft_error(d, lab_yaml_pos(yaml, "address"),
                        "the registry runs on node '%s', so its address is one of that node's",
                        r->node);
    if (!lab_yaml_get(d->doc.root, "payload"))
        lab_draft_error(d, lab_yaml_pos(yaml, "node"),
                        "a registry in a guest comes from the payload, and the lab has none");
}

void lab_draft_check_registry(struct lab_draft *d)
{
    const struct lab_registry_spec *r = &d->spec->registry;
    const struct lab_yaml *yaml = d->doc.root ? lab_yaml_get(d->doc.root, "registry") : NULL;
    if (!yaml || !d->spec->has_registry)
        return;
    if (r->serve)
        check_serve(d, yaml);
    else if (r->node)
        check_node(d, yaml);
}
