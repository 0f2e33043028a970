#include "platform.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTE_UP = 1 }; /* RTF_UP of the kernel's flags */

/* "eth0 0002A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0": addresses are hexadecimal in network order,
 * as this CPU reads them. */
static bool parse_line(const char *line, struct plat_route *out)
{
    char device[32];
    unsigned network, mask, flags;
    if (sscanf(line, "%31s %x %*x %x %*d %*d %*d %x", device, &network, &flags, &mask) != 4)
        return false;
    if (!(flags & ROUTE_UP) || mask == 0)
        return false;
    *out = (struct plat_route){.network = ntohl(network)};
    for (uint32_t bits = ntohl(mask); bits & 0x80000000u; bits <<= 1)
        out->prefix++;
    snprintf(out->device, sizeof(out->device), "%s", device);
    return true;
}

int plat_routes(struct plat_route **out, size_t *n, struct lab_error *err)
{
    FILE *table = fopen("/proc/net/route", "re");
    /* A kernel without IPv4 has no such file, and no routes. */
    if (!table && errno != ENOENT)
        return plat_fail_os(err, LAB_HOST, "cannot read the host's routes from /proc/net/route");
    struct plat_route *routes = NULL;
    size_t len = 0;
    char line[512];
    while (table && fgets(line, sizeof(line), table)) {
        struct plat_route route;
        if (!parse_line(line,
                        &route)) /* the heading, default routes, routes of links that are down */
            continue;
        routes = lab_realloc(routes, len + 1, sizeof(*routes));
        routes[len++] = route;
    }
    if (table)
        fclose(table);
    *out = routes;
    *n = len;
    return 0;
}
