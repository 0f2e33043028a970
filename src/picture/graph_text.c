/* The graph in letters: each network with those on it, then the nodes, then the media. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "picture/graph.h"

struct page {
    const struct lab_graph *g;
    struct lab_str *out;
    size_t columns, names;
    bool utf8;
};

static const struct lab_graph_nic *
nic_on(const struct lab_graph_node *node, size_t network, size_t from)
{
    for (size_t i = from; i < node->nics.len; i++)
        if (node->nics.items[i].network == network)
            return &node->nics.items[i];
    return NULL;
}

static size_t count_on(const struct lab_graph *g, size_t network)
{
    size_t n = 0;
    LAB_VEC_FOREACH (node, &g->nodes)
        LAB_VEC_FOREACH (nic, &node->nics)
            n += nic->network == network;
    return n;
}

static const char *branch(const struct page *p, bool last)
{
    if (p->utf8)
        return last ? "└─ " : "├─ ";
    return last ? "`- " : "|- ";
}

static void put_nic(const struct page *p,
                    const struct lab_graph_node *node,
                    const struct lab_graph_nic *nic,
                    bool last)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_str_add(&line, branch(p, last));
    lab_put_name(&line, node->name, p->names, p->utf8);
    lab_str_addc(&line, ' ');
    lab_put_columns(&line, nic->ip ? nic->ip : "DHCP", 15, false, p->utf8);
    if (p->columns < 60 && nic->mac) { /* in a line of its own */
        lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
        lab_str_truncate(&line, 0);
        lab_str_add(&line, last ? "  " : p->utf8 ? "│ " : "| ");
        for (size_t i = 0; i < p->names; i++)
            lab_str_addc(&line, ' ');
    }
    lab_str_addf(&line, "  %s", nic->mac ? nic->mac : "");
    lab_put_cut_line(p->out, lab_str_get(&line), p->columns, p->utf8);
}

static void put_network(const struct page *p, size_t network)
{
    const struct lab_graph_net *net = &p->g->networks.items[network];
    LAB_AUTOFREE char *words = lab_graph_net_words(net);
    LAB_AUTOFREE char *title = lab_format(
        "%s: %s, %s", net->name, net->range ? net->range : lab_tr("range not known"), words);
    size_t left = count_on(p->g, network);
    lab_str_addc(p->out, '\n');
    lab_put_wrapped(p->out, title, p->columns, 2, 3, p->utf8);
    LAB_VEC_FOREACH (node, &p->g->nodes) {
        const struct lab_graph_nic *nic = nic_on(node, network, 0);
        while (nic) {
            put_nic(p, node, nic, --left == 0);
            nic = nic_on(node, network, (size_t)(nic - node->nics.items) + 1);
        }
    }
}

static void put_node(const struct page *p, const struct lab_graph_node *node)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    LAB_AUTOFREE char *size = lab_graph_size_words(node);
    lab_put_name(&line, node->name, p->names, p->utf8);
    lab_str_addf(&line, " %-6s  %s", *node->role ? node->role : "-", size);
    if (node->power)
        lab_str_addf(&line, ", %s", lab_tr(node->power));
    if (node->media)
        lab_str_addf(&line, ", %s", lab_tr(node->media));
    lab_put_wrapped(p->out, lab_str_get(&line), p->columns, p->names + 9, 4, p->utf8);
}

void lab_graph_text(struct lab_str *out, const struct lab_graph *g, unsigned columns, bool utf8)
{
    struct page p = {g, out, columns < 40 ? 40 : columns, 4, utf8};
    LAB_AUTOFREE char *sentence = lab_graph_sentence(g);
    LAB_AUTOFREE char *title = lab_format(lab_tr("lab %s: %s"), g->lab, sentence);
    LAB_VEC_FOREACH (node, &g->nodes) {
        size_t width = lab_utf8_width(node->name);
        p.names = width > p.names ? width : p.names;
    }
    p.names = p.names > p.columns / 3 ? p.columns / 3 : p.names;
    lab_put_wrapped(out, title, p.columns, 2, 3, utf8);
    for (size_t i = 0; i < g->networks.len; i++)
        put_network(&p, i);
    lab_str_addc(out, '\n');
    LAB_VEC_FOREACH (node, &g->nodes)
        put_node(&p, node);
    if (g->media.len)
        lab_str_addc(out, '\n');
    LAB_VEC_FOREACH (medium, &g->media) {
        LAB_AUTOFREE char *line =
            lab_format("%s: %s%s%s", lab_tr(medium->name), lab_tr(medium->detail),
                       medium->note ? "; " : "", medium->note ? lab_tr(medium->note) : "");
        lab_put_wrapped(out, line, p.columns, 2, 3, utf8);
    }
}
