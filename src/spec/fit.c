/* lab.yaml and the hypervisor it meets. */
#include <string.h>

#include "base/text.h"
#include "spec/spec.h"

/* Of the models that lab.yaml knows. Libvirt has them all. */
static const char *const vmware_models[] = {"vmxnet3", "e1000e", "e1000"};

static bool has_model(enum lab_provider_kind kind, const char *model)
{
    if (!model || kind != LAB_PROVIDER_VMWARE)
        return true;
    for (size_t i = 0; i < LAB_ARRAY_LEN(vmware_models); i++)
        if (strcmp(model, vmware_models[i]) == 0)
            return true;
    return false;
}

static int refuse_model(const struct lab_spec *spec,
                        const struct lab_node *node,
                        const struct lab_nic *nic,
                        enum lab_provider_kind kind,
                        struct lab_error *err)
{
    lab_fail(err, LAB_USAGE, "%s:%d:%d: node '%s' wants 'interface: %s', which %s does not have",
             spec->file, nic->pos.line, nic->pos.column, node->name, nic->model,
             lab_provider_kind_name(kind));
    return lab_error_hint(err, "use vmxnet3, e1000e or e1000, which every hypervisor has, or leave "
                               "'interface' out");
}

int lab_spec_fit(struct lab_spec *spec, enum lab_provider_kind kind, struct lab_error *err)
{
    LAB_VEC_FOREACH (node, &spec->nodes) {
        LAB_VEC_FOREACH (nic, &node->nics)
            if (!has_model(kind, nic->model))
                return refuse_model(spec, node, nic, kind, err);
        /* VMware counts memory in fours of MiB; so the plan finds what it asked for. */
        if (kind == LAB_PROVIDER_VMWARE)
            node->memory_mib = (node->memory_mib + 3) / 4 * 4;
    }
    return lab_spec_assign_macs(spec, kind, err);
}
