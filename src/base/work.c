#include "base/work.h"

#include "platform.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
    uv_work_t req;
    lab_work_fn fn;
    lab_done_fn done;
    void *arg;
    int rc;
    struct lab_error err; /* written by the worker, read by the loop after it */
};

static atomic_bool cancelled;

void lab_work_init(void)
{
    if (!plat_getenv("UV_THREADPOOL_SIZE"))
        uv_os_setenv("UV_THREADPOOL_SIZE", "16");
    plat_ignore_broken_pipe();
}

static void run(uv_work_t *req)
{
    struct job *job = req->data;
    job->rc = job->fn(job->arg, &job->err);
    if (job->rc < 0 && job->err.code == LAB_OK)
        lab_fail(&job->err, LAB_INTERNAL, "a piece of work failed without giving a reason");
}

static void finish(uv_work_t *req, int status)
{
    (void)status; /* UV_ECANCELED cannot be: nobody calls uv_cancel() */
    struct job *job = req->data;
    job->done(job->arg, job->rc < 0 ? &job->err : NULL);
    lab_error_clear(&job->err);
    free(job);
}

void lab_work_submit(uv_loop_t *loop, lab_work_fn fn, lab_done_fn done, void *arg)
{
    struct job *job = lab_alloc(sizeof(*job));
    job->fn = fn;
    job->done = done;
    job->arg = arg;
    job->req.data = job;
    if (uv_queue_work(loop, &job->req, run, finish) != 0) {
        fputs("labctl: libuv refused a piece of work\n", stderr);
        abort();
    }
}

void lab_work_cancel_all(bool on)
{
    atomic_store(&cancelled, on);
}

bool lab_work_cancelled(void)
{
    return atomic_load(&cancelled);
}
