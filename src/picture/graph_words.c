#include <stdlib.h>

#include "base/text.h"
#include "picture/graph.h"

char *lab_graph_sentence(const struct lab_graph *g)
{
    return lab_format("%s, %zu node%s, %zu network%s; %s", g->provider, g->nodes.len,
                      g->nodes.len == 1 ? "" : "s", g->networks.len,
                      g->networks.len == 1 ? "" : "s", g->origin);
}

char *lab_graph_size_words(const struct lab_graph_node *node)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_str_addf(&out, "%u CPU, ", node->cpu);
    lab_put_size(&out, node->memory_mib << 20);
    lab_str_add(&out, ", ");
    lab_put_size(&out, node->disk_bytes);
    lab_str_add(&out, " disk");
    return lab_str_detach(&out);
}

char *lab_graph_net_words(const struct lab_graph_net *net)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (!net->range)
        return lab_strdup("lab.yaml is not here");
    if (net->gateway)
        lab_str_addf(&out, "gateway %s, ", net->gateway);
    if (net->bridge)
        lab_str_addf(&out, "on %s", net->bridge);
    else
        lab_str_add(&out, "labctl's own");
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
