/* Climbs for the nodes that the ledger knows (status, wait, start, stop, restart work without
 * lab.yaml): targeted ones only, with the hypervisor's word on each. */
#ifndef LAB_RUN_ROSTER_H
#define LAB_RUN_ROSTER_H

#include "run/climb.h"

int lab_roster(struct lab_ladder *out,
               struct lab_run *run,
               enum lab_ladder_kind kind,
               struct lab_error *err) LAB_MUST_CHECK;
/* LAB_USAGE when the lab was never made. */
int lab_need_lab(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;

#endif
