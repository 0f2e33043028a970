/* What the ledger knows of a run, as the bars of a picture (picture/timeline.h). */
#ifndef LAB_RUN_TIMELINE_H
#define LAB_RUN_TIMELINE_H

#include "picture/timeline.h"
#include "run/run.h"

/* which: number of the run; 0: the newest in which anything happened. With the runs before it.
 * LAB_USAGE when there is none. */
int lab_timeline_gather(struct lab_run *run,
                        int64_t which,
                        struct lab_timeline *out,
                        struct lab_error *err) LAB_MUST_CHECK;

/* --- its parts, pure; here for tests -------------------------------------------------------------
 */

/* One run by its events alone, with the chain that decided its end; without runs and gates. */
void lab_timeline_fill(struct lab_timeline *out,
                       const char *lab,
                       const struct lab_run_entry *entry,
                       const struct lab_events *events,
                       const struct lab_node_records *records);
/* timeline_hold.c: finds out for which bar of another node each bar waited, by the rules of
 * order.c. The ledger does not keep it. */
void lab_timeline_find_holders(struct lab_timeline *t);
/* timeline_history.c. before: NULL when there is none. */
void lab_timeline_compare(struct lab_timeline *t, const struct lab_timeline *before);

#endif
