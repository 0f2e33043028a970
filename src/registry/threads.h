/* Inside src/registry only: a few threads for one piece of work. */
#ifndef LAB_REGISTRY_THREADS_H
#define LAB_REGISTRY_THREADS_H

#include "base/error.h"

#define LAB_REGISTRY_THREADS     4
#define LAB_REGISTRY_THREADS_MAX 16

/* Runs fn(arg) on as many threads as there is work for (wanted 0: 4); returns when all have ended.
 * Fails only when none could be started. */
int lab_registry_threads(void (*fn)(void *arg),
                         void *arg,
                         unsigned wanted,
                         size_t work,
                         struct lab_error *err) LAB_MUST_CHECK;

#endif
