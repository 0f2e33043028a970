#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"
#include "wide.h"

/* What VMware's installer and its editor put into the registry; else what its DHCP server reads (a
 * network without DHCP is not there); else the host's own adapters, which tell neither of networks
 * without one nor of NAT. */

enum { NETWORKS = 20 };

struct net {
    bool known, nat, adapter;
    uint32_t address, mask; /* host order; mask 0: a bridge onto a network of the host */
};

static bool parse(const char *text, uint32_t *out)
{
    struct in_addr address;
    if (!text || inet_pton(AF_INET, text, &address) != 1)
        return false;
    *out = ntohl(address.s_addr);
    return true;
}

/* --- registry --------------------------------------------------------------------------------- */

static void read_key(struct net *net, int view, unsigned number)
{
    LAB_AUTOFREE char *key =
        lab_format("SOFTWARE\\VMware, Inc.\\VMnetLib\\VMnetConfig\\vmnet%u", number);
    if (!plat_registry_has(view, key))
        return;
    LAB_AUTOFREE char *subnet = plat_registry_text(view, key, "IPSubnetAddress");
    LAB_AUTOFREE char *mask = plat_registry_text(view, key, "IPSubnetMask");
    LAB_AUTOFREE char *nat = lab_format("%s\\NAT", key);
    LAB_AUTOFREE char *adapter = lab_format("%s\\Adapter", key);
    net->known = true;
    net->nat = plat_registry_flag(view, nat, "UseNAT");
    net->adapter = plat_registry_flag(view, adapter, "UseAdapter");
    if (!parse(subnet, &net->address))
        return;
    if (!parse(mask, &net->mask))
        net->mask = 0xFFFFFF00; /* VMware's own default */
}

static void read_registry(struct net *nets)
{
    for (int view = 0; view < PLAT_VIEWS; view++)
        for (unsigned i = 0; i < NETWORKS; i++)
            if (!nets[i].known)
                read_key(&nets[i], view, i);
}

/* --- vmnetdhcp.conf --------------------------------------------------------------------------- */

/* Blocks `subnet A netmask M {…}` come first, then `host VMnetN { … fixed-address A; }` with the
 * host's own address in each. */
struct dhcp {
    struct net subnets[NETWORKS];
    size_t len;
    int host; /* whose block this is; -1: none */
};

static void take_host(struct net *nets, const struct dhcp *dhcp, uint32_t address)
{
    struct net *net = &nets[dhcp->host];
    for (size_t i = 0; i < dhcp->len && !net->known; i++) {
        const struct net *s = &dhcp->subnets[i];
        if ((address & s->mask) == s->address)
            *net = (struct net){true, false, true, s->address, s->mask};
    }
}

static void read_line(struct net *nets, struct dhcp *dhcp, const char *line)
{
    char a[16], m[16];
    unsigned number;
    struct net subnet = {0};
    if (sscanf(line, " subnet %15[0-9.] netmask %15[0-9.]", a, m) == 2) {
        if (dhcp->len < NETWORKS && parse(a, &subnet.address) && parse(m, &subnet.mask))
            dhcp->subnets[dhcp->len++] = subnet;
    } else if (sscanf(line, " host %*1[vV]%*1[mM]net%u", &number) == 1) {
        dhcp->host = number < NETWORKS ? (int)number : -1;
    } else if (dhcp->host >= 0 && sscanf(line, " fixed-address %15[0-9.]", a) == 1) {
        if (parse(a, &subnet.address))
            take_host(nets, dhcp, subnet.address);
        dhcp->host = -1;
    }
}

static void read_dhcp(struct net *nets)
{
    char line[512];
    struct dhcp dhcp = {.host = -1};
    const char *data = plat_getenv("ProgramData");
    if (!data)
        return;
    LAB_AUTOFREE char *path = lab_format("%s/VMware/vmnetdhcp.conf", data);
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    FILE *file = _wfopen(wide, L"r");
    if (!file)
        return;
    while (fgets(line, sizeof(line), file))
        read_line(nets, &dhcp, line);
    fclose(file);
}

