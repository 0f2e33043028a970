/* IPv4 addresses as host-order 32-bit numbers; 0 stands for "none". */
#ifndef LAB_BASE_IPV4_H
#define LAB_BASE_IPV4_H

#include <stdbool.h>
#include <stdint.h>

struct lab_cidr {
    uint32_t network; /* host bits cleared */
    uint8_t prefix;   /* 0-32 */
};

#define LAB_IPV4_TEXT 16
#define LAB_MAC_TEXT 18

int lab_ipv4_parse(const char *s, uint32_t *out);            /* strict dotted quad */
int lab_cidr_parse(const char *s, struct lab_cidr *out, bool *host_bits); /* "10.0.0.0/24" */
const char *lab_ipv4_format(uint32_t ip, char buf[LAB_IPV4_TEXT]);
uint32_t lab_cidr_mask(struct lab_cidr c);
uint32_t lab_cidr_broadcast(struct lab_cidr c);
bool lab_cidr_contains(struct lab_cidr c, uint32_t ip);
bool lab_cidr_overlaps(struct lab_cidr a, struct lab_cidr b);

int lab_mac_parse(const char *s, uint8_t out[6]);            /* six hex pairs with ':' or '-' */
const char *lab_mac_format(const uint8_t mac[6], char buf[LAB_MAC_TEXT]); /* lower case */

#endif
