#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <netioapi.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

/* What Windows lists for its own use and Linux does not: the loopback, multicast, the broadcast
 * address, and each of the host's own addresses. */
static bool is_of_a_network(const MIB_IPFORWARD_ROW2 *row, uint32_t network)
{
    unsigned prefix = row->DestinationPrefix.PrefixLength;
    return !row->Loopback && prefix > 0 && prefix < 32 && network >> 24 != 127 &&
           network >> 28 != 14;
}

static void name_device(const NET_LUID *luid, char *out, size_t size)
{
    wchar_t alias[IF_MAX_STRING_SIZE + 1];
    LAB_AUTOFREE char *name = ConvertInterfaceLuidToAlias(luid, alias, LAB_ARRAY_LEN(alias)) == 0
                                  ? plat_utf8(alias)
                                  : lab_strdup("?");
    size_t n = strlen(name) < size - 1 ? strlen(name) : size - 1;
    while (n > 0 && n < strlen(name) && ((unsigned char)name[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    memcpy(out, name, n);
    out[n] = '\0';
}

int plat_routes(struct plat_route **out, size_t *n, struct lab_error *err)
{
    MIB_IPFORWARD_TABLE2 *table = NULL;
    DWORD rc = GetIpForwardTable2(AF_INET, &table);
    if (rc != NO_ERROR && rc != ERROR_NOT_FOUND) {
        SetLastError(rc);
        return plat_fail_os(err, LAB_HOST, "cannot read the host's routes");
    }
    struct plat_route *routes = NULL;
    size_t len = 0;
    for (ULONG i = 0; table && i < table->NumEntries; i++) {
        const MIB_IPFORWARD_ROW2 *row = &table->Table[i];
        uint32_t network = ntohl(row->DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr);
        if (!is_of_a_network(row, network))
            continue;
        routes = lab_realloc(routes, len + 1, sizeof(*routes));
        routes[len] =
            (struct plat_route){.network = network, .prefix = row->DestinationPrefix.PrefixLength};
        name_device(&row->InterfaceLuid, routes[len].device, sizeof(routes[len].device));
        len++;
    }
    if (table)
        FreeMibTable(table);
    *out = routes;
    *n = len;
    return 0;
}