/* --- adapters --------------------------------------------------------------------------------- */

/* "VMware Virtual Ethernet Adapter for VMnet1", "VMware Network Adapter VMnet1". */
static bool number_of(const wchar_t *text, unsigned *number)
{
    const wchar_t *at = text && wcsncmp(text, L"VMware", 6) == 0 ? wcsstr(text, L"VMnet") : NULL;
    return at && swscanf(at, L"VMnet%u", number) == 1 && *number < NETWORKS;
}

static void take_adapter(struct net *nets, const IP_ADAPTER_ADDRESSES *a)
{
    unsigned number;
    if (!number_of(a->Description, &number) && !number_of(a->FriendlyName, &number))
        return;
    struct net *net = &nets[number];
    net->adapter = true;
    for (const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress; u && !net->known;
         u = u->Next) {
        const struct sockaddr_in *in = (const void *)u->Address.lpSockaddr;
        uint32_t address = ntohl(in->sin_addr.s_addr);
        unsigned prefix = u->OnLinkPrefixLength;
        if (prefix == 0 || prefix > 32 || address >> 16 == 0xA9FE) /* it gave itself one */
            continue;
        net->mask = (uint32_t)(0xFFFFFFFFULL << (32 - prefix));
        net->address = address & net->mask;
        net->known = true;
    }
}

static void read_adapters(struct net *nets)
{
    ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    ULONG size = 64 * 1024, rc = ERROR_BUFFER_OVERFLOW;
    IP_ADAPTER_ADDRESSES *list = NULL;
    for (int tries = 0; tries < 3 && rc == ERROR_BUFFER_OVERFLOW; tries++) {
        free(list);
        list = lab_alloc(size);
        rc = GetAdaptersAddresses(AF_INET, flags, NULL, list, &size);
    }
    for (const IP_ADAPTER_ADDRESSES *a = rc == NO_ERROR ? list : NULL; a; a = a->Next)
        take_adapter(nets, a);
    free(list);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void put_address(struct lab_str *out, unsigned number, const char *key, uint32_t a)
{
    lab_str_addf(out, "answer VNET_%u_%s %u.%u.%u.%u\n", number, key, a >> 24, a >> 16 & 255,
                 a >> 8 & 255, a & 255);
}

static void put_net(struct lab_str *out, unsigned number, const struct net *net)
{
    if (net->mask == 0) {
        lab_str_addf(out, "answer VNET_%u_INTERFACE auto\n", number);
        return;
    }
    put_address(out, number, "HOSTONLY_SUBNET", net->address);
    put_address(out, number, "HOSTONLY_NETMASK", net->mask);
    lab_str_addf(out, "answer VNET_%u_NAT %s\n", number, net->nat ? "yes" : "no");
    lab_str_addf(out, "answer VNET_%u_VIRTUAL_ADAPTER %s\n", number, net->adapter ? "yes" : "no");
}

int plat_vmnet_settings(struct lab_str *out, struct lab_error *err)
{
    struct net nets[NETWORKS] = {{0}};
    size_t known = 0;
    read_registry(nets);
    read_dhcp(nets);
    read_adapters(nets);
    for (unsigned i = 0; i < NETWORKS; i++) {
        if (!nets[i].known)
            continue;
        put_net(out, i, &nets[i]);
        known++;
    }
    if (known > 0)
        return 0;
    lab_fail(err, LAB_HOST,
             "cannot find VMware's networks: not in the registry (VMware, Inc.\\VMnetLib), not in "
             "its vmnetdhcp.conf, and the host has no adapter of theirs");
    return lab_error_hint(err, "make them once: Workstation's menu Edit, Virtual Network Editor, "
                               "Restore Defaults");
}
