#include "provider/libvirt_netlook.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "provider/libvirt_xml.h"
#include "provider/virsh.h"

/* Names in order: a libvirt network, a bridge of the host, and else a network that labctl makes:
 * isolated, no DHCP, no DNS, the host at the gateway's address. Not autostarted: after a reboot of
 * the host, `up` starts it. */

static int net_act(struct lab_libvirt *lv,
                   const char *command,
                   const char *name,
                   const char *fine,
                   struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, command, "--network", name, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("%s network '%s'"), command + strlen("net-"), name);
    return lab_virsh_do(&c, what, fine, err);
}

static int define_xml(struct lab_libvirt *lv,
                      const char *name,
                      const struct lab_str *xml,
                      struct lab_error *err)
{
    LAB_AUTO_XML_FILE char *file = NULL;
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    if (lab_libvirt_xml_file(lv, xml, &file, err) != 0)
        return -1;
    lab_child_args(&c, "net-define", "--file", file, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("define network '%s'"), name);
    if (lab_virsh_do(&c, what, NULL, err) == 0)
        return 0;
    if (err && lab_virsh_says(&c, "already exists with uuid"))
        err->code = LAB_CONFLICT;
    return -1;
}

static int
start(struct lab_libvirt *lv, const char *name, const struct lab_net *net, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "net-start", "--network", name, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("start network '%s'"), name);
    if (lab_virsh_do(&c, what, "is already active", err) == 0)
        return 0;
    if (!err || !lab_virsh_says(&c, "already in use by interface"))
        return -1;
    char range[LAB_IPV4_TEXT];
    err->code = LAB_CONFLICT;
    lab_error_wrap(err, "the host has %s/%u already", lab_ipv4_format(net->range.network, range),
                   (unsigned)net->range.prefix);
    return lab_error_hint(err,
                          "give the network another ipam.range, or name the existing network or "
                          "bridge in `bridge:`");
}

/* Takes the definition back when the network cannot run: it would only be in the next one's way. */
static int make(struct lab_libvirt *lv,
                const struct lab_net *net,
                const struct lab_netlook *look,
                const char *uuid,
                struct lab_error *err)
{
    const struct lab_libvirt_network_spec spec = {&lv->owner, net, look->name, uuid, look->device};
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    lab_libvirt_put_network(&xml, &spec);
    if (define_xml(lv, look->name, &xml, err) != 0)
        return -1;
    if (start(lv, look->name, net, err) == 0)
        return 0;
    LAB_AUTO_ERROR struct lab_error later = LAB_ERROR_INIT;
    if (net_act(lv, "net-undefine", look->name, NULL, &later) != 0)
        lab_log("%s", later.message);
    return -1;
}

/* lab.yaml has moved the network: it is made anew, unless that would cut running VMs off. */
static int remake(struct lab_libvirt *lv,
                  const struct lab_net *net,
                  const struct lab_netlook *look,
                  struct lab_error *err)
{
    LAB_AUTOFREE char *user = NULL;
    if (lab_netlook_user(lv, look, true, &user, NULL, err) != 0)
        return -1;
    if (user) {
        lab_fail(err, LAB_HYPERVISOR,
                 "network '%s' (%s) must change its addresses, but VM '%s' runs on it", look->name,
                 lv->uri, user);
        return lab_error_hint(err, "stop the VMs on it first, then run: labctl up");
    }
    if ((look->active || look->gone) &&
        net_act(lv, "net-destroy", look->name, "is not active", err) != 0)
        return -1;
    return make(lv, net, look, look->info.uuid, err);
}

static void tell(const struct lab_netlook *look, struct lab_net_state *out)
{
    out->name = lab_strdup(look->name);
    out->is_bridge = look->is_bridge;
    out->made = look->ours || look->make;
    out->active = look->active;
    out->device = lab_strdup(look->device);
    const struct lab_libvirt_tag *tag = &look->info.tag;
    if (look->exists && !look->ours && tag->id)
        out->owner = lab_strdup(tag->lab ? tag->lab : "?");
}

int lab_libvirt_look_network(struct lab_provider *p,
                             const struct lab_net *net,
                             struct lab_net_state *out,
                             struct lab_error *err)
{
    LAB_AUTO_NETLOOK struct lab_netlook look = {0};
    if (lab_netlook(p->impl, net, &look, err) != 0)
        return -1;
    tell(&look, out);
    return 0;
}

static int not_ours_to_start(const struct lab_libvirt *lv,
                             const struct lab_netlook *look,
                             struct lab_error *err)
{
    if (!look->gone) {
        lab_fail(err, LAB_HOST,
                 "network '%s' on %s is not running, and it is not this lab's to start", look->name,
                 lv->uri);
        return lab_error_hint(err, "start it: virsh -c '%s' net-start %s", lv->uri, look->name);
    }
    lab_fail(
        err, LAB_HOST,
        "network '%s' on %s is active, but its bridge '%s' is gone, and it is not this lab's to "
        "start anew",
        look->name, lv->uri, look->device);
    return lab_error_hint(err,
                          "start it anew: virsh -c '%s' net-destroy %s; virsh -c '%s' net-start %s",
                          lv->uri, look->name, lv->uri, look->name);
}

