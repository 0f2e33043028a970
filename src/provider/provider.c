#include "provider/provider.h"

#include <stdlib.h>
#include <string.h>

/* In the order in which `provider: auto` tries them. */
static const struct lab_provider_ops *const lab_providers[] = {
#ifdef LABCTL_LIBVIRT
    &lab_libvirt_ops,
#endif
    &lab_vmware_ops,
};

const struct lab_provider_ops *lab_provider_at(size_t i)
{
    return i < LAB_ARRAY_LEN(lab_providers) ? lab_providers[i] : NULL;
}

const struct lab_provider_ops *lab_provider_by_kind(enum lab_provider_kind kind)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(lab_providers); i++) {
        if (lab_providers[i]->kind == kind)
            return lab_providers[i];
    }
    return NULL;
}

/* libvirt's client is virsh, which there is no Windows program for. */
int lab_provider_refuse(enum lab_provider_kind kind, struct lab_error *err)
{
    if (kind == LAB_PROVIDER_LIBVIRT) {
        lab_fail(err, LAB_HOST,
                 "provider 'libvirt' is not in this build of labctl: it works on Linux hosts only");
        return lab_error_hint(err, "run labctl on the Linux host that has libvirt");
    }
    lab_fail(err, LAB_HOST, "provider '%s' is not in this build of labctl",
             lab_provider_kind_name(kind));
    return lab_error_hint(err, "use provider: %s on this host", lab_providers[0]->name);
}

void lab_net_state_clear(struct lab_net_state *state)
{
    free(state->name);
    free(state->device);
    free(state->owner);
    memset(state, 0, sizeof(*state));
}

struct lab_place *lab_places_add(struct lab_places *places, const char *folder, const char *what)
{
    struct lab_place *place = lab_vec_push(&places->list);
    place->folder = lab_strdup(folder);
    place->what = what;
    return place;
}

void lab_places_clear(struct lab_places *places)
{
    LAB_VEC_FOREACH (place, &places->list)
        free(place->folder);
    lab_vec_clear(&places->list);
}
