#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <netioapi.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

/* Windows tells when a machine was last known to be there; "permanent" entries are its own. Wine
 * lists questions without an answer, too, with an address of zeros. */
static bool has_answered(const MIB_IPNET_ROW2 *row)
{
    static const UCHAR none[6];
    return row->PhysicalAddressLength == 6 && memcmp(row->PhysicalAddress, none, 6) != 0 &&
           (row->State == NlnsReachable || row->State == NlnsStale || row->State == NlnsDelay ||
            row->State == NlnsProbe);
}

int plat_neighbours(struct plat_neighbour **out, size_t *n, struct lab_error *err)
{
    MIB_IPNET_TABLE2 *table = NULL;
    DWORD rc = GetIpNetTable2(AF_INET, &table);
    if (rc != NO_ERROR && rc != ERROR_NOT_FOUND) {
        SetLastError(rc);
        return plat_fail_os(err, LAB_HOST, "cannot read the host's neighbour table");
    }
    struct plat_neighbour *items = NULL;
    size_t len = 0;
    for (ULONG i = 0; table && i < table->NumEntries; i++) {
        const MIB_IPNET_ROW2 *row = &table->Table[i];
        if (!has_answered(row))
            continue;
        items = lab_realloc(items, len + 1, sizeof(*items));
        items[len] = (struct plat_neighbour){
            .address = ntohl(row->Address.Ipv4.sin_addr.s_addr),
            .age_ms = row->ReachabilityTime.LastReachable,
        };
        memcpy(items[len++].mac, row->PhysicalAddress, 6);
    }
    if (table)
        FreeMibTable(table);
    *out = items;
    *n = len;
    return 0;
}
