/* up --adopt: the ledger anew, from the tags, from what the hypervisor says and from lab.yaml.
 *
 * How far a node had come is read from its media: labctl takes them out only when cloud-init is
 * through, and a VM that runs without them has been started since. A node that still has them is
 * taken for begun: it goes on from its first gate, or from nothing when it is off. What cannot be
 * seen (addresses, size of the disk, what it was made from) is taken from lab.yaml as it is now,
 * and that is said. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "media/sshkey.h"
#include "run/hypervisor.h"
#include "run/k3s.h"
#include "run/order.h"
#include "run/orphans.h"
#include "run/record.h"
#include "run/remove.h"

struct adoption {
    struct lab_run *run;
    const struct lab_plan_options *plan;
    char *name, *dir;
    struct lab_orphans orphans;
    const char *id;           /* theirs; NULL: there are none */
    struct lab_vm_states vms; /* theirs */
    struct lab_state *st;
};

/* --- what must be there ----------------------------------------------------------------------- */

static bool is_recreated(const struct adoption *a, const char *node)
{
    for (size_t i = 0; i < a->plan->recreate_len; i++)
        if (strcmp(a->plan->recreate[i], node) == 0)
            return true;
    return a->plan->recreate_all;
}

static bool has_key(const struct adoption *a, const char *key, struct lab_str *why)
{
    LAB_AUTOFREE char *keys = lab_path_join(a->dir, "keys");
    LAB_AUTOFREE char *path = lab_path_join(keys, key);
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey found = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_file_exists(path) && lab_sshkey_load(&found, path, &err) == 0)
        return true;
    lab_str_addf(why, err.code ? "%s" : lab_tr("'%s' is gone"), err.code ? err.message : path);
    return false;
}

/* Without the host key nobody can say who answers, without the login key nobody is let in. */
static void check_node(const struct adoption *a,
                       const char *node,
                       bool login,
                       struct lab_str *refused,
                       struct lab_str *remedy)
{
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
    if (!lab_spec_node(a->run->spec, node) || is_recreated(a, node))
        return;
    if (has_key(a, node, &why) && login)
        return;
    if (why.len)
        lab_str_addf(refused, lab_tr("\n  node '%s': the key by which its guest is known: %s"),
                     node, lab_str_get(&why));
    lab_str_addf(remedy, " --recreate %s", node);
}

static int check_keys(const struct adoption *a, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str refused = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str remedy = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
    bool login = has_key(a, "login", &why);
    if (!login)
        lab_str_addf(&refused, lab_tr("\n  the key by which labctl logs in: %s"),
                     lab_str_get(&why));
    LAB_VEC_FOREACH (vm, &a->vms.list)
        check_node(a, vm->name, login, &refused, &remedy);
    if (!remedy.len)
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "lab '%s' cannot be adopted as it is, since its guests cannot be reached or trusted "
             "without their keys:%s",
             a->name, lab_str_get(&refused));
    return lab_error_hint(err,
                          "put the files back; without a copy, make those nodes anew (their disks "
                          "are lost): %s up --adopt%s",
                          lab_run_self(a->run), lab_str_get(&remedy));
}

static bool is_settled(const struct lab_vm_state *vm)
{
    return !vm->seed_attached && !vm->payload_attached;
}

static enum lab_role role_of(const struct adoption *a, const char *node)
{
    const struct lab_node *n = lab_spec_node(a->run->spec, node);
    return n ? n->role : LAB_ROLE_NONE;
}

/* A new token would be none that the running cluster takes. */
static int check_token(const struct adoption *a, struct lab_error *err)
{
    struct lab_k3s token = {0};
    LAB_AUTOFREE char *path = lab_path_join(a->dir, "keys/k3s-token");
    LAB_VEC_FOREACH (vm, &a->vms.list) {
        if (role_of(a, vm->name) != LAB_ROLE_MASTER || !is_settled(vm) || is_recreated(a, vm->name))
            continue;
        int rc = lab_k3s_load_token(&token, path, err);
        lab_wipe(&token, sizeof(token));
        return rc;
    }
    return 0;
}

