/* lab.yaml and the hypervisor it meets. */
#include <string.h>

#include "base/text.h"
#include "spec/spec.h"

/* Of the models that lab.yaml knows. Libvirt has them all. */
static const char *const vmware_models[] = {"vmxnet3", "e1000e", "e1000"};

bool lab_spec_has_nic(enum lab_provider_kind kind, const char *model)
{
    if (!model || kind != LAB_PROVIDER_VMWARE)
        return true;
    for (size_t i = 0; i < LAB_ARRAY_LEN(vmware_models); i++)
        if (strcmp(model, vmware_models[i]) == 0)
            return true;
    return false;
}

uint64_t lab_spec_memory_mib(enum lab_provider_kind kind, uint64_t mib)
{
    return kind == LAB_PROVIDER_VMWARE ? (mib + 3) / 4 * 4 : mib;
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
            if (!lab_spec_has_nic(kind, nic->model))
                return refuse_model(spec, node, nic, kind, err);
        node->memory_mib = lab_spec_memory_mib(kind, node->memory_mib); /* so plan finds it so */
    }
    return lab_spec_assign_macs(spec, kind, err);
}
