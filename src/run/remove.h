/* Removing what labctl made: one node, or all of a lab. Everything may be repeated. */
#ifndef LAB_RUN_REMOVE_H
#define LAB_RUN_REMOVE_H

#include "run/commands.h"

/* Before something is lost for good. yes: it was said already (-y). Else LAB_USAGE with the
 * refusal, or LAB_CANCELLED when the question was interrupted. */
int lab_confirm(struct lab_run *run,
                bool yes,
                const char *question,
                const char *refusal,
                struct lab_error *err) LAB_MUST_CHECK;

/* The same for --recreate: every VM of this lab that the plan replaces because it was asked to.
 * Nothing to replace: 0, without a question. */
int lab_confirm_recreate(struct lab_run *run,
                         const struct lab_plan *plan,
                         const struct lab_plan_options *options,
                         bool yes,
                         struct lab_error *err) LAB_MUST_CHECK;

int lab_remove_node(struct lab_run *run,
                    const char *node,
                    struct lab_report *report,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