static int check_one_id(struct adoption *a, struct lab_error *err)
{
    LAB_VEC_FOREACH (o, &a->orphans.list) {
        if (!a->id)
            a->id = o->tagged.id;
        if (strcmp(a->id, o->tagged.id) == 0)
            continue;
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        lab_orphans_list(&text, &a->orphans);
        lab_fail(err, LAB_CONFLICT, "these are left of several labs that were called '%s':%s",
                 a->name, lab_str_get(&text));
        return lab_error_hint(err,
                              "say which one: %s up --adopt=ID; what is left of the others goes "
                              "with: %s teardown --orphans=ID",
                              lab_run_self(a->run), lab_run_self(a->run));
    }
    return 0;
}

static int ask(const struct adoption *a, bool yes, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    bool here = true;
    LAB_VEC_FOREACH (o, &a->orphans.list)
        here = here && o->home == LAB_ORPHAN_HERE;
    if (here)
        return 0;
    lab_str_add(&text, lab_tr("Take these up as your own, though they may be somebody else's?"));
    lab_orphans_list(&text, &a->orphans);
    return lab_confirm(a->run, yes, lab_str_get(&text),
                       lab_tr("nothing was adopted: it wants a yes"), err);
}

/* --- what is known of them -------------------------------------------------------------------- */

struct look {
    struct lab_provider provider;
    LAB_VEC(const char *) names;
    struct lab_vm_states *out;
};

static int look_fn(void *arg, struct lab_error *err)
{
    struct look *l = arg;
    return l->provider.ops->query(&l->provider, l->names.items, l->names.len, l->out, err);
}

static int look(struct adoption *a, struct lab_error *err)
{
    struct look l = {.out = &a->vms};
    LAB_VEC_FOREACH (o, &a->orphans.list)
        if (o->tagged.kind == LAB_TAGGED_VM)
            *lab_vec_push(&l.names) = o->tagged.name;
    if (!l.names.len)
        return 0;
    int rc = lab_run_open_provider_as(a->run, a->id, &l.provider, err);
    if (rc == 0) {
        rc = lab_await(a->run, NULL, look_fn, &l, NULL, err);
        l.provider.ops->close(&l.provider);
    }
    lab_vec_clear(&l.names);
    return rc;
}

static void
fill_record(const struct adoption *a, const struct lab_vm_state *vm, struct lab_node_record *r)
{
    const struct lab_spec *spec = a->run->spec;
    const struct lab_node *node = lab_spec_node(spec, vm->name);
    lab_assign(&r->name, vm->name);
    r->order = (unsigned)spec->nodes.len; /* behind lab.yaml's, unless it is one of them */
    if (node) {
        lab_record_place(r, spec, (size_t)(node - spec->nodes.items));
        lab_record_made(r, spec, (size_t)(node - spec->nodes.items));
    }
    lab_assign(&r->generation, vm->generation);
    r->cpu = vm->cpu ? vm->cpu : r->cpu;
    /* a hypervisor may round up */
    if (vm->memory_mib &&
        (!node || lab_spec_memory_mib(LAB_PROVIDER_VMWARE, r->memory_mib) != vm->memory_mib))
        r->memory_mib = vm->memory_mib;
    r->provisioned = r->detached = is_settled(vm);
    r->restarted = is_settled(vm) && vm->power == LAB_POWER_ON;
}

/* That it was switched on once decides what becomes of a first boot that was cut off. */
static int record_powered(const struct adoption *a, const char *node, struct lab_error *err)
{
    const struct lab_event event = {0, (char *)node, (char *)lab_gate_name(LAB_GATE_POWERED),
                                    (char *)"passed", (char *)"adopted"};
    return lab_state_event(a->st, &event, err);
}

static int
record_node(const struct adoption *a, const struct lab_vm_state *vm, struct lab_error *err)
{
    struct lab_node_record r = {0};
    fill_record(a, vm, &r);
    int rc = lab_state_node_put(a->st, &r, err) || record_powered(a, vm->name, err) ? -1 : 0;
    if (rc == 0 && r.restarted && r.role == LAB_ROLE_MASTER) {
        LAB_AUTOFREE char *key = lab_joined_key(&r);
        rc = lab_state_set(a->st, key, r.generation ? r.generation : "yes", err);
    }
    lab_node_record_clear(&r);
    return rc;
}

