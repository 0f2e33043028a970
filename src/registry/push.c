#include "registry/push.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/work.h"
#include "registry/push_priv.h"
#include "registry/threads.h"

char *lab_push_repository(const struct lab_image_ref *ref, const char *prefix)
{
    return prefix && *prefix ? lab_format("%s/%s", prefix, ref->repository)
                             : lab_strdup(ref->repository);
}

/* --- what is to be done -------------------------------------------------------------------------
 */

static int no_name(const struct lab_source *source,
                   const struct lab_source_image *image,
                   struct lab_error *err)
{
    lab_fail(err, LAB_USAGE, "the image %s in '%s' has no name to push it under",
             *image->manifest.digest ? image->manifest.digest : "", source->path);
    return lab_error_hint(
        err, source->images.len == 1
                 ? "give it one: --image NAME:TAG"
                 : lab_tr("give it one: skopeo copy oci:FOLDER:TAG oci:FOLDER:NAME:TAG"));
}

static int choose_one(struct lab_push *push, size_t index, struct lab_error *err)
{
    const struct lab_push_job *job = push->job;
    const struct lab_source_image *image = &job->source->images.items[index];
    if (!image->name)
        return no_name(job->source, image, err);
    LAB_VEC_FOREACH (i, &push->chosen)
        if (*i == index)
            return 0;
    if (lab_source_load(job->source, index, &job->platform, err))
        return -1;
    *lab_vec_push(&push->chosen) = index;
    struct lab_pushed *p = lab_vec_push(&push->result->images);
    p->image = lab_strdup(image->name);
    p->repository = lab_push_repository(&image->ref, job->prefix);
    p->reference = lab_strdup(image->ref.tag);
    if (!lab_is_repository(p->repository))
        return lab_fail(err, LAB_USAGE, "'%s' is no repository's name", p->repository);
    return 0;
}

static int choose(struct lab_push *push, struct lab_error *err)
{
    const struct lab_push_job *job = push->job;
    for (size_t i = 0; i < job->images_len; i++) {
        int found = lab_source_find(job->source, job->images[i], err);
        if (found < 0 || choose_one(push, (size_t)found, err))
            return -1;
    }
    for (size_t i = 0; job->images_len == 0 && i < job->source->images.len; i++)
        if (choose_one(push, i, err))
            return -1;
    return 0;
}

/* docker.io/a/b:1 and quay.io/a/b:1 cannot both be a/b:1. */
static int check_clashes(const struct lab_push *push, struct lab_error *err)
{
    LAB_VEC_FOREACH (p, &push->result->images)
        for (const struct lab_pushed *q = push->result->images.items; q < p; q++) {
            if (!p->reference || !q->reference || strcmp(p->repository, q->repository) != 0 ||
                strcmp(p->reference, q->reference) != 0)
                continue;
            lab_fail(err, LAB_CONFLICT, "'%s' and '%s' would both become '%s:%s'", q->image,
                     p->image, p->repository, p->reference);
            return lab_error_hint(err,
                                  "push them one by one under prefixes: --image %s --to "
                                  "HOST:PORT/PREFIX",
                                  p->image);
        }
    return 0;
}

static struct lab_push_task *task_of(struct lab_push *push, size_t blob)
{
    LAB_VEC_FOREACH (t, &push->tasks)
        if (t->blob == blob)
            return t;
    struct lab_push_task *t = lab_vec_push(&push->tasks);
    t->blob = blob;
    t->stored = push->job->source->blobs.items[blob].stored;
    push->total += t->stored;
    return t;
}

/* An image may list a layer twice. */
static void want(struct lab_push_task *task, size_t image)
{
    if (task->images.len == 0 || task->images.items[task->images.len - 1] != image)
        *lab_vec_push(&task->images) = image;
}

static int by_size(const void *a, const void *b)
{
    const struct lab_push_task *x = a, *y = b;
    return x->stored < y->stored ? 1 : x->stored > y->stored ? -1 : 0;
}

static void make_tasks(struct lab_push *push)
{
    LAB_VEC_FOREACH (index, &push->chosen) {
        const struct lab_source_image *image = &push->job->source->images.items[*index];
        LAB_VEC_FOREACH (blob, &image->blobs)
            want(task_of(push, *blob), (size_t)(index - push->chosen.items));
    }
    /* A large one that starts last would leave the other threads idle. */
    if (push->tasks.len)
        qsort(push->tasks.items, push->tasks.len, sizeof(*push->tasks.items), by_size);
}

/* --- blobs --------------------------------------------------------------------------------------
 */

