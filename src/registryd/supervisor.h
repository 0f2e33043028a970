/* The process that keeps the server running: labctl itself, as `labctl registry serve`. */
#ifndef LAB_REGISTRYD_SUPERVISOR_H
#define LAB_REGISTRYD_SUPERVISOR_H

#include <stdint.h>

#include "base/error.h"

#define LAB_REGISTRYD_PAUSE_MAX_MS 30000
#define LAB_REGISTRYD_QUICK_MS     60000 /* an end sooner after its start is one more in a row */

/* Before the next start, after so many quick ends in a row (from 1). */
uint64_t lab_registryd_pause_ms(unsigned quick);

/* The supervisor itself: returns when it was asked to end (SIGTERM), or its folder is gone. */
int lab_registryd_serve(const char *lab, struct lab_error *err) LAB_MUST_CHECK;
/* Its child: becomes docker-registry; returns only to say why not. */
int lab_registryd_become(const char *lab, uint64_t supervisor, struct lab_error *err);

#endif
