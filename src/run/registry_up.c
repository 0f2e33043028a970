/* labctl's own registry on this host: brought up, ended, removed. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/child.h"
#include "base/file.h"
#include "base/ipv4.h"
#include "base/log.h"
#include "base/text.h"
#include "platform.h"
#include "run/registry.h"
#include "run/registry_probe.h"
#include "run/registry_serve.h"

enum {
    PORTS = 100,          /* from LAB_REGISTRY_PORT, while strangers have them */
    ANSWER_MS = 60000,    /* from its start to its first answer; guests may have the CPUs */
    MERCY_MS = 15000,     /* a supervisor that was asked to end; its child gets ten seconds */
    LOOK_MS = 50,         /* between two looks */
    RESTARTS_MAX = 3,     /* ends of the server that are seen before we give up */
    TAIL_BYTES = 4 * 1024 /* of the log, in a failure */
};

/* --- the end ---------------------------------------------------------------------------------- */

static int end_supervisor(const struct lab_registry_files *files, struct lab_error *err)
{
    uint64_t deadline = plat_now_ms() + MERCY_MS;
    bool asked = false, killed = false;
    for (uint64_t pid; (pid = lab_registry_supervisor(files)) != 0;) {
        bool late = plat_now_ms() >= deadline;
        if (late && killed)
            return lab_fail(err, LAB_HOST, "the registry's supervisor (pid %llu) does not end",
                            (unsigned long long)pid);
        if (!asked || late)
            plat_end_process(pid, late);
        if (late) {
            deadline += MERCY_MS;
            killed = true;
        }
        asked = true;
        uv_sleep(LOOK_MS);
    }
    return 0;
}

/* Holds the lock meanwhile, so that none can start. */
int lab_registry_remove(const char *lab, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_FILES struct lab_registry_files files = {0};
    struct plat_lock *lock = NULL;
    uint64_t deadline = plat_now_ms() + MERCY_MS;
    lab_registry_files(&files, lab);
    if (!lab_file_exists(files.dir))
        return 0;
    while (!lock) {
        LAB_AUTO_ERROR struct lab_error held = LAB_ERROR_INIT;
        if (end_supervisor(&files, err))
            return -1;
        if (plat_lock_take(&lock, files.lock, "labctl teardown", &held) == 0)
            break;
        /* one that starts at this moment has not written its name yet */
        if (plat_now_ms() >= deadline) {
            lab_error_move(err, &held);
            return -1;
        }
        uv_sleep(LOOK_MS);
    }
    int rc = plat_remove_tree(files.dir, err);
    plat_lock_drop(lock);
    return rc;
}

struct down_work {
    const char *lab;
    bool was_up;
};

static int down_fn(void *arg, struct lab_error *err)
{
    struct down_work *w = arg;
    LAB_AUTO_REGISTRY_FILES struct lab_registry_files files = {0};
    lab_registry_files(&files, w->lab);
    w->was_up = lab_registry_supervisor(&files) != 0;
    return end_supervisor(&files, err);
}

int lab_registry_down(struct lab_run *run, bool *was_up, struct lab_error *err)
{
    struct down_work work = {lab_state_name(run->state), false};
    int rc = lab_await(run, NULL, down_fn, &work, NULL, err);
    *was_up = work.was_up;
    return rc;
}

/* --- its address ------------------------------------------------------------------------------ */

static const char *gateway(const struct lab_spec *spec, char text[LAB_IPV4_TEXT])
{
    LAB_VEC_FOREACH (network, &spec->networks)
        if (network->gateway)
            return lab_ipv4_format(network->gateway, text);
    return NULL;
}

static int no_port(const char *host, struct lab_error *err)
{
    return lab_fail(err, LAB_CONFLICT, "no port of %s from %d to %d is free for the registry", host,
                    LAB_REGISTRY_PORT, LAB_REGISTRY_PORT + PORTS - 1);
}

static int free_port(const char *host, char **address, struct lab_error *err)
{
    for (int i = 0; i < PORTS; i++) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        LAB_AUTOFREE char *candidate = lab_format("%s:%d", host, LAB_REGISTRY_PORT + i);
        bool taken;
        if (lab_registry_can_bind(candidate, &taken, &why) == 0) {
            *address = lab_steal(&candidate);
            return 0;
        }
        if (!taken) {
            lab_error_move(err, &why);
            return -1;
        }
    }
    return no_port(host, err);
}

