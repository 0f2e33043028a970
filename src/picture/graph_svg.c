#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "picture/graph.h"
#include "picture/graph_draw.h"

enum { LETTERS = LAB_PX(12), SMALL = LAB_PX(11), COLOURS = 6 };

/* Strokes that can be told apart with any kind of colour blindness (after Okabe and Ito), dark
 * enough for a white ground and light enough for a dark one. Names stand beside them anyway. */
static const char style[] =
    ".n0{--net:#1f7fc1}.n1{--net:#d9650b}.n2{--net:#159a74}.n3{--net:#c2699b}.n4{--net:#a98a14}"
    ".n5{--net:#6f78d6}\n"
    ".bus{stroke:var(--net);stroke-width:4;stroke-linecap:round}"
    ".trunk{stroke:var(--net);stroke-width:2}.drop{stroke:var(--net);stroke-width:2}"
    ".dot{fill:var(--net);stroke:var(--ground);stroke-width:1.5}.chip{fill:var(--net)}\n"
    ".box{fill:var(--panel);stroke:var(--line);stroke-width:1}.edge{stroke:var(--grid);stroke-width:1}"
    ".tag{fill:var(--grid)}.mono{font-family:ui-monospace,'Cascadia Mono',Consolas,"
    "'DejaVu Sans Mono','Noto Sans Mono',monospace;font-size:11px}\n"
    ".on{fill:var(--good)}.off{fill:none;stroke:var(--soft);stroke-width:1.5}\n"
    ".bus,.trunk,.drop,.dot{pointer-events:stroke}\n";

static void open_net(struct lab_str *out, size_t network, const char *title)
{
    LAB_AUTOFREE char *class_name = lab_format("n%u", (unsigned)(network % COLOURS));
    lab_svg_open(out, class_name, title);
}

/* --- networks -----------------------------------------------------------------------------------
 */

static void
draw_card(struct lab_str *out, const struct lab_graph_net *net, const struct lab_box *box)
{
    LAB_AUTOFREE char *gateway = net->gateway ? lab_format(lab_tr("gateway %s"), net->gateway)
                                              : lab_strdup(lab_tr("no gateway"));
    LAB_AUTOFREE char *bridge =
        net->bridge ? lab_format(lab_tr("on %s"), net->bridge) : lab_strdup(lab_tr("labctl's own"));
    int x = box->x + LAB_PX(14), room = box->w - LAB_PX(18);
    lab_svg_rect(out, (struct lab_box){box->x, box->y, LAB_PX(4), box->h}, LAB_PX(2), "chip");
    lab_svg_name_in(out, x, box->y + LAB_PX(14), room, LETTERS * 107 / 100, "bold", net->name);
    lab_svg_text_in(out, x, box->y + LAB_PX(30), room, SMALL * 110 / 100, "mono",
                    net->range ? net->range : lab_tr("range not known"));
    if (!net->range) {
        lab_svg_text_in(out, x, box->y + LAB_PX(45), room, SMALL, "small soft",
                        lab_tr("lab.yaml is not here"));
        return;
    }
    lab_svg_text_in(out, x, box->y + LAB_PX(45), room, SMALL, "small soft", gateway);
    lab_svg_text_in(out, x, box->y + LAB_PX(59), room, SMALL, "small soft", bridge);
}

static int last_line_y(const struct lab_graph_layout *l, size_t network)
{
    int y = 0;
    LAB_VEC_FOREACH (line, &l->lines)
        y = line->network == network && line->y > y ? line->y : y;
    return y;
}

