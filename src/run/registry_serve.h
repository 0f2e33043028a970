/* Inside run: the supervisor's rhythm, and what it and `up` refuse in the same words. */
#ifndef LAB_RUN_REGISTRY_SERVE_H
#define LAB_RUN_REGISTRY_SERVE_H

#include <stdint.h>

#include "base/error.h"

#define LAB_REGISTRY_PROGRAM      "docker-registry"
#define LAB_REGISTRY_PAUSE_MAX_MS 30000
#define LAB_REGISTRY_QUICK_MS     60000 /* an end sooner after its start is one more in a row */

/* Before the next start, after so many quick ends in a row (from 1). */
uint64_t lab_registry_pause_ms(unsigned quick);

/* doctor_registry.c */
int lab_registry_cannot(struct lab_error *err);  /* LAB_HOST: not on this system. Returns -1 */
int lab_registry_missing(struct lab_error *err); /* LAB_HOST: no docker-registry. Returns -1 */

#endif
