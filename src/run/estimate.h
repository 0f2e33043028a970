/* How far all climbs of a command are, and how long the rest may take: by the last time that every
 * node of this lab ended well. Only like is compared with like (the same command, the same gates):
 * where that is not known for every node that still climbs, there is no estimate. */
#ifndef LAB_RUN_ESTIMATE_H
#define LAB_RUN_ESTIMATE_H

#include "run/climb.h"

/* Before the first gate. Fills was_ms of every climb. A node that is new takes as long as the slowest of the others. */
void lab_estimate_load(struct lab_ladder *l);
/* After all climbs ended well. A watcher (`wait`) began in the middle and tells nothing. */
void lab_estimate_save(const struct lab_ladder *l);
void lab_estimate_overall(const struct lab_ladder *l, uint64_t now, struct lab_overall *out);

#endif
