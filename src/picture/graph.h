/* What a lab is made of: nodes on their networks, and the media that they are given. Pure: the
 * caller fills a struct lab_graph, text comes out. Strings belong to the graph; they may be
 * hostile.
 */
#ifndef LAB_PICTURE_GRAPH_H
#define LAB_PICTURE_GRAPH_H

#include <stdint.h>

#include "base/vec.h"
#include "picture/svg.h"

struct lab_graph_net {
    char *name;
    char *range;   /* "192.168.6.0/24", "DHCP"; NULL: known by its name alone */
    char *gateway; /* or NULL */
    char *bridge;  /* or NULL: labctl's own */
};

struct lab_graph_nic {
    size_t network;
    char *ip;  /* or NULL: DHCP */
    char *mac; /* or NULL: not known yet */
};

struct lab_graph_node {
    char *name, *role; /* role "": a plain VM */
    unsigned cpu;
    uint64_t memory_mib, disk_bytes;
    char *power; /* "running", …; NULL: not known */
    bool runs;
    char *media; /* what is attached, in words; NULL: not known */
    LAB_VEC(struct lab_graph_nic) nics;
};

struct lab_graph_medium {
    char *name;   /* "payload ISO" */
    char *detail; /* what it is made from, or where it is */
    char *note;   /* who gets it, or how it is; may be NULL */
};

struct lab_graph {
    char *lab, *provider, *origin; /* origin: "as it is now", "by lab.yaml, not made yet" */
    LAB_VEC(struct lab_graph_net) networks;
    LAB_VEC(struct lab_graph_node) nodes;
    LAB_VEC(struct lab_graph_medium) media;
};

void lab_graph_clear(struct lab_graph *graph);

/* --- drawings ------------------------------------------------------------------------------------
 */

struct lab_graph_line {
    size_t network;
    int x1, x2, y; /* a network's line above one row of nodes */
};
struct lab_graph_drop {
    size_t network, node;
    int x, y1, y2; /* from the network's line down to the node */
};
struct lab_graph_layout {
    int width, height;
    LAB_VEC(struct lab_box) cards;        /* by network: its name and range */
    LAB_VEC(struct lab_graph_line) lines; /* row by row */
    LAB_VEC(struct lab_graph_drop) drops;
    LAB_VEC(struct lab_box) nodes, media;
};
/* Nothing lies over anything else, but drops that pass the lines of other networks. */
void lab_graph_layout(const struct lab_graph *graph, struct lab_graph_layout *out);
void lab_graph_layout_clear(struct lab_graph_layout *layout);

void lab_graph_svg(struct lab_str *out, const struct lab_graph *graph);
/* For a terminal of so many columns (at least 40 are used). */
void lab_graph_text(struct lab_str *out,
                    const struct lab_graph *graph,
                    unsigned columns,
                    bool utf8);

/* --- words that the drawings share (graph_words.c) ----------------------------------------------
 */

char *
lab_graph_sentence(const struct lab_graph *graph); /* "libvirt, 3 nodes, 1 network; as it is now" */
char *lab_graph_size_words(const struct lab_graph_node *node); /* "2 CPU, 4 GiB, 40 GiB disk" */
char *lab_graph_net_words(const struct lab_graph_net *net);    /* "gateway …, bridge …" */

#endif
