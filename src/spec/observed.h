/* VMs as a hypervisor reports them: filled by providers, read by plan. Plain values. */
#ifndef LAB_SPEC_OBSERVED_H
#define LAB_SPEC_OBSERVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum lab_power {
    LAB_POWER_ABSENT,
    LAB_POWER_OFF,
    LAB_POWER_ON,
    LAB_POWER_PAUSED,
    LAB_POWER_CRASHED
};
const char *
lab_power_name(enum lab_power power); /* "absent", "off", "running", "paused", "crashed" */

struct lab_vm_state {
    char *name;
    enum lab_power power;
    bool ours;                            /* carries our lab id */
    char *owner_lab;                      /* lab name in the tag when it carries one, else NULL */
    char *generation;                     /* from the tag, or NULL */
    char *where;                          /* for messages: domain name with URI, or VMX path */
    bool seed_attached, payload_attached; /* in the definition or live */
    bool disk_gone;                       /* seen to be missing, where that costs nothing to see */
    unsigned cpu;                         /* as defined; 0 unknown */
    uint64_t memory_mib;
    bool accelerated; /* its virtual CPUs run on real ones; false: emulated, or not there */
};

struct lab_vm_states {
    LAB_VEC(struct lab_vm_state) list;
};

struct lab_vm_state *lab_vm_states_find(struct lab_vm_states *states, const char *name);
void lab_vm_states_clear(struct lab_vm_states *states);

#endif
