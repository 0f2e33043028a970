/* teardown, and the removal of single nodes: the ledger says what was made, the provider refuses
 * what does not carry our tag, and every step may be repeated after a kill. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "cache/cache.h"
#include "platform.h"
#include "run/commands.h"
#include "run/kubeconfig.h"
#include "run/registry.h"
#include "run/remove.h"
#include "run/report.h"
#include "run/seed.h"

struct remove_work {
    struct lab_run *run;
    const char *name;
    enum lab_object_kind kind;
};

static int remove_fn(void *arg, struct lab_error *err)
{
    struct remove_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    switch (w->kind) {
    case LAB_OBJECT_VM:
        return p->ops->destroy(p, w->name, err);
    case LAB_OBJECT_NETWORK:
        return p->ops->remove_network(p, w->name, err);
    case LAB_OBJECT_MEDIUM:
        return p->ops->remove_medium(p, w->name, err);
    default:
        return p->ops->remove_lab(p, err);
    }
}

/* Intent, act, result. A seed is recorded under its node's name. */
static int remove_object(struct lab_run *run,
                         enum lab_object_kind kind,
                         const char *name,
                         struct lab_error *err)
{
    LAB_AUTOFREE char *medium =
        kind == LAB_OBJECT_MEDIUM && strcmp(name, "payload") != 0 ? lab_seed_medium(name) : NULL;
    struct remove_work work = {run, medium ? medium : name, kind};
    if (lab_state_object_put(run->state, kind, name, LAB_OBJECT_REMOVING, NULL, err) ||
        lab_await(run, NULL, remove_fn, &work, NULL, err))
        return -1;
    return lab_state_object_gone(run->state, kind, name, err);
}

static int
remove_file(const struct lab_run *run, const char *fmt, const char *node, struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_run_path(run, "%s", fmt);
    LAB_AUTOFREE char *path = lab_path_join(dir, node);
    return plat_remove(path, err);
}

/* virtlogd keeps up to three older pieces of a console log. */
static int remove_rotated(const struct lab_run *run, const char *node, struct lab_error *err)
{
    for (int i = 0; i < 3; i++) {
        LAB_AUTOFREE char *name = lab_format("%s.log.%d", node, i);
        if (remove_file(run, "console", name, err))
            return -1;
    }
    return 0;
}

/* A stranger's VM of that name stays, and does not keep ours from going. */
static int
remove_vm(struct lab_run *run, const char *node, struct lab_report *report, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error reason = LAB_ERROR_INIT;
    if (remove_object(run, LAB_OBJECT_VM, node, &reason) == 0) {
        lab_report_removed(report, "VM %s with its disk", node);
        return 0;
    }
    if (reason.code != LAB_CONFLICT) {
        lab_error_move(err, &reason);
        return -1;
    }
    lab_report_kept(report, "VM %s: %s", node, reason.message);
    return lab_state_object_gone(run->state, LAB_OBJECT_VM, node, err);
}

int lab_remove_node(struct lab_run *run,
                    const char *node,
                    struct lab_report *report,
                    struct lab_error *err)
{
    LAB_AUTOFREE char *log = lab_format("%s.log", node);
    LAB_AUTOFREE char *pub = lab_format("%s.pub", node);
    LAB_AUTOFREE char *iso = lab_seed_path(run, node);
    lab_run_event(run, node, "removed", "waiting", "");
    if (remove_vm(run, node, report, err) || remove_object(run, LAB_OBJECT_MEDIUM, node, err) ||
        plat_remove(iso, err) || remove_file(run, "keys", node, err) ||
        remove_file(run, "keys", pub, err) || remove_file(run, "console", log, err) ||
        remove_rotated(run, node, err) || lab_state_node_gone(run->state, node, err))
        return -1;
    lab_run_event(run, node, "removed", "passed", "");
    return 0;
}

int lab_confirm(
    struct lab_run *run, bool yes, const char *question, const char *refusal, struct lab_error *err)
{
    if (yes || (run->listener->confirm && run->listener->confirm(run->listener->arg, question)))
        return 0;
    if (run->interrupted)
        return lab_run_interrupted(run, err);
    lab_fail(err, LAB_USAGE, "%s", refusal);
    return lab_error_hint(err, "answer y, or give -y");
}

static bool is_asked_for(const struct lab_plan_options *options, const char *name)
{
    for (size_t i = 0; i < options->recreate_len; i++)
        if (strcmp(options->recreate[i], name) == 0)
            return true;
    return options->recreate_all;
}

