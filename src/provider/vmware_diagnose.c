/* What VMware Workstation needs on this host, for doctor, and (quick) for `up` before it begins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

enum { PATIENCE_MS = 15 * 1000 };

/* --- the product ------------------------------------------------------------------------------ */

/* 14 is the oldest for which labctl has a virtual hardware version, 17.5.2 the first to start
 * without a licence key. Since 25H2 the number is the year. */
static void judge_version(struct lab_finding *f, const char *version)
{
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(version, "%u.%u.%u", &major, &minor, &patch);
    if (major && major < 14) {
        f->result = LAB_RESULT_FAIL;
        lab_finding_fix(f, "install Workstation Pro 17.5.2 or newer, which is free");
    } else if (major && major * 10000 + minor * 100 + patch < 170502) {
        f->result = LAB_RESULT_WARNING;
        lab_finding_fix(f, "before 17.5.2 Workstation starts no VM without a licence key: update "
                           "it, or enter one");
    }
}

static bool check_product(struct lab_findings *out)
{
    struct lab_host_fact fact;
    LAB_AUTOFREE char *vmrun = plat_find_vmware("vmrun");
    plat_ask_vmware(&fact);
    LAB_AUTOFREE char *looked = lab_format("%s, PATH", fact.looked);
    LAB_AUTOFREE char *barred = vmrun ? NULL : plat_find_barred("vmrun");
    struct lab_finding *f;
    if (barred) {
        f = lab_found(out, LAB_N("Workstation"), LAB_RESULT_FAIL, "'%s' is not executable", barred);
        lab_finding_fix(f, "sudo chmod +x %s", barred);
    } else if (!vmrun) {
        f = fact.answer == LAB_FACT_YES
                ? lab_found(out, LAB_N("Workstation"), LAB_RESULT_FAIL,
                            "there is no vmrun, although this is Workstation %s", fact.text)
                : lab_found(out, LAB_N("Workstation"), LAB_RESULT_FAIL, "there is no vmrun");
        lab_finding_fix(f, "install VMware Workstation Pro (free since 17.5.2), or put the folder "
                           "of vmrun into PATH");
    } else if (fact.answer == LAB_FACT_YES) {
        f = lab_found(out, LAB_N("Workstation"), LAB_RESULT_OK, "version %s, %s", fact.text, vmrun);
        judge_version(f, fact.text);
    } else {
        f = lab_found(out, LAB_N("Workstation"), LAB_RESULT_UNKNOWN, "%s is there, but %s", vmrun,
                      fact.text);
    }
    lab_finding_looked(f, "%s", looked);
    lab_host_fact_clear(&fact);
    return vmrun != NULL;
}

/* Its list, for what follows; false when vmrun does not answer. */
static bool
check_vmrun(struct lab_vmware *vw, struct lab_vmrun_list *list, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *version = NULL;
    struct lab_finding *f;
    vw->vmrun.ask_ms = PATIENCE_MS;
    bool answers = lab_vmrun_version(&vw->vmrun, &version, &err) == 0 &&
                   lab_vmrun_list(&vw->vmrun, list, &err) == 0;
    if (answers)
        f = lab_found(out, LAB_N("vmrun"), LAB_RESULT_OK,
                      "answers: version %s, %zu VMs of this user run", version, list->paths.len);
    else
        f = lab_found_error(out, LAB_N("vmrun"), LAB_RESULT_FAIL, &err);
    lab_finding_looked(f, "%s -T ws list", vw->vmrun.program);
    return answers;
}

/* --- the host --------------------------------------------------------------------------------- */

static void check_cpu(struct lab_findings *out)
{
    struct lab_host_fact fact;
    plat_ask_cpu(&fact);
    lab_found_fact(out, LAB_N("virtualisation"), LAB_RESULT_FAIL, &fact);
    plat_ask_rival(&fact);
    lab_found_fact(out, LAB_N("Hyper-V"), LAB_RESULT_WARNING, &fact);
}

static void check_driver(struct lab_findings *out)
{
    struct lab_host_fact fact;
    plat_ask_vmware_driver(&fact);
    lab_found_fact(out, LAB_N("VMware driver"), LAB_RESULT_FAIL, &fact);
}

