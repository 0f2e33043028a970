#include "run/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "guest/guest.h"
#include "media/iso.h"
#include "platform.h"
#include "run/hypervisor.h"
#include "run/password.h"

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    struct lab_run *run = handle->data;
    run->interrupted = true;
    lab_work_cancel_all(true);
}

static void on_tick(uv_timer_t *timer)
{
    /* wakes the loop, so that every wait looks at the clock four times a second */
    const struct lab_run *run = timer->data;
    if (run->listener && run->listener->tick)
        run->listener->tick(run->listener->arg);
}

static void loop_init(struct lab_run *run)
{
    uv_loop_init(&run->loop);
    uv_signal_init(&run->loop, &run->sigint);
    uv_signal_init(&run->loop, &run->sigterm);
    run->sigint.data = run;
    run->sigterm.data = run;
    uv_signal_start(&run->sigint, on_signal, SIGINT);
    uv_signal_start(&run->sigterm, on_signal, SIGTERM);
    uv_timer_init(&run->loop, &run->tick);
    run->tick.data = run;
    uv_timer_start(&run->tick, on_tick, 250, 250);
    /* A signal handler or the tick alone must not keep uv_run() from returning. */
    uv_unref((uv_handle_t *)&run->sigint);
    uv_unref((uv_handle_t *)&run->sigterm);
}