static void
draw_networks(struct lab_str *out, const struct lab_graph *g, const struct lab_graph_layout *l)
{
    for (size_t i = 0; i < g->networks.len; i++) {
        const struct lab_graph_net *net = &g->networks.items[i];
        LAB_AUTOFREE char *words = lab_graph_net_words(net);
        LAB_AUTOFREE char *title =
            lab_format(lab_tr("network %s, %s, %s"), net->name,
                       net->range ? net->range : lab_tr("range not known"), words);
        int x = lab_graph_trunk_x(g, i), top = l->lines.items[i].y;
        open_net(out, i, title);
        draw_card(out, net, &l->cards.items[i]);
        if (last_line_y(l, i) > top)
            lab_svg_line(out, x, top, x, last_line_y(l, i), "trunk");
        LAB_VEC_FOREACH (line, &l->lines) {
            if (line->network != i)
                continue;
            lab_svg_line(out, line->x1, line->y, line->x2, line->y, "bus");
            if (line->y != top)
                lab_svg_name_in(out, GRAPH_MARGIN + LAB_PX(14), line->y + LAB_PX(4),
                                CARD_WIDTH - LAB_PX(18), SMALL, "small soft", net->name);
        }
        lab_svg_close(out);
    }
}

static void
draw_drops(struct lab_str *out, const struct lab_graph *g, const struct lab_graph_layout *l)
{
    LAB_VEC_FOREACH (drop, &l->drops) {
        LAB_AUTOFREE char *title = lab_format(lab_tr("%s on %s"), g->nodes.items[drop->node].name,
                                              g->networks.items[drop->network].name);
        open_net(out, drop->network, title);
        lab_svg_line(out, drop->x, drop->y1, drop->x, drop->y2, "drop");
        lab_svg_circle(out, drop->x, drop->y1, LAB_PX(5), "dot");
        lab_svg_close(out);
    }
}

/* --- nodes --------------------------------------------------------------------------------------
 */

static void draw_role(struct lab_str *out,
                      const struct lab_graph_node *node,
                      const struct lab_box *box,
                      int *room)
{
    if (!*node->role)
        return;
    int w = lab_text_room(node->role, SMALL) + LAB_PX(12);
    int x = box->x + box->w - LAB_PX(10) - w;
    lab_svg_rect(out, (struct lab_box){x, box->y + LAB_PX(9), w, LAB_PX(18)}, LAB_PX(9), "tag");
    lab_svg_text(out, x + w / 2, box->y + LAB_PX(22), "small mid", node->role);
    *room -= w + LAB_PX(6);
}

static void
draw_power(struct lab_str *out, const struct lab_graph_node *node, const struct lab_box *box)
{
    LAB_AUTO_STR struct lab_str words = LAB_STR_INIT;
    int x = box->x + LAB_PX(12), y = box->y + LAB_PX(56);
    if (node->power) {
        lab_svg_circle(out, x + LAB_PX(4), y - LAB_PX(4), LAB_PX(4), node->runs ? "on" : "off");
        lab_str_add(&words, lab_tr(node->power));
        x += LAB_PX(14);
    }
    if (node->media)
        lab_str_addf(&words, "%s%s", words.len ? ", " : "", lab_tr(node->media));
    if (words.len)
        lab_svg_text_in(out, x, y, box->x + box->w - LAB_PX(8) - x, SMALL, "small soft",
                        lab_str_get(&words));
}

static void draw_nic(struct lab_str *out,
                     const struct lab_graph *g,
                     const struct lab_graph_nic *nic,
                     const struct lab_box *box,
                     int y)
{
    int x = box->x + LAB_PX(12), right = box->x + box->w - LAB_PX(10);
    open_net(out, nic->network, NULL);
    lab_svg_rect(out, (struct lab_box){x, y - LAB_PX(9), LAB_PX(4), LAB_PX(27)}, LAB_PX(2), "chip");
    lab_svg_text_in(out, x + LAB_PX(12), y, LAB_PX(108), SMALL, "mono", nic->ip ? nic->ip : "DHCP");
    lab_svg_name_in(out, right, y, box->w - LAB_PX(140), SMALL, "small soft end",
                    g->networks.items[nic->network].name);
    lab_svg_text_in(out, x + LAB_PX(12), y + LAB_PX(15), box->w - LAB_PX(34), SMALL, "mono soft",
                    nic->mac ? nic->mac : lab_tr("MAC when made"));
    lab_svg_close(out);
}

