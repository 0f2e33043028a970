/* Disks of VMware VMs. A base image becomes one VMDK per digest in LABCTL_HOME/images; every VM
 * gets a sparse copy of it in its own folder, already of the VM's size. No child VMDKs: a child is
 * lost with the parent's folder, and VMware refuses it once the parent was written to. */
#include <stdlib.h>

#include "base/file.h"
#include "base/work.h"
#include "disk/disk.h"
#include "platform.h"
#include "provider/vmware_impl.h"

enum { LOOK_AGAIN_MS = 500 };

static int make(const char *source,
                const char *target,
                uint64_t size,
                const char *sha256,
                const struct lab_progress *progress,
                struct lab_error *err)
{
    const struct lab_disk_job job = {.source = source,
                                     .target = target,
                                     .format = LAB_DISK_TO_VMDK,
                                     .size = size,
                                     .mode = 0600,
                                     .hash = sha256 != NULL,
                                     .expected = sha256,
                                     .progress = progress ? progress->fn : NULL,
                                     .progress_arg = progress ? progress->arg : NULL};
    struct lab_disk_result result;
    return lab_disk_convert(&job, &result, err);
}

int lab_vmware_ensure_disk(const struct lab_vmware *vw,
                           const struct lab_vm *vm,
                           const char *path,
                           struct lab_error *err)
{
    (void)vw;
    if (lab_file_exists(path))
        return 0;
    if (make(vm->base, path, vm->disk_bytes, NULL, NULL, err) != 0)
        return lab_error_wrap(err, "cannot make the disk of a VM");
    return 0;
}

/* --- base images: shared by labs, so by several labctl at once ----------------------------------
 */

/* Another labctl that converts the same image is waited for, not raced. */
static int lock(struct plat_lock **out, const char *path, struct lab_error *err)
{
    for (;;) {
        LAB_AUTO_ERROR struct lab_error held = LAB_ERROR_INIT;
        if (plat_lock_take(out, path, "labctl converts an image", &held) == 0)
            return 0;
        if (held.code != LAB_CONFLICT) {
            lab_error_move(err, &held);
            return -1;
        }
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while another labctl converts '%s'",
                            path);
        uv_sleep(LOOK_AGAIN_MS);
    }
}

static int convert_once(const char *path,
                        const char *target,
                        const char *sha256,
                        const struct lab_progress *progress,
                        struct lab_error *err)
{
    struct plat_lock *held;
    LAB_AUTOFREE char *file = lab_format("%s.lock", target);
    if (lock(&held, file, err) != 0)
        return -1;
    int rc = lab_file_exists(target) ? 0 : make(path, target, 0, sha256, progress, err);
    plat_lock_drop(held);
    return rc;
}

int lab_vmware_import_base(struct lab_provider *p,
                           const char *path,
                           const char *sha256,
                           enum lab_image_format format,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    (void)format; /* the reader looks for itself */
    LAB_AUTOFREE char *target = lab_format("%s/%s.vmdk", vw->images, sha256);
    if (plat_mkdirs(vw->images, 0700, err) != 0)
        return -1;
    if (!lab_file_exists(target) && convert_once(path, target, sha256, progress, err) != 0)
        return lab_error_wrap(err, "cannot import an image for VMware");
    *ref = lab_steal(&target);
    return 0;
}

/* --- growing ------------------------------------------------------------------------------------
 */

/* Copied under its own name, since a VMDK carries it: what it was stays beside it until the larger
 * one is whole, so that a kill at any point leaves one of the two. */
static int grow(const char *disk, const char *old, uint64_t bytes, struct lab_error *err)
{
    if (!lab_file_exists(old) && plat_rename(disk, old, err) != 0)
        return -1;
    if (!lab_file_exists(disk) && make(old, disk, bytes, NULL, NULL, err) != 0) {
        LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
        if (plat_rename(old, disk, &ignored) != 0)
            lab_error_hint(err, "the disk is '%s' now: rename it to '%s'", old, disk);
        return -1;
    }
    return plat_remove(old, err);
}

int lab_vmware_grow_disk(struct lab_provider *p,
                         const char *name,
                         uint64_t bytes,
                         struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    if (s.running)
        return lab_fail(err, LAB_HYPERVISOR, "cannot grow the disk of VM '%s' while it is on",
                        name);
    LAB_AUTOFREE char *file = lab_format("%s.vmdk", name);
    LAB_AUTOFREE char *disk = lab_path_join(s.folder, file);
    LAB_AUTOFREE char *before = lab_format("%s-before.vmdk", name);
    LAB_AUTOFREE char *old = lab_path_join(s.folder, before);
    if (lab_vmware_wait_free(vw, s.path, err) != 0 || grow(disk, old, bytes, err) != 0)
        return lab_error_wrap(err, "cannot grow the disk of a VM");
    return 0;
}
