#include <string.h>

#include "spec/spec.h"

const char *lab_role_name(enum lab_role role)
{
    static const char *const names[] = {"-", "master", "worker"};
    return names[role];
}

const char *lab_provider_kind_name(enum lab_provider_kind kind)
{
    static const char *const names[] = {"auto", "libvirt", "vmware", "kubevirt"};
    return names[kind];
}

const struct lab_node *lab_spec_node(const struct lab_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->nodes.len; i++)
        if (strcmp(spec->nodes.items[i].name, name) == 0)
            return &spec->nodes.items[i];
    return NULL;
}

bool lab_spec_has_role(const struct lab_spec *spec, enum lab_role role)
{
    for (size_t i = 0; i < spec->nodes.len; i++)
        if (spec->nodes.items[i].role == role)
            return true;
    return false;
}
