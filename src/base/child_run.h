/* Inside base only: the two ways in which a child lives. */
#ifndef LAB_BASE_CHILD_RUN_H
#define LAB_BASE_CHILD_RUN_H

#include "base/child.h"

/* Starts the child and returns when it has ended; sets everything of its results but the duration.
 * After -1, passes says that nothing was started, for want of something of which there may be
 * enough in a moment. */
int lab_child_loop(struct lab_child *c, bool *passes, struct lab_error *err) LAB_MUST_CHECK;
/* The same for one that leaves our job; without jobs, it is the same. */
int lab_child_breakaway(struct lab_child *c, bool *passes, struct lab_error *err) LAB_MUST_CHECK;

/* What both say about a child that was ended. Return -1. */
int lab_child_cancelled(const struct lab_child *c, struct lab_error *err);
int lab_child_late(const struct lab_child *c, struct lab_error *err);
int lab_child_too_much(const struct lab_child *c, struct lab_error *err);

#endif
