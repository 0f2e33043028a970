#include <stdlib.h>
#include <string.h>

#include "registry/http.h"
#include "registry/push_priv.h"

/* --- what is sent -------------------------------------------------------------------------------
 */

struct sending {
    struct lab_push *push;
    struct lab_push_task *task;
    struct lab_blob_reader *reader;
};

static int on_read(void *arg, void *bytes, size_t n, size_t *got, struct lab_error *err)
{
    struct sending *s = arg;
    if (lab_blob_read(s->reader, bytes, n, got, err))
        return -1;
    lab_push_show(s->push, s->task, lab_blob_taken(s->reader));
    return 0;
}

static void on_sum(void *arg, char digest[LAB_DIGEST_TEXT], uint64_t *size)
{
    struct sending *s = arg;
    lab_blob_sum(s->reader, digest, size);
}

/* --- one blob -----------------------------------------------------------------------------------
 */

static struct lab_blob *blob_of(const struct lab_push *push, const struct lab_push_task *task)
{
    return &push->job->source->blobs.items[task->blob];
}

static struct lab_pushed *image_of(const struct lab_push *push, size_t i)
{
    return &push->result->images.items[i];
}

enum how { THERE, MOUNTED, SENT };

static void count(struct lab_push *push, size_t image, enum how how, uint64_t bytes)
{
    struct lab_pushed *p = image_of(push, image);
    uv_mutex_lock(&push->lock);
    p->blobs_there += how == THERE;
    p->blobs_mounted += how == MOUNTED;
    p->blobs_sent += how == SENT;
    p->sent += bytes;
    uv_mutex_unlock(&push->lock);
}

/* A layer that was packed earlier has a digest by which it can be asked for; when it is sent all
 * the same, packing gives the digest anew. */
static int send_blob(struct lab_push *push,
                     struct lab_push_task *task,
                     struct lab_registry_conn *conn,
                     const char *repository,
                     const char *location,
                     uint64_t *sent,
                     struct lab_error *err)
{
    struct lab_blob *blob = blob_of(push, task);
    struct sending s = {.push = push, .task = task};
    bool known = !*blob->diff_id;
    if (lab_blob_open(&s.reader, push->job->source, task->blob, err))
        return -1;
    const struct lab_body body = {.read = on_read,
                                  .sum = on_sum,
                                  .arg = &s,
                                  .digest = known ? blob->digest : "",
                                  .size = blob->size};
    int rc = lab_registry_send(conn, repository, location, &body, err);
    if (rc == 0 && !known) {
        lab_blob_sum(s.reader, blob->digest, &blob->size);
        lab_packed_put(push->job->source->packed, blob->diff_id, blob->digest, blob->size);
    }
    *sent = blob->size;
    lab_blob_close(s.reader);
    return rc;
}

/* Asks each repository. *have: one that has it, or NULL. */
static int ask(struct lab_push *push,
               struct lab_push_task *task,
               struct lab_registry_conn *conn,
               bool *there,
               const char **have,
               struct lab_error *err)
{
    const struct lab_blob *blob = blob_of(push, task);
    for (size_t i = 0; i < task->images.len && *blob->digest; i++) {
        const char *repository = image_of(push, task->images.items[i])->repository;
        uint64_t size = 0;
        if (lab_registry_has_blob(conn, repository, blob->digest, &there[i], &size, err))
            return -1;
        /* Not told is fine; another size is a blob that is damaged there, or half of one. */
        there[i] = there[i] && (size == blob->size || size == UINT64_MAX);
        if (there[i])
            *have = repository;
    }
    return 0;
}

/* Brings it into one repository: by mount from `have`, else by sending it. */
static int bring(struct lab_push *push,
                 struct lab_push_task *task,
                 struct lab_registry_conn *conn,
                 size_t image,
                 const char *have,
                 struct lab_error *err)
{
    const struct lab_blob *blob = blob_of(push, task);
    const char *repository = image_of(push, image)->repository;
    LAB_AUTOFREE char *location = NULL;
    uint64_t sent = 0;
    if (lab_registry_start(conn, repository, blob->digest, have, &location, err))
        return -1;
    if (location && send_blob(push, task, conn, repository, location, &sent, err))
        return -1;
    count(push, image, location ? SENT : MOUNTED, sent);
    return 0;
}

/* Whether an image before this one has it in the same repository. */
static bool is_repeated(const struct lab_push *push, const struct lab_push_task *task, size_t i)
{
    const char *repository = image_of(push, task->images.items[i])->repository;
    for (size_t k = 0; k < i; k++)
        if (strcmp(image_of(push, task->images.items[k])->repository, repository) == 0)
            return true;
    return false;
}

static int try_once(struct lab_push *push,
                    struct lab_push_task *task,
                    struct lab_registry_conn *conn,
                    bool *done,
                    struct lab_error *err)
{
    LAB_AUTOFREE bool *there = lab_calloc(task->images.len, sizeof(*there));
    const char *have = NULL;
    char asked[LAB_DIGEST_TEXT];
    memcpy(asked, blob_of(push, task)->digest, sizeof(asked));
    if (ask(push, task, conn, there, &have, err))
        return -1;
    for (size_t i = 0; i < task->images.len; i++) {
        size_t image = task->images.items[i];
        if (done[i])
            continue;
        if (there[i] || is_repeated(push, task, i))
            count(push, image, THERE, 0);
        else if (bring(push, task, conn, image, have, err))
            return -1;
        done[i] = true;
        have = have ? have : image_of(push, image)->repository;
    }
    /* Packed to something else than last time: repositories that had the old one want the new. */
    if (*asked && strcmp(asked, blob_of(push, task)->digest) != 0) {
        memset(done, 0, task->images.len * sizeof(*done));
        return try_once(push, task, conn, done, err);
    }
    return 0;
}

static void
blame(struct lab_push *push, const struct lab_push_task *task, const struct lab_error *err)
{
    uv_mutex_lock(&push->lock);
    LAB_VEC_FOREACH (i, &task->images)
        if (image_of(push, *i)->error.code == LAB_OK)
            lab_error_copy(&image_of(push, *i)->error, err);
    uv_mutex_unlock(&push->lock);
}

void lab_push_blob(struct lab_push *push,
                   struct lab_push_task *task,
                   struct lab_registry_conn *conn)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE bool *done = lab_calloc(task->images.len, sizeof(*done));
    unsigned tried = 1;
    int rc;
    while ((rc = try_once(push, task, conn, done, &err)) < 0 &&
           lab_registry_again(conn, tried, &err))
        tried++;
    if (rc < 0)
        blame(push, task, &err);
    else
        lab_push_show(push, task, blob_of(push, task)->stored);
}