static void draw_node(struct lab_str *out,
                      const struct lab_graph *g,
                      const struct lab_graph_node *node,
                      const struct lab_box *box)
{
    LAB_AUTOFREE char *size = lab_graph_size_words(node);
    LAB_AUTOFREE char *title =
        lab_format("%s%s%s, %s", node->name, *node->role ? ", " : "", node->role, size);
    int room = box->w - LAB_PX(22), x = box->x + LAB_PX(12);
    lab_svg_open(out, NULL, title);
    lab_svg_rect(out, *box, LAB_PX(6), "box");
    draw_role(out, node, box, &room);
    lab_svg_name_in(out, x, box->y + LAB_PX(22), room, LETTERS * 107 / 100, "bold", node->name);
    lab_svg_text_in(out, x, box->y + LAB_PX(40), box->w - LAB_PX(20), SMALL, "small", size);
    draw_power(out, node, box);
    for (size_t i = 0; i < node->nics.len; i++)
        draw_nic(out, g, &node->nics.items[i], box,
                 box->y + lab_graph_head(g) + (int)i * NIC_HEIGHT + LAB_PX(10));
    lab_svg_close(out);
}

/* --- media --------------------------------------------------------------------------------------
 */

static void
draw_media(struct lab_str *out, const struct lab_graph *g, const struct lab_graph_layout *l)
{
    for (size_t i = 0; i < g->media.len; i++) {
        const struct lab_graph_medium *medium = &g->media.items[i];
        const struct lab_box *box = &l->media.items[i];
        int x = box->x + LAB_PX(16), room = box->w - LAB_PX(28);
        if (i == 0)
            lab_svg_text(out, GRAPH_MARGIN, box->y - LAB_PX(12), "bold",
                         lab_tr("Media and registry"));
        lab_svg_rect(out, *box, LAB_PX(6), "box");
        lab_svg_text_in(out, x, box->y + LAB_PX(22), room, LETTERS, "bold", lab_tr(medium->name));
        lab_svg_text_in(out, x, box->y + LAB_PX(41), room, LETTERS, NULL, lab_tr(medium->detail));
        if (medium->note)
            lab_svg_text_in(out, x, box->y + LAB_PX(59), room, SMALL, "small soft",
                            lab_tr(medium->note));
    }
}

static char *describe(const struct lab_graph *g)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *sentence = lab_graph_sentence(g);
    lab_str_addf(&out, "%s.", sentence);
    LAB_VEC_FOREACH (node, &g->nodes) {
        lab_str_addf(&out, "%s %s", node > g->nodes.items ? ";" : "", node->name);
        LAB_VEC_FOREACH (nic, &node->nics)
            lab_str_addf(&out, lab_tr("%s %s on %s"), nic > node->nics.items ? "," : "",
                         nic->ip ? nic->ip : lab_tr("by DHCP"),
                         g->networks.items[nic->network].name);
    }
    return lab_str_detach(&out);
}

void lab_graph_svg(struct lab_str *out, const struct lab_graph *g)
{
    struct lab_graph_layout l;
    LAB_AUTOFREE char *title = lab_format(lab_tr("Lab %s"), g->lab);
    LAB_AUTOFREE char *sentence = lab_graph_sentence(g);
    LAB_AUTOFREE char *description = describe(g);
    lab_graph_layout(g, &l);
    lab_svg_begin(out, l.width, l.height, title, description, style);
    lab_svg_text_in(out, GRAPH_MARGIN, LAB_PX(38), GRAPH_WIDTH - 2 * GRAPH_MARGIN, LAB_PX(18),
                    "title", title);
    lab_svg_text_in(out, GRAPH_MARGIN, LAB_PX(60), GRAPH_WIDTH - 2 * GRAPH_MARGIN, LETTERS, "soft",
                    sentence);
    draw_networks(out, g, &l);
    draw_drops(out, g, &l);
    for (size_t i = 0; i < g->nodes.len; i++)
        draw_node(out, g, &g->nodes.items[i], &l.nodes.items[i]);
    draw_media(out, g, &l);
    lab_svg_end(out);
    lab_graph_layout_clear(&l);
}
