#include "provider/vmnet.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmx.h"

enum { NUMBER_MAX = 19 };

bool lab_vmnet_number(const char *name, unsigned *number)
{
    uint64_t n;
    if (lab_starts_with(name, "/dev/"))
        name += strlen("/dev/");
    if (!lab_vmx_name_begins(name, "vmnet"))
        return false;
    if (lab_parse_uint(name + strlen("vmnet"), NUMBER_MAX, &n) != 0)
        return false;
    *number = (unsigned)n;
    return true;
}

/* What was answered to VNET_N_KEY; NULL: it was not asked. Caller frees. The last answer counts. */
static char *answer(const char *text, unsigned number, const char *key)
{
    LAB_AUTOFREE char *mark = lab_format("answer VNET_%u_%s ", number, key);
    char *value = NULL;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!lab_starts_with(line, mark))
            continue;
        const char *at = line + strlen(mark);
        free(value);
        value = lab_strndup(at, strcspn(at, " \t\r\n"));
    }
    return value;
}

static bool says_yes(const char *text, unsigned number, const char *key)
{
    LAB_AUTOFREE char *value = answer(text, number, key);
    return value && strcmp(value, "yes") == 0;
}

static bool prefix_of(uint32_t mask, uint8_t *prefix)
{
    for (*prefix = 1; *prefix <= 32; (*prefix)++) {
        if (mask == lab_cidr_mask((struct lab_cidr){0, *prefix}))
            return true;
    }
    return false;
}

int lab_vmnet_read(struct lab_vmnet *out, const char *text, unsigned number, struct lab_error *err)
{
    memset(out, 0, sizeof(*out));
    LAB_AUTOFREE char *subnet = answer(text, number, "HOSTONLY_SUBNET");
    LAB_AUTOFREE char *netmask = answer(text, number, "HOSTONLY_NETMASK");
    LAB_AUTOFREE char *bridged = answer(text, number, "INTERFACE");
    out->nat = says_yes(text, number, "NAT");
    out->adapter = says_yes(text, number, "VIRTUAL_ADAPTER");
    out->exists = subnet || bridged || out->adapter;
    if (!subnet)
        return 0;
    uint32_t address, mask;
    if (!netmask || lab_ipv4_parse(subnet, &address) != 0 || lab_ipv4_parse(netmask, &mask) != 0 ||
        !prefix_of(mask, &out->subnet.prefix))
        return lab_fail(err, LAB_HOST, "cannot read the subnet of VMnet%u: '%s', mask '%s'", number,
                        subnet, netmask ? netmask : "");
    out->subnet.network = address & mask;
    return 0;
}

static int advise(unsigned number, struct lab_cidr range, struct lab_error *err)
{
    char network[LAB_IPV4_TEXT], mask[LAB_IPV4_TEXT];
    lab_ipv4_format(range.network, network);
    lab_ipv4_format(lab_cidr_mask(range), mask);
    LAB_AUTOFREE char *how = plat_vmnet_advice(number, network, mask);
    return lab_error_hint(err, "%s", how);
}

int lab_vmnet_check(const struct lab_vmnet *v,
                    unsigned number,
                    const struct lab_net *net,
                    struct lab_error *err)
{
    if (!net->has_ipam)
        return v->exists ? 0 : lab_fail(err, LAB_HOST, "VMware has no VMnet%u", number);
    char has[LAB_IPV4_TEXT], wants[LAB_IPV4_TEXT];
    if (!v->exists || v->subnet.prefix == 0)
        lab_fail(err, LAB_HOST, "network '%s' needs VMnet%u as a host-only network, which %s",
                 net->name, number,
                 v->exists ? lab_tr("is bridged") : lab_tr("VMware does not have"));
    else if (v->subnet.network != net->range.network || v->subnet.prefix != net->range.prefix)
        lab_fail(err, LAB_HOST, "VMnet%u has the subnet %s/%u, but network '%s' wants %s/%u",
                 number, lab_ipv4_format(v->subnet.network, has), v->subnet.prefix, net->name,
                 lab_ipv4_format(net->range.network, wants), net->range.prefix);
    else if (!v->adapter)
        lab_fail(err, LAB_HOST, "this host has no address in VMnet%u, so it would not reach '%s'",
                 number, net->name);
    else
        return 0;
    return advise(number, net->range, err);
}