static void close_any(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Which file describes the lab: -f, else the one recorded for --lab, else ./lab.yaml. */
static char *spec_path(const struct lab_run_options *o)
{
    if (o->file)
        return lab_strdup(o->file);
    if (!o->lab)
        return lab_strdup("lab.yaml");
    struct lab_state *st = NULL;
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (lab_state_open(&st, o->lab, LAB_STATE_READ, NULL, o->command, &ignored))
        return NULL;
    char *path = lab_strdup(lab_state_get(st, "source"));
    lab_state_close(st);
    return path;
}

static int load_spec(struct lab_run *run, struct lab_problems *problems, struct lab_error *err)
{
    const struct lab_run_options *o = run->options;
    LAB_AUTOFREE char *path = spec_path(o);
    if (!path || (o->lab && !o->needs_spec && !lab_file_exists(path))) {
        if (!o->needs_spec)
            return 0;
        lab_fail(err, LAB_USAGE, "lab '%s' is not known here, or its lab.yaml was not recorded",
                 o->lab);
        return lab_error_hint(err, "name the file with -f FILE; 'labctl list' shows known labs");
    }
    if (!lab_file_exists(path)) {
        lab_fail(err, LAB_USAGE, "cannot find '%s'", path);
        return lab_error_hint(err, "name it with -f FILE, or write one with 'labctl init'; "
                                   "--lab NAME works on a lab that is already made");
    }
    struct lab_spec_options so = {o->replicas, o->replicas_len, !o->needs_spec};
    if (lab_spec_load(&run->spec, path, &so, problems, err)) {
        /* status, stop, teardown must work on a lab whose file was broken since */
        if (o->needs_spec)
            return -1;
        LAB_AUTOFREE char *absolute = plat_absolute(path);
        LAB_AUTOFREE char *lab = lab_state_lab_of_source(absolute);
        if (!lab)
            return -1;
        lab_error_clear(err);
        lab_problems_clear(problems);
    }
    if (run->spec)
        lab_password_hide(run->spec);
    if (run->spec && o->lab && strcmp(run->spec->name, o->lab) != 0)
        return lab_fail(err, LAB_USAGE, "--lab says '%s', but %s describes lab '%s'", o->lab, path,
                        run->spec->name);
    return 0;
}

int lab_run_open(struct lab_run **out,
                 const struct lab_run_options *options,
                 const struct lab_listener *listener,
                 struct lab_problems *problems,
                 struct lab_error *err)
{
    struct lab_run *run = lab_alloc(sizeof(*run));
    run->options = options;
    run->listener = listener;
    lab_work_init();
    uv_mutex_init(&run->notice_lock);
    loop_init(run);
    if (lab_guest_init(err) || load_spec(run, problems, err)) {
        lab_run_close(run);
        return -1;
    }
    *out = run;
    return 0;
}

char *lab_run_lab_name(const struct lab_run *run)
{
    if (run->spec)
        return lab_strdup(run->spec->name);
    if (run->options->lab)
        return lab_strdup(run->options->lab);
    LAB_AUTOFREE char *absolute =
        plat_absolute(run->options->file ? run->options->file : "lab.yaml");
    return lab_state_lab_of_source(absolute);
}

/* What the tags say would then be one lab's as well as the other's. */
static int check_id(const struct lab_run *run, struct lab_error *err)
{
    const char *id = lab_state_id(run->state), *name = lab_state_name(run->state);
    LAB_AUTOFREE char *twin = lab_state_lab_of_id(id, name);
    if (!twin)
        return 0;
    LAB_AUTOFREE char *dir = lab_home_of(name);
    LAB_AUTOFREE char *other = lab_home_of(twin);
    lab_fail(err, LAB_CONFLICT,
             "the ledgers '%s/state.db' and '%s/state.db' have the same id, %s: one of them was "
             "edited, or copied from the other; nothing is touched",
             dir, other, id);
    return lab_error_hint(err,
                          "put the right state.db back; without one, remove the wrong one with "
                          "what lies beside it (state.db-wal, state.db-shm), keep the keys, and "
                          "take the VMs up again: labctl up --adopt");
}

static int open_state(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    LAB_AUTOFREE char *before = run->spec ? lab_state_lab_of_source(run->spec->path) : NULL;
    LAB_AUTO_ERROR struct lab_error reason = LAB_ERROR_INIT;
    if (before && strcmp(before, name) != 0) {
        lab_fail(err, LAB_USAGE, "%s made lab '%s' before; its name is now '%s'", run->spec->file,
                 before, name);
        return lab_error_hint(err, "set the name back, or first: labctl --lab %s teardown", before);
    }
    if (lab_state_open(&run->state, name, run->options->mode, run->spec ? run->spec->path : NULL,
                       run->options->command, &reason)) {
        LAB_AUTOFREE char *dir = lab_home_of(name);
        LAB_AUTOFREE char *db = lab_path_join(dir, "state.db");
        if (run->options->mode == LAB_STATE_READ && run->spec && !lab_file_exists(db))
            return 0; /* a lab that was never made: an empty record */
        lab_error_move(err, &reason);
        return -1;
    }
    if (run->options->mode != LAB_STATE_READ && check_id(run, err))
        return -1;
    LAB_AUTOFREE char *log = lab_run_path(run, "labctl.log");
    if (run->options->mode != LAB_STATE_READ && lab_log_open(log, err))
        return -1;
    return lab_state_nodes(run->state, &run->records, err);
}

int lab_run_attach_ledger(struct lab_run *run, struct lab_error *err)
{
    return open_state(run, err);
}

int lab_run_attach(struct lab_run *run, struct lab_error *err)
{
    if (open_state(run, err) || lab_run_check_targets(run, err))
        return -1;
    /* before the first worker thread: libarchive reads this from the environment */
    if (run->options->mode != LAB_STATE_READ && lab_iso_spool_dir(lab_state_dir(run->state), err))
        return -1;
    return lab_run_open_provider(run, err);
}

struct observe_work {
    struct lab_run *run;
    LAB_VEC(const char *) names;
};

static int observe_fn(void *arg, struct lab_error *err)
{
    struct observe_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    return p->ops->query(p, w->names.items, w->names.len, &w->run->observed, err);
}

/* Until the host is probed: what the guests that are there run on. */
static void note_acceleration(struct lab_run *run)
{
    bool any = false, all = true;
    if (run->host.hypervisor)
        return;
    LAB_VEC_FOREACH (vm, &run->observed.list) {
        if (!vm->ours || vm->power == LAB_POWER_ABSENT)
            continue;
        any = true;
        all = all && vm->accelerated;
    }
    run->host.accelerated = any && all;
}

/* Of a removal that was cut off, VMware's definition may be left, which goes last. Without its disk
 * there is nothing in it that could be kept: it counts as gone, and is made anew. */
static int forget_half_removed(struct lab_run *run, struct lab_error *err)
{
    struct lab_objects objects = {{0}};
    if (!run->state)
        return 0;
    if (lab_state_objects(run->state, &objects, err))
        return -1;
    LAB_VEC_FOREACH (o, &objects.list) {
        struct lab_vm_state *vm = o->kind == LAB_OBJECT_VM && o->state == LAB_OBJECT_REMOVING
                                      ? lab_vm_states_find(&run->observed, o->name)
                                      : NULL;
        if (vm && vm->ours && vm->disk_gone && vm->power == LAB_POWER_OFF)
            vm->power = LAB_POWER_ABSENT;
    }
    lab_objects_clear(&objects);
    return 0;
}

int lab_run_observe(struct lab_run *run, struct lab_error *err)
{
    struct observe_work work = {.run = run};
    if (run->spec)
        LAB_VEC_FOREACH (node, &run->spec->nodes)
            *lab_vec_push(&work.names) = node->name;
    LAB_VEC_FOREACH (record, &run->records.list)
        if (!run->spec || !lab_spec_node(run->spec, record->name))
            *lab_vec_push(&work.names) = record->name;
    lab_vm_states_clear(&run->observed);
    int rc = lab_await(run, NULL, observe_fn, &work, NULL, err);
    lab_vec_clear(&work.names);
    if (rc == 0)
        rc = forget_half_removed(run, err);
    if (rc == 0)
        note_acceleration(run);
    return rc;
}

void lab_run_close(struct lab_run *run)
{
    if (!run)
        return;
    if (run->provider_open)
        run->provider.ops->close(&run->provider);
    uv_walk(&run->loop, close_any, NULL);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    uv_loop_close(&run->loop);
    lab_run_show_notices(run);
    lab_vec_clear(&run->notices);
    uv_mutex_destroy(&run->notice_lock);
    lab_vm_states_clear(&run->observed);
    lab_node_records_clear(&run->records);
    lab_sshkey_clear(&run->login);
    lab_state_close(run->state);
    lab_spec_free(run->spec);
    free(run->host.hypervisor);
    free(run->host.why);
    free(run);
    lab_guest_exit();
    lab_log_close();
}

bool lab_run_targeted(const struct lab_run *run, const char *node)
{
    if (!run->options->targets_len)
        return true;
    for (size_t i = 0; i < run->options->targets_len; i++)
        if (strcmp(run->options->targets[i], node) == 0)
            return true;
    return false;
}

int lab_run_check_targets(struct lab_run *run, struct lab_error *err)
{
    LAB_VEC(const char *) names = {0};
    if (run->spec)
        LAB_VEC_FOREACH (node, &run->spec->nodes)
            *lab_vec_push(&names) = node->name;
    LAB_VEC_FOREACH (record, &run->records.list)
        *lab_vec_push(&names) = record->name;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < run->options->targets_len; i++) {
        const char *target = run->options->targets[i];
        bool known = false;
        LAB_VEC_FOREACH (name, &names)
            known = known || strcmp(*name, target) == 0;
        if (known)
            continue;
        const char *nearest = lab_nearest(target, names.items, names.len);
        rc = nearest ? lab_fail(err, LAB_USAGE, "no node '%s' in this lab; did you mean '%s'?",
                                target, nearest)
                     : lab_fail(err, LAB_USAGE, "no node '%s' in this lab", target);
        lab_error_hint(err, "'%s status' lists the nodes", lab_run_self(run));
    }
    lab_vec_clear(&names);
    return rc;
}

