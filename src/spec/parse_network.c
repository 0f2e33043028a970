#include <stdlib.h>
#include <string.h>

#include "spec/values.h"

#define NAME_MAX_LEN 63

static bool is_network_name(const char *s)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(s);
    return n && n <= NAME_MAX_LEN && strspn(s, set) == n && !strchr("._-", *s);
}

static void
read_nameservers(struct lab_draft *d, const struct lab_yaml *list, struct lab_network *network)
{
    static const struct lab_field item = {.key = "nameservers", .type = LAB_TYPE_IPV4};
    for (size_t i = 0; i < list->items.len; i++) {
        uint32_t ip;
        if (lab_read_value(d, &item, list->items.items[i], &ip))
            *lab_vec_push(&network->nameservers) = ip;
    }
}

static void
read_network(struct lab_draft *d, const struct lab_yaml *key, const struct lab_yaml *yaml)
{
    struct lab_network *network = lab_vec_push(&d->spec->networks);
    *lab_vec_push(&d->networks) = yaml;
    network->name = lab_strdup(key->text);
    network->pos = key->pos;
    if (!is_network_name(key->text)) {
        LAB_AUTOFREE char *quoted = lab_quote(key->text);
        lab_draft_error(d, key->pos,
                        "the network's name is %s; allowed are letters, digits, '.', '_' and '-', "
                        "beginning with a letter or digit, at most %d characters",
                        quoted, NAME_MAX_LEN);
    }
    if (!lab_read_object(d, &lab_object_network, yaml, network))
        return;
    network->has_ipam = lab_yaml_get(yaml, "ipam") != NULL;
    const struct lab_yaml *ipam = lab_read_child(&lab_object_network, yaml, "ipam");
    if (ipam && lab_read_object(d, &lab_object_ipam, ipam, network)) {
        const struct lab_yaml *list = lab_read_child(&lab_object_ipam, ipam, "nameservers");
        if (list)
            read_nameservers(d, list, network);
    }
    if (!network->has_ipam && !lab_yaml_get(yaml, "bridge"))
        lab_draft_error(d, key->pos,
                        "network '%s' has no 'ipam', so its nodes ask for addresses by DHCP: name "
                        "an existing network with 'bridge', or give it 'ipam: {range: …}'",
                        key->text);
}

void lab_draft_read_networks(struct lab_draft *d, const struct lab_yaml *yaml)
{
    for (size_t i = 0; i < yaml->items.len; i++)
        read_network(d, yaml->keys.items[i], yaml->items.items[i]);
    if (!yaml->items.len && !yaml->broken)
        lab_draft_error(d, yaml->pos,
                        "'networks' is empty; labctl logs in over a network, so name "
                        "one");
}
