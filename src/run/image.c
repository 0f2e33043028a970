#include "run/image.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/work.h"
#include "platform.h"

struct convert {
    const struct lab_disk_job *job; /* the caller's */
    struct lab_disk_job inner;      /* the same, with our progress */
    struct lab_disk_result *out;
    struct lab_error *err;
    int rc;
    atomic_ullong done, total; /* written by the worker */
    uv_signal_t sigint, sigterm;
    uv_timer_t tick;
};

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)handle;
    (void)signum;
    lab_work_cancel_all(true);
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    struct convert *c = arg;
    atomic_store(&c->total, total);
    atomic_store(&c->done, done);
}

static void tell(const struct convert *c)
{
    uint64_t total = atomic_load(&c->total);
    if (c->job->progress && total)
        c->job->progress(c->job->progress_arg, atomic_load(&c->done), total);
}

static void on_tick(uv_timer_t *timer)
{
    tell(timer->data);
}

static int work(void *arg, struct lab_error *err)
{
    struct convert *c = arg;
    return lab_disk_convert(&c->inner, c->out, err);
}

static void on_done(void *arg, const struct lab_error *err)
{
    struct convert *c = arg;
    c->rc = err ? -1 : 0;
    if (err)
        lab_error_copy(c->err, err);
    tell(c);
    uv_close((uv_handle_t *)&c->sigint, NULL);
    uv_close((uv_handle_t *)&c->sigterm, NULL);
    uv_close((uv_handle_t *)&c->tick, NULL);
}

int lab_image_convert(const struct lab_disk_job *job,
                      struct lab_disk_result *out,
                      struct lab_error *err)
{
    struct convert c = {.job = job, .inner = *job, .out = out, .err = err};
    uv_loop_t loop;
    c.inner.progress = on_progress;
    c.inner.progress_arg = &c;
    lab_work_init();
    uv_loop_init(&loop);
    uv_signal_init(&loop, &c.sigint);
    uv_signal_init(&loop, &c.sigterm);
    uv_signal_start(&c.sigint, on_signal, SIGINT);
    uv_signal_start(&c.sigterm, on_signal, SIGTERM);
    uv_timer_init(&loop, &c.tick);
    c.tick.data = &c;
    uv_timer_start(&c.tick, on_tick, 250, 250);
    lab_work_submit(&loop, work, on_done, &c);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return c.rc;
}

int lab_image_look(const char *path, struct lab_image_look *out, struct lab_error *err)
{
    struct lab_disk *disk = NULL;
    struct plat_stat st;
    const char *file;
    if (lab_disk_open(&disk, path, err) < 0)
        return -1;
    out->info = *lab_disk_info(disk);
    for (size_t i = 0; (file = lab_disk_file(disk, i)); i++) {
        *lab_vec_push(&out->files) = lab_strdup(file);
        out->file_bytes += plat_stat(file, &st) == 0 ? st.size : 0;
    }
    lab_disk_close(disk);
    return 0;
}

void lab_image_look_clear(struct lab_image_look *look)
{
    LAB_VEC_FOREACH (file, &look->files)
        free(*file);
    lab_vec_clear(&look->files);
}
