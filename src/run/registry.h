/* The registry that the lab's nodes pull from: which one it is by lab.yaml and the record, and
 * labctl's own (registryd/server.h) within a run. */
#ifndef LAB_RUN_REGISTRY_H
#define LAB_RUN_REGISTRY_H

#include "registryd/place.h"
#include "registryd/server.h"
#include "registryd/supervisor.h"
#include "run/run.h"

/* By lab.yaml, the record and the files in the lab's folder. labctl's own has neither address nor
 * password before it was up: LAB_USAGE saying so; the same without a registry in lab.yaml. A
 * password that is to be asked is asked once (keys/registry-password, 0600). */
int lab_registry_place(struct lab_run *run,
                       struct lab_registry_place *out,
                       struct lab_error *err) LAB_MUST_CHECK;

/* Its address alone; NULL: none, or labctl's own was never up. Borrowed. */
const char *lab_registry_address(const struct lab_run *run);

/* Makes sure that labctl's own runs and answers; for one that is there already, warns when it does
 * not answer. Needs the ledger open for writing. LAB_HOST: docker-registry, its address or the
 * whole ability is missing here; LAB_CONFLICT: somebody else answers at its address. */
int lab_registry_up(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* Ends it if it runs; the data stay. */
int lab_registry_down(struct lab_run *run, bool *was_up, struct lab_error *err) LAB_MUST_CHECK;

struct lab_registry_status {
    struct lab_registry_place place;  /* without password; address NULL: it was never up */
    const char *kind;                 /* "on this host", "in guest", "external"; static */
    struct lab_registryd_look server; /* ours on this host only */
    bool answers;
    char *answer; /* in words */
};
/* Looks only. */
int lab_registry_status(struct lab_run *run,
                        struct lab_registry_status *out,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_status_clear(struct lab_registry_status *status);

#endif
