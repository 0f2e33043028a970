/* What a lab asks of its host, before or while it is made: read by doctor and by `up` before it
 * touches anything. Strings are borrowed. */
#ifndef LAB_PROVIDER_DEMAND_H
#define LAB_PROVIDER_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/ipv4.h"
#include "base/vec.h"

/* One network that nodes attach to. */
struct lab_net {
    const char *name;      /* lab's name for it */
    const char *bridge;    /* from lab.yaml, may be NULL */
    struct lab_cidr range; /* prefix 0 and network 0 when without ipam */
    bool has_ipam;
    uint32_t gateway;
};

struct lab_demand_image {
    const char *path;            /* NULL: a URL that was not fetched yet */
    char sha256[LAB_SHA256_HEX]; /* "" when not known yet */
    bool wanted;                 /* a node is still to be made from it */
};

struct lab_demand_node {
    const char *name;
    uint64_t disk_bytes, memory_bytes;
    size_t image;
    bool made, running;
};

struct lab_demand {
    LAB_VEC(struct lab_net) nets;
    LAB_VEC(struct lab_demand_image) images;
    LAB_VEC(struct lab_demand_node) nodes;
    uint64_t payload_bytes; /* of the medium that every node reads; 0: none */
};

/* One folder that a lab's bytes go into. */
struct lab_place {
    char *folder;       /* need not exist yet */
    const char *what;   /* "disks"; static */
    uint64_t now;       /* bytes that making the lab writes there */
    uint64_t meanwhile; /* on top of that while this is made; given back afterwards */
    uint64_t later;     /* how far it can still grow, being sparse */
};
struct lab_places {
    LAB_VEC(struct lab_place) list;
    bool elsewhere; /* the VMs are on another host: nothing to say about this one's disks */
};
#define LAB_AUTO_PLACES LAB_CLEANUP(lab_places_clear)
struct lab_place *lab_places_add(struct lab_places *places, const char *folder, const char *what);
void lab_places_clear(struct lab_places *places);

#endif