/* Once chosen it stays, since the guests know it; another gateway is another registry. */
static int choose_address(struct lab_run *run, char **address, struct lab_error *err)
{
    char text[LAB_IPV4_TEXT];
    const char *given = run->spec->registry.address, *host = gateway(run->spec, text);
    const char *recorded = lab_state_get(run->state, "registry_address");
    size_t n = host ? strlen(host) : 0;
    if (given)
        *address = lab_strdup(given);
    else if (recorded && host && strncmp(recorded, host, n) == 0 && recorded[n] == ':')
        *address = lab_strdup(recorded);
    else if (host)
        return free_port(host, address, err);
    else
        return lab_fail(err, LAB_USAGE, "no network has a gateway to run the registry at");
    return 0;
}

/* --- the start -------------------------------------------------------------------------------- */

struct up_work {
    const char *lab;
    const char *address;
    bool auth;
    struct lab_registry_files files;
    char *words;
};

static int start_supervisor(const struct up_work *w, uint64_t *pid, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child child;
    char self[4096];
    size_t size = sizeof(self);
    if (uv_exepath(self, &size) < 0)
        return lab_fail(err, LAB_HOST, "cannot find labctl's own program");
    lab_child_init(&child, self);
    lab_child_args(&child, "registry", "serve", NULL);
    lab_child_argf(&child, "--lab=%s", w->lab);
    return lab_child_detach(&child, pid, err);
}

static void put_tail(const struct up_work *w, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str tail = LAB_STR_INIT;
    lab_file_tail(w->files.log, TAIL_BYTES, &tail);
    lab_error_hint(err, "the end of its log (%s):\n%s", w->files.log, lab_str_get(&tail));
}

static int give_up(const struct up_work *w, const char *why, struct lab_error *err)
{
    if (end_supervisor(&w->files, NULL))
        lab_log("the registry's supervisor does not end");
    lab_fail(err, LAB_HOST, "the registry at %s does not come up: %s", w->address, why);
    put_tail(w, err);
    return -1;
}

static int fail_foreign(const struct up_work *w, const char *words, struct lab_error *err)
{
    lab_fail(err, LAB_CONFLICT, "another server has %s, where the lab's registry should be: %s",
             w->address, words);
    return lab_error_hint(err, "end that server, or give registry another 'address' in lab.yaml");
}

static int fill_place(const struct up_work *w, struct lab_registry_place *p, struct lab_error *err)
{
    *p = (struct lab_registry_place){.address = lab_strdup(w->address), .ours = true};
    return lab_registry_place_own(p, &w->files, w->auth, err);
}

/* pid: the supervisor that was just started, which has not written its name at once; 0: an old one
 */
static int await_answer(const struct up_work *w, uint64_t pid, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    uint64_t deadline = plat_now_ms() + ANSWER_MS;
    if (fill_place(w, &place, err))
        return -1;
    for (;;) {
        LAB_AUTOFREE char *words = NULL;
        LAB_CLEANUP(lab_registry_running_clear) struct lab_registry_running running = {0};
        if (lab_registry_probe(&place, &words) == LAB_REGISTRY_ANSWERS)
            return 0;
        lab_registry_running_read(&w->files, &running);
        if (running.restarts >= RESTARTS_MAX && running.last_end)
            return give_up(w, running.last_end, err);
        if (!lab_registry_supervisor(&w->files) && !(pid && plat_process_lives(pid, 0)))
            return give_up(w, "its supervisor has ended", err);
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while the registry was starting");
        if (plat_now_ms() >= deadline)
            return give_up(w, words, err);
        uv_sleep(LOOK_MS);
    }
}

/* Whoever listens there is a stranger: ours does not run. */
static int check_free(const struct up_work *w, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    LAB_AUTOFREE char *words = NULL;
    bool taken;
    if (lab_registry_can_bind(w->address, &taken, &why) == 0)
        return 0;
    if (!taken || fill_place(w, &place, err)) {
        lab_error_move(err, &why);
        return -1;
    }
    lab_registry_probe(&place, &words);
    return fail_foreign(w, words, err);
}

/* One that runs by other files than those that are there now is no longer what lab.yaml wants. */
static bool runs_as_it_should(const struct up_work *w)
{
    char wanted[LAB_SHA256_HEX];
    LAB_CLEANUP(lab_registry_running_clear) struct lab_registry_running running = {0};
    lab_registry_running_read(&w->files, &running);
    return lab_registry_supervisor(&w->files) &&
           lab_registry_digest(&w->files, wanted, NULL) == 0 && strcmp(wanted, running.digest) == 0;
}

