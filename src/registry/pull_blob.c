#include <stdlib.h>

#include "registry/http.h"
#include "registry/pull_priv.h"
#include "registry/threads.h"

struct fetching {
    struct lab_pull *pull;
    struct lab_pull_task *task;
    struct lab_layout_part *part;
    uint64_t from;
    bool begun;
};

static void show(struct lab_pull *pull, struct lab_pull_task *task, uint64_t bytes, bool came)
{
    const struct lab_pull_job *job = pull->job;
    uv_mutex_lock(&pull->lock);
    if (bytes > task->shown) {
        pull->done += bytes - task->shown;
        pull->out->fetched += came ? bytes - task->shown : 0;
        task->shown = bytes;
        if (job->progress)
            job->progress(job->progress_arg, pull->done, pull->total, pull->out->name);
    }
    uv_mutex_unlock(&pull->lock);
}

static int on_bytes(void *arg, const void *bytes, size_t n, struct lab_error *err)
{
    struct fetching *f = arg;
    /* The registry may start over instead of going on. */
    if (!f->begun && f->from == 0 && lab_layout_part_size(f->part) > 0 &&
        lab_layout_part_restart(f->part, err))
        return -1;
    f->begun = true;
    if (lab_layout_part_add(f->part, bytes, n, err))
        return -1;
    show(f->pull, f->task, lab_layout_part_size(f->part), true);
    return 0;
}

/* As often as bytes keep coming. */
static int receive(struct fetching *f, struct lab_registry_conn *conn, struct lab_error *err)
{
    unsigned tried = 1;
    while (lab_layout_part_size(f->part) < f->task->blob.size) {
        uint64_t had = f->from = lab_layout_part_size(f->part);
        f->begun = false;
        if (lab_registry_get_blob(conn, f->pull->repository, f->task->blob.digest, &f->from,
                                  on_bytes, f, err) == 0)
            return 0;
        if (lab_layout_part_size(f->part) > had)
            tried = 1;
        if (!lab_registry_again(conn, tried++, err))
            return -1;
    }
    return 0;
}

/* *again: what came was wrong, perhaps for what an earlier run had left. */
static int fetch(struct lab_pull *pull,
                 struct lab_pull_task *task,
                 struct lab_registry_conn *conn,
                 bool *again,
                 struct lab_error *err)
{
    struct fetching f = {.pull = pull, .task = task};
    *again = false;
    if (lab_layout_begin(&f.part, pull->job->layout, &task->blob, err))
        return -1;
    if (f.part) {
        show(pull, task, lab_layout_part_size(f.part), false);
        if (receive(&f, conn, err)) {
            lab_layout_part_leave(f.part);
            return -1;
        }
        if (lab_layout_part_finish(f.part, err)) {
            *again = err->code == LAB_INTEGRITY;
            return -1;
        }
    }
    show(pull, task, task->blob.size, false);
    return 0;
}

static int fetch_twice(struct lab_pull *pull,
                       struct lab_pull_task *task,
                       struct lab_registry_conn *conn,
                       struct lab_error *err)
{
    bool again;
    int rc = fetch(pull, task, conn, &again, err);
    if (rc < 0 && again) {
        lab_error_clear(err);
        rc = fetch(pull, task, conn, &again, err);
    }
    return rc;
}

static struct lab_pull_task *next(struct lab_pull *pull)
{
    uv_mutex_lock(&pull->lock);
    bool more = pull->next < pull->tasks.len && pull->err.code == LAB_OK;
    struct lab_pull_task *task = more ? &pull->tasks.items[pull->next++] : NULL;
    uv_mutex_unlock(&pull->lock);
    return task;
}

static void work(void *arg)
{
    struct lab_pull *pull = arg;
    struct lab_pull_task *task;
    struct lab_registry_conn *conn = lab_registry_connect(pull->registry);
    while ((task = next(pull))) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        if (fetch_twice(pull, task, conn, &err) == 0)
            continue;
        uv_mutex_lock(&pull->lock);
        if (pull->err.code == LAB_OK)
            lab_error_move(&pull->err, &err);
        uv_mutex_unlock(&pull->lock);
    }
    lab_registry_disconnect(conn);
}

int lab_pull_blobs(struct lab_pull *pull, struct lab_error *err)
{
    if (lab_registry_threads(work, pull, pull->job->threads, pull->tasks.len, err))
        return -1;
    if (pull->err.code == LAB_OK)
        return 0;
    lab_error_move(err, &pull->err);
    return -1;
}
