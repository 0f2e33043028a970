/* Snapshots through vmrun, of VMs that are off. VMware then goes on in a child of the disk,
 * NAME-000001.vmdk, which the VMX names from then on; on revert it puts back the VMX of that time
 * (so the caller defines anew) with a new child. Which of these files it deletes or merges, and
 * when, is its own business. */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmware_impl.h"

#define NO_SNAPSHOT "The snapshot does not exist"

/* Deleting merges disks: as long as copying them takes. */
enum { DELETE_MS = 2 * 3600 * 1000, SNAPSHOT_DIGITS = 6 };

/* --- the disk ---------------------------------------------------------------------------------
 */

bool lab_vmware_is_disk(const char *name, const char *file)
{
    size_t n = strlen(name);
    if (strncmp(file, name, n) != 0)
        return false;
    file += n;
    if (*file == '-' && strspn(file + 1, "0123456789") == SNAPSHOT_DIGITS)
        file += 1 + SNAPSHOT_DIGITS;
    return strcmp(file, ".vmdk") == 0;
}

char *lab_vmware_disk_file(const struct lab_vmware_seen *seen)
{
    static const char *const slots[] = {"scsi0:0", "sata0:0", "nvme0:0"};
    for (size_t i = 0; seen->exists && i < LAB_ARRAY_LEN(slots); i++) {
        LAB_AUTOFREE char *present = lab_format("%s.present", slots[i]);
        LAB_AUTOFREE char *key = lab_format("%s.fileName", slots[i]);
        const char *file = lab_vmx_get(&seen->def, key);
        if (lab_vmx_get_bool(&seen->def, present, false) && file &&
            lab_vmware_is_disk(seen->name, file))
            return lab_strdup(file);
    }
    return lab_format("%s.vmdk", seen->name);
}

/* --- vmrun ------------------------------------------------------------------------------------
 */

static void hint_at_player(const struct lab_child *c, struct lab_error *err)
{
    if (lab_vmrun_says(c, "The operation is not supported"))
        lab_error_hint(err, "VMware Player has no snapshots: install VMware Workstation Pro (free "
                            "since 17.5.2)");
}

static int act(const struct lab_vmware *vw,
               const struct lab_vmware_seen *s,
               const char *verb,
               const char *snapshot,
               const char *what,
               const char *fine,
               struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTOFREE char *file = plat_native(s->path);
    lab_vmrun_init(&c, &vw->vmrun);
    c.timeout_ms = strcmp(verb, "deleteSnapshot") == 0 ? DELETE_MS : vw->vmrun.start_ms;
    lab_child_args(&c, verb, file, snapshot, (char *)NULL);
    if (lab_vmrun_act(&vw->vmrun, &c, what, fine, err) == 0)
        return 0;
    hint_at_player(&c, err);
    return -1;
}

/* Off, and let go of by VMware. cut: one that comes up only now, by a start that a killed labctl
 * left, is switched off. */
static int check_off(const struct lab_vmware *vw,
                     struct lab_vmware_seen *s,
                     bool cut,
                     const char *what,
                     struct lab_error *err)
{
    if (!s->running && lab_vmware_wait_unlocked(vw, s, cut, err) != 0)
        return -1;
    if (!s->running)
        return 0;
    lab_fail(err, LAB_HYPERVISOR, "cannot %s VM '%s' while it is on (%s)", what, s->name, s->path);
    return lab_error_hint(err, "stop it first: labctl stop --target %s", s->name);
}

static int see_off(const struct lab_vmware *vw,
                   const char *name,
                   bool cut,
                   const char *what,
                   struct lab_vmware_seen *s,
                   struct lab_error *err)
{
    if (lab_vmware_see_ours(vw, name, s, err) != 0)
        return -1;
    if (!s->exists) {
        lab_fail(err, LAB_HYPERVISOR, "cannot %s VM '%s': there is no '%s'", what, name, s->path);
        return lab_error_hint(err, "make it again with: labctl up");
    }
    return check_off(vw, s, cut, what, err);
}

/* "Total snapshots: N", then a name a line. */
static int read_list(struct lab_vm_snapshots *out, const char *text, struct lab_error *err)
{
    static const char head[] = "Total snapshots: ";
    const char *at = strstr(text, head);
    LAB_AUTOFREE char *number =
        at ? lab_strndup(at + strlen(head), strcspn(at + strlen(head), "\r\n")) : NULL;
    uint64_t total;
    if (!number || lab_parse_uint(number, UINT32_MAX, &total) != 0)
        return lab_fail(err, LAB_HYPERVISOR, "vmrun listed no snapshots but: %.200s", text);
    at += strcspn(at, "\n");
    while (*at) {
        at += *at == '\n';
        size_t n = strcspn(at, "\r\n");
        if (n)
            *lab_vec_push(&out->names) = lab_strndup(at, n);
        at += strcspn(at, "\n");
    }
    if (out->names.len == total)
        return 0;
    return lab_fail(err, LAB_HYPERVISOR, "vmrun says that there are %llu snapshots, and names %zu",
                    (unsigned long long)total, out->names.len);
}

static int list(const struct lab_vmware *vw,
                const struct lab_vmware_seen *s,
                struct lab_vm_snapshots *out,
                struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTOFREE char *what = lab_format(lab_tr("list the snapshots of VM '%s'"), s->path);
    LAB_AUTOFREE char *file = plat_native(s->path);
    lab_vmrun_init(&c, &vw->vmrun);
    lab_child_args(&c, "listSnapshots", file, (char *)NULL);
    if (lab_vmrun_do(&c, what, NULL, err) != 0) {
        hint_at_player(&c, err);
        return -1;
    }
    return read_list(out, lab_str_get(&c.out), err);
}

int lab_vmware_snapshots(struct lab_provider *p,
                         const char *name,
                         struct lab_vm_snapshots *out,
                         struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    out->memory_kept = s.suspended;
    return s.exists ? list(vw, &s, out, err) : 0;
}

/* vmrun makes a second one of the same name, of which none can be named any more. */
int lab_vmware_snapshot(struct lab_provider *p,
                        const char *name,
                        const char *snapshot,
                        struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false};
    if (see_off(vw, name, false, lab_tr("snapshot"), &s, err) != 0 ||
        list(vw, &s, &there, err) != 0)
        return -1;
    if (lab_vm_snapshots_has(&there, snapshot))
        return 0;
    LAB_AUTOFREE char *what = lab_format(lab_tr("make snapshot '%s' of VM '%s'"), snapshot, s.path);
    return act(vw, &s, "snapshot", snapshot, what, NULL, err);
}

int lab_vmware_revert(struct lab_provider *p,
                      const char *name,
                      const char *snapshot,
                      struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (see_off(vw, name, true, lab_tr("revert"), &s, err) != 0)
        return -1;
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("go back to snapshot '%s' of VM '%s'"), snapshot, s.path);
    return act(vw, &s, "revertToSnapshot", snapshot, what, NULL, err);
}

int lab_vmware_delete_snapshot(struct lab_provider *p,
                               const char *name,
                               const char *snapshot,
                               struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    if (!s.exists)
        return 0;
    if (check_off(vw, &s, false, lab_tr("delete a snapshot of"), err) != 0)
        return -1;
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("delete snapshot '%s' of VM '%s'"), snapshot, s.path);
    return act(vw, &s, "deleteSnapshot", snapshot, what, NO_SNAPSHOT, err);
}
