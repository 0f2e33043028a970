/* What `up` asks of the host before it touches anything: doctor's checks that are quick and that
 * nothing later would tell in time. */
#ifndef LAB_RUN_HOST_H
#define LAB_RUN_HOST_H

#include "run/run.h"

/* After lab_run_observe(). sums: SHA-256 by image. LAB_HOST with the finding and its fix; what may
 * go wrong later is shown as a warning. */
int lab_check_host(struct lab_run *run, char *const *sums, struct lab_error *err) LAB_MUST_CHECK;

#endif
