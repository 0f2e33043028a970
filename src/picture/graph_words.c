#include <stdlib.h>

#include "base/i18n.h"
#include "base/text.h"
#include "picture/graph.h"

char *lab_graph_sentence(const struct lab_graph *g)
{
    bool one = g->networks.len == 1;
    return lab_format(g->nodes.len == 1 ? one ? lab_tr("%s, %zu node, %zu network; %s")
                                              : lab_tr("%s, %zu node, %zu networks; %s")
                      : one ? lab_tr("%s, %zu nodes, %zu network; %s")
                                        : lab_tr("%s, %zu nodes, %zu networks; %s"),
                      lab_tr(g->provider), g->nodes.len, g->networks.len, lab_tr(g->origin));
}

char *lab_graph_size_words(const struct lab_graph_node *node)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str memory = LAB_STR_INIT, disk = LAB_STR_INIT;
    lab_put_size(&memory, node->memory_mib << 20);
    lab_put_size(&disk, node->disk_bytes);
    lab_str_addf(&out, lab_tr("%u CPU, %s, %s disk"), node->cpu, lab_str_get(&memory),
                 lab_str_get(&disk));
    return lab_str_detach(&out);
}

char *lab_graph_net_words(const struct lab_graph_net *net)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (!net->range)
        return lab_strdup(lab_tr("lab.yaml is not here"));
    if (net->gateway)
        lab_str_addf(&out, lab_tr("gateway %s, "), net->gateway);
    if (net->bridge)
        lab_str_addf(&out, lab_tr("on %s"), net->bridge);
    else
        lab_str_add(&out, lab_tr("labctl's own"));
    return lab_str_detach(&out);
}

void lab_graph_clear(struct lab_graph *g)
{
    LAB_VEC_FOREACH (net, &g->networks) {
        free(net->name);
        free(net->range);
        free(net->gateway);
        free(net->bridge);
    }
    LAB_VEC_FOREACH (node, &g->nodes) {
        LAB_VEC_FOREACH (nic, &node->nics) {
            free(nic->ip);
            free(nic->mac);
        }
        lab_vec_clear(&node->nics);
        free(node->name);
        free(node->role);
        free(node->power);
        free(node->media);
    }
    LAB_VEC_FOREACH (medium, &g->media) {
        free(medium->name);
        free(medium->detail);
        free(medium->note);
    }
    lab_vec_clear(&g->networks);
    lab_vec_clear(&g->nodes);
    lab_vec_clear(&g->media);
    free(g->lab);
    free(g->provider);
    free(g->origin);
    *g = (struct lab_graph){0};
}
