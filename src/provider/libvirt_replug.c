#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_netlook.h"
#include "provider/libvirt_xml.h"
#include "provider/virsh.h"

/* Who takes a network or its bridge away pulls the cable of every VM that runs on it, and libvirt
 * does not plug it in again with the network's next start. Nor does update-device with what the NIC
 * says already: only a change of its connection makes libvirt look at its bridge. So it is told to
 * be on the bridge itself, and then on the network again (tried with libvirt 9.0). The definition
 * is left alone. */

static bool is_on(const struct lab_libvirt_nic *nic, const struct lab_netlook *look)
{
    if (!look->is_bridge && nic->network)
        return strcmp(nic->network, look->name) == 0;
    return nic->bridge && look->device && strcmp(nic->bridge, look->device) == 0;
}

/* Of another host, or another network namespace, nothing can be seen. */
static bool hangs(const struct lab_libvirt *lv, const struct lab_libvirt_nic *nic, bool fresh)
{
    if (lv->remote || !lab_netlook_host_has(nic->tap, ""))
        return fresh;
    return !lab_netlook_host_has(nic->tap, "master");
}

static int
plug(struct lab_libvirt *lv, const char *uuid, const struct lab_vm_nic *nic, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    LAB_AUTO_XML_FILE char *file = NULL;
    LAB_AUTO_CHILD struct lab_child c;
    lab_libvirt_put_nic(&xml, nic);
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    if (lab_libvirt_xml_file(lv, &xml, &file, err) != 0)
        return -1;
    lab_child_args(&c, "update-device", "--domain", uuid, "--file", file, "--live", (char *)NULL);
    return lab_virsh_do(&c, lab_tr("plug it in"), NULL, err);
}

static int replug(struct lab_libvirt *lv,
                  const struct lab_libvirt_seen *s,
                  const struct lab_libvirt_nic *nic,
                  const struct lab_netlook *look,
                  struct lab_error *err)
{
    const struct lab_vm_nic bridge = {look->device, true, nic->mac, nic->model};
    const struct lab_vm_nic network = {look->name, false, nic->mac, nic->model};
    if (plug(lv, s->def.uuid, &bridge, err) != 0)
        return -1;
    return look->is_bridge ? 0 : plug(lv, s->def.uuid, &network, err);
}

static void replug_all(struct lab_libvirt *lv,
                       const struct lab_libvirt_seen *s,
                       const struct lab_netlook *look,
                       bool fresh)
{
    LAB_VEC_FOREACH (nic, &s->def.nics.list) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        if (!nic->mac || !is_on(nic, look) || !hangs(lv, nic, fresh))
            continue;
        if (replug(lv, s, nic, look, &why) == 0)
            lab_libvirt_notice(lv, "VM '%s' had lost network '%s' and was plugged into it again",
                               s->def.name, look->name);
        else
            lab_libvirt_notice(
                lv,
                "VM '%s' has lost network '%s' and nobody reaches it there, until it "
                "is switched off and on: %s",
                s->def.name, look->name, why.message);
    }
}

int lab_libvirt_replug(struct lab_libvirt *lv,
                       const struct lab_netlook *look,
                       bool fresh,
                       struct lab_error *err)
{
    LAB_AUTO_SIGHT struct lab_libvirt_sight all = {{0}};
    if (lv->session) /* QEMU's helper has plugged it in, and libvirt may not */
        return 0;
    if (lab_libvirt_see(lv, NULL, 0, &all, err) != 0)
        return -1;
    LAB_VEC_FOREACH (s, &all.list) {
        if (s->exists && s->ours && s->active)
            replug_all(lv, s, look, fresh);
    }
    return 0;
}
