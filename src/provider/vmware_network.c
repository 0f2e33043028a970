#include <string.h>

#include "platform.h"
#include "provider/vmnet.h"
#include "provider/vmware_impl.h"

int lab_vmware_read_vmnet(struct lab_vmnet *out, unsigned number, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (plat_vmnet_settings(&text, err) != 0)
        return -1;
    return lab_vmnet_read(out, lab_str_get(&text), number, err);
}

const char *lab_vmware_vmnet_name(const struct lab_net *net)
{
    return net->bridge ? net->bridge : "VMnet1";
}

int lab_vmware_look_network(struct lab_provider *p,
                            const struct lab_net *net,
                            struct lab_net_state *out,
                            struct lab_error *err)
{
    const char *name = lab_vmware_vmnet_name(net);
    struct lab_vmnet vmnet;
    unsigned number;
    (void)p;
    if (!lab_vmnet_number(name, &number)) {
        lab_fail(err, LAB_USAGE, "network '%s': VMware has no network '%s'", net->name, name);
        return lab_error_hint(err,
                              "use bridge: VMnet1 (host-only), or another of VMnet0 to VMnet19");
    }
    if (lab_vmware_read_vmnet(&vmnet, number, err) != 0 ||
        lab_vmnet_check(&vmnet, number, net, err) != 0)
        return -1;
    memset(out, 0, sizeof(*out));
    out->name = plat_vmnet_device(number);
    out->device = lab_format("vmnet%u", number);
    out->active = true;
    return 0;
}

int lab_vmware_remove_network(struct lab_provider *p, const char *name, struct lab_error *err)
{
    (void)p;
    return lab_fail(err, LAB_CONFLICT, "network '%s' is VMware's own and is kept", name);
}
