#include "provider/vmx_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "provider/vmware_vmx.h"

/* All drives and disks that labctl ever puts a medium or a disk into. */
static const char *const drives[] = {"sata0:1", "sata0:2", "ide1:0", "ide1:1"};
static const char *const disks[] = {"scsi0:0", "sata0:0", "nvme0:0"};
enum { NICS_MAX = 10 };

static bool slot_is(const struct lab_vmx *vmx, const char *slot, const char *key, bool fallback)
{
    LAB_AUTOFREE char *name = lab_format("%s.%s", slot, key);
    return lab_vmx_get_bool(vmx, name, fallback);
}

static int
set_slot(struct lab_vmx *vmx, const char *slot, const char *key, const char *v, struct lab_error *e)
{
    LAB_AUTOFREE char *name = lab_format("%s.%s", slot, key);
    return lab_vmx_set(vmx, name, v, e);
}

/* --- drives ----------------------------------------------------------------------------------- */

static bool connected(const struct lab_vmx *vmx, const char *slot)
{
    return slot_is(vmx, slot, "present", false) && slot_is(vmx, slot, "startConnected", true);
}

static int disconnect(struct lab_vmx *vmx, const char *slot, struct lab_error *err)
{
    return connected(vmx, slot) ? set_slot(vmx, slot, "startConnected", "FALSE", err) : 0;
}

int lab_vmx_detach(struct lab_vmx *vmx, struct lab_error *err)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(drives); i++) {
        if (disconnect(vmx, drives[i], err) != 0)
            return -1;
    }
    return 0;
}

bool lab_vmx_attached(const struct lab_vmx *vmx, size_t index)
{
    return connected(vmx, lab_vmware_cd_slot(LAB_CD_BUS_SATA, index)) ||
           connected(vmx, lab_vmware_cd_slot(LAB_CD_BUS_IDE, index));
}

/* --- size ------------------------------------------------------------------------------------- */

int lab_vmx_resize(struct lab_vmx *vmx, unsigned cpu, uint64_t memory_mib, struct lab_error *err)
{
    char cpus[16], memory[24];
    snprintf(cpus, sizeof(cpus), "%u", cpu);
    snprintf(memory, sizeof(memory), "%llu",
             (unsigned long long)lab_spec_memory_mib(LAB_PROVIDER_VMWARE, memory_mib));
    if (lab_vmx_set(vmx, "memsize", memory, err) != 0 ||
        lab_vmx_set(vmx, "numvcpus", cpus, err) != 0)
        return -1;
    return lab_vmx_set(vmx, "cpuid.coresPerSocket", cpus, err);
}

/* --- merging ---------------------------------------------------------------------------------- */

/* VMware's business once the file exists. */
static bool is_theirs(const char *name)
{
    static const char *const names[] = {"uuid.bios", "virtualHW.version",
                                        "virtualHW.productCompatibility", "nvram",
                                        "extendedConfigFile"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        if (lab_vmx_same_name(name, names[i]))
            return true;
    }
    return false;
}

static bool is_file_of_slot(const char *name)
{
    size_t len = strcspn(name, ":");
    return name[len] == ':' && lab_ends_with(name, ".fileName");
}

/* A text that the file's encoding may not hold: what VMware made of it is still the same text,
 * since it never changes for a VM. A medium's path does, and has to be refused. */
static bool is_untouchable(const struct lab_vmx *vmx, const struct lab_vmx_line *wanted)
{
    return vmx->encoding != LAB_VMX_UTF8 && !lab_vmx_is_ascii(wanted->value) &&
           !is_file_of_slot(wanted->name);
}

static int take_values(struct lab_vmx *vmx, const struct lab_vmx *wanted, struct lab_error *err)
{
    LAB_VEC_FOREACH (line, &wanted->lines) {
        if (!line->name || *line->name == '.')
            continue;
        if ((is_theirs(line->name) || is_untouchable(vmx, line)) && lab_vmx_get(vmx, line->name))
            continue;
        if (lab_vmx_set(vmx, line->name, line->value, err) != 0)
            return -1;
    }
    return 0;
}

/* A device that wanted has not: key (of it) becomes FALSE. */
static int drop(struct lab_vmx *vmx,
                const struct lab_vmx *wanted,
                const char *slot,
                const char *key,
                struct lab_error *err)
{
    if (slot_is(wanted, slot, "present", false) || !slot_is(vmx, slot, "present", false))
        return 0;
    return set_slot(vmx, slot, key, "FALSE", err);
}

int lab_vmx_merge(struct lab_vmx *vmx, const struct lab_vmx *wanted, struct lab_error *err)
{
    if (take_values(vmx, wanted, err) != 0)
        return -1;
    for (size_t i = 0; i < LAB_ARRAY_LEN(drives); i++) {
        if (drop(vmx, wanted, drives[i], "startConnected", err) != 0)
            return -1;
    }
    /* Not disconnected but gone: two disks with the same file keep a VM from starting. */
    for (size_t i = 0; i < LAB_ARRAY_LEN(disks); i++) {
        if (drop(vmx, wanted, disks[i], "present", err) != 0)
            return -1;
    }
    for (unsigned i = 0; i < NICS_MAX; i++) {
        LAB_AUTOFREE char *nic = lab_format("ethernet%u", i);
        if (drop(vmx, wanted, nic, "present", err) != 0)
            return -1;
    }
    return 0;
}

/* --- one file --------------------------------------------------------------------------------- */

int lab_vmx_edit(const char *path, const struct lab_vmx *wanted, struct lab_error *err)
{
    LAB_AUTO_VMX struct lab_vmx vmx;
    if (lab_vmx_load(&vmx, path, err) != 0 || lab_vmx_check_free(&vmx, path, err) != 0 ||
        lab_vmx_merge(&vmx, wanted, err) != 0)
        return -1;
    return lab_vmx_save(&vmx, path, err);
}
