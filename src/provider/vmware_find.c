#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "platform.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

struct find {
    const struct lab_vmware *vw;
    const struct lab_vmrun_list *list;
    struct lab_tagged_list *out;
};

static int on_folder(void *arg, const char *name)
{
    struct find *f = arg;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_vmware_see(f->vw, name, f->list, &s, &err) != 0) {
        lab_log("%s", err.message); /* nobody can tell whose it is: then it is not ours */
        return 0;
    }
    const char *lab = s.exists ? lab_vmx_get(&s.def, LAB_VMWARE_TAG_LAB) : NULL;
    if (!lab || strcmp(lab, f->vw->lab) != 0 || s.linked)
        return 0;
    struct lab_tagged *t =
        lab_tagged_add(f->out, LAB_TAGGED_VM, name, lab_vmx_get(&s.def, LAB_VMWARE_TAG_ID),
                       lab_vmx_get(&s.def, LAB_VMWARE_TAG_HOME));
    if (t)
        t->where = lab_format("%s, %s", s.path, s.running ? "running" : "off");
    return 0;
}

int lab_vmware_find(struct lab_provider *p, struct lab_tagged_list *out, struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list = {{0}};
    struct find f = {vw, &list, out};
    struct plat_stat st;
    if (plat_stat(vw->vms, &st) != 0)
        return 0;
    if (lab_vmrun_list(&vw->vmrun, &list, err) != 0)
        return -1;
    return plat_list_dir(vw->vms, on_folder, &f, err);
}
