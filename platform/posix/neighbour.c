#include "platform.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Netlink instead of /proc/net/arp, which does not tell an answer of this second from one of an
 * hour ago. */

struct list {
    struct plat_neighbour *items;
    size_t len;
};

enum { CONNECTED = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE };

static uint64_t ticks_to_ms(uint32_t ticks)
{
    long hz = sysconf(_SC_CLK_TCK);
    return (uint64_t)ticks * 1000 / (uint64_t)(hz > 0 ? hz : 100);
}

static void take(struct list *list, struct nlmsghdr *head)
{
    struct ndmsg *entry = NLMSG_DATA(head);
    struct plat_neighbour found = {.age_ms = UINT64_MAX};
    bool address = false, mac = false;
    int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*entry)));
    if (entry->ndm_family != AF_INET || !(entry->ndm_state & CONNECTED))
        return;
    struct rtattr *a = (struct rtattr *)((char *)entry + NLMSG_ALIGN(sizeof(*entry)));
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        struct nda_cacheinfo times;
        if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == sizeof(found.address)) {
            memcpy(&found.address, RTA_DATA(a), sizeof(found.address));
            found.address = ntohl(found.address);
            address = true;
        } else if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == sizeof(found.mac)) {
            memcpy(found.mac, RTA_DATA(a), sizeof(found.mac));
            mac = true;
        } else if (a->rta_type == NDA_CACHEINFO && RTA_PAYLOAD(a) >= sizeof(times)) {
            memcpy(&times, RTA_DATA(a), sizeof(times));
            found.age_ms = ticks_to_ms(times.ndm_confirmed);
        }
    }
    if (!address || !mac)
        return;
    list->items = lab_realloc(list->items, list->len + 1, sizeof(*list->items));
    list->items[list->len++] = found;
}

static int ask(int fd)
{
    struct {
        struct nlmsghdr head;
        struct ndmsg entry;
    } question = {
        .head = {.nlmsg_len = sizeof(question),
                 .nlmsg_type = RTM_GETNEIGH,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .entry = {.ndm_family = AF_INET},
    };
    return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question) ? 0 : -1;
}

/* Until the kernel says that this was all. */
static int answers(int fd, struct list *list)
{
    union {
        struct nlmsghdr head; /* for its alignment */
        char bytes[32768];
    } part;
    for (;;) {
        ssize_t n = recv(fd, &part, sizeof(part), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        unsigned left = (unsigned)n;
        for (struct nlmsghdr *h = &part.head; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type == NLMSG_DONE)
                return 0;
            if (h->nlmsg_type == NLMSG_ERROR)
                return -1;
            if (h->nlmsg_type == RTM_NEWNEIGH)
                take(list, h);
        }
    }
}

int plat_neighbours(struct plat_neighbour **out, size_t *n, struct lab_error *err)
{
    struct list list = {NULL, 0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int rc = fd < 0 || ask(fd) != 0 ? -1 : answers(fd, &list);
    if (rc != 0)
        plat_fail_os(err, LAB_HOST, "cannot read the host's neighbour table");
    if (fd >= 0)
        close(fd);
    if (rc != 0) {
        free(list.items);
        return -1;
    }
    *out = list.items;
    *n = list.len;
    return 0;
}
