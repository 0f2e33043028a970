/* libvirt's XML and tables as plain structs (libxml2). Pure: bytes in, values out.
 *
 * The documents come from libvirt, yet parts of them are written by whoever defined the object: no
 * network, no entities, no document type, at most LAB_LIBVIRT_XML_MAX bytes. */
#ifndef LAB_PROVIDER_LIBVIRT_READ_H
#define LAB_PROVIDER_LIBVIRT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ipv4.h"
#include "base/str.h"
#include "base/vec.h"

#define LAB_LIBVIRT_XML_MAX (1u << 20)
#define LAB_LIBVIRT_TAG_NS  "urn:labctl:1"

/* labctl's mark in <metadata>; all NULL when there is none. */
struct lab_libvirt_tag {
    char *lab, *id, *generation;
    char *home; /* NULL: by a labctl that did not write it yet */
};
void lab_libvirt_tag_clear(struct lab_libvirt_tag *t);

struct lab_libvirt_nic {
    char *mac, *model;
    char *network, *bridge; /* what it attaches to; of a running one on a network both */
    char *tap;              /* the host's end, while it runs */
};
struct lab_libvirt_nics {
    LAB_VEC(struct lab_libvirt_nic) list;
};
void lab_libvirt_nics_clear(struct lab_libvirt_nics *nics);

struct lab_libvirt_domain {
    char *name, *uuid;
    struct lab_libvirt_tag tag;
    unsigned cpu;
    uint64_t memory_mib;
    bool kvm;                          /* its virtual CPUs run on real ones */
    char *seed, *payload;              /* sources of the CDs sda and sdb; NULL: none or empty */
    LAB_VEC(char *) networks, bridges; /* what its NICs attach to */
    struct lab_libvirt_nics nics;
};

struct lab_libvirt_network {
    char *name, *uuid, *device;
    struct lab_libvirt_tag tag;
    struct lab_cidr range; /* the first IPv4 address; prefix 0: none */
    uint32_t address;
};

struct lab_libvirt_pool_info {
    char *name, *uuid, *path;
    uint64_t available; /* bytes; 0 also while it is not active */
};

struct lab_libvirt_stat {
    char *name;
    int state, reason; /* virDomainState and its reason; numbers, so that no locale matters */
};
struct lab_libvirt_stats {
    LAB_VEC(struct lab_libvirt_stat) list;
};

int lab_libvirt_read_domain(struct lab_libvirt_domain *out,
                            const char *xml,
                            struct lab_error *err) LAB_MUST_CHECK;
void lab_libvirt_domain_clear(struct lab_libvirt_domain *d);

int lab_libvirt_read_network(struct lab_libvirt_network *out,
                             const char *xml,
                             struct lab_error *err) LAB_MUST_CHECK;
void lab_libvirt_network_clear(struct lab_libvirt_network *n);
/* The same document with our tag naming another lab. */
int lab_libvirt_retag_network(struct lab_str *out,
                              const char *xml,
                              const struct lab_libvirt_tag *tag,
                              struct lab_error *err) LAB_MUST_CHECK;

int lab_libvirt_read_pool(struct lab_libvirt_pool_info *out,
                          const char *xml,
                          struct lab_error *err) LAB_MUST_CHECK;
void lab_libvirt_pool_info_clear(struct lab_libvirt_pool_info *p);

/* `domstats --state --raw` */
void lab_libvirt_read_stats(struct lab_libvirt_stats *out, const char *text);
const struct lab_libvirt_stat *lab_libvirt_stats_find(const struct lab_libvirt_stats *stats,
                                                      const char *name);
void lab_libvirt_stats_clear(struct lab_libvirt_stats *stats);

/* The number behind "KEY:" in vol-info's table; -1 when there is none. */
int lab_libvirt_read_bytes(const char *text, const char *key, uint64_t *out);

#endif
