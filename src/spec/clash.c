#include "spec/clash.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    char *key;
    struct lab_place place;
};

struct clash {
    size_t groups[2];
    const char *key;
    struct lab_place first, later;
};

struct entries {
    LAB_VEC(struct entry) list;
};

struct clash_list {
    LAB_VEC(struct clash) list;
};

static int order(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int by_place(struct lab_place a, struct lab_place b)
{
    return a.node != b.node ? order(a.node, b.node) : order(a.nic, b.nic);
}

static int by_key(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int keys = strcmp(a->key, b->key);
    return keys ? keys : by_place(a->place, b->place);
}

static int by_groups(const void *x, const void *y)
{
    const struct clash *a = x, *b = y;
    for (size_t i = 0; i < 2; i++)
        if (a->groups[i] != b->groups[i])
            return order(a->groups[i], b->groups[i]);
    return by_place(a->later, b->later);
}

static void
add(struct entries *all, const struct lab_spec *spec, lab_clash_key key, struct lab_place place)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    key(&text, spec, place);
    if (text.len)
        *lab_vec_push(&all->list) = (struct entry){lab_str_detach(&text), place};
}

static void
collect(struct entries *all, const struct lab_spec *spec, bool per_nic, lab_clash_key key)
{
    for (size_t n = 0; n < spec->nodes.len; n++) {
        size_t nics = per_nic ? spec->nodes.items[n].nics.len : 1;
        for (size_t i = 0; i < nics; i++)
            add(all, spec, key, (struct lab_place){n, i});
    }
    if (all->list.len)
        qsort(all->list.items, all->list.len, sizeof(struct entry), by_key);
}

static void compare(struct clash_list *out, const struct entries *all, const struct lab_spec *spec)
{
    for (size_t i = 1; i < all->list.len; i++) {
        const struct entry *a = &all->list.items[i - 1], *b = &all->list.items[i];
        if (strcmp(a->key, b->key) == 0)
            *lab_vec_push(&out->list) = (struct clash){
                {spec->nodes.items[a->place.node].group, spec->nodes.items[b->place.node].group},
                a->key,
                a->place,
                b->place};
    }
    if (out->list.len)
        qsort(out->list.items, out->list.len, sizeof(struct clash), by_groups);
}

void lab_clashes(struct lab_draft *d, bool per_nic, lab_clash_key key, lab_clash_report report)
{
    struct entries all = {.list = {NULL, 0, 0}};
    struct clash_list clashes = {.list = {NULL, 0, 0}};
    collect(&all, d->spec, per_nic, key);
    compare(&clashes, &all, d->spec);
    for (size_t i = 0; i < clashes.list.len; i++) {
        const struct clash *c = &clashes.list.items[i];
        if (!i || memcmp(c[-1].groups, c->groups, sizeof(c->groups)) != 0)
            report(d, c->key, c->first, c->later);
    }
    LAB_VEC_FOREACH (it, &all.list)
        free(it->key);
    lab_vec_clear(&all.list);
    lab_vec_clear(&clashes.list);
}