/* A cluster that began with one master keeps its data where no other can join. With fewer than
 * lab.yaml says it may have begun either way: then that stays open. */
static int record_datastore(const struct adoption *a, struct lab_error *err)
{
    size_t wanted = 0, there = 0;
    LAB_VEC_FOREACH (node, &a->run->spec->nodes)
        wanted += node->role == LAB_ROLE_MASTER;
    LAB_VEC_FOREACH (vm, &a->vms.list)
        there += role_of(a, vm->name) == LAB_ROLE_MASTER && is_settled(vm);
    if (there > 1)
        return lab_state_set(a->st, "datastore", "etcd", err);
    return there == 1 && wanted == 1 ? lab_state_set(a->st, "datastore", "sqlite", err) : 0;
}

static int record_fn(void *arg, struct lab_error *err)
{
    struct adoption *a = arg;
    if (lab_orphans_record(a->run, a->st, &a->orphans, err) || record_datastore(a, err) ||
        lab_state_set(a->st, "username", a->run->spec->auth.username, err))
        return -1;
    LAB_VEC_FOREACH (vm, &a->vms.list)
        if (record_node(a, vm, err))
            return -1;
    return 0;
}

/* --- adopting --------------------------------------------------------------------------------- */

static void say_adopted(const struct adoption *a, const char *aside)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    LAB_VEC_FOREACH (vm, &a->vms.list)
        lab_str_addf(&names, "%s%s", names.len ? ", " : "", vm->name);
    if (aside)
        lab_run_warning(a->run, "the damaged ledger is '%s' now", aside);
    if (!a->id)
        lab_run_warning(a->run, "nothing carries the tag of lab '%s': there is nothing to adopt",
                        a->name);
    else
        lab_run_warning(
            a->run,
            "adopted %s with id %s; addresses, sizes of disks and what they were made "
            "from are taken from lab.yaml as it is now, and its changes since they were "
            "made go unnoticed",
            names.len ? lab_str_get(&names) : lab_tr("what is left beside VMs"), a->id);
}

static int write_ledger(struct adoption *a, struct lab_error *err)
{
    LAB_AUTOFREE char *aside = NULL;
    if (lab_state_adopt(&a->st, a->name, a->id, a->run->spec->path, "up --adopt", &aside, err))
        return -1;
    int rc = a->id ? lab_state_together(a->st, record_fn, a, err) : 0;
    lab_state_close(a->st);
    if (rc == 0)
        say_adopted(a, aside);
    return rc;
}

static int
adopt(struct adoption *a, enum lab_ledger ledger, const char *id, bool yes, struct lab_error *err)
{
    if (lab_orphans_find(a->run, &a->orphans, err))
        return -1;
    lab_orphans_select(&a->orphans, id);
    if (check_one_id(a, err))
        return -1;
    if (!a->id && ledger != LAB_LEDGER_DAMAGED)
        return lab_orphans_refuse(a->run, true,
                                  err); /* there may be some that were not asked for */
    if (a->id && (look(a, err) || check_keys(a, err) || check_token(a, err) || ask(a, yes, err)))
        return -1;
    return write_ledger(a, err);
}

int lab_orphans_adopt(struct lab_run *run,
                      const char *id,
                      const struct lab_plan_options *plan,
                      bool yes,
                      struct lab_error *err)
{
    struct adoption a = {.run = run, .plan = plan, .name = lab_run_lab_name(run)};
    enum lab_ledger ledger = lab_state_peek(a.name);
    int rc = 0;
    a.dir = lab_home_of(a.name);
    if (ledger != LAB_LEDGER_FILLED && ledger != LAB_LEDGER_REFUSED) /* attaching says why */
        rc = adopt(&a, ledger, id, yes, err);
    lab_orphans_clear(&a.orphans);
    lab_vm_states_clear(&a.vms);
    free(a.name);
    free(a.dir);
    return rc;
}
