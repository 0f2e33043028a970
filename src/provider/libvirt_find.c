/* What carries the tag of a lab of our name: VMs, networks, and the pool, which has a UUID made
 * from the id, and a tag among its volumes. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

static bool is_of_lab(const struct lab_libvirt *lv, const struct lab_libvirt_tag *tag)
{
    return *lv->lab && tag->lab && tag->id && strcmp(tag->lab, lv->lab) == 0;
}

static int find_vms(struct lab_libvirt *lv, struct lab_tagged_list *out, struct lab_error *err)
{
    LAB_AUTO_SIGHT struct lab_libvirt_sight all = {{0}};
    if (lab_libvirt_see(lv, NULL, 0, &all, err) != 0)
        return -1;
    LAB_VEC_FOREACH (s, &all.list) {
        const struct lab_libvirt_tag *tag = &s->def.tag;
        struct lab_tagged *t = NULL;
        if (s->exists && is_of_lab(lv, tag))
            t = lab_tagged_add(out, LAB_TAGGED_VM, s->def.name, tag->id, tag->home);
        if (t)
            t->where =
                lab_format("%s, uuid %s, %s", lv->uri, s->def.uuid, lab_power_name(s->power));
    }
    return 0;
}

static void add_network(const struct lab_libvirt *lv, const char *xml, struct lab_tagged_list *out)
{
    struct lab_libvirt_network net = {0};
    struct lab_tagged *t = NULL;
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT; /* one that is gone by now */
    if (!*xml || lab_libvirt_read_network(&net, xml, &ignored) != 0)
        return;
    if (is_of_lab(lv, &net.tag))
        t = lab_tagged_add(out, LAB_TAGGED_NETWORK, net.name, net.tag.id, net.tag.home);
    if (t)
        t->where = lab_format("%s, uuid %s", lv->uri, net.uuid ? net.uuid : "unknown");
    lab_libvirt_network_clear(&net);
}

static int read_networks(struct lab_libvirt *lv,
                         char *uuids,
                         struct lab_tagged_list *out,
                         struct lab_error *err)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, lv->uri);
    char *rest = uuids;
    for (char *word; (word = strtok_r(rest, " \n", &rest)) && b.script.len < LAB_VIRSH_BATCH_MAX;)
        lab_virsh_batch_add(&b, "net-dumpxml", "--network", word, "--inactive", (char *)NULL);
    if (!b.commands)
        return 0;
    if (lab_virsh_batch_run(&b, err) != 0)
        return -1;
    LAB_VEC_FOREACH (xml, &b.parts)
        add_network(lv, *xml, out);
    return 0;
}

static int find_networks(struct lab_libvirt *lv, struct lab_tagged_list *out, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    if (lv->session) /* makes none */
        return 0;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "net-list", "--all", "--uuid", (char *)NULL);
    if (lab_virsh_do(&c, lab_tr("list the networks"), NULL, err) != 0)
        return -1;
    LAB_AUTOFREE char *uuids = lab_strdup(lab_str_get(&c.out));
    return read_networks(lv, uuids, out, err);
}

static bool seen_before(const struct lab_tagged_list *tagged, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(tagged->list.items[k].id, tagged->list.items[i].id) == 0)
            return true;
    return false;
}

static int add_pool(struct lab_libvirt *lv,
                    const char *id,
                    const char *home,
                    char *path,
                    struct lab_tagged_list *out)
{
    struct lab_tagged *t =
        lab_tagged_add(out, LAB_TAGGED_POOL, lv->pools[LAB_POOL_LAB].name, id, home);
    if (t)
        t->where = path;
    else
        free(path);
    return 0;
}

/* The name is there once: it is one of theirs, or it is alone and known by its own tag. */
static int find_pool(struct lab_libvirt *lv, struct lab_tagged_list *out, struct lab_error *err)
{
    LAB_AUTOFREE char *own = NULL;
    LAB_AUTOFREE char *named = NULL;
    char *path = NULL;
    for (size_t i = 0; i < out->list.len; i++) {
        LAB_AUTOFREE char *id = lab_strdup(out->list.items[i].id);
        LAB_AUTOFREE char *home = lab_strdup(out->list.items[i].home);
        if (seen_before(out, i))
            continue;
        if (lab_libvirt_pool_of(lv, id, &path, err) != 0)
            return -1;
        if (path)
            return add_pool(lv, id, home, path, out);
    }
    if (!*lv->lab)
        return 0;
    if (lab_libvirt_pool_owner(lv, &own, &named, &path, err) != 0)
        return -1;
    return own ? add_pool(lv, own, named, path, out) : 0;
}

int lab_libvirt_find(struct lab_provider *p, struct lab_tagged_list *out, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    if (find_vms(lv, out, err) != 0 || find_networks(lv, out, err) != 0)
        return -1;
    return find_pool(lv, out, err);
}
