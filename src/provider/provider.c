#include "provider/provider.h"

#include <stdlib.h>
#include <string.h>

static const struct lab_provider_ops *const lab_providers[] = {
    &lab_libvirt_ops,
};

const struct lab_provider_ops *lab_provider_by_kind(enum lab_provider_kind kind)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(lab_providers); i++) {
        if (lab_providers[i]->kind == kind)
            return lab_providers[i];
    }
    return NULL;
}

void lab_net_state_clear(struct lab_net_state *state)
{
    free(state->name);
    free(state->device);
    free(state->owner);
    memset(state, 0, sizeof(*state));
}
