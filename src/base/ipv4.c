#include "base/ipv4.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Reads 0-255 without leading zeros (which some tools take as octal). Returns the end, or NULL. */
static const char *octet(const char *s, uint32_t *out)
{
    const char *start = s;
    uint32_t v = 0;
    while (*s >= '0' && *s <= '9' && s - start < 3)
        v = v * 10 + (uint32_t)(*s++ - '0');
    if (s == start || v > 255 || (*start == '0' && s - start > 1))
        return NULL;
    *out = v;
    return s;
}

/* Reads a dotted quad; returns its end, or NULL. */
static const char *quad(const char *s, uint32_t *out)
{
    uint32_t ip = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t v;
        if (i > 0 && *s++ != '.')
            return NULL;
        s = octet(s, &v);
        if (!s)
            return NULL;
        ip = ip << 8 | v;
    }
    *out = ip;
    return s;
}

int lab_ipv4_parse(const char *s, uint32_t *out)
{
    uint32_t ip;
    const char *end = quad(s, &ip);
    if (!end || *end)
        return -1;
    *out = ip;
    return 0;
}

int lab_cidr_parse(const char *s, struct lab_cidr *out, bool *host_bits)
{
    uint32_t ip;
    uint64_t prefix;
    const char *end = quad(s, &ip);
    if (!end || *end != '/' || lab_parse_uint(end + 1, 32, &prefix) < 0)
        return -1;
    if (end[1] == '0' && end[2])
        return -1;
    struct lab_cidr c = {0, (uint8_t)prefix};
    c.network = ip & lab_cidr_mask(c);
    if (host_bits)
        *host_bits = ip != c.network;
    *out = c;
    return 0;
}

const char *lab_ipv4_format(uint32_t ip, char buf[LAB_IPV4_TEXT])
{
    snprintf(buf, LAB_IPV4_TEXT, "%u.%u.%u.%u", (unsigned)(ip >> 24), (unsigned)(ip >> 16 & 255),
             (unsigned)(ip >> 8 & 255), (unsigned)(ip & 255));
    return buf;
}

uint32_t lab_cidr_mask(struct lab_cidr c)
{
    return c.prefix == 0 ? 0 : UINT32_MAX << (32 - c.prefix); /* a shift by 32 is undefined */
}

uint32_t lab_cidr_broadcast(struct lab_cidr c)
{
    return c.network | ~lab_cidr_mask(c);
}

bool lab_cidr_contains(struct lab_cidr c, uint32_t ip)
{
    return (ip & lab_cidr_mask(c)) == c.network;
}

bool lab_cidr_overlaps(struct lab_cidr a, struct lab_cidr b)
{
    return a.prefix < b.prefix ? lab_cidr_contains(a, b.network) : lab_cidr_contains(b, a.network);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

int lab_mac_parse(const char *s, uint8_t out[6])
{
    uint8_t mac[6];
    if (strlen(s) != 17)
        return -1;
    for (size_t i = 0; i < 6; i++) {
        int high = hex_digit(s[3 * i]), low = hex_digit(s[3 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        if (i < 5 && ((s[2] != ':' && s[2] != '-') || s[3 * i + 2] != s[2]))
            return -1;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out, mac, 6);
    return 0;
}

const char *lab_mac_format(const uint8_t mac[6], char buf[LAB_MAC_TEXT])
{
    snprintf(buf, LAB_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
    return buf;
}
