/* What libvirt needs on this host, for doctor. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

/* Whoever got through to libvirt needs no group for it: polkit may let others in, too. */
static void check_group(bool connected, struct lab_findings *out)
{
    struct lab_host_fact fact;
    plat_ask_group(&fact, "libvirt");
    if (connected && fact.answer != LAB_FACT_YES) {
        lab_assign(&fact.fix, NULL);
        fact.answer = LAB_FACT_YES;
        LAB_AUTOFREE char *text =
            lab_format(lab_tr("%s, and libvirt lets this user in"), fact.text);
        lab_assign(&fact.text, text);
    }
    lab_found_fact(out, LAB_N("group libvirt"), LAB_RESULT_WARNING, &fact);
}

/* why NULL: it runs. A remote host's KVM is known by libvirt's word alone. */
static void check_kvm(const char *why, bool remote, struct lab_findings *out)
{
    struct lab_finding *f =
        lab_found(out, LAB_N("KVM"), why ? LAB_RESULT_WARNING : LAB_RESULT_OK, "%s",
                  why      ? why
                  : remote ? lab_tr("libvirt on that host lists it")
                           : lab_tr("a virtual CPU ran at the speed of hardware"));
    lab_finding_looked(f, remote ? "virsh domcapabilities" : "/dev/kvm, KVM_RUN");
    if (why)
        lab_finding_fix(f, "labs run here, but emulated: about ten times slower; turn on "
                           "virtualisation in the firmware, or nested virtualisation outside");
    if (remote)
        return;
    struct lab_host_fact fact;
    plat_ask_group(&fact, "kvm");
    if (!why && fact.answer == LAB_FACT_NO)
        fact.answer = LAB_FACT_YES; /* an access list lets this user in */
    lab_found_fact(out, LAB_N("group kvm"), LAB_RESULT_WARNING, &fact);
}

/* libvirt's storage driver calls it, to make disks on top of images. */
static void check_qemu_img(struct lab_findings *out)
{
    static const char *const places[] = {"/usr/bin/qemu-img", "/usr/local/bin/qemu-img",
                                         "/bin/qemu-img"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(places); i++) {
        if (!lab_file_exists(places[i]))
            continue;
        lab_finding_looked(lab_found(out, LAB_N("qemu-img"), LAB_RESULT_OK, "%s", places[i]),
                           "/usr/bin, /usr/local/bin, /bin");
        return;
    }
    struct lab_finding *f = lab_found(out, LAB_N("qemu-img"), LAB_RESULT_WARNING,
                                      "libvirt may not find it to make disks");
    lab_finding_looked(f, "/usr/bin, /usr/local/bin, /bin");
    lab_finding_fix(f, "sudo apt install qemu-utils");
}

static void
check_networks(struct lab_provider *p, const struct lab_demand *demand, struct lab_findings *out)
{
    LAB_VEC_FOREACH (net, &demand->nets) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_net_state state = {0};
        struct lab_finding *f;
        if (p->ops->look_network(p, net, &state, &err) != 0)
            f = lab_found_error(out, LAB_N("network"), LAB_RESULT_FAIL, &err);
        else
            f = lab_found(out, LAB_N("network"), LAB_RESULT_OK, "'%s' is %s '%s'%s", net->name,
                          state.is_bridge ? lab_tr("bridge") : lab_tr("libvirt's network"),
                          state.name, state.active ? "" : lab_tr(", which up makes or starts"));
        lab_finding_looked(f, "virsh net-list, net-dumpxml");
        lab_net_state_clear(&state);
    }
}

static void check_open(struct lab_provider *p,
                       const struct lab_demand *demand,
                       const char *looked,
                       struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_host_info host = {0};
    const struct lab_libvirt *lv = p->impl;
    if (p->ops->probe(p, &host, &err) != 0) {
        lab_finding_looked(lab_found_error(out, LAB_N("libvirt"), LAB_RESULT_FAIL, &err), "%s",
                           looked);
        return;
    }
    lab_finding_looked(lab_found(out, LAB_N("libvirt"), LAB_RESULT_OK, "%s", host.hypervisor), "%s",
                       looked);
    if (!lv->remote && !lv->session)
        check_group(true, out);
    check_kvm(host.accelerated ? NULL : host.why, lv->remote, out);
    if (!lv->remote)
        check_qemu_img(out);
    if (demand)
        check_networks(p, demand, out);
    free(host.hypervisor);
    free(host.why);
}

/* What can be told of this host without libvirt. */
static void check_closed(const char *uri, struct lab_findings *out)
{
    const char *why;
    if (!lab_virsh_uri_is_local(uri))
        return;
    if (!lab_virsh_uri_is_session(uri))
        check_group(false, out);
    plat_kvm_runs(&why);
    check_kvm(why, false, out);
    check_qemu_img(out);
}

void lab_libvirt_diagnose(const struct lab_provider_config *config,
                          const struct lab_demand *demand,
                          bool quick,
                          struct lab_findings *out)
{
    struct lab_provider p = {NULL, NULL};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (quick) /* an open provider and look_network() have told it all */
        return;
    const char *uri = config->uri ? config->uri : LAB_LIBVIRT_DEFAULT_URI;
    LAB_AUTOFREE char *looked = lab_format("virsh -c %s version --daemon", uri);
    if (lab_libvirt_ops.open(&p, config, &err) != 0) {
        lab_finding_looked(lab_found_error(out, LAB_N("libvirt"), LAB_RESULT_FAIL, &err), "%s",
                           looked);
        check_closed(uri, out);
        return;
    }
    check_open(&p, demand, looked, out);
    p.ops->close(&p);
}
