/* Blocking work beside the loop: libuv's thread pool, with an error slot and a completion on the
 * loop's thread. Providers, ISO writing and hashing run here, so that they can be written as plain
 * sequences; everything that many nodes share (state, events, sessions) stays on the loop's thread. */
#ifndef LAB_BASE_WORK_H
#define LAB_BASE_WORK_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

/* On a worker thread. Returns 0 or -1 with err set. */
typedef int (*lab_work_fn)(void *arg, struct lab_error *err);
/* On the loop's thread. err is NULL on success, else borrowed. */
typedef void (*lab_done_fn)(void *arg, const struct lab_error *err);

/* Before the first loop runs: enough pool threads for as many nodes at once (libuv's own default is
 * four; UV_THREADPOOL_SIZE in the environment wins), and broken pipes as errors, not as signals. */
void lab_work_init(void);

void lab_work_submit(uv_loop_t *loop, lab_work_fn fn, lab_done_fn done, void *arg);

/* After Ctrl-C: children that run are ended, later ones are refused, all with LAB_CANCELLED.
 * A second phase that must still run children (none today) would reset it with false. */
void lab_work_cancel_all(bool on);
bool lab_work_cancelled(void);

#endif
