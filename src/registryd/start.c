/* labctl's own registry on this host: brought up. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/child.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/work.h"
#include "platform.h"
#include "registryd/probe.h"
#include "registryd/server.h"

enum {
    ANSWER_MS = 60000,    /* from its start to its first answer; guests may have the CPUs */
    LOOK_MS = 50,         /* between two looks */
    RESTARTS_MAX = 3,     /* ends of the server that are seen before we give up */
    TAIL_BYTES = 4 * 1024 /* of the log, in a failure */
};

struct starting {
    const char *lab;
    const char *address;
    bool auth;
    const struct lab_registryd_files *files;
};

static int start_supervisor(const struct starting *w, uint64_t *pid, struct lab_error *err)
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

static void put_tail(const struct starting *w, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str tail = LAB_STR_INIT;
    lab_file_tail(w->files->log, TAIL_BYTES, &tail);
    lab_error_hint(err, "the end of its log (%s):\n%s", w->files->log, lab_str_get(&tail));
}

static int give_up(const struct starting *w, const char *why, struct lab_error *err)
{
    if (lab_registryd_end(w->files, NULL, NULL))
        lab_log("the registry's supervisor does not end");
    lab_fail(err, LAB_HOST, "the registry at %s does not come up: %s", w->address, why);
    put_tail(w, err);
    return -1;
}

static int fail_foreign(const struct starting *w, const char *words, struct lab_error *err)
{
    lab_fail(err, LAB_CONFLICT, "another server has %s, where the lab's registry should be: %s",
             w->address, words);
    return lab_error_hint(err, "end that server, or give registry another 'address' in lab.yaml");
}

static int fill_place(const struct starting *w, struct lab_registry_place *p, struct lab_error *err)
{
    *p = (struct lab_registry_place){.address = lab_strdup(w->address), .ours = true};
    return lab_registry_place_own(p, w->files, w->auth, err);
}

/* pid: the supervisor that was just started, which has not written its name at once; 0: an old one
 */
static int await_answer(const struct starting *w, uint64_t pid, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    uint64_t deadline = plat_now_ms() + ANSWER_MS;
    if (fill_place(w, &place, err))
        return -1;
    for (;;) {
        LAB_AUTOFREE char *words = NULL;
        LAB_CLEANUP(lab_registryd_running_clear) struct lab_registryd_running running = {0};
        if (lab_registry_probe(&place, &words) == LAB_REGISTRY_ANSWERS)
            return 0;
        lab_registryd_running_read(w->files, &running);
        if (running.restarts >= RESTARTS_MAX && running.last_end)
            return give_up(w, running.last_end, err);
        if (!lab_registryd_supervisor(w->files) && !(pid && plat_process_lives(pid, 0)))
            return give_up(w, lab_tr("its supervisor has ended"), err);
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while the registry was starting");
        if (plat_now_ms() >= deadline)
            return give_up(w, words, err);
        uv_sleep(LOOK_MS);
    }
}

/* Whoever listens there is a stranger: ours does not run. */
static int check_free(const struct starting *w, struct lab_error *err)
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
static bool runs_as_it_should(const struct starting *w)
{
    char wanted[LAB_SHA256_HEX];
    LAB_CLEANUP(lab_registryd_running_clear) struct lab_registryd_running running = {0};
    lab_registryd_running_read(w->files, &running);
    return lab_registryd_supervisor(w->files) &&
           lab_registryd_digest(w->files, wanted, NULL) == 0 && strcmp(wanted, running.digest) == 0;
}

static int start(const struct starting *w, bool *started, struct lab_error *err)
{
    uint64_t pid = 0;
    if (lab_registryd_write(w->files, w->lab, w->address, w->auth, false, err))
        return -1;
    *started = !runs_as_it_should(w);
    if (*started && (lab_registryd_end(w->files, NULL, err) || check_free(w, err) ||
                     plat_remove(w->files->running, err) || start_supervisor(w, &pid, err)))
        return -1;
    return await_answer(w, pid, err);
}

int lab_registryd_start(
    const char *lab, const char *address, bool auth, bool *started, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    const struct starting work = {lab, address, auth, &files};
    *started = false;
    lab_registryd_files(&files, lab);
    return start(&work, started, err);
}