char *lab_run_path(const struct lab_run *run, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *name = lab_vformat(fmt, ap);
    va_end(ap);
    return lab_path_join(lab_state_dir(run->state), name);
}

const char *lab_run_self(const struct lab_run *run)
{
    static char text[512];
    if (run->options->lab)
        snprintf(text, sizeof(text), "labctl --lab %s", run->options->lab);
    else if (run->options->file)
        snprintf(text, sizeof(text), "labctl -f %s", run->options->file);
    else
        snprintf(text, sizeof(text), "labctl");
    return text;
}

void lab_run_unknown_hint(const struct lab_run *run, const char *node, struct lab_error *err)
{
    const char *user = lab_run_user(run);
    lab_error_hint(err,
                   "the guest has no user '%s', or not the lab's key for it: give the key back "
                   "(~%s/.ssh/authorized_keys, by its console), or make the node anew: '%s up "
                   "--recreate %s'",
                   user, user, lab_run_self(run), node);
}

int lab_run_hostkey(const struct lab_run *run,
                    const char *node,
                    struct lab_sshkey *out,
                    struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_run_path(run, "keys/%s", node);
    if (lab_sshkey_load(out, path, err) == 0)
        return 0;
    return lab_error_hint(err, "put the file back, or make the node anew: '%s up --recreate %s'",
                          lab_run_self(run), node);
}

const char *lab_run_user(const struct lab_run *run)
{
    if (run->spec)
        return run->spec->auth.username;
    const char *user = run->state ? lab_state_get(run->state, "username") : NULL;
    return user ? user : "lab";
}
