/* lab.yaml, the hypervisor's word on the lab's VMs, and what is known of its images, as one demand
 * on the host (provider/demand.h). */
#ifndef LAB_RUN_DEMAND_H
#define LAB_RUN_DEMAND_H

#include "provider/demand.h"
#include "run/run.h"

struct lab_net lab_net_of(const struct lab_spec *spec, size_t network);

/* Borrows from spec. vms NULL: none is there. sums: SHA-256 by image, NULL: what the cache of
 * digests remembers. run: leaves out nodes that are not targeted; NULL: none. LAB_HOST when the
 * payload cannot be counted. */
int lab_demand_fill(struct lab_demand *out,
                    const struct lab_spec *spec,
                    struct lab_vm_states *vms,
                    char *const *sums,
                    const struct lab_run *run,
                    struct lab_error *err) LAB_MUST_CHECK;
void lab_demand_clear(struct lab_demand *demand);
/* Whether a VM is still to be made; whether one is to be started. */
bool lab_demand_makes(const struct lab_demand *demand);
/* What seeds and payload will take below the lab's folder. */
void lab_demand_media(const struct lab_demand *demand, const char *home, struct lab_places *out);

#endif
