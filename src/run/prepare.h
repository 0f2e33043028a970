/* What the nodes of a lab share, made before the first node climbs: keys, images, networks,
 * payload. Each function is one step with an event of its own, and may be repeated. */
#ifndef LAB_RUN_PREPARE_H
#define LAB_RUN_PREPARE_H

#include "run/climb.h"
#include "run/demand.h"

/* SHA-256 of every image (read only when changed since), into sums[i] (caller frees each). Checks
 * them against lab.yaml. */
int lab_prepare_digests(struct lab_run *run, char **sums, struct lab_error *err) LAB_MUST_CHECK;
/* The login key; only a command that may make the lab makes one. */
int lab_prepare_keys(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* auth.password in any of its forms → l->password_hash; prompt asks on the terminal. */
int lab_prepare_password(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;
int lab_prepare_images(struct lab_ladder *l,
                       char *const *sums,
                       struct lab_error *err) LAB_MUST_CHECK;
int lab_prepare_networks(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;
/* Found before anything is powered on: a route that overlaps a network to be made, an address that
 * already answers. Fills l->nets with the provider's look. */
int lab_preflight(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;
int lab_prepare_payload(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;
/* false when the payload surely has none: then no node waits for packages. */
bool lab_payload_has_packages(const struct lab_run *run);

/* The registry: labctl's own runs and answers, or its files are there for the guest that runs it; what
 * the guests are told of it is in l->registry. */
int lab_prepare_registry(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;
/* The bundle's images into the registry that labctl runs on this host; after the payload. */
int lab_fill_registry(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;

/* After the climb: one that runs in a guest answers. LAB_GUEST when it does not. */
int lab_await_registry(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;

/* Content digest of the payload folder (its SHA256SUMS), for plan; NULL without payload. */
int lab_payload_content(struct lab_run *run, char **digest, struct lab_error *err) LAB_MUST_CHECK;

#endif
