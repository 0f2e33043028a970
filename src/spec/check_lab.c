/* What concerns nodes together: names, the masters and workers of k3s, disks and their images. */
#include "spec/clash.h"
#include "spec/draft.h"

static void name_key(struct lab_str *out, const struct lab_spec *spec, struct lab_place p)
{
    lab_str_add(out, spec->nodes.items[p.node].name);
}

static void
report_name(struct lab_draft *d, const char *name, struct lab_place first, struct lab_place later)
{
    const struct lab_node *a = &d->spec->nodes.items[first.node];
    const struct lab_node *b = &d->spec->nodes.items[later.node];
    if (!d->groups.items[a->group].named || !d->groups.items[b->group].named)
        return;
    lab_draft_error(d, b->pos, "the name '%s' is taken by the node on line %d", name, a->pos.line);
}

/* The lab.yaml of the role that decides: the last master, the first worker. */
static void count_roles(const struct lab_draft *d,
                        unsigned *masters,
                        const struct lab_yaml **master,
                        const struct lab_yaml **worker)
{
    for (size_t i = 0; i < d->groups.len; i++) {
        const struct lab_draft_group *g = &d->groups.items[i];
        if (g->role == LAB_ROLE_MASTER) {
            *masters += d->spec->groups.items[i].replicas;
            *master = g->yaml;
        } else if (g->role == LAB_ROLE_WORKER && !*worker) {
            *worker = g->yaml;
        }
    }
}

static bool any_bad_role(const struct lab_draft *d)
{
    for (size_t i = 0; i < d->groups.len; i++)
        if (!d->groups.items[i].role && lab_yaml_get(d->groups.items[i].yaml, "role"))
            return true;
    return false;
}

static void check_roles(struct lab_draft *d)
{
    const struct lab_yaml *master = NULL, *worker = NULL;
    unsigned masters = 0;
    count_roles(d, &masters, &master, &worker);
    if (any_bad_role(d))
        return; /* counting what was not understood would mislead */
    if (masters && masters != 1 && masters % 2 == 0)
        lab_draft_error(d, lab_yaml_pos(master, "role"),
                        "%u masters: k3s needs one, or an odd number from three, to keep a quorum",
                        masters);
    if (worker && !masters)
        lab_draft_error(d, lab_yaml_pos(worker, "role"),
                        "workers without a master: give one node 'role: master'");
    const struct lab_yaml *first = worker ? worker : master;
    if (first && !lab_yaml_get(d->doc.root, "payload"))
        lab_draft_warning(d, lab_yaml_pos(first, "role"),
                          "nodes have roles, but the lab has no 'payload' to install k3s from");
}

static void check_disk(struct lab_draft *d, const struct lab_draft_group *g)
{
    if (!g->disk || g->image == LAB_NO_INDEX)
        return;
    const struct lab_image *image = &d->spec->images.items[g->image];
    if (g->disk >= image->virtual_size)
        return;
    LAB_AUTOFREE char *quoted = lab_quote(lab_yaml_text(g->yaml, "disk_size"));
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT;
    uint64_t mib = (image->virtual_size + ((uint64_t)1 << 20) - 1) >> 20;
    if (mib % 1024 == 0)
        lab_str_addf(&size, "%lluGi", (unsigned long long)(mib / 1024));
    else
        lab_str_addf(&size, "%lluMi", (unsigned long long)mib);
    lab_draft_error(d, lab_yaml_pos(g->yaml, "disk_size"),
                    "'disk_size' is %s, but the image has %s; a disk cannot be smaller", quoted,
                    lab_str_get(&size));
}

void lab_draft_check_lab(struct lab_draft *d)
{
    lab_clashes(d, false, name_key, report_name);
    check_roles(d);
    LAB_VEC_FOREACH (g, &d->groups)
        check_disk(d, g);
}
