/* The registry command's work as a client: push, list, verify. All block, beside a loop of their
 * own (beside.h). */
#ifndef LAB_RUN_REGISTRY_CLIENT_H
#define LAB_RUN_REGISTRY_CLIENT_H

#include "registry/push.h"
#include "registry/verify.h"
#include "run/beside.h"
#include "run/registry_target.h"

struct lab_registry_job {
    const struct lab_registry_target *target;
    const char *source;        /* layout, archive or bundle */
    const char *const *images; /* none: all of the source */
    size_t images_len;
    struct lab_platform platform;
    lab_beside_progress *progress; /* on the calling thread; may be NULL */
    void *progress_arg;
};

/* As lab_push(). */
int lab_registry_push(const struct lab_registry_job *job,
                      struct lab_push_result *out,
                      struct lab_error *err) LAB_MUST_CHECK;
/* The same on this worker thread, within a run. */
int lab_registry_push_here(const struct lab_registry_job *job,
                           struct lab_meter *meter,
                           struct lab_push_result *out,
                           struct lab_error *err) LAB_MUST_CHECK;
/* As lab_registry_verify(), for what a push of the job would have left. */
int lab_registry_check(const struct lab_registry_job *job,
                       struct lab_verify_result *out,
                       struct lab_error *err) LAB_MUST_CHECK;

struct lab_registry_row {
    char *repository, *tag;
    char digest[LAB_DIGEST_TEXT]; /* "" when the tag's manifest is gone */
};
struct lab_registry_rows {
    LAB_VEC(struct lab_registry_row) list; /* by repository, tag */
};
/* What is in it, below the target's prefix. */
int lab_registry_list(const struct lab_registry_target *target,
                      struct lab_registry_rows *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_rows_clear(struct lab_registry_rows *rows);

#endif
