/* Nodes whose power was cut, by labctl or by a crash: until their next start the disk is as after a
 * loss of power. Kept in the ledger, since a snapshot may be made much later, or by a labctl after
 * one that was killed. */
#ifndef LAB_RUN_CUT_H
#define LAB_RUN_CUT_H

#include "run/run.h"

int lab_note_cut(struct lab_run *run, const char *node, bool cut, struct lab_error *err)
    LAB_MUST_CHECK;
bool lab_was_cut(struct lab_run *run, const char *node);

#endif
