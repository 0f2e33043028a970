/* What a node's seed says of the registry. Inside run only. */
#ifndef LAB_RUN_REGISTRY_SEED_H
#define LAB_RUN_REGISTRY_SEED_H

#include "media/seed.h"
#include "run/registry.h"

struct lab_registry_seed {
    struct lab_seed_registry texts; /* borrows from the place and from what follows */
    struct lab_str config, certificate, key, htpasswd;
};
#define LAB_AUTO_REGISTRY_SEED LAB_CLEANUP(lab_registry_seed_clear)

/* The place stays borrowed. Reads the server's files when it is this node that runs it. */
int lab_registry_seed_fill(struct lab_registry_seed *out,
                           const struct lab_registry_place *place,
                           const char *lab,
                           const char *node,
                           struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_seed_clear(struct lab_registry_seed *seed);

#endif