void lab_push_show(struct lab_push *push, struct lab_push_task *task, uint64_t bytes)
{
    const struct lab_push_job *job = push->job;
    uv_mutex_lock(&push->lock);
    if (bytes > task->shown) { /* a second try does not count again what the first has */
        push->done += bytes - task->shown;
        task->shown = bytes;
        if (job->progress)
            job->progress(job->progress_arg, push->done, push->total,
                          push->result->images.items[task->images.items[0]].image);
    }
    uv_mutex_unlock(&push->lock);
}

static struct lab_push_task *next(struct lab_push *push)
{
    uv_mutex_lock(&push->lock);
    struct lab_push_task *task = NULL;
    if (push->next < push->tasks.len && !lab_work_cancelled())
        task = &push->tasks.items[push->next++];
    uv_mutex_unlock(&push->lock);
    return task;
}

static void work(void *arg)
{
    struct lab_push *push = arg;
    struct lab_push_task *task;
    struct lab_registry_conn *conn = lab_registry_connect(push->job->registry);
    while ((task = next(push)))
        lab_push_blob(push, task, conn);
    lab_registry_disconnect(conn);
}

/* --- manifests ----------------------------------------------------------------------------------
 */

static int put_manifest(struct lab_registry_conn *conn,
                        const struct lab_source_image *image,
                        struct lab_pushed *p,
                        struct lab_error *err)
{
    char digest[LAB_DIGEST_TEXT];
    bool there;
    if (lab_registry_has_manifest(conn, p->repository, p->reference, &there, digest, err))
        return -1;
    if (there && strcmp(digest, image->digest) == 0)
        return 0;
    if (lab_registry_put_manifest(conn, p->repository, p->reference, image->type, image->text,
                                  image->text_len, err))
        return -1;
    p->manifest_sent = true;
    return 0;
}

static int
end_image(struct lab_push *push, size_t i, struct lab_registry_conn *conn, struct lab_error *err)
{
    struct lab_pushed *p = &push->result->images.items[i];
    struct lab_source *source = push->job->source;
    size_t index = push->chosen.items[i];
    const struct lab_source_image *image = &source->images.items[index];
    if (lab_source_finish(source, index, err))
        return -1;
    memcpy(p->digest, image->digest, LAB_DIGEST_TEXT);
    if (!p->reference)
        p->reference = lab_strdup(p->digest);
    unsigned tried = 1;
    int rc;
    while ((rc = put_manifest(conn, image, p, err)) < 0 && lab_registry_again(conn, tried, err))
        tried++;
    return rc;
}

static void end_images(struct lab_push *push, struct lab_registry_conn *conn)
{
    LAB_VEC_FOREACH (p, &push->result->images) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        if (p->error.code == LAB_OK && !lab_work_cancelled() &&
            end_image(push, (size_t)(p - push->result->images.items), conn, &err))
            lab_error_move(&p->error, &err);
        push->result->failed += p->error.code != LAB_OK;
        if (p->reference)
            p->target =
                lab_format("%s/%s%c%s", lab_registry_name(push->job->registry), p->repository,
                           lab_is_digest(p->reference) ? '@' : ':', p->reference);
        else
            p->target = lab_format("%s/%s", lab_registry_name(push->job->registry), p->repository);
    }
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static int run(struct lab_push *push, struct lab_registry_conn *conn, struct lab_error *err)
{
    if (choose(push, err) || check_clashes(push, err))
        return -1;
    make_tasks(push);
    if (lab_registry_enter(conn, err) ||
        lab_registry_threads(work, push, push->job->threads, push->tasks.len, err))
        return -1;
    end_images(push, conn);
    if (lab_work_cancelled())
        return lab_fail(err, LAB_CANCELLED,
                        "interrupted; what was pushed stays, the same push goes on from there");
    return 0;
}

int lab_push(const struct lab_push_job *job, struct lab_push_result *out, struct lab_error *err)
{
    struct lab_push push = {.job = job, .result = out};
    struct lab_registry_conn *conn = lab_registry_connect(job->registry);
    *out = (struct lab_push_result){{0}, 0};
    uv_mutex_init(&push.lock);
    int rc = run(&push, conn, err);
    uv_mutex_destroy(&push.lock);
    LAB_VEC_FOREACH (t, &push.tasks)
        lab_vec_clear(&t->images);
    lab_vec_clear(&push.tasks);
    lab_vec_clear(&push.chosen);
    lab_registry_disconnect(conn);
    return rc;
}

void lab_push_result_clear(struct lab_push_result *result)
{
    LAB_VEC_FOREACH (p, &result->images) {
        free(p->image);
        free(p->target);
        free(p->repository);
        free(p->reference);
        lab_error_clear(&p->error);
    }
    lab_vec_clear(&result->images);
    result->failed = 0;
}