/* VMware gives the host the first address of every network that it has an adapter in. */
static void check_address(struct lab_finding *f, const struct lab_vmnet *vmnet, unsigned number)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct plat_address *list = NULL;
    size_t n = 0;
    uint32_t found = 0, usual = vmnet->subnet.network + 1;
    char has[LAB_IPV4_TEXT], network[LAB_IPV4_TEXT], mask[LAB_IPV4_TEXT];
    int rc = plat_addresses(&list, &n, &err);
    for (size_t i = 0; i < n; i++)
        if (found != usual && lab_cidr_contains(vmnet->subnet, list[i].address))
            found = list[i].address;
    free(list);
    LAB_AUTOFREE char *before = lab_steal(&f->found);
    if (rc != 0) {
        f->result = LAB_RESULT_UNKNOWN;
        f->found = lab_format("%s; %s", before, err.message);
    } else if (!found) {
        f->result = LAB_RESULT_FAIL;
        f->found = lab_format(lab_tr("%s, but this host has no address in it"), before);
        lab_ipv4_format(vmnet->subnet.network, network);
        lab_ipv4_format(lab_cidr_mask(vmnet->subnet), mask);
        f->fix = plat_vmnet_advice(number, network, mask);
    } else {
        f->result = found == usual ? LAB_RESULT_OK : LAB_RESULT_WARNING;
        f->found =
            lab_format(lab_tr("%s, this host is %s in it"), before, lab_ipv4_format(found, has));
        if (found != usual)
            lab_finding_fix(f, "VMware's own address is %s: the adapter was changed by hand",
                            lab_ipv4_format(usual, has));
    }
}

static void check_vmnet(const struct lab_net *net, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_net_state state = {0};
    struct lab_vmnet vmnet;
    struct lab_finding *f;
    unsigned number;
    if (lab_vmware_look_network(NULL, net, &state, &err) != 0 ||
        !lab_vmnet_number(state.name, &number) || lab_vmware_read_vmnet(&vmnet, number, &err)) {
        f = lab_found_error(out, LAB_N("VMnet"), LAB_RESULT_FAIL, &err);
    } else if (vmnet.subnet.prefix == 0) {
        f = lab_found(out, LAB_N("VMnet"), LAB_RESULT_OK, "VMnet%u is bridged", number);
    } else {
        char network[LAB_IPV4_TEXT];
        f = lab_found(out, LAB_N("VMnet"), LAB_RESULT_OK, "VMnet%u is %s/%u%s", number,
                      lab_ipv4_format(vmnet.subnet.network, network), vmnet.subnet.prefix,
                      vmnet.nat ? lab_tr(", with NAT") : "");
        check_address(f, &vmnet, number);
    }
    lab_finding_looked(f, "VMware's network settings, this host's addresses");
    lab_net_state_clear(&state);
}

static bool check_vmnets(const struct lab_demand *demand, struct lab_findings *out)
{
    static const struct lab_net usual = {.name = "default"};
    size_t before = out->list.len;
    bool fine = true;
    if (demand)
        LAB_VEC_FOREACH (net, &demand->nets)
            check_vmnet(net, out);
    else
        check_vmnet(&usual, out);
    for (size_t i = before; i < out->list.len; i++)
        fine = fine && out->list.items[i].result != LAB_RESULT_FAIL;
    return fine;
}

/* vmrun sees the VMs of its own user only, and Windows takes an elevated shell for another one. */
static void check_administrator(bool vmnets_fine, struct lab_findings *out)
{
    LAB_AUTOFREE char *user = plat_user_name();
    struct lab_finding *f;
    if (plat_is_admin()) {
        f = lab_found(out, LAB_N("administrator"), LAB_RESULT_WARNING,
                      "labctl runs as administrator (%s): Workstation's window, opened as an "
                      "ordinary user, does not show these VMs",
                      user);
        lab_finding_fix(f, "run labctl as the user who opens Workstation");
    } else if (!vmnets_fine) {
        f = lab_found(out, LAB_N("administrator"), LAB_RESULT_WARNING,
                      "user '%s' is none, and changing a VMnet needs one", user);
        lab_finding_fix(f, "run the commands for the VMnet as administrator, then labctl as '%s'",
                        user);
    } else {
        f = lab_found(out, LAB_N("administrator"), LAB_RESULT_OK,
                      "not needed: VMs run as user '%s'", user);
    }
    lab_finding_looked(f, "this process' rights");
}

/* --- this lab's VMs --------------------------------------------------------------------------- */

struct vms {
    const struct lab_vmware *vw;
    const struct lab_vmrun_list *list;
    struct lab_findings *out;
    size_t seen, locked, lost;
};

static int is_lock(void *arg, const char *name)
{
    char **found = arg;
    if (lab_ends_with(name, ".lck"))
        *found = lab_strdup(name);
    return *found != NULL;
}

