/* What VMware keeps of a VM: its VMX, and the log of this power-on and of the one before. */
#include "base/file.h"
#include "provider/vmware_impl.h"

enum { VMX_BYTES = 1024 * 1024, LOG_BYTES = 2 * 1024 * 1024 };

static void
take_log(const struct lab_vmware_seen *s, const char *file, const struct lab_record_taker *taker)
{
    LAB_AUTOFREE char *path = lab_path_join(s->folder, file);
    LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
    lab_file_tail(path, LOG_BYTES, &log);
    if (log.len)
        taker->take(taker->arg, file, &log);
}

int lab_vmware_records(struct lab_provider *p,
                       const char *name,
                       const struct lab_record_taker *taker,
                       struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    LAB_AUTO_STR struct lab_str vmx = LAB_STR_INIT;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    if (!s.exists)
        return lab_fail(err, LAB_HYPERVISOR, "cannot describe VM '%s': there is no '%s'", name,
                        s.path);
    if (lab_file_read(s.path, VMX_BYTES, &vmx, err) != 0)
        return -1;
    taker->take(taker->arg, "vm.vmx", &vmx);
    take_log(&s, "vmware.log", taker);
    take_log(&s, "vmware-0.log", taker);
    return 0;
}
