/* Removing what labctl made: one node, or all of a lab. Everything may be repeated. */
#ifndef LAB_RUN_REMOVE_H
#define LAB_RUN_REMOVE_H

#include "run/commands.h"

int lab_remove_node(struct lab_run *run,
                    const char *node,
                    struct lab_report *report,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