int lab_confirm_recreate(struct lab_run *run,
                         const struct lab_plan *plan,
                         const struct lab_plan_options *options,
                         bool yes,
                         struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    LAB_VEC_FOREACH (p, &plan->nodes) {
        const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, p->name);
        if (p->action == LAB_ACTION_PROVISION && p->targeted && is_asked_for(options, p->name) &&
            vm && vm->ours && vm->power != LAB_POWER_ABSENT)
            lab_str_addf(&names, "%s%s", names.len ? ", " : "", p->name);
    }
    if (!names.len)
        return 0;
    const char *all = lab_str_get(&names);
    LAB_AUTOFREE char *question =
        lab_format(lab_tr("Destroy %s with everything on its disk, and make it anew?"), all);
    LAB_AUTOFREE char *refusal = lab_format(lab_tr("not replacing %s without a yes"), all);
    return lab_confirm(run, yes, question, refusal, err);
}

static int
ask(struct lab_run *run, const struct lab_objects *objects, bool yes, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    size_t vms = 0, networks = 0;
    LAB_VEC_FOREACH (o, &objects->list) {
        vms += o->kind == LAB_OBJECT_VM;
        networks += o->kind == LAB_OBJECT_NETWORK;
    }
    lab_str_addf(
        &text,
        vms == 1 && networks == 1
            ? lab_tr("Remove lab '%s' for good: %zu VM with disks, %zu network, keys and records?")
        : vms == 1
            ? lab_tr("Remove lab '%s' for good: %zu VM with disks, %zu networks, keys and records?")
        : networks == 1
            ? lab_tr("Remove lab '%s' for good: %zu VMs with disks, %zu network, keys and records?")
            : lab_tr(
                  "Remove lab '%s' for good: %zu VMs with disks, %zu networks, keys and records?"),
        lab_state_name(run->state), vms, networks);
    return lab_confirm(run, yes, lab_str_get(&text),
                       lab_tr("nothing was removed: teardown wants a yes"), err);
}

/* One that other VMs use stays: theirs matter more than our wish to leave nothing. */
static int remove_network(struct lab_run *run,
                          const char *name,
                          struct lab_report *report,
                          struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error reason = LAB_ERROR_INIT;
    if (remove_object(run, LAB_OBJECT_NETWORK, name, &reason) == 0) {
        lab_report_removed(report, "network %s", name);
        return 0;
    }
    if (reason.code != LAB_CONFLICT) {
        lab_error_move(err, &reason);
        return -1;
    }
    lab_report_kept(report, "network %s: %s", name, reason.message);
    return lab_state_object_gone(run->state, LAB_OBJECT_NETWORK, name, err);
}

static int registry_fn(void *arg, struct lab_error *err)
{
    return lab_registryd_remove(arg, err);
}

static int remove_registry(struct lab_run *run,
                           const struct lab_object *object,
                           struct lab_report *report,
                           struct lab_error *err)
{
    LAB_AUTOFREE char *lab = lab_strdup(lab_state_name(run->state));
    if (lab_state_object_put(run->state, LAB_OBJECT_REGISTRY, object->name, LAB_OBJECT_REMOVING,
                             NULL, err) ||
        lab_await(run, NULL, registry_fn, lab, NULL, err))
        return -1;
    lab_report_removed(report, "registry at %s with its images",
                       object->detail ? object->detail : lab_tr("an unknown address"));
    return lab_state_object_gone(run->state, LAB_OBJECT_REGISTRY, object->name, err);
}

/* VMs first, since networks and storage are in use until they are gone. */
static int remove_all(struct lab_run *run,
                      struct lab_objects *objects,
                      struct lab_report *report,
                      struct lab_error *err)
{
    LAB_VEC_FOREACH (o, &objects->list)
        if (o->kind == LAB_OBJECT_VM && lab_remove_node(run, o->name, report, err))
            return -1;
    LAB_VEC_FOREACH (o, &objects->list)
        if (o->kind == LAB_OBJECT_MEDIUM && remove_object(run, o->kind, o->name, err))
            return -1;
    LAB_VEC_FOREACH (o, &objects->list)
        if (o->kind == LAB_OBJECT_REGISTRY && remove_registry(run, o, report, err))
            return -1;
    LAB_VEC_FOREACH (o, &objects->list) {
        if (o->kind != LAB_OBJECT_NETWORK)
            continue;
        if (remove_network(run, o->name, report, err))
            return -1;
    }
    LAB_VEC_FOREACH (o, &objects->list)
        if (o->kind == LAB_OBJECT_LAB && remove_object(run, o->kind, o->name, err))
            return -1;
    return 0;
}

