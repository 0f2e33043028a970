/* The VMware provider: Workstation's VMs through vmrun and their VMX files. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

enum { SETTLE_MS = 120 * 1000 };

static void free_impl(struct lab_vmware *vw)
{
    lab_vmrun_clear(&vw->vmrun);
    uv_mutex_destroy(&vw->starting);
    free(vw->lab);
    free(vw->lab_id);
    free(vw->owner_home);
    free(vw->homes);
    free(vw->vms);
    free(vw);
}

static unsigned hardware_here(void)
{
    struct lab_host_fact product;
    plat_ask_vmware(&product);
    unsigned hardware = lab_vmware_hardware(product.answer == LAB_FACT_YES ? product.text : NULL);
    lab_host_fact_clear(&product);
    return hardware;
}

static int
open_(struct lab_provider *p, const struct lab_provider_config *config, struct lab_error *err)
{
    struct lab_vmware *vw = lab_alloc(sizeof(*vw));
    uv_mutex_init(&vw->starting);
    vw->lab = lab_strdup(config->owner.lab ? config->owner.lab : "");
    vw->lab_id = lab_strdup(config->owner.lab_id ? config->owner.lab_id : "");
    vw->owner_home = lab_strdup(config->owner.home ? config->owner.home : "");
    vw->homes = config->homes ? lab_strdup(config->homes) : NULL;
    vw->owner = (struct lab_owner){vw->lab, vw->lab_id, vw->owner_home};
    LAB_AUTOFREE char *home = config->home ? plat_absolute(config->home) : plat_temp_dir();
    vw->vms = config->vm_dir ? plat_absolute(config->vm_dir) : lab_path_join(home, "vms");
    vw->own_vms = !config->vm_dir || config->vm_dir_made;
    vw->settle_ms = SETTLE_MS;
    vw->hardware = hardware_here();
    if (lab_vmrun_open(&vw->vmrun, err) != 0) {
        free_impl(vw);
        return -1;
    }
    p->ops = &lab_vmware_ops;
    p->impl = vw;
    return 0;
}

static void close_(struct lab_provider *p)
{
    if (p->impl)
        free_impl(p->impl);
    p->impl = NULL;
}

/* Workstation has no emulation: what runs, runs on the processor. */
static int probe(struct lab_provider *p, struct lab_host_info *out, struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTOFREE char *version = NULL;
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list = {{0}};
    if (lab_vmrun_version(&vw->vmrun, &version, err) != 0 ||
        lab_vmrun_list(&vw->vmrun, &list, err) != 0)
        return -1;
    memset(out, 0, sizeof(*out));
    out->hypervisor = lab_format("VMware Workstation, vmrun %s", version);
    out->accelerated = true;
    return 0;
}

/* VMware runs as this user and reads the file where it is. */
static int put_medium(struct lab_provider *p,
                      const char *name,
                      const char *path,
                      const char *sha256,
                      const struct lab_progress *progress,
                      char **ref,
                      struct lab_error *err)
{
    (void)p;
    (void)sha256;
    (void)progress;
    if (!lab_file_exists(path))
        return lab_fail(err, LAB_HOST, "the medium '%s' is not there: '%s'", name, path);
    LAB_AUTOFREE char *absolute = plat_absolute(path);
    *ref = plat_native(absolute);
    return 0;
}

/* Whoever wrote the file removes it. */
static int remove_medium(struct lab_provider *p, const char *name, struct lab_error *err)
{
    (void)p;
    (void)name;
    (void)err;
    return 0;
}

static int on_name(void *arg, const char *name)
{
    bool *found = arg;
    (void)name;
    *found = true;
    return 1;
}

/* The folder of the VMs' folders, once it is empty; what a stranger put there keeps it. */
static int remove_lab(struct lab_provider *p, struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    struct plat_stat st;
    bool found = false;
    if (!vw->own_vms || plat_stat(vw->vms, &st) != 0)
        return 0;
    if (plat_list_dir(vw->vms, on_name, &found, err) != 0)
        return -1;
    return found ? 0 : plat_remove_tree(vw->vms, err);
}

const struct lab_provider_ops lab_vmware_ops = {
    .kind = LAB_PROVIDER_VMWARE,
    .name = "vmware",
    .open = open_,
    .close = close_,
    .probe = probe,
    .look_network = lab_vmware_look_network,
    .ensure_network = lab_vmware_look_network,
    .remove_network = lab_vmware_remove_network,
    .import_base = lab_vmware_import_base,
    .put_medium = put_medium,
    .remove_medium = remove_medium,
    .define = lab_vmware_define,
    .start = lab_vmware_start,
    .soft_stop = lab_vmware_soft_stop,
    .hard_stop = lab_vmware_hard_stop,
    .grow_disk = lab_vmware_grow_disk,
    .destroy = lab_vmware_destroy,
    .snapshot = lab_vmware_snapshot,
    .revert = lab_vmware_revert,
    .deletes_while_off = true,
    .delete_snapshot = lab_vmware_delete_snapshot,
    .snapshots = lab_vmware_snapshots,
    .query = lab_vmware_query,
    .find = lab_vmware_find,
    .remove_lab = remove_lab,
    .diagnose = lab_vmware_diagnose,
    .room = lab_vmware_room,
    .records = lab_vmware_records,
};
