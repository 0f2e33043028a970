/* verify airgap: that a lab lives without a way out. First the texts (lint), then what every guest
 * tried (seeds/guest/airgap), which is judged here. Nothing is changed. */
#ifndef LAB_RUN_AIRGAP_H
#define LAB_RUN_AIRGAP_H

#include "lint/lint.h"
#include "run/run.h"

enum lab_airgap_result {
    LAB_AIRGAP_OK,
    LAB_AIRGAP_WARNING,    /* no way out, but look at it */
    LAB_AIRGAP_NOT_PROVED, /* it could not be asked */
    LAB_AIRGAP_MISSING,    /* an image that would have to come from outside */
    LAB_AIRGAP_LEAK        /* a way out */
};
const char *lab_airgap_result_name(enum lab_airgap_result result); /* "ok", "warning", … */

struct lab_airgap_row {
    char *node;
    const char *check; /* static */
    enum lab_airgap_result result;
    char *evidence;
    const char *fix; /* static; NULL: nothing to do */
};
struct lab_airgap {
    struct lab_lint_report lint;
    size_t files; /* that were read for it */
    LAB_VEC(struct lab_airgap_row) rows;
};
void lab_airgap_clear(struct lab_airgap *airgap);

/* Reads lab.yaml and the payload's folder. Blocks. Findings are no failure. */
int lab_airgap_static(const struct lab_spec *spec,
                      struct lab_airgap *out,
                      struct lab_error *err) LAB_MUST_CHECK;
/* Asks the targeted nodes, all at once. A node that cannot be asked is a row, not a failure. */
int lab_airgap_guests(struct lab_run *run,
                      uint64_t timeout_ms /* 0: its own */,
                      struct lab_airgap *out,
                      struct lab_error *err) LAB_MUST_CHECK;
enum lab_airgap_result lab_airgap_worst(const struct lab_airgap *airgap);

/* --- parts, for tests ------------------------------------------------------------------------- */

/* What one guest said: the text of seeds/guest/airgap. */
struct lab_airgap_look {
    char *node;
    bool k3s;     /* the node has a role in a cluster */
    char *text;   /* NULL: it could not be asked */
    char *untold; /* why not */
};
/* All looks of a lab together, since masters know the pods of all nodes. */
void lab_airgap_judge(struct lab_airgap *out,
                      const struct lab_lint_lab *lab,
                      const struct lab_airgap_look *looks,
                      size_t n);

#endif
