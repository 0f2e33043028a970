#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "spec/spec.h"

struct owner {
    uint8_t mac[6];
    size_t node, nic;
};

/* The prefix of the provider's range, and what of the fourth byte may vary. VMware takes a static
 * address only in 00:50:56:00-3f; the rest of that prefix is for its own. */
static int range_of(enum lab_provider_kind kind, uint8_t prefix[3], uint8_t *mask)
{
    static const uint8_t vmware[3] = {0x00, 0x50, 0x56}, qemu[3] = {0x52, 0x54, 0x00};
    if (kind == LAB_PROVIDER_AUTO)
        return -1;
    memcpy(prefix, kind == LAB_PROVIDER_VMWARE ? vmware : qemu, 3);
    *mask = kind == LAB_PROVIDER_VMWARE ? 0x3F : 0xFF;
    return 0;
}

static void derive(uint8_t mac[6],
                   const struct lab_spec *spec,
                   const struct lab_node *node,
                   size_t nic,
                   const uint8_t prefix[3],
                   uint8_t mask)
{
    unsigned char hash[LAB_SHA256_LEN];
    LAB_AUTOFREE char *seed = lab_format("labctl mac\n%s\n%s\n%zu", spec->name, node->name, nic);
    lab_sha256_bytes(seed, strlen(seed), hash);
    memcpy(mac, prefix, 3);
    mac[3] = hash[0] & mask;
    mac[4] = hash[1];
    mac[5] = hash[2];
}

static int by_mac(const void *x, const void *y)
{
    const struct owner *a = x, *b = y;
    int order = memcmp(a->mac, b->mac, 6);
    if (order)
        return order;
    return a->node != b->node ? (a->node < b->node ? -1 : 1) : (a->nic < b->nic ? -1 : 1);
}

/* Taking another address for one of the two would move it for good once the lab grows in front of
 * it: guests match NICs by MAC. So the file has to say it. */
static int clash(const struct lab_spec *spec,
                 const struct owner *a,
                 const struct owner *b,
                 struct lab_error *err)
{
    char text[LAB_MAC_TEXT], free_text[LAB_MAC_TEXT];
    const struct lab_node *first = &spec->nodes.items[a->node],
                          *later = &spec->nodes.items[b->node];
    uint8_t other[6];
    memcpy(other, b->mac, 6);
    other[5] ^= 0x80;
    lab_fail(err, LAB_USAGE, "%s:%d:%d: nodes '%s' and '%s' both get the MAC address %s",
             spec->file, later->pos.line, later->pos.column, first->name, later->name,
             lab_mac_format(b->mac, text));
    return lab_error_hint(err,
                          "give one of them another, such as {name: %s, mac: \"%s\"} in its "
                          "'networks', or another name",
                          spec->networks.items[later->nics.items[b->nic].network].name,
                          lab_mac_format(other, free_text));
}

int lab_spec_assign_macs(struct lab_spec *spec, enum lab_provider_kind kind, struct lab_error *err)
{
    uint8_t prefix[3], mask;
    LAB_VEC(struct owner) owners = {NULL, 0, 0};
    if (range_of(kind, prefix, &mask) < 0)
        return lab_fail(err, LAB_INTERNAL,
                        "cannot choose MAC addresses before the provider is known");
    for (size_t n = 0; n < spec->nodes.len; n++) {
        struct lab_node *node = &spec->nodes.items[n];
        for (size_t i = 0; i < node->nics.len; i++) {
            struct lab_nic *nic = &node->nics.items[i];
            if (!nic->mac_given)
                derive(nic->mac, spec, node, i, prefix, mask);
            struct owner *owner = lab_vec_push(&owners);
            memcpy(owner->mac, nic->mac, 6);
            owner->node = n;
            owner->nic = i;
        }
    }
    if (owners.len)
        qsort(owners.items, owners.len, sizeof(struct owner), by_mac);
    int result = 0;
    for (size_t i = 1; i < owners.len && !result; i++)
        if (memcmp(owners.items[i - 1].mac, owners.items[i].mac, 6) == 0)
            result = clash(spec, &owners.items[i - 1], &owners.items[i], err);
    lab_vec_clear(&owners);
    return result;
}
