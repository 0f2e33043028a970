/* Waiting for a worker while the loop goes on: progress is shown, Ctrl-C is heard. */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/run.h"

struct awaiting {
    bool ended;
    struct lab_error error;
};

struct await_work {
    lab_work_fn fn;
    void *arg;
    struct awaiting *answer;
};

static int await_fn(void *arg, struct lab_error *err)
{
    struct await_work *w = arg;
    return w->fn(w->arg, err);
}

static void await_done(void *arg, const struct lab_error *err)
{
    struct await_work *w = arg;
    w->answer->ended = true;
    if (err)
        lab_error_copy(&w->answer->error, err);
}

static void show_meter(struct lab_run *run, const char *step)
{
    uint64_t total = atomic_load(&run->meter.total), done = atomic_load(&run->meter.done);
    if (!total || !run->listener->live)
        return;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_size(&text, done);
    lab_str_add(&text, lab_tr(" of "));
    lab_put_size(&text, total);
    run->listener->live(run->listener->arg, "", step, lab_str_get(&text));
}

bool lab_run_pause(struct lab_run *run, uint64_t ms)
{
    for (uint64_t end = plat_now_ms() + ms; !run->interrupted && plat_now_ms() < end;)
        uv_run(&run->loop, UV_RUN_ONCE);
    return !run->interrupted;
}

int lab_run_interrupted(struct lab_run *run, struct lab_error *err)
{
    const char *command = run->options->command ? run->options->command : "";
    const char *self = lab_run_self(run);
    if (strcmp(command, "up") == 0) {
        lab_fail(err, LAB_CANCELLED, "interrupted; what was made stays as it is");
        return lab_error_hint(err, "'%s up' goes on from here, '%s teardown' removes the lab", self,
                              self);
    }
    if (strcmp(command, "teardown") == 0) {
        lab_fail(err, LAB_CANCELLED, "interrupted; what is not removed yet stays");
        return lab_error_hint(err, "'%s teardown' goes on from here", self);
    }
    if (strcmp(command, "snapshot") == 0) {
        lab_fail(err, LAB_CANCELLED, "interrupted; nodes and disks stay as they are just now");
        return lab_error_hint(err,
                              "give the same command again, or bring the nodes back with '%s up'; "
                              "'%s snapshot list' tells what is half done",
                              self, self);
    }
    bool switches = strcmp(command, "start") == 0 || strcmp(command, "stop") == 0;
    if (switches || strcmp(command, "restart") == 0) {
        lab_fail(err, LAB_CANCELLED, "interrupted; nodes that were switched stay so");
        return switches
                   ? lab_error_hint(err, "'%s %s' goes on from here", self, command)
                   : lab_error_hint(err, "'%s %s' begins again with every node", self, command);
    }
    lab_fail(err, LAB_CANCELLED, "interrupted");
    return strcmp(command, "wait") == 0 ? lab_error_hint(err, "'%s wait' looks again", self) : -1;
}

int lab_await(struct lab_run *run,
              const char *step,
              lab_work_fn fn,
              void *arg,
              char *const *evidence,
              struct lab_error *err)
{
    if (run->interrupted)
        return lab_run_interrupted(run, err);
    struct awaiting answer = {false, LAB_ERROR_INIT};
    struct await_work work = {fn, arg, &answer};
    atomic_store(&run->meter.total, 0);
    atomic_store(&run->meter.done, 0);
    if (step)
        lab_run_event(run, NULL, step, "waiting", "");
    lab_work_submit(&run->loop, await_fn, await_done, &work);
    while (!answer.ended) {
        uv_run(&run->loop, UV_RUN_ONCE);
        lab_run_show_notices(run);
        if (step)
            show_meter(run, step);
    }
    if (answer.error.code == LAB_OK) {
        if (step)
            lab_run_event(run, NULL, step, "passed", evidence && *evidence ? *evidence : "");
        return 0;
    }
    if (step)
        lab_run_event(run, NULL, step, "failed", answer.error.message);
    if (run->interrupted)
        lab_run_interrupted(run, err);
    else
        lab_error_move(err, &answer.error);
    lab_error_clear(&answer.error);
    return -1;
}

static void feed_meter(void *arg, uint64_t done, uint64_t total)
{
    struct lab_run *run = arg;
    atomic_store(&run->meter.done, done);
    atomic_store(&run->meter.total, total);
}

struct lab_progress lab_run_progress(struct lab_run *run)
{
    return (struct lab_progress){feed_meter, run};
}
