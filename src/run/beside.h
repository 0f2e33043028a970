/* Work that belongs to no lab, beside a loop of its own: Ctrl-C is heard and progress shown. */
#ifndef LAB_RUN_BESIDE_H
#define LAB_RUN_BESIDE_H

#include "base/work.h"
#include "run/run.h"

typedef void lab_beside_progress(void *arg, uint64_t done, uint64_t total);

/* Runs fn on a worker thread; blocks. What it writes into the meter (lab_meter_feed) is passed on
 * to progress on this thread, a few times a second; progress may be NULL. After Ctrl-C
 * lab_work_cancelled() is true, and fn ends with LAB_CANCELLED. */
int lab_beside(lab_work_fn fn,
               void *arg,
               struct lab_meter *meter,
               lab_beside_progress *progress,
               void *progress_arg,
               struct lab_error *err) LAB_MUST_CHECK;
void lab_meter_feed(void *meter, uint64_t done, uint64_t total);

#endif
