#include "run/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "run/hypervisor.h"
#include "spec/spec.h"

static void drop(struct lab_orphan *o)
{
    free(o->tagged.name);
    free(o->tagged.where);
    free(o->tagged.id);
    free(o->tagged.home);
}

void lab_orphans_clear(struct lab_orphans *orphans)
{
    LAB_VEC_FOREACH (o, &orphans->list)
        drop(o);
    lab_vec_clear(&orphans->list);
}

struct find {
    struct lab_provider *provider;
    struct lab_tagged_list found;
};

static int find_fn(void *arg, struct lab_error *err)
{
    struct find *f = arg;
    return f->provider->ops->find(f->provider, &f->found, err);
}

/* Moves over those whose id no ledger has. */
static void take(struct lab_tagged_list *found, struct lab_orphans *out)
{
    LAB_AUTOFREE char *here = lab_home_tag();
    LAB_VEC_FOREACH (t, &found->list) {
        LAB_AUTOFREE char *known = lab_state_lab_of_id(t->id, NULL);
        if (known)
            continue;
        struct lab_orphan *o = lab_vec_push(&out->list);
        o->tagged = *t;
        o->home = !t->home                     ? LAB_ORPHAN_UNSAID
                  : strcmp(t->home, here) == 0 ? LAB_ORPHAN_HERE
                                               : LAB_ORPHAN_ELSEWHERE;
        *t = (struct lab_tagged){0};
    }
}

int lab_orphans_find(struct lab_run *run, struct lab_orphans *out, struct lab_error *err)
{
    struct lab_provider p = {0};
    if (lab_run_open_provider_as(run, "", &p, err))
        return -1;
    struct find f = {&p, {{0}}};
    int rc = lab_await(run, NULL, find_fn, &f, NULL, err);
    out->provider = p.ops->name;
    p.ops->close(&p);
    if (rc == 0)
        take(&f.found, out);
    lab_tagged_clear(&f.found);
    return rc;
}

static void keep_if(struct lab_orphans *orphans,
                    bool (*wanted)(void *arg, const struct lab_orphan *o),
                    void *arg)
{
    size_t n = 0;
    for (size_t i = 0; i < orphans->list.len; i++) {
        struct lab_orphan o = orphans->list.items[i];
        if (wanted(arg, &o))
            orphans->list.items[n++] = o;
        else
            drop(&o);
    }
    orphans->list.len = n;
}

static bool is_asked_for(void *arg, const struct lab_orphan *o)
{
    const char *id = arg;
    return *id ? strcmp(o->tagged.id, id) == 0 : o->home == LAB_ORPHAN_HERE;
}

void lab_orphans_select(struct lab_orphans *orphans, const char *id)
{
    keep_if(orphans, is_asked_for, (void *)id);
}

void lab_orphans_list(struct lab_str *out, const struct lab_orphans *orphans)
{
    static const char *const kinds[] = {
        [LAB_TAGGED_VM] = LAB_N("VM"),
        [LAB_TAGGED_NETWORK] = LAB_N("network"),
        [LAB_TAGGED_POOL] = LAB_N("storage pool with its volumes"),
    };
    LAB_VEC_FOREACH (o, &orphans->list) {
        const struct lab_tagged *t = &o->tagged;
        lab_str_addf(out, lab_tr("\n  %s '%s' (%s), of id %s"), lab_tr(kinds[t->kind]), t->name,
                     t->where ? t->where : "-", t->id);
        if (o->home == LAB_ORPHAN_ELSEWHERE)
            lab_str_addf(out, lab_tr(", made from %s"), t->home);
        if (o->home == LAB_ORPHAN_UNSAID)
            lab_str_add(out, lab_tr(", made by an older labctl, which did not note for whom"));
    }
}

/* --- refusing --------------------------------------------------------------------------------- */

/* Another home's are only in the way when they have a name that the lab is about to take. */
struct want {
    const struct lab_run *run;
    bool making;
};

static bool matters(void *arg, const struct lab_orphan *o)
{
    const struct want *want = arg;
    const struct lab_run *run = want->run;
    if (o->home != LAB_ORPHAN_ELSEWHERE)
        return true;
    return want->making && o->tagged.kind == LAB_TAGGED_VM && run->spec &&
           lab_spec_node(run->spec, o->tagged.name);
}

static const char *one_id(const struct lab_orphans *orphans)
{
    const char *id = orphans->list.items[0].tagged.id;
    LAB_VEC_FOREACH (o, &orphans->list)
        if (strcmp(o->tagged.id, id) != 0)
            return NULL;
    return id;
}

