/* A node that goes for good leaves its cluster first, as kubectl's users do it by hand: no new pods, those
 * it has moved to others, its entry deleted (which takes a master out of etcd, too). */
#ifndef LAB_RUN_LEAVE_H
#define LAB_RUN_LEAVE_H

#include "run/run.h"

/* Asked of a master that runs and is not leaving itself. stays(arg, name): the node stays in the lab.
 * What fails is a warning with the command that does it by hand: the node goes all the same. Only
 * LAB_CANCELLED is an error. */
int lab_leave_cluster(struct lab_run *run,
                      const char *node,
                      bool (*stays)(const void *arg, const char *name),
                      const void *arg,
                      struct lab_error *err) LAB_MUST_CHECK;

#endif