static int teardown(struct lab_run *run, bool yes, struct lab_report *report, struct lab_error *err)
{
    struct lab_objects objects = {{0}};
    if (lab_state_objects(run->state, &objects, err))
        return -1;
    int rc = ask(run, &objects, yes, err);
    if (rc == 0)
        lab_kubeconfig_forget(run, report);
    if (rc == 0)
        rc = remove_all(run, &objects, report, err);
    lab_objects_clear(&objects);
    if (rc)
        return -1;
    LAB_AUTOFREE char *dir = lab_strdup(lab_state_dir(run->state));
    lab_log_close(); /* Windows removes no open file */
    rc = lab_state_destroy(lab_steal(&run->state), err);
    if (rc == 0)
        lab_report_removed(report, "folder %s with keys, media and records", dir);
    if (rc == 0 && lab_file_exists(dir))
        lab_report_kept(report, "%s for the damaged ledger that was moved aside there", dir);
    return rc;
}

int lab_teardown(struct lab_run *run, bool yes, struct lab_report *report, struct lab_error *err)
{
    uint64_t began = plat_now_ms();
    int rc = teardown(run, yes, report, err);
    if (rc == 0) {
        lab_cache_sweep();
        lab_report_kept(report, "the image cache");
    }
    report->changed = report->removed.len > 0;
    report->took_ms = plat_now_ms() - began;
    return rc;
}

/* --- what a killed teardown left
 * ----------------------------------------------------------------------- */

bool lab_teardown_has_rest(const char *lab)
{
    LAB_AUTOFREE char *dir = lab_home_of(lab);
    LAB_AUTOFREE char *ledger = lab_path_join(dir, "state.db");
    struct plat_stat st;
    return plat_lstat(dir, &st) == 0 && st.is_dir && !st.is_link && !lab_file_exists(ledger);
}

/* The lock is held meanwhile: an `up` may be about to make this lab anew. */
static int remove_own_files(const char *lab, const char *dir, struct lab_error *err)
{
    static const char *const own[] = {"keys", "media",       "console",   "volumes",
                                      "pki",  "known_hosts", "labctl.log"};
    LAB_AUTOFREE char *path = lab_path_join(dir, "lock");
    LAB_AUTOFREE char *holder = lab_format("labctl teardown (pid %lu)", plat_pid());
    struct plat_lock *lock;
    if (plat_lock_take(&lock, path, holder, err))
        return lab_error_wrap(err, "lab '%s' is in use", lab);
    int rc = lab_teardown_has_rest(lab) ? lab_registryd_remove(lab, err)
                                        : lab_fail(err, LAB_CONFLICT, "lab '%s' is back", lab);
    for (size_t i = 0; rc == 0 && i < LAB_ARRAY_LEN(own); i++) {
        LAB_AUTOFREE char *file = lab_path_join(dir, own[i]);
        rc = plat_remove_tree(file, err);
    }
    plat_lock_drop(lock);
    return rc;
}

int lab_teardown_rest(struct lab_run *run,
                      const char *lab,
                      bool yes,
                      struct lab_report *report,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_home_of(lab);
    LAB_AUTOFREE char *question = lab_format(
        lab_tr("Remove %s, which is left of lab '%s' and has no records any more?"), dir, lab);
    struct lab_state *st;
    LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
    if (lab_confirm(run, yes, question, lab_tr("nothing was removed: teardown wants a yes"), err) ||
        remove_own_files(lab, dir, err))
        return -1;
    /* opening sweeps the rest of such a folder, and then finds no lab */
    if (lab_state_open(&st, lab, LAB_STATE_WRITE, NULL, "teardown", &gone) == 0) {
        lab_state_close(st);
        return lab_fail(err, LAB_CONFLICT, "lab '%s' is back", lab);
    }
    if (gone.code != LAB_USAGE) {
        lab_error_move(err, &gone);
        return -1;
    }
    report->changed = true;
    if (lab_file_exists(dir))
        lab_report_kept(report, "folder %s: it holds files that labctl did not make", dir);
    else
        lab_report_removed(report, "folder %s, which an interrupted teardown had left", dir);
    return 0;
}
