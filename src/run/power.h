/* Switching nodes on and off within another command (start, stop and restart are in commands.h). */
#ifndef LAB_RUN_POWER_H
#define LAB_RUN_POWER_H

#include "run/commands.h"

/* As `labctl stop`, for every node that is targeted. */
int lab_power_down(struct lab_run *run,
                   struct lab_report *report,
                   struct lab_error *err) LAB_MUST_CHECK;
/* As `labctl start`: followed until they are ready. */
int lab_power_up(struct lab_run *run,
                 struct lab_report *report,
                 struct lab_error *err) LAB_MUST_CHECK;

#endif
