/* Disks of VMware VMs. A base image becomes one VMDK per digest in the image cache; every VM gets a
 * copy of it in its own folder, already of the VM's size, which shares the base's blocks where the
 * file system can and is sparse elsewhere. No child VMDKs: a child is lost with the parent's
 * folder, and VMware refuses it once the parent was written to. */
#include <string.h>

#include "base/file.h"
#include "cache/cache.h"
#include "disk/disk.h"
#include "platform.h"
#include "provider/vmware_impl.h"

static int make(const char *source, const char *target, uint64_t size, struct lab_error *err)
{
    const struct lab_disk_job job = {
        .source = source, .target = target, .format = LAB_DISK_TO_VMDK, .size = size, .mode = 0600};
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
    if (make(vm->base, path, vm->disk_bytes, err) != 0)
        return lab_error_wrap(err, "cannot make the disk of a VM");
    return 0;
}

/* --- base images
 * ----------------------------------------------------------------------------------
 */

int lab_vmware_import_base(struct lab_provider *p,
                           const char *path,
                           const char *sha256,
                           enum lab_image_format format,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err)
{
    (void)p;
    (void)format; /* the reader looks for itself */
    if (lab_cache_make(path, sha256, LAB_DISK_TO_VMDK, progress ? progress->fn : NULL,
                       progress ? progress->arg : NULL, ref, err) == 0)
        return 0;
    return lab_error_wrap(err, "cannot import an image for VMware");
}

/* --- growing ------------------------------------------------------------------------------------
 */

/* Copied under its own name, since a VMDK carries it: what it was stays beside it until the larger
 * one is whole, so that a kill at any point leaves one of the two. */
static int grow(const char *disk, const char *old, uint64_t bytes, struct lab_error *err)
{
    if (!lab_file_exists(old) && plat_rename(disk, old, err) != 0)
        return -1;
    if (!lab_file_exists(disk) && make(old, disk, bytes, err) != 0) {
        LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
        if (plat_rename(old, disk, &ignored) != 0)
            lab_error_hint(err, "the disk is '%s' now: rename it to '%s'", old, disk);
        return -1;
    }
    return plat_remove(old, err);
}

/* VMware's record of them stands beside the VMX; one without any has no number. */
static bool has_snapshots(const struct lab_vmware_seen *s)
{
    LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
    LAB_AUTOFREE char *file = lab_format("%s.vmsd", s->name);
    LAB_AUTOFREE char *path = lab_path_join(s->folder, file);
    LAB_AUTO_VMX struct lab_vmx vmsd = {0};
    uint64_t n;
    if (!lab_file_exists(path) || lab_vmx_load(&vmsd, path, &gone) != 0)
        return false;
    return lab_vmx_get_uint(&vmsd, "snapshot.numSnapshots", &n) && n > 0;
}

/* What stands on a disk is lost with the next size, and what it stands on keeps the old one. */
static int refuse_chain(const struct lab_vmware_seen *s, const char *present, struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR, "cannot grow the disk of VM '%s': it has snapshots ('%s/%s')",
             s->name, s->folder, present);
    return lab_error_hint(err,
                          "see 'labctl snapshot list', and delete them first; what VMware then "
                          "still keeps in several files, 'vmware-vdiskmanager -r' makes one");
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
    LAB_AUTOFREE char *present = lab_vmware_disk_file(&s);
    if (strcmp(present, file) != 0 || has_snapshots(&s))
        return refuse_chain(&s, present, err);
    LAB_AUTOFREE char *before = lab_format("%s-before.vmdk", name);
    LAB_AUTOFREE char *old = lab_path_join(s.folder, before);
    if (lab_vmware_wait_free(vw, s.path, err) != 0 || grow(disk, old, bytes, err) != 0)
        return lab_error_wrap(err, "cannot grow the disk of a VM");
    return 0;
}
