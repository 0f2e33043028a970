/* Disks of VMware VMs. Making them from images of other formats is the image writer's job, which is
 * not joined to this provider yet: until it is, a VM's disk has to be there. */
#include "base/file.h"
#include "provider/vmware_impl.h"

static int not_yet(struct lab_error *err, const char *what, const char *path)
{
    lab_fail(err, LAB_HOST, "cannot %s '%s': this build of labctl writes no VMware disks", what,
             path);
    return lab_error_hint(err, "use provider: libvirt on this host");
}

int lab_vmware_ensure_disk(const struct lab_vmware *vw,
                           const struct lab_vm *vm,
                           const char *path,
                           struct lab_error *err)
{
    (void)vw;
    (void)vm;
    return lab_file_exists(path) ? 0 : not_yet(err, "make the disk", path);
}

int lab_vmware_grow_disk(struct lab_provider *p,
                         const char *name,
                         uint64_t bytes,
                         struct lab_error *err)
{
    (void)p;
    (void)bytes;
    return not_yet(err, "grow the disk of VM", name);
}

int lab_vmware_import_base(struct lab_provider *p,
                           const char *path,
                           const char *sha256,
                           enum lab_image_format format,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err)
{
    (void)p;
    (void)sha256;
    (void)format;
    (void)progress;
    (void)ref;
    return not_yet(err, "import", path);
}
