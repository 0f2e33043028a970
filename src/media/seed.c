#include "media/seed.h"

#include <stdio.h>

#include "base/ipv4.h"
#include "base/template.h"
#include "media/seed_priv.h"

void lab_seed_instance_id(struct lab_str *out, const struct lab_seed *seed)
{
    lab_str_addf(out, "iid-%s-%s-%s", seed->spec->name, seed->node->name, seed->generation);
}

void lab_seed_meta_data(struct lab_str *out, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str id = LAB_STR_INIT;
    lab_seed_instance_id(&id, seed);
    const struct lab_var vars[] = {
        {"instance_id", lab_str_get(&id), false},
        {"hostname", seed->node->name, false},
    };
    lab_template(out, "templates/meta-data.yaml", LAB_ESCAPE_YAML, vars, LAB_ARRAY_LEN(vars));
}

static uint32_t first_address(const struct lab_node *node)
{
    for (size_t i = 0; i < node->nics.len; i++)
        if (node->nics.items[i].ip)
            return node->nics.items[i].ip;
    return 0;
}

void lab_seed_hosts(struct lab_str *out, const struct lab_spec *spec)
{
    char ip[LAB_IPV4_TEXT];
    for (size_t i = 0; i < spec->nodes.len; i++) {
        const struct lab_node *node = &spec->nodes.items[i];
        uint32_t address = first_address(node);
        if (address)
            lab_str_addf(out, "%s %s\n", lab_ipv4_format(address, ip), node->name);
    }
}

void lab_seed_nic_name(char name[LAB_NIC_NAME], size_t index)
{
    snprintf(name, LAB_NIC_NAME, "lab%zu", index);
}

void lab_seed_put_lines(struct lab_str *out, const struct lab_str *rendered)
{
    const char *text = lab_str_get(rendered);
    size_t len = rendered->len;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    lab_str_addc(out, '\n');
    lab_str_addn(out, text, len);
}

/* The values are numbers that we print ourselves; quoted, because a bare 10.1 would be a float. */
static void
put_static(struct lab_str *out, const struct lab_nic *nic, const struct lab_network *net)
{
    char ip[LAB_IPV4_TEXT];
    lab_str_addf(out, "\n        address: \"%s/%u\"", lab_ipv4_format(nic->ip, ip),
                 (unsigned)net->range.prefix);
    if (nic->default_route && net->gateway)
        lab_str_addf(out, "\n        gateway: \"%s\"", lab_ipv4_format(net->gateway, ip));
    if (net->nameservers.len == 0)
        return;
    lab_str_add(out, "\n        dns_nameservers:");
    for (size_t i = 0; i < net->nameservers.len; i++)
        lab_str_addf(out, "\n          - \"%s\"", lab_ipv4_format(net->nameservers.items[i], ip));
}

static void put_nic(struct lab_str *out, const struct lab_seed *seed, size_t index)
{
    const struct lab_nic *nic = &seed->node->nics.items[index];
    char name[LAB_NIC_NAME];
    char mac[LAB_MAC_TEXT];
    LAB_AUTO_STR struct lab_str address = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str rendered = LAB_STR_INIT;

    lab_seed_nic_name(name, index);
    if (nic->ip)
        put_static(&address, nic, &seed->spec->networks.items[nic->network]);
    const struct lab_var vars[] = {
        {"name", name, false},
        {"mac", lab_mac_format(nic->mac, mac), false},
        /* With addresses of its own a guest needs no router's word, and networkd would hold up
         * every boot for the 12 s in which none comes. */
        {"ra", nic->ip ? "    accept-ra: false\n" : "", true},
        {"kind", nic->ip ? "static" : "dhcp4", false},
        {"address", lab_str_get(&address), true},
    };
    lab_template(&rendered, "templates/network-nic.yaml", LAB_ESCAPE_YAML, vars,
                 LAB_ARRAY_LEN(vars));
    lab_seed_put_lines(out, &rendered);
}

void lab_seed_network_config(struct lab_str *out, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str nics = LAB_STR_INIT;
    for (size_t i = 0; i < seed->node->nics.len; i++)
        put_nic(&nics, seed, i);
    const struct lab_var vars[] = {{"nics", lab_str_get(&nics), true}};
    lab_template(out, "templates/network-config.yaml", LAB_ESCAPE_YAML, vars, LAB_ARRAY_LEN(vars));
}
