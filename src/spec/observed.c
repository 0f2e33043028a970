#include "spec/observed.h"

#include <stdlib.h>
#include <string.h>

const char *lab_power_name(enum lab_power power)
{
    static const char *const names[] = {"absent", "off", "running", "paused", "crashed"};
    return names[power];
}

struct lab_vm_state *lab_vm_states_find(struct lab_vm_states *states, const char *name)
{
    LAB_VEC_FOREACH (it, &states->list)
        if (strcmp(it->name, name) == 0)
            return it;
    return NULL;
}

void lab_vm_states_clear(struct lab_vm_states *states)
{
    LAB_VEC_FOREACH (it, &states->list) {
        free(it->name);
        free(it->owner_lab);
        free(it->generation);
        free(it->where);
    }
    lab_vec_clear(&states->list);
}
