#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/values.h"

#define NICS_MAX 10 /* VMware's limit; libvirt takes more, but one file fits both */

static size_t find_network(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_spec *spec = d->spec;
    LAB_AUTOFREE const char **names = lab_calloc(spec->networks.len, sizeof(*names));
    for (size_t i = 0; i < spec->networks.len; i++) {
        names[i] = spec->networks.items[i].name;
        if (strcmp(names[i], yaml->text) == 0)
            return i;
    }
    if (!spec->networks.len)
        return LAB_NO_INDEX; /* networks itself was reported */
    LAB_AUTOFREE char *quoted = lab_quote(yaml->text);
    const char *near = lab_nearest(yaml->text, names, spec->networks.len);
    if (near) {
        lab_draft_error(d, yaml->pos, "there is no network %s; did you mean '%s'?", quoted, near);
        return LAB_NO_INDEX;
    }
    LAB_AUTO_STR struct lab_str list = LAB_STR_INIT;
    for (size_t i = 0; i < spec->networks.len; i++)
        lab_str_addf(&list, "%s%s", i ? ", " : "", names[i]);
    lab_draft_error(d, yaml->pos, "there is no network %s; 'networks' has %s", quoted,
                    lab_str_get(&list));
    return LAB_NO_INDEX;
}

const char *lab_draft_nic_model(const struct lab_draft_nic *nic)
{
    return nic->model ? lab_nic_models[nic->model - 1].name : NULL;
}

static void read_nic(struct lab_draft *d, struct lab_draft_group *g, const struct lab_yaml *yaml)
{
    static const struct lab_field item = {.key = "networks", .type = LAB_TYPE_NIC};
    struct lab_draft_nic *nic = lab_vec_push(&g->nics);
    nic->yaml = yaml;
    nic->network = LAB_NO_INDEX;
    const struct lab_yaml *name = yaml;
    if (!lab_read_value(d, &item, yaml, NULL))
        return;
    if (yaml->kind == LAB_YAML_MAP) {
        lab_read_object(d, &lab_object_nic, yaml, nic);
        name = lab_read_child(&lab_object_nic, yaml, "name");
    }
    if (name)
        nic->network = find_network(d, name);
}

static void read_nics(struct lab_draft *d, struct lab_draft_group *g)
{
    const struct lab_yaml *list = lab_read_child(&lab_object_node, g->yaml, "networks");
    if (!list && lab_yaml_get(g->yaml, "networks"))
        return;
    if (!list) {
        if (d->spec->networks.len == 1)
            *lab_vec_push(&g->nics) = (struct lab_draft_nic){.yaml = g->yaml};
        else if (d->spec->networks.len)
            lab_draft_error(d, g->yaml->pos,
                            "'networks' is missing in node: the lab has several, so say which");
        return;
    }
    if (!list->items.len)
        lab_draft_error(d, list->pos,
                        "'networks' is empty; labctl logs in over a node's first network");
    if (list->items.len > NICS_MAX) {
        lab_draft_error(d, list->items.items[NICS_MAX]->pos, "a node has at most %d networks",
                        NICS_MAX);
        return;
    }
    for (size_t i = 0; i < list->items.len; i++)
        read_nic(d, g, list->items.items[i]);
}

static void read_image(struct lab_draft *d, struct lab_draft_group *g, size_t image)
{
    g->image = lab_draft_read_image(d, g->yaml);
    if (g->image != LAB_NO_INDEX || lab_yaml_get(g->yaml, "image_url"))
        return;
    g->image = image;
    if (image == LAB_NO_INDEX && !lab_yaml_get(d->doc.root, "image_url"))
        lab_draft_error(d, g->yaml->pos,
                        "no image for this node: give the lab or the node an 'image_url'");
}

static void read_group(struct lab_draft *d, const struct lab_yaml *yaml, size_t image)
{
    struct lab_draft_group *g = lab_vec_push(&d->groups);
    struct lab_group *group = lab_vec_push(&d->spec->groups);
    g->yaml = yaml;
    g->image = LAB_NO_INDEX;
    group->pos = yaml->pos;
    bool mapping = lab_read_object(d, &lab_object_node, yaml, g);
    const char *label = lab_yaml_text(yaml, "name");
    if (!label)
        label = lab_yaml_text(yaml, "name_prefix");
    if (label)
        group->pos = lab_yaml_pos(yaml, lab_yaml_text(yaml, "name") ? "name" : "name_prefix");
    group->label = lab_strdup(label ? label : "");
    group->replicas = g->replicas;
    group->replicas_given = lab_yaml_get(yaml, "replicas") != NULL;
    group->start = g->start;
    if (!mapping)
        return;
    read_nics(d, g);
    read_image(d, g, image);
    const struct lab_yaml *cloud = lab_read_child(&lab_object_node, yaml, "cloud_init");
    if (cloud)
        lab_draft_read_cloud_init(d, cloud, &group->cloud_init);
}

void lab_draft_read_nodes(struct lab_draft *d, const struct lab_yaml *yaml, size_t image)
{
    if (!yaml->items.len)
        lab_draft_error(d, yaml->pos, "'nodes' is empty; a lab has at least one node");
    for (size_t i = 0; i < yaml->items.len; i++)
        read_group(d, yaml->items.items[i], image);
}