static bool all_from_here(const struct lab_orphans *orphans)
{
    LAB_VEC_FOREACH (o, &orphans->list)
        if (o->home != LAB_ORPHAN_HERE)
            return false;
    return true;
}

static int refuse(struct lab_run *run, const struct lab_orphans *orphans, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    LAB_AUTOFREE char *dir = lab_home_of(name);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    const char *self = lab_run_self(run), *id = one_id(orphans);
    lab_orphans_list(&text, orphans);
    lab_fail(err, LAB_CONFLICT,
             "the ledger '%s/state.db' is gone or knows of nothing, but these carry the tag of lab "
             "'%s':%s",
             dir, name, lab_str_get(&text));
    if (all_from_here(orphans) && id)
        return lab_error_hint(err,
                              "take them up again: %s up --adopt; or remove them: %s teardown "
                              "--orphans",
                              self, self);
    if (all_from_here(orphans))
        return lab_error_hint(err,
                              "they are of several ids; take one of them up again: %s up "
                              "--adopt=ID; remove one: %s teardown --orphans=ID; all: %s teardown "
                              "--orphans",
                              self, self, self);
    return lab_error_hint(err,
                          "make sure that they are nobody else's; then take them up: %s up "
                          "--adopt=%s; or remove them: %s teardown --orphans=%s",
                          self, id ? id : "ID", self, id ? id : "ID");
}

int lab_orphans_refuse(struct lab_run *run, bool making, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    enum lab_ledger ledger = name ? lab_state_peek(name) : LAB_LEDGER_REFUSED;
    if (ledger != LAB_LEDGER_NONE && ledger != LAB_LEDGER_EMPTY)
        return 0;
    struct lab_orphans orphans = {0};
    if (lab_orphans_find(run, &orphans, err))
        return -1;
    struct want want = {run, making};
    keep_if(&orphans, matters, &want);
    int rc = orphans.list.len ? refuse(run, &orphans, err) : 0;
    lab_orphans_clear(&orphans);
    return rc;
}

/* --- recording -------------------------------------------------------------------------------- */

static int
put(struct lab_state *st, enum lab_object_kind kind, const char *name, struct lab_error *err)
{
    return lab_state_object_put(st, kind, name, LAB_OBJECT_PRESENT,
                                kind == LAB_OBJECT_NETWORK ? "made" : NULL, err);
}

/* A seed is recorded under its node's name, whether or not it is still there. */
static int put_orphan(struct lab_state *st, const struct lab_tagged *t, struct lab_error *err)
{
    switch (t->kind) {
    case LAB_TAGGED_VM:
        return put(st, LAB_OBJECT_VM, t->name, err) || put(st, LAB_OBJECT_MEDIUM, t->name, err) ? -1
                                                                                                : 0;
    case LAB_TAGGED_NETWORK:
        return put(st, LAB_OBJECT_NETWORK, t->name, err);
    default:
        return 0; /* LAB_OBJECT_LAB stands for it */
    }
}

/* From now on what was made from there is this ledger's. */
static int add_home(struct lab_state *st, const struct lab_orphan *o, struct lab_error *err)
{
    const char *homes = lab_state_get(st, "homes");
    if (o->home != LAB_ORPHAN_ELSEWHERE || !homes || lab_has_line(homes, o->tagged.home))
        return 0;
    LAB_AUTOFREE char *all = lab_format("%s\n%s", homes, o->tagged.home);
    return lab_state_set(st, "homes", all, err);
}

int lab_orphans_record(struct lab_run *run,
                       struct lab_state *st,
                       const struct lab_orphans *orphans,
                       struct lab_error *err)
{
    const struct lab_spec *spec = run->spec;
    const char *uri = spec && spec->libvirt_uri ? spec->libvirt_uri : "";
    const char *vm_dir = spec && spec->vm_dir ? spec->vm_dir : "";
    if (lab_state_set(st, "provider", orphans->provider, err) ||
        lab_state_set(st, "uri", uri, err) || lab_state_set(st, "vm_dir", vm_dir, err) ||
        put(st, LAB_OBJECT_LAB, "storage", err) || put(st, LAB_OBJECT_MEDIUM, "payload", err))
        return -1;
    LAB_AUTOFREE char *registry = lab_path_join(lab_state_dir(st), "registry");
    if (lab_file_exists(registry) && put(st, LAB_OBJECT_REGISTRY, "registry", err))
        return -1;
    LAB_VEC_FOREACH (o, &orphans->list)
        if (put_orphan(st, &o->tagged, err) || add_home(st, o, err))
            return -1;
    return 0;
}
