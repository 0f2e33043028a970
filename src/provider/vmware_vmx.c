#include "provider/vmware_vmx.h"

#include <stdio.h>
#include <string.h>

#include "base/template.h"

enum { NICS_MAX = 10 };

static void put(struct lab_str *out, const char *asset, const struct lab_var *vars, size_t n)
{
    lab_template(out, asset, LAB_ESCAPE_VMX, vars, n);
}

/* --- disk ------------------------------------------------------------------------------------- */

static const struct {
    const char *controller, *slot, *virtual_dev;
} disk_buses[] = {
    [LAB_DISK_BUS_DEFAULT] = {"scsi0", "scsi0:0", "pvscsi"},
    [LAB_DISK_BUS_PVSCSI] = {"scsi0", "scsi0:0", "pvscsi"},
    [LAB_DISK_BUS_LSILOGIC] = {"scsi0", "scsi0:0", "lsilogic"},
    [LAB_DISK_BUS_SATA] = {"sata0", "sata0:0", NULL},
    [LAB_DISK_BUS_NVME] = {"nvme0", "nvme0:0", NULL},
};

const char *lab_vmware_disk_slot(enum lab_disk_bus bus)
{
    return disk_buses[bus].slot;
}

static void put_disk(struct lab_str *out, enum lab_disk_bus bus, const char *file)
{
    const char *controller = disk_buses[bus].controller;
    LAB_AUTOFREE char *dev =
        disk_buses[bus].virtual_dev
            ? lab_format("%s.virtualDev = \"%s\"\n", controller, disk_buses[bus].virtual_dev)
            : lab_strdup("");
    const struct lab_var vars[] = {
        {"controller", controller, false},
        {"virtual_dev", dev, true},
        {"file", file, false},
    };
    put(out, "templates/vm-disk.vmx", vars, LAB_ARRAY_LEN(vars));
}

/* --- CDs -------------------------------------------------------------------------------------- */

const char *lab_vmware_cd_slot(enum lab_cd_bus bus, size_t index)
{
    static const char *const sata[] = {"sata0:1", "sata0:2"};
    static const char *const ide[] = {"ide1:0", "ide1:1"};
    return bus == LAB_CD_BUS_IDE ? ide[index] : sata[index];
}

static void put_cdrom(struct lab_str *out, const char *slot, const char *file)
{
    if (!file)
        return;
    const struct lab_var vars[] = {
        {"slot", slot, false},
        {"file", file, false},
    };
    put(out, "templates/vm-cdrom.vmx", vars, LAB_ARRAY_LEN(vars));
}

static void put_cdroms(struct lab_str *out, const struct lab_vm *vm)
{
    bool on_sata = vm->hardware.cd_bus != LAB_CD_BUS_IDE && (vm->seed || vm->payload);
    /* A disk on SATA has said so already, and a name that comes twice is an error. */
    if (on_sata && vm->hardware.disk_bus != LAB_DISK_BUS_SATA)
        lab_str_add(out, "sata0.present = \"TRUE\"\n");
    put_cdrom(out, lab_vmware_cd_slot(vm->hardware.cd_bus, 0), vm->seed);
    put_cdrom(out, lab_vmware_cd_slot(vm->hardware.cd_bus, 1), vm->payload);
}

/* --- NICs ------------------------------------------------------------------------------------- */

static int check_nics(const struct lab_vm *vm, struct lab_error *err)
{
    if (vm->nics_len > NICS_MAX)
        return lab_fail(err, LAB_USAGE, "VM '%s' has %zu NICs; VMware gives one at most %d",
                        vm->name, vm->nics_len, NICS_MAX);
    for (size_t i = 0; i < vm->nics_len; i++) {
        const char *model = vm->nics[i].model;
        if (lab_spec_has_nic(LAB_PROVIDER_VMWARE, model))
            continue;
        lab_fail(err, LAB_USAGE, "VM '%s' wants a NIC of kind '%s', which VMware does not have",
                 vm->name, model);
        return lab_error_hint(err, "use interface: vmxnet3, e1000e or e1000, or leave it out");
    }
    return 0;
}

