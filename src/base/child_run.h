/* Inside base only: the loop in which one child lives. */
#ifndef LAB_BASE_CHILD_RUN_H
#define LAB_BASE_CHILD_RUN_H

#include "base/child.h"

/* Starts the child and returns when it has ended; sets everything of its results but the duration.
 */
int lab_child_loop(struct lab_child *c, struct lab_error *err) LAB_MUST_CHECK;

#endif
