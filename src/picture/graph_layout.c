/* Where everything of a graph goes: each network is a line above each row of nodes, nodes hang on
 * the lines. */
#include "picture/graph.h"
#include "picture/graph_draw.h"

int lab_graph_trunk_x(const struct lab_graph *g, size_t network)
{
    int step = g->networks.len > 1 ? TRUNKS / (int)(g->networks.len - 1) : 0;
    step = step > LAB_PX(12) ? LAB_PX(12) : step;
    return GRAPH_MARGIN + CARD_WIDTH + LAB_PX(8) + (int)network * step;
}

int lab_graph_head(const struct lab_graph *g)
{
    LAB_VEC_FOREACH (node, &g->nodes)
        if (node->power || node->media)
            return NODE_HEAD;
    return NODE_HEAD - POWER_HEIGHT;
}

static int node_height(const struct lab_graph *g, const struct lab_graph_node *node)
{
    return lab_graph_head(g) + (int)node->nics.len * NIC_HEIGHT + NODE_FOOT;
}

/* Lines of one row; returns the y below them. */
static int
place_lines(const struct lab_graph *g, struct lab_graph_layout *out, size_t row, int y, int right)
{
    for (size_t i = 0; i < g->networks.len; i++) {
        int at = y + (row ? LAB_PX(8) : CARD_HEIGHT / 2);
        if (!row)
            *lab_vec_push(&out->cards) = (struct lab_box){GRAPH_MARGIN, y, CARD_WIDTH, CARD_HEIGHT};
        *lab_vec_push(&out->lines) = (struct lab_graph_line){i, lab_graph_trunk_x(g, i), right, at};
        y += row ? LINE_STEP : CARD_STEP;
    }
    return y;
}

/* The network's line in the row whose lines begin at `first`. */
static void
place_drops(const struct lab_graph *g, struct lab_graph_layout *out, size_t first, size_t node)
{
    const struct lab_graph_node *n = &g->nodes.items[node];
    const struct lab_box *box = &out->nodes.items[node];
    int left = box->x + LAB_PX(20), room = box->w - LAB_PX(40);
    int step = n->nics.len > 1 ? room / (int)(n->nics.len - 1) : 0;
    step = step > LAB_PX(28) ? LAB_PX(28) : step;
    for (size_t i = 0; i < n->nics.len; i++) {
        size_t network = n->nics.items[i].network;
        *lab_vec_push(&out->drops) = (struct lab_graph_drop){
            network, node, left + (int)i * step, out->lines.items[first + network].y, box->y};
    }
}

static int place_row(const struct lab_graph *g, struct lab_graph_layout *out, size_t from, int y)
{
    size_t first = out->lines.len, to = from + NODES_A_ROW, row = from / NODES_A_ROW;
    to = to > g->nodes.len ? g->nodes.len : to;
    int right = NODE_LEFT + (int)(to - from) * (NODE_WIDTH + NODE_GAP) - NODE_GAP, tallest = 0;
    y = place_lines(g, out, row, y, right > NODE_LEFT ? right : NODE_LEFT) +
        (row ? 0 : -LAB_PX(10));
    y += DROP;
    for (size_t i = from; i < to; i++) {
        int h = node_height(g, &g->nodes.items[i]);
        int x = NODE_LEFT + (int)(i - from) * (NODE_WIDTH + NODE_GAP);
        *lab_vec_push(&out->nodes) = (struct lab_box){x, y, NODE_WIDTH, h};
        place_drops(g, out, first, i);
        tallest = h > tallest ? h : tallest;
    }
    return y + tallest + ROW_GAP;
}

static int place_media(const struct lab_graph *g, struct lab_graph_layout *out, int y)
{
    y += MEDIA_HEAD;
    for (size_t i = 0; i < g->media.len; i++) {
        int column = (int)(i % MEDIA_A_ROW), row = (int)(i / MEDIA_A_ROW);
        *lab_vec_push(&out->media) =
            (struct lab_box){GRAPH_MARGIN + column * (MEDIUM_WIDTH + MEDIUM_GAP),
                             y + row * (MEDIUM_HEIGHT + MEDIUM_GAP), MEDIUM_WIDTH, MEDIUM_HEIGHT};
    }
    int rows = (int)((g->media.len + MEDIA_A_ROW - 1) / MEDIA_A_ROW);
    return y + rows * (MEDIUM_HEIGHT + MEDIUM_GAP) - MEDIUM_GAP;
}

void lab_graph_layout(const struct lab_graph *g, struct lab_graph_layout *out)
{
    int y = GRAPH_TOP;
    *out = (struct lab_graph_layout){.width = GRAPH_WIDTH};
    for (size_t i = 0; i == 0 || i < g->nodes.len; i += NODES_A_ROW)
        y = place_row(g, out, i, y);
    if (g->media.len)
        y = place_media(g, out, y);
    out->height = (y + GRAPH_MARGIN + 9) / 10 * 10;
}

void lab_graph_layout_clear(struct lab_graph_layout *layout)
{
    lab_vec_clear(&layout->cards);
    lab_vec_clear(&layout->lines);
    lab_vec_clear(&layout->drops);
    lab_vec_clear(&layout->nodes);
    lab_vec_clear(&layout->media);
}
