/* Inside src/registry only: pull.c finds out what is wanted, pull_blob.c fetches it. */
#ifndef LAB_REGISTRY_PULL_PRIV_H
#define LAB_REGISTRY_PULL_PRIV_H

#include <uv.h>

#include "registry/pull.h"

struct lab_pull_task {
    struct lab_descriptor blob; /* borrowed from the manifest */
    uint64_t shown;
};

struct lab_pull {
    const struct lab_pull_job *job;
    struct lab_registry *registry;
    struct lab_pulled *out;
    char *repository; /* at whoever is asked */
    LAB_VEC(struct lab_pull_task) tasks;
    uv_mutex_t lock; /* for all below, and the counts of out */
    size_t next;
    uint64_t done, total;
    struct lab_error err; /* the first */
};

/* Fetches all tasks' blobs into the layout. */
int lab_pull_blobs(struct lab_pull *pull, struct lab_error *err) LAB_MUST_CHECK;

#endif