static int up_fn(void *arg, struct lab_error *err)
{
    struct up_work *w = arg;
    uint64_t pid = 0;
    if (lab_registry_write(&w->files, w->lab, w->address, w->auth, false, err))
        return -1;
    bool runs = runs_as_it_should(w);
    if (!runs && (end_supervisor(&w->files, err) || check_free(w, err) ||
                  plat_remove(w->files.running, err) || start_supervisor(w, &pid, err)))
        return -1;
    if (await_answer(w, pid, err))
        return -1;
    w->words = lab_format("%s%s", w->address, runs ? "" : " started");
    return 0;
}

static int up_here(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTOFREE char *address = NULL;
    LAB_AUTOFREE char *program = plat_find_program(LAB_REGISTRY_PROGRAM);
    const char *lab = lab_state_name(run->state);
    if (!plat_can_serve())
        return lab_registry_cannot(err);
    if (!program)
        return lab_registry_missing(err);
    if (choose_address(run, &address, err) ||
        lab_state_set(run->state, "registry_address", address, err) ||
        lab_state_object_put(run->state, LAB_OBJECT_REGISTRY, "registry", LAB_OBJECT_MAKING,
                             address, err))
        return -1;
    struct up_work work = {.lab = lab, .address = address, .auth = run->spec->registry.auth};
    lab_registry_files(&work.files, lab);
    int rc = lab_await(run, "registry", up_fn, &work, &work.words, err);
    free(work.words);
    lab_registry_files_clear(&work.files);
    return rc ? -1
              : lab_state_object_put(run->state, LAB_OBJECT_REGISTRY, "registry",
                                     LAB_OBJECT_PRESENT, NULL, err);
}

/* --- in a guest ----------------------------------------------------------------------------------
 */

static int check_payload(const struct lab_run *run, struct lab_error *err)
{
    LAB_AUTOFREE char *program =
        lab_path_join(run->spec->payload.dir, "registry/" LAB_REGISTRY_PROGRAM);
    if (lab_file_exists(program))
        return 0;
    lab_fail(err, LAB_USAGE, "the payload has no '%s', which node '%s' is to run", program,
             run->spec->registry.node);
    return lab_error_hint(err, "copy it there from a Linux machine that has the package "
                               "docker-registry: /usr/bin/docker-registry");
}

static char *guest_address(const struct lab_spec *spec)
{
    char text[LAB_IPV4_TEXT];
    const struct lab_node *node = lab_spec_node(spec, spec->registry.node);
    return spec->registry.address
               ? lab_strdup(spec->registry.address)
               : lab_format("%s:%d", lab_ipv4_format(node->nics.items[0].ip, text),
                            LAB_REGISTRY_PORT);
}

/* Only the files: the seed takes them to the guest. */
static int write_for_guest(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_FILES struct lab_registry_files files = {0};
    LAB_AUTOFREE char *address = guest_address(run->spec);
    const char *lab = lab_state_name(run->state);
    lab_registry_files(&files, lab);
    return check_payload(run, err) ||
                   lab_registry_write(&files, lab, address, run->spec->registry.auth, true, err) ||
                   lab_state_set(run->state, "registry_address", address, err)
               ? -1
               : 0;
}

/* --- one that is there already ------------------------------------------------------------------
 */

struct look_work {
    struct lab_registry_place place;
    enum lab_registry_answer answer;
    char *words;
};

static int look_fn(void *arg, struct lab_error *err)
{
    struct look_work *w = arg;
    (void)err;
    w->answer = lab_registry_probe(&w->place, &w->words);
    return 0;
}

/* It is somebody else's to start, perhaps later. */
static int look_at_other(struct lab_run *run, struct lab_error *err)
{
    struct look_work work = {.answer = LAB_REGISTRY_NOBODY};
    int rc = lab_registry_place(run, &work.place, err);
    if (rc == 0)
        rc = lab_await(run, NULL, look_fn, &work, NULL, err);
    if (rc == 0 && work.answer != LAB_REGISTRY_ANSWERS)
        lab_run_warning(run, "the registry at %s cannot be used now: %s", work.place.address,
                        work.words);
    lab_registry_place_clear(&work.place);
    free(work.words);
    return rc;
}

int lab_registry_up(struct lab_run *run, struct lab_error *err)
{
    if (!run->spec->has_registry)
        return 0;
    if (run->spec->registry.serve)
        return up_here(run, err);
    return run->spec->registry.node ? write_for_guest(run, err) : look_at_other(run, err);
}
