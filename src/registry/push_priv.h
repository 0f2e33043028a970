/* Inside src/registry only: push.c plans and ends a push, push_blob.c sends one blob. */
#ifndef LAB_REGISTRY_PUSH_PRIV_H
#define LAB_REGISTRY_PUSH_PRIV_H

#include <uv.h>

#include "registry/push.h"

/* One blob and the images (of result) that want it. */
struct lab_push_task {
    size_t blob;
    LAB_VEC(size_t) images;
    uint64_t stored; /* its size in the source */
    uint64_t shown;  /* bytes of it that progress has counted */
};

struct lab_push {
    const struct lab_push_job *job;
    struct lab_push_result *result;
    LAB_VEC(size_t) chosen;              /* index in the source of each of result's images */
    LAB_VEC(struct lab_push_task) tasks; /* the largest first */
    uv_mutex_t lock;                     /* for all below, and for the counts of result */
    size_t next;
    uint64_t done, total;
};

/* Everything that must happen for one blob. A failure is set on each image that wants it. */
void lab_push_blob(struct lab_push *push,
                   struct lab_push_task *task,
                   struct lab_registry_conn *conn);
/* So many bytes of the task's blob are done. */
void lab_push_show(struct lab_push *push, struct lab_push_task *task, uint64_t bytes);

#endif