/* The range that VMware sets aside for addresses that people choose; elsewhere it checks them. */
static bool is_vmware_mac(const char *text)
{
    uint8_t mac[6];
    return lab_mac_parse(text, mac) == 0 && mac[0] == 0x00 && mac[1] == 0x50 && mac[2] == 0x56 &&
           mac[3] <= 0x3f;
}

static void put_nic(struct lab_str *out, size_t i, const struct lab_vm_nic *nic)
{
    LAB_AUTOFREE char *name = lab_format("ethernet%zu", i);
    LAB_AUTOFREE char *check = is_vmware_mac(nic->mac)
                                   ? lab_strdup("")
                                   : lab_format("%s.checkMACAddress = \"FALSE\"\n", name);
    const struct lab_var vars[] = {
        {"nic", name, false},
        {"model", nic->model ? nic->model : "vmxnet3", false},
        {"network", nic->network, false},
        {"mac", nic->mac, false},
        {"check", check, true},
    };
    put(out, "templates/vm-nic.vmx", vars, LAB_ARRAY_LEN(vars));
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* 16 bytes as VMware spells them: "56 4d 12 34 56 78 9a bc-de f0 ...". */
static int put_uuid(struct lab_str *out, const char *uuid, struct lab_error *err)
{
    size_t digits = 0;
    for (const char *s = uuid; *s; s++) {
        if (*s == '-')
            continue;
        if (!is_hex(*s))
            break;
        if (digits > 0 && digits % 2 == 0)
            lab_str_addc(out, digits == 16 ? '-' : ' ');
        lab_str_addc(out, *s >= 'A' && *s <= 'F' ? (char)(*s - 'A' + 'a') : *s);
        digits++;
    }
    return digits == 32 ? 0 : lab_fail(err, LAB_INTERNAL, "'%s' is no UUID", uuid);
}

static void put_all(struct lab_str *out, const struct lab_vmware_vmx_spec *spec, const char *uuid)
{
    const struct lab_vm *vm = spec->vm;
    LAB_AUTO_STR struct lab_str disk = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str cdroms = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str nics = LAB_STR_INIT;
    put_disk(&disk, vm->hardware.disk_bus, spec->disk);
    put_cdroms(&cdroms, vm);
    for (size_t i = 0; i < vm->nics_len; i++)
        put_nic(&nics, i, &vm->nics[i]);
    char cpu[16], memory[24], hardware[16];
    snprintf(cpu, sizeof(cpu), "%u", vm->cpu);
    snprintf(memory, sizeof(memory), "%llu",
             (unsigned long long)lab_spec_memory_mib(LAB_PROVIDER_VMWARE, vm->memory_mib));
    snprintf(hardware, sizeof(hardware), "%u",
             spec->hardware ? spec->hardware : LAB_VMWARE_HARDWARE);
    const struct lab_var vars[] = {
        {"hardware", hardware, false},
        {"name", vm->name, false},
        {"firmware", vm->hardware.firmware == LAB_FIRMWARE_EFI ? "efi" : "bios", false},
        {"uuid", uuid, false},
        {"lab", spec->owner->lab, false},
        {"lab_id", spec->owner->lab_id, false},
        {"home", spec->owner->home ? spec->owner->home : "", false},
        {"generation", vm->generation ? vm->generation : "", false},
        {"memory", memory, false},
        {"cpu", cpu, false},
        {"disk", lab_str_get(&disk), true},
        {"cdroms", lab_str_get(&cdroms), true},
        {"nics", lab_str_get(&nics), true},
        {"console", vm->console ? vm->console : "serial0.log", false},
    };
    put(out, "templates/vm.vmx", vars, LAB_ARRAY_LEN(vars));
}

int lab_vmware_put_vmx(struct lab_str *out,
                       const struct lab_vmware_vmx_spec *spec,
                       struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str uuid = LAB_STR_INIT;
    if (check_nics(spec->vm, err) != 0 || put_uuid(&uuid, spec->uuid, err) != 0)
        return -1;
    put_all(out, spec, lab_str_get(&uuid));
    return 0;
}
