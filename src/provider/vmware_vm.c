#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

static int render(const struct lab_vmware *vw,
                  const struct lab_vm *wanted,
                  const char *disk,
                  struct lab_vmx *out,
                  struct lab_error *err)
{
    struct lab_vm copy = *wanted;
    const struct lab_vm *vm = &copy;
    LAB_AUTOFREE char *console = wanted->console ? plat_native(wanted->console) : NULL;
    copy.console = console;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    /* disk is bare, so that the folder can be moved. */
    const struct lab_vmware_vmx_spec spec = {&vw->owner, vm, vm->uuid, disk, vw->hardware};
    if (lab_vmware_put_vmx(&text, &spec, err) != 0)
        return -1;
    return lab_vmx_parse(out, vm->name, lab_str_get(&text), text.len, err);
}

/* Without a window VMware says nothing about a medium that is missing: the guest starts without its
 * seed. */
static int check_medium(const struct lab_vm *vm, const char *path, struct lab_error *err)
{
    if (!path || lab_file_exists(path))
        return 0;
    return lab_fail(err, LAB_HYPERVISOR, "cannot define VM '%s': its medium '%s' is not there",
                    vm->name, path);
}

struct content {
    const struct lab_vmware_seen *seen;
    char *other;
};

/* The first thing in the folder that is not what a killed save of our VMX left there. */
static int on_entry(void *arg, const char *name)
{
    struct content *c = arg;
    LAB_AUTOFREE char *part = lab_format("%s.vmx.part", c->seen->name);
    if (strcmp(name, part) == 0)
        return 0;
    c->other = lab_strdup(name);
    return 1;
}

/* A folder that somebody else fills would be ours with all that is in it once our VMX is there, and
 * go with the VM. */
static int check_vacant(const struct lab_vmware_seen *s, struct lab_error *err)
{
    struct content c = {s, NULL};
    struct plat_stat st;
    if (plat_lstat(s->folder, &st) != 0)
        return 0;
    if (st.is_dir && plat_list_dir(s->folder, on_entry, &c, err) != 0)
        return -1;
    if (st.is_dir && !c.other)
        return 0;
    LAB_AUTOFREE char *other = c.other;
    if (other)
        lab_fail(err, LAB_CONFLICT,
                 "'%s' is there already and holds '%s', but no VM of this lab; it is left alone",
                 s->folder, other);
    else
        lab_fail(err, LAB_CONFLICT, "'%s' is there already and is no folder; it is left alone",
                 s->folder);
    return lab_error_hint(err, "choose another node name or vm_dir, or move that folder away");
}

/* The VMX comes first: it says whose folder this is, should the disk never come about. */
static int make(const struct lab_vmware_seen *s, struct lab_vmx *wanted, struct lab_error *err)
{
    if (check_vacant(s, err) != 0 || plat_mkdirs(s->folder, 0700, err) != 0)
        return -1;
    return lab_vmx_save(wanted, s->path, err);
}

static int change(const struct lab_vmware *vw,
                  const struct lab_vmware_seen *s,
                  const struct lab_vmx *wanted,
                  struct lab_error *err)
{
    if (lab_vmware_wait_free(vw, s->path, err) != 0)
        return -1;
    return lab_vmx_edit(s->path, wanted, err);
}

static int check_disk(const struct lab_vm *vm, const char *disk, struct lab_error *err)
{
    if (vm->seed || vm->payload || lab_file_exists(disk))
        return 0;
    lab_fail(err, LAB_HYPERVISOR, "the disk of VM '%s' is gone: there is no '%s'", vm->name, disk);
    return lab_error_hint(err, "make the VM anew: labctl up --recreate %s", vm->name);
}

int lab_vmware_define(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    LAB_AUTO_VMX struct lab_vmx wanted = {0};
    if (lab_vmware_see_ours(vw, vm->name, &s, err) != 0)
        return -1;
    if (s.running) {
        lab_fail(err, LAB_HYPERVISOR, "cannot define VM '%s' anew while it is on (%s)", vm->name,
                 s.path);
        return lab_error_hint(err, "stop it first: labctl stop --target %s", vm->name);
    }
    LAB_AUTOFREE char *file = lab_vmware_disk_file(&s);
    LAB_AUTOFREE char *disk = lab_path_join(s.folder, file);
    if (check_medium(vm, vm->seed, err) != 0 || check_medium(vm, vm->payload, err) != 0 ||
        (s.exists && check_disk(vm, disk, err) != 0) || render(vw, vm, file, &wanted, err) != 0)
        return -1;
    if ((s.exists ? change(vw, &s, &wanted, err) : make(&s, &wanted, err)) != 0)
        return -1;
    return lab_vmware_ensure_disk(vw, vm, disk, err);
}

static int on_unborn(void *arg, const char *file)
{
    const char **born = arg;
    if (!lab_ends_with(file, ".vmx.part"))
        *born = NULL;
    return *born == NULL;
}

/* Of make() that was killed before the VMX had its name: a folder with nothing else in it. */
static int sweep_unborn(const char *folder, struct lab_error *err)
{
    struct plat_stat st;
    const char *unborn = folder;
    if (plat_lstat(folder, &st) != 0 || !st.is_dir)
        return 0;
    if (plat_list_dir(folder, on_unborn, &unborn, err) != 0)
        return -1;
    return unborn ? plat_remove_tree(folder, err) : 0;
}

struct emptying {
    const struct lab_vmware_seen *seen;
    struct lab_error *err;
    int rc;
};

static int remove_entry(void *arg, const char *name)
{
    struct emptying *e = arg;
    LAB_AUTOFREE char *path = lab_path_join(e->seen->folder, name);
    if (strcmp(path, e->seen->path) != 0)
        e->rc = plat_remove_tree(path, e->err);
    return e->rc;
}

/* The VMX goes last: as long as anything is left, it says whose that is. */
static int remove_folder(const struct lab_vmware_seen *s, struct lab_error *err)
{
    struct emptying e = {s, err, 0};
    if (plat_list_dir(s->folder, remove_entry, &e, err) != 0 || e.rc != 0)
        return -1;
    return plat_remove_tree(s->folder, err);
}

int lab_vmware_destroy(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    if (lab_vmware_wait_unlocked(vw, &s, true, err) != 0)
        return -1;
    return s.exists ? remove_folder(&s, err) : sweep_unborn(s.folder, err);
}