static int bring_up(struct lab_libvirt *lv,
                    const struct lab_net *net,
                    const struct lab_netlook *look,
                    struct lab_error *err)
{
    if (look->is_bridge)
        return lab_libvirt_replug(lv, look, false, err);
    if (look->make) {
        char uuid[LAB_UUID_TEXT];
        LAB_AUTOFREE char *seed = lab_format("labctl network %s %s", lv->lab_id, look->name);
        lab_uuid_named(seed, uuid);
        /* It was removed by hand when VMs of ours run on it. */
        return make(lv, net, look, uuid, err) == 0 ? lab_libvirt_replug(lv, look, true, err) : -1;
    }
    if (look->ours && lab_netlook_differs(look, net))
        return remake(lv, net, look, err);
    if (look->active)
        return lab_libvirt_replug(lv, look, false, err);
    if (!look->ours)
        return not_ours_to_start(lv, look, err);
    if (look->gone) {
        lab_libvirt_notice(lv,
                           "the bridge '%s' of network '%s' is gone; the network is started anew",
                           look->device, look->name);
        if (net_act(lv, "net-destroy", look->name, "is not active", err) != 0)
            return -1;
    }
    return start(lv, look->name, net, err) == 0 ? lab_libvirt_replug(lv, look, true, err) : -1;
}

int lab_libvirt_ensure_network(struct lab_provider *p,
                               const struct lab_net *net,
                               struct lab_net_state *out,
                               struct lab_error *err)
{
    LAB_AUTO_NETLOOK struct lab_netlook look = {0};
    if (lab_netlook(p->impl, net, &look, err) != 0 || bring_up(p->impl, net, &look, err) != 0)
        return -1;
    look.active = true;
    tell(&look, out);
    return 0;
}

/* --- remove ------------------------------------------------------------------------------------
 */

static int hand_over(struct lab_libvirt *lv,
                     const struct lab_netlook *look,
                     const struct lab_libvirt_tag *to,
                     struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    if (lab_libvirt_retag_network(&xml, look->xml, to, err) != 0)
        return -1;
    return define_xml(lv, look->name, &xml, err);
}

/* In use by others: it stays, and when it is ours it becomes the lab's that uses it. */
static int keep(struct lab_libvirt *lv,
                const struct lab_netlook *look,
                const char *user,
                const struct lab_libvirt_tag *tag,
                struct lab_error *err)
{
    if (tag->id && strcmp(tag->id, lv->lab_id) != 0) {
        if (look->ours && hand_over(lv, look, tag, err) != 0)
            return -1;
        lab_fail(err, LAB_CONFLICT, "network '%s' on %s is kept: VM '%s' of lab '%s' uses it%s",
                 look->name, lv->uri, user, tag->lab ? tag->lab : "?",
                 look->ours ? lab_tr(", which now owns it") : "");
        return lab_error_hint(err, "it goes with that lab: labctl --lab %s teardown",
                              tag->lab ? tag->lab : "NAME");
    }
    lab_fail(err, LAB_CONFLICT, "network '%s' on %s is kept: VM '%s' uses it", look->name, lv->uri,
             user);
    return lab_error_hint(err,
                          "when that VM is gone: virsh -c '%s' net-destroy %s; virsh -c '%s' "
                          "net-undefine %s",
                          lv->uri, look->name, lv->uri, look->name);
}

/* A lab that goes hands its network over to the one that uses it (above), so what is another lab's
 * stays that lab's, used or not. */
static int
others(const struct lab_libvirt *lv, const struct lab_netlook *look, struct lab_error *err)
{
    const struct lab_libvirt_tag *tag = &look->info.tag;
    const char *lab = tag->lab ? tag->lab : "?";
    LAB_AUTOFREE char *owner = lab_owner_words(&lv->owner, lab, tag->id, tag->home);
    lab_fail(err, LAB_CONFLICT, "network '%s' on %s is kept: it %s", look->name, lv->uri, owner);
    return lab_error_hint(err,
                          "it goes with that lab: labctl --lab %s teardown; if that lab is gone: "
                          "virsh -c '%s' net-destroy %s; virsh -c '%s' net-undefine %s",
                          lab, lv->uri, look->name, lv->uri, look->name);
}

int lab_libvirt_remove_network(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_NETLOOK struct lab_netlook look = {0};
    if (lab_netlook_named(lv, name, &look, err) != 0)
        return -1;
    if (!look.exists)
        return 0;
    if (!look.info.tag.id)
        return lab_fail(err, LAB_CONFLICT, "network '%s' on %s is kept: it was not made by labctl",
                        name, lv->uri);
    LAB_AUTOFREE char *user = NULL;
    struct lab_libvirt_tag tag = {0};
    if (lab_netlook_user(lv, &look, false, &user, &tag, err) != 0)
        return -1;
    if (user) {
        int rc = keep(lv, &look, user, &tag, err);
        lab_libvirt_tag_clear(&tag);
        return rc;
    }
    if (!look.ours)
        return others(lv, &look, err);
    if ((look.active || look.gone) && net_act(lv, "net-destroy", name, "is not active", err) != 0)
        return -1;
    return net_act(lv, "net-undefine", name, "failed to get network", err);
}
