#include <stdlib.h>
#include <string.h>

#include "provider/provider.h"

bool lab_vm_snapshots_has(const struct lab_vm_snapshots *snapshots, const char *name)
{
    for (size_t i = 0; i < snapshots->names.len; i++)
        if (strcmp(snapshots->names.items[i], name) == 0)
            return true;
    return false;
}

void lab_vm_snapshots_clear(struct lab_vm_snapshots *snapshots)
{
    LAB_VEC_FOREACH (name, &snapshots->names)
        free(*name);
    lab_vec_clear(&snapshots->names);
}