/* Held by a living process, or only left there by one that is gone. */
static void check_lock(struct vms *v, const struct lab_vmware_seen *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *held = NULL, *stale = NULL;
    struct lab_finding *f;
    if (s->running)
        return;
    if (lab_vmx_find_lock(s->path, &held, &err) != 0 ||
        plat_list_dir(s->folder, is_lock, &stale, &err) != 0) {
        f = lab_found_error(v->out, LAB_N("locks"), LAB_RESULT_UNKNOWN, &err);
        lab_finding_looked(f, "%s", s->folder);
    } else if (held) {
        f = lab_found(v->out, LAB_N("locks"), LAB_RESULT_WARNING,
                      "VM '%s' is off, but a process of VMware holds it", s->name);
        lab_finding_looked(f, "%s", held);
        lab_finding_fix(f, "close its tab in Workstation");
    } else if (stale) {
        f = lab_found(v->out, LAB_N("locks"), LAB_RESULT_WARNING,
                      "VM '%s' has a stale lock: who held it crashed", s->name);
        lab_finding_looked(f, "%s in %s", stale, s->folder);
        lab_finding_fix(f, "VMware takes it over at the next start; if it does not, remove that "
                           "folder");
    } else {
        return;
    }
    v->locked++;
}

/* VMware starts a VM without its medium rather than not at all. */
static void check_drive(struct vms *v, const struct lab_vmware_seen *s, const char *slot)
{
    LAB_AUTOFREE char *file = lab_format("%s.fileName", slot);
    LAB_AUTOFREE char *connected = lab_format("%s.startConnected", slot);
    const char *name = lab_vmx_get(&s->def, file);
    if (!name || !*name || !lab_vmx_get_bool(&s->def, connected, true))
        return;
    LAB_AUTOFREE char *path = lab_path_join(s->folder, name);
    if (lab_file_exists(path))
        return;
    v->lost++;
    struct lab_finding *f =
        lab_found(v->out, LAB_N("media"), LAB_RESULT_FAIL,
                  "VM '%s' would start without its medium: there is no '%s'", s->name, path);
    lab_finding_looked(f, "%s in %s", file, s->path);
    lab_finding_fix(f, "labctl up writes it again; if not: labctl up --recreate %s", s->name);
}

static void check_vm(struct vms *v, const char *name)
{
    static const enum lab_cd_bus buses[] = {LAB_CD_BUS_SATA, LAB_CD_BUS_IDE};
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_vmware_see(v->vw, name, v->list, &s, &err) != 0) {
        lab_found_error(v->out, LAB_N("VM"), LAB_RESULT_FAIL, &err);
        return;
    }
    if (!s.exists)
        return;
    v->seen++;
    check_lock(v, &s);
    for (size_t i = 0; i < 2 * LAB_ARRAY_LEN(buses) && s.ours; i++)
        check_drive(v, &s, lab_vmware_cd_slot(buses[i / 2], i % 2));
}

static void check_vms(const struct lab_vmware *vw,
                      const struct lab_vmrun_list *list,
                      const struct lab_demand *demand,
                      struct lab_findings *out)
{
    struct vms v = {.vw = vw, .list = list, .out = out};
    if (!list) {
        lab_found(out, LAB_N("locks"), LAB_RESULT_UNKNOWN,
                  "without vmrun nobody can tell a lock of a running VM from a stale one");
        return;
    }
    LAB_VEC_FOREACH (node, &demand->nodes)
        check_vm(&v, node->name);
    struct lab_finding *f;
    if (!v.locked) {
        f = lab_found(out, LAB_N("locks"), LAB_RESULT_OK,
                      "no VM that is off has one (%zu VMs of this lab)", v.seen);
        lab_finding_looked(f, "*.lck in the folders of %s", vw->vms);
    }
    if (v.seen && !v.lost) {
        f = lab_found(out, LAB_N("media"), LAB_RESULT_OK,
                      "every drive that a VM starts with has its file");
        lab_finding_looked(f, "*.vmx in the folders of %s", vw->vms);
    }
}

/* Without Workstation its networks and locks say nothing. */
static void check_all(const struct lab_provider_config *config,
                      const struct lab_demand *demand,
                      struct lab_findings *out)
{
    struct lab_provider p = {NULL, NULL};
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list = {{0}};
    if (!check_product(out) || lab_vmware_ops.open(&p, config, NULL) != 0) {
        check_cpu(out);
        lab_found(out, LAB_N("VMnet"), LAB_RESULT_UNKNOWN,
                  "not looked at: there is no Workstation");
        return;
    }
    bool answers = check_vmrun(p.impl, &list, out);
    check_cpu(out);
    check_driver(out);
    check_administrator(check_vmnets(demand, out), out);
    if (demand)
        check_vms(p.impl, answers ? &list : NULL, demand, out);
    p.ops->close(&p);
}

void lab_vmware_diagnose(const struct lab_provider_config *config,
                         const struct lab_demand *demand,
                         bool quick,
                         struct lab_findings *out)
{
    if (!quick) {
        check_all(config, demand, out);
        return;
    }
    check_cpu(out);
    check_driver(out);
    check_vmnets(demand, out);
}
