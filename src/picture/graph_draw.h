/* Measures of the graph's picture; internal to src/picture/. */
#ifndef LAB_PICTURE_GRAPH_DRAW_H
#define LAB_PICTURE_GRAPH_DRAW_H

#include "picture/graph.h"

enum {
    GRAPH_WIDTH = LAB_PX(1120),
    GRAPH_MARGIN = LAB_PX(24),
    GRAPH_TOP = LAB_PX(92),
    CARD_WIDTH = LAB_PX(188),
    CARD_HEIGHT = LAB_PX(62),
    CARD_STEP = LAB_PX(74),
    LINE_STEP = LAB_PX(24), /* of the networks' lines above the second row of nodes and so on */
    TRUNKS = LAB_PX(28),    /* room for what joins a network's lines */
    NODE_LEFT = GRAPH_MARGIN + CARD_WIDTH + TRUNKS + LAB_PX(20),
    NODES_A_ROW = 4,
    NODE_GAP = LAB_PX(18),
    NODE_WIDTH =
        (GRAPH_WIDTH - GRAPH_MARGIN - NODE_LEFT - (NODES_A_ROW - 1) * NODE_GAP) / NODES_A_ROW,
    NODE_HEAD = LAB_PX(66),
    POWER_HEIGHT = LAB_PX(16), /* of the line within it that may be missing */
    NIC_HEIGHT = LAB_PX(34),
    NODE_FOOT = LAB_PX(10),
    DROP = LAB_PX(26), /* from the lowest line to the nodes */
    ROW_GAP = LAB_PX(34),
    MEDIUM_HEIGHT = LAB_PX(74),
    MEDIA_A_ROW = 3,
    MEDIUM_GAP = LAB_PX(18),
    MEDIUM_WIDTH = (GRAPH_WIDTH - 2 * GRAPH_MARGIN - (MEDIA_A_ROW - 1) * MEDIUM_GAP) / MEDIA_A_ROW,
    MEDIA_HEAD = LAB_PX(28)
};

/* From the upper edge of a node to its first NIC. */
int lab_graph_head(const struct lab_graph *graph);
/* Where the lines of one network are joined. */
int lab_graph_trunk_x(const struct lab_graph *graph, size_t network);

#endif
