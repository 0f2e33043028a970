/* The hypervisor of a lab: the recorded one; else lab.yaml's; else, with `provider: auto`, the
 * first that answers, in the order of lab_provider_at(). */
#ifndef LAB_RUN_HYPERVISOR_H
#define LAB_RUN_HYPERVISOR_H

#include "run/run.h"

/* What a provider is opened or asked with: where the record, else lab.yaml, says that the lab is.
 * spec and state may be NULL. Borrows everything. */
struct lab_provider_config lab_provider_config_of(const char *lab,
                                                  const char *home,
                                                  const struct lab_spec *spec,
                                                  struct lab_state *state);
/* Opens run->provider and fits the spec to it. LAB_USAGE when lab.yaml now names another place than
 * the one where the lab's VMs are; LAB_HOST when the hypervisor is not here. */
int lab_run_open_provider(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* The same hypervisor as the lab of this id sees it, for objects whose ledger is lost ("": nothing
 * is ours). The caller closes it. */
int lab_run_open_provider_as(struct lab_run *run,
                             const char *lab_id,
                             struct lab_provider *out,
                             struct lab_error *err) LAB_MUST_CHECK;
/* Writes the choice down, before anything is made. */
int lab_run_record_provider(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;

#endif
