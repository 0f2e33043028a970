#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

/* What QEMU or libvirt say when a start fails, and the way out. */
static const struct {
    const char *words, *hint;
} ways_out[] = {
    {"bridge helper",
     LAB_N(
         "let this user's QEMU use the bridge: sudo chmod u+s /usr/lib/qemu/qemu-bridge-helper, and the "
         "bridge in /etc/qemu/bridge.conf; or use qemu:///system")},
    {"KVM",
     LAB_N("KVM does not run here (labctl doctor says why); with emulation it works, slowly")},
    {"initialize kvm",
     LAB_N("KVM does not run here (labctl doctor says why); with emulation it works, slowly")},
    {"Cannot allocate memory", LAB_N("free some memory, or give the nodes less of it")},
    {"network is not active", LAB_N("labctl up starts the lab's own networks")},
};

static void add_hint(const char *name, struct lab_error *err)
{
    if (strstr(err->message, "Cannot access ") && strstr(err->message, "No such file")) {
        lab_error_hint(err,
                       "somebody has deleted it: put the file back, or make the node anew with: "
                       "labctl up --recreate %s",
                       name);
        return;
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(ways_out); i++) {
        if (strstr(err->message, ways_out[i].words)) {
            lab_error_hint(err, "%s", lab_tr(ways_out[i].hint));
            return;
        }
    }
}

int lab_libvirt_start(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->exists)
        return lab_libvirt_absent(lv, name, LAB_N("start"), err);
    if (s->power == LAB_POWER_ON)
        return 0;
    if (s->power == LAB_POWER_PAUSED)
        return lab_libvirt_act(lv, s, "resume", LAB_N("resume"), "is already active", err);
    /* "Domain is already active" by its state, "domain is already running" when somebody else
     * starts it at this moment. */
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_libvirt_act(lv, s, "start", LAB_N("start"), "is already ", &why) == 0)
        return 0;
    add_hint(name, &why);
    if (err)
        lab_error_move(err, &why);
    return -1;
}

int lab_libvirt_live_console(struct lab_provider *p,
                             const char *name,
                             struct lab_child *out,
                             const char **leave,
                             struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->exists)
        return lab_libvirt_absent(lv, name, lab_tr("reach the console of"), err);
    if (!s->active) {
        lab_fail(err, LAB_HYPERVISOR, "VM '%s' is off: it has no live console", name);
        return lab_error_hint(err, "'labctl start --target %s' switches it on", name);
    }
    lab_virsh_init(out, lv->uri);
    lab_child_args(out, "console", "--domain", name, NULL);
    *leave = "Ctrl-]";
    return 0;
}

int lab_libvirt_soft_stop(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->active)
        return 0;
    return lab_libvirt_act(lv, s, "shutdown", lab_tr("shut down"), "domain is not running", err);
}

int lab_libvirt_power_off(struct lab_libvirt *lv,
                          const struct lab_libvirt_seen *s,
                          struct lab_error *err)
{
    if (!s->active)
        return 0;
    return lab_libvirt_act(lv, s, "destroy", lab_tr("power off"), "domain is not running", err);
}

int lab_libvirt_hard_stop(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    return lab_libvirt_power_off(lv, s, err);
}
