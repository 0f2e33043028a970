/* graph: nodes, networks, addresses and media, drawn. */
#include "base/i18n.h"
#include "cli/picture.h"
#include "cli/view.h"
#include "run/graph.h"

static json_t *nic_of(const struct lab_graph *g, const struct lab_graph_nic *nic)
{
    return json_pack("{s:o, s:o, s:o}", "network",
                     lab_json_text(g->networks.items[nic->network].name), "address",
                     lab_json_text(nic->ip), "mac", lab_json_text(nic->mac));
}

static json_t *node_of(const struct lab_graph *g, const struct lab_graph_node *node)
{
    json_t *nics = json_array();
    LAB_VEC_FOREACH (nic, &node->nics)
        json_array_append_new(nics, nic_of(g, nic));
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "node", lab_json_text(node->name),
                     "role", *node->role ? lab_json_text(node->role) : json_null(), "cpu",
                     (json_int_t)node->cpu, "memory_mib", (json_int_t)node->memory_mib,
                     "disk_bytes", (json_int_t)node->disk_bytes, "power",
                     lab_json_text(node->power), "media", lab_json_text(node->media), "nics", nics);
}

static json_t *data_of(const struct lab_graph *g)
{
    json_t *nodes = json_array(), *networks = json_array(), *media = json_array();
    LAB_VEC_FOREACH (node, &g->nodes)
        json_array_append_new(nodes, node_of(g, node));
    LAB_VEC_FOREACH (net, &g->networks)
        json_array_append_new(
            networks, json_pack("{s:o, s:o, s:o, s:o}", "network", lab_json_text(net->name),
                                "range", lab_json_text(net->range), "gateway",
                                lab_json_text(net->gateway), "bridge", lab_json_text(net->bridge)));
    LAB_VEC_FOREACH (m, &g->media)
        json_array_append_new(media,
                              json_pack("{s:o, s:o, s:o}", "medium", lab_json_text(m->name), "from",
                                        lab_json_text(m->detail), "note", lab_json_text(m->note)));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "lab", lab_json_text(g->lab), "provider",
                     lab_json_text(g->provider), "origin", lab_json_text(g->origin), "networks",
                     networks, "nodes", nodes, "media", media);
}

static int draw(struct lab_cli *cli,
                const struct lab_graph *g,
                enum lab_drawing drawing,
                struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    unsigned columns;
    bool utf8;
    if (drawing == LAB_DRAW_DATA)
        return lab_picture_data(cli, data_of(g), "nodes", err);
    lab_picture_screen(cli, &columns, &utf8);
    if (drawing == LAB_DRAW_SVG)
        lab_graph_svg(&text, g);
    else
        lab_graph_text(&text, g, columns, utf8);
    return lab_picture_put(cli, &text, err);
}

static int run_graph(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_graph g = {0};
    enum lab_drawing drawing;
    if (lab_picture_format(cli, false, &drawing, err) ||
        lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_run_attach_ledger(run, err) || lab_graph_gather(run, &g, err) ? -1 : 0;
    lab_view_end(cli);
    if (rc == 0)
        rc = draw(cli, &g, drawing, err);
    lab_graph_clear(&g);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"output", 'o', "FORMAT",
     LAB_N("text, svg, json, yaml or ndjson (default: by --to, else text)")},
    {"to", 0, "FILE", LAB_N("write it there instead of printing")},
    {0},
};

const struct lab_command lab_cmd_graph = {
    .name = "graph",
    .summary = LAB_N("nodes, networks, addresses and media, drawn"),
    .text = LAB_N(
        "Draws what the lab is made of: each network with its range, gateway and bridge, each node\n"
        "with role, size, power, addresses and MACs, and the media and registry that serve them. A\n"
        "lab that is not made yet is drawn from lab.yaml alone.\n\n"
        "The SVG is one file without scripts and needs nothing from elsewhere.\n\n"
        "  labctl graph\n  labctl graph --to lab.svg"),
    .options = options,
    .takes = LAB_TAKES_FILE,
    .run = run_graph,
};
