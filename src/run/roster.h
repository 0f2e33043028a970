/* Climbs for the nodes that the ledger knows (status, wait, start, stop, restart work without
 * lab.yaml): targeted ones only, with the hypervisor's word on each. */
#ifndef LAB_RUN_ROSTER_H
#define LAB_RUN_ROSTER_H

#include "run/climb.h"

int lab_roster(struct lab_ladder *out,
               struct lab_run *run,
               enum lab_ladder_kind kind,
               struct lab_error *err) LAB_MUST_CHECK;
/* Whether the node's VM can be followed: one that is gone or a stranger's cannot. lab_roster()
 * gives such a node's climb this error, so that it fails and the others go on; its gates must not
 * be empty. */
int lab_roster_check(struct lab_run *run,
                     enum lab_ladder_kind kind,
                     const struct lab_node_record *record,
                     struct lab_error *err) LAB_MUST_CHECK;
/* LAB_USAGE when the lab was never made. */
int lab_need_lab(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* LAB_USAGE, with the nearest name, when the ledger has no node of this name. */
int lab_need_node(struct lab_run *run, const char *node, struct lab_error *err) LAB_MUST_CHECK;

#endif
