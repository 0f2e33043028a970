#include "provider/libvirt_xml.h"

#include <stdio.h>

#include "base/template.h"

static void put(struct lab_str *out, const char *asset, const struct lab_var *vars, size_t n)
{
    lab_template(out, asset, LAB_ESCAPE_XML, vars, n);
}

static void put_cdrom(struct lab_str *out, const char *path, const char *target, bool shared)
{
    if (!path)
        return;
    const struct lab_var vars[] = {
        {"path", path, false},
        {"target", target, false},
        {"shareable", shared ? "      <shareable/>\n" : "", true},
    };
    put(out, "templates/libvirt-cdrom.xml", vars, LAB_ARRAY_LEN(vars));
}

void lab_libvirt_put_nic(struct lab_str *out, const struct lab_vm_nic *nic)
{
    const struct lab_var vars[] = {
        {"kind", nic->is_bridge ? "bridge" : "network", false},
        {"source", nic->network, false},
        {"mac", nic->mac, false},
        {"model", nic->model ? nic->model : "virtio", false},
    };
    put(out, "templates/libvirt-nic.xml", vars, LAB_ARRAY_LEN(vars));
}

static void put_console_log(struct lab_str *out, const struct lab_libvirt_domain_spec *d)
{
    if (!d->console_log || !d->vm->console)
        return;
    lab_str_add(out, "      <log file='");
    lab_escape(out, LAB_ESCAPE_XML, d->vm->console);
    lab_str_add(out, "' append='on'/>\n");
}

void lab_libvirt_put_domain(struct lab_str *out, const struct lab_libvirt_domain_spec *d)
{
    const struct lab_vm *vm = d->vm;
    LAB_AUTO_STR struct lab_str cdroms = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str nics = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
    put_cdrom(&cdroms, vm->seed, "sda", false);
    put_cdrom(&cdroms, vm->payload, "sdb", true);
    for (size_t i = 0; i < vm->nics_len; i++)
        lab_libvirt_put_nic(&nics, &vm->nics[i]);
    put_console_log(&log, d);
    char cpu[16], memory[24];
    snprintf(cpu, sizeof(cpu), "%u", vm->cpu);
    snprintf(memory, sizeof(memory), "%llu", (unsigned long long)vm->memory_mib);
    /* maximum: RHEL 9 and its relatives need x86-64-v2, which QEMU's default model lacks. */
    const char *model =
        d->kvm ? "  <cpu mode='host-passthrough' check='none'/>\n" : "  <cpu mode='maximum'/>\n";
    const struct lab_var vars[] = {
        {"type", d->kvm ? "kvm" : "qemu", false},
        {"name", vm->name, false},
        {"uuid", d->uuid, false},
        {"lab", d->owner->lab, false},
        {"lab_id", d->owner->lab_id, false},
        {"home", d->owner->home ? d->owner->home : "", false},
        {"generation", vm->generation ? vm->generation : "", false},
        {"memory", memory, false},
        {"cpu", cpu, false},
        {"cpu_model", model, true},
        {"disk", d->disk, false},
        {"cdroms", lab_str_get(&cdroms), true},
        {"nics", lab_str_get(&nics), true},
        {"console_log", lab_str_get(&log), true},
    };
    put(out, "templates/libvirt-domain.xml", vars, LAB_ARRAY_LEN(vars));
}

void lab_libvirt_put_network(struct lab_str *out, const struct lab_libvirt_network_spec *n)
{
    LAB_AUTO_STR struct lab_str address = LAB_STR_INIT;
    char text[LAB_IPV4_TEXT];
    if (n->net->gateway)
        lab_str_addf(&address, "  <ip address='%s' prefix='%u'/>\n",
                     lab_ipv4_format(n->net->gateway, text), (unsigned)n->net->range.prefix);
    const struct lab_var vars[] = {
        {"name", n->name, false},
        {"uuid", n->uuid, false},
        {"lab", n->owner->lab, false},
        {"lab_id", n->owner->lab_id, false},
        {"home", n->owner->home ? n->owner->home : "", false},
        {"network", n->net->name, false},
        {"device", n->device, false},
        {"address", lab_str_get(&address), true},
    };
    put(out, "templates/libvirt-network.xml", vars, LAB_ARRAY_LEN(vars));
}

void lab_libvirt_put_pool(struct lab_str *out, const char *name, const char *uuid, const char *path)
{
    const struct lab_var vars[] = {
        {"name", name, false},
        {"uuid", uuid, false},
        {"path", path, false},
    };
    put(out, "templates/libvirt-pool.xml", vars, LAB_ARRAY_LEN(vars));
}
