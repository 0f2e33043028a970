#include "run/beside.h"

#include <signal.h>

struct beside {
    lab_work_fn fn;
    void *arg;
    struct lab_meter *meter;
    lab_beside_progress *progress;
    void *progress_arg;
    struct lab_error *err;
    int rc;
    uv_signal_t sigint, sigterm;
    uv_timer_t tick;
};

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)handle;
    (void)signum;
    lab_work_cancel_all(true);
}

void lab_meter_feed(void *meter, uint64_t done, uint64_t total)
{
    struct lab_meter *m = meter;
    atomic_store(&m->total, total);
    atomic_store(&m->done, done);
}

static void pass_on(const struct beside *b)
{
    uint64_t total = atomic_load(&b->meter->total);
    if (b->progress && total)
        b->progress(b->progress_arg, atomic_load(&b->meter->done), total);
}

static void on_tick(uv_timer_t *timer)
{
    pass_on(timer->data);
}

static int work(void *arg, struct lab_error *err)
{
    struct beside *b = arg;
    return b->fn(b->arg, err);
}

static void on_done(void *arg, const struct lab_error *err)
{
    struct beside *b = arg;
    b->rc = err ? -1 : 0;
    if (err)
        lab_error_copy(b->err, err);
    pass_on(b);
    uv_close((uv_handle_t *)&b->sigint, NULL);
    uv_close((uv_handle_t *)&b->sigterm, NULL);
    uv_close((uv_handle_t *)&b->tick, NULL);
}

int lab_beside(lab_work_fn fn,
               void *arg,
               struct lab_meter *meter,
               lab_beside_progress *progress,
               void *progress_arg,
               struct lab_error *err)
{
    struct beside b = {.fn = fn,
                       .arg = arg,
                       .meter = meter,
                       .progress = progress,
                       .progress_arg = progress_arg,
                       .err = err};
    uv_loop_t loop;
    lab_work_init();
    uv_loop_init(&loop);
    uv_signal_init(&loop, &b.sigint);
    uv_signal_init(&loop, &b.sigterm);
    uv_signal_start(&b.sigint, on_signal, SIGINT);
    uv_signal_start(&b.sigterm, on_signal, SIGTERM);
    uv_timer_init(&loop, &b.tick);
    b.tick.data = &b;
    uv_timer_start(&b.tick, on_tick, 250, 250);
    lab_work_submit(&loop, work, on_done, &b);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return b.rc;
}
