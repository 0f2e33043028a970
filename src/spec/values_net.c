#include "spec/values.h"

#include <string.h>

#include "base/i18n.h"

static char *read_ipv4(const char *text, void *slot)
{
    uint32_t ip;
    if (lab_ipv4_parse(text, &ip) < 0 || ip == 0)
        return lab_strdup(lab_tr("write an IPv4 address such as 192.168.6.10"));
    if (slot)
        *(uint32_t *)slot = ip;
    return NULL;
}

/* 0.x, 127.x, and everything from 224.0.0.0 on: no host can have such an address. */
static bool usable(struct lab_cidr c)
{
    uint32_t first = c.network >> 24;
    return first != 0 && first != 127 && first < 224;
}

static char *read_cidr(const char *text, void *slot)
{
    struct lab_cidr c;
    bool host_bits = false;
    char buf[LAB_IPV4_TEXT];
    if (lab_cidr_parse(text, &c, &host_bits) < 0)
        return lab_strdup(lab_tr("write a network such as 192.168.6.0/24"));
    if (host_bits)
        return lab_format(lab_tr("that is an address in the network %s/%u; write the network"),
                          lab_ipv4_format(c.network, buf), c.prefix);
    if (c.prefix < 8 || c.prefix > 30)
        return lab_strdup(lab_tr("a prefix from /8 to /30 is allowed"));
    if (!usable(c))
        return lab_strdup(lab_tr("hosts cannot have such addresses; take a private network such as "
                                 "192.168.6.0/24"));
    if (slot)
        *(struct lab_cidr *)slot = c;
    return NULL;
}

static char *read_mac(const char *text, void *slot)
{
    static const uint8_t zero[6];
    uint8_t mac[6];
    if (lab_mac_parse(text, mac) < 0)
        return lab_strdup(lab_tr("write a MAC address such as \"52:54:00:12:34:56\""));
    if (mac[0] & 1)
        return lab_strdup(
            lab_tr("that is a multicast address: the first byte of a MAC must be even"));
    if (memcmp(mac, zero, 6) == 0)
        return lab_strdup(lab_tr("a MAC address of zeros does not work"));
    if (slot)
        memcpy(slot, mac, 6);
    return NULL;
}

char *lab_value_net(const struct lab_field *field, const char *text, void *slot)
{
    if (field->type == LAB_TYPE_IPV4)
        return read_ipv4(text, slot);
    return field->type == LAB_TYPE_CIDR ? read_cidr(text, slot) : read_mac(text, slot);
}
