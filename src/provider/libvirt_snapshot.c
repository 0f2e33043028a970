/* Snapshots within the qcow2 of a VM that is off: made, reverted to and deleted in an instant, on
 * remote hosts too, and gone with the volume. Measured with libvirt 9.0: it runs `qemu-img
 * snapshot`, keeps the definition beside it and puts that back on revert (so the caller defines
 * anew); it takes EFI guests as well while they are off; `vol-clone` instead would copy the base
 * image into every clone. libvirt makes qcow2 of version 2, which cannot be resized while it has
 * snapshots. A domain with a managed save image is off as well; to revert it libvirt refuses, since
 * the next start would put old memory over another disk. */
#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

#define NO_SNAPSHOT "Domain snapshot not found"

static int act(struct lab_libvirt *lv,
               const struct lab_libvirt_seen *s,
               const char *command,
               const char *option,
               const char *snapshot,
               const char *what,
               const char *fine,
               struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    lab_child_args(&c, command, "--domain", s->def.uuid, option, snapshot, (char *)NULL);
    return lab_virsh_do(&c, what, fine, err);
}

/* It must be there, and off. */
static int see_off(struct lab_libvirt *lv,
                   const char *name,
                   const char *what,
                   struct lab_libvirt_sight *sight,
                   struct lab_libvirt_seen **out,
                   struct lab_error *err)
{
    if (lab_libvirt_see_ours(lv, name, sight, out, err) != 0)
        return -1;
    if (!(*out)->exists)
        return lab_libvirt_absent(lv, name, what, err);
    if (!(*out)->active)
        return 0;
    lab_fail(err, LAB_HYPERVISOR, "cannot %s VM '%s' while it is on (%s)", what, name, lv->uri);
    return lab_error_hint(err, "stop it first: labctl stop --target %s", name);
}

static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);
    for (const char *at = text; (at = strstr(at, line)); at += n)
        if ((at == text || at[-1] == '\n') && (at[n] == '\n' || !at[n]))
            return true;
    return false;
}

static int list(struct lab_libvirt *lv,
                const struct lab_libvirt_seen *s,
                struct lab_vm_snapshots *out,
                struct lab_error *err)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, lv->uri);
    size_t names =
        lab_virsh_batch_add(&b, "snapshot-list", "--domain", s->def.uuid, "--name", (char *)NULL);
    size_t saved =
        lab_virsh_batch_add(&b, "list", "--all", "--with-managed-save", "--uuid", (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("list the snapshots of VM '%s'"), s->def.name);
    if (lab_virsh_batch_run(&b, err) != 0)
        return -1;
    if (b.child.errout.len)
        return lab_virsh_fail(&b.child, what, err);
    for (const char *text = b.parts.items[names]; *text;) {
        size_t n = strcspn(text, "\n");
        if (n)
            *lab_vec_push(&out->names) = lab_strndup(text, n);
        text += n + (text[n] == '\n');
    }
    out->memory_kept = has_line(b.parts.items[saved], s->def.uuid);
    return 0;
}

static int
forget_memory(struct lab_libvirt *lv, const struct lab_libvirt_seen *s, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false};
    lab_virsh_init(&c, lv->uri);
    if (list(lv, s, &there, err) != 0)
        return -1;
    if (!there.memory_kept)
        return 0;
    lab_child_args(&c, "managedsave-remove", "--domain", s->def.uuid, (char *)NULL);
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("give up the saved memory of VM '%s'"), s->def.name);
    return lab_virsh_do(&c, what, NULL, err);
}

int lab_libvirt_snapshots(struct lab_provider *p,
                          const char *name,
                          struct lab_vm_snapshots *out,
                          struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    return s->exists ? list(lv, s, out, err) : 0;
}

int lab_libvirt_snapshot(struct lab_provider *p,
                         const char *name,
                         const char *snapshot,
                         struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (see_off(lv, name, lab_tr("snapshot"), &sight, &s, err) != 0)
        return -1;
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("make snapshot '%s' of VM '%s'"), snapshot, s->def.name);
    return act(lv, s, "snapshot-create-as", "--name", snapshot, what, "already exists", err);
}

int lab_libvirt_revert(struct lab_provider *p,
                       const char *name,
                       const char *snapshot,
                       struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (see_off(lv, name, lab_tr("revert"), &sight, &s, err) != 0 || forget_memory(lv, s, err) != 0)
        return -1;
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("go back to snapshot '%s' of VM '%s'"), snapshot, s->def.name);
    return act(lv, s, "snapshot-revert", "--snapshotname", snapshot, what, NULL, err);
}

int lab_libvirt_delete_snapshot(struct lab_provider *p,
                                const char *name,
                                const char *snapshot,
                                struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->exists)
        return 0;
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("delete snapshot '%s' of VM '%s'"), snapshot, s->def.name);
    return act(lv, s, "snapshot-delete", "--snapshotname", snapshot, what, NO_SNAPSHOT, err);
}
