/* A VM's disk: a qcow2 overlay NAME.qcow2 in the lab's pool. */
#include <stdlib.h>

#include "base/i18n.h"
#include "base/text.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

static int make_overlay(struct lab_libvirt *lv,
                        const struct lab_vm *vm,
                        const char *volume,
                        bool *half,
                        struct lab_error *err)
{
    if (!vm->base)
        return lab_fail(err, LAB_INTERNAL, "VM '%s' has no disk and no base image to make one from",
                        vm->name);
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    /* Without the backing format libvirt records raw, and a guest on a qcow2 base cannot boot. */
    lab_child_args(&c, "vol-create-as", "--pool", lv->pools[LAB_POOL_LAB].name, "--name", volume,
                   "--format", "qcow2", "--backing-vol", vm->base, "--backing-vol-format",
                   lab_ends_with(vm->base, ".raw") ? "raw" : "qcow2", "--capacity", (char *)NULL);
    lab_child_argf(&c, "%llu", (unsigned long long)vm->disk_bytes);
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("make the disk of VM '%s' on base '%s'"), vm->name, vm->base);
    int rc = lab_virsh_do(&c, what, NULL, err);
    *half = rc != 0 && lab_virsh_says(&c, "exists already");
    return rc;
}

/* It was not there when we looked: libvirt went away while it made it, and was asked again. */
static int make_whole(struct lab_libvirt *lv,
                      const struct lab_vm *vm,
                      const char *volume,
                      struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool half = false;
    if (make_overlay(lv, vm, volume, &half, &why) == 0)
        return 0;
    if (half && lab_libvirt_volume_delete(lv, LAB_POOL_LAB, volume, err) == 0)
        return make_overlay(lv, vm, volume, &half, err);
    if (err && !half)
        lab_error_move(err, &why);
    return -1;
}

/* Somebody deleted it. A new one would boot an empty guest under the name of the old one. */
static int
disk_gone(const struct lab_libvirt *lv, const char *name, const char *volume, struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR,
             "the disk of VM '%s' is gone: there is no volume '%s' in pool '%s' (%s)", name, volume,
             lv->pools[LAB_POOL_LAB].name, lv->uri);
    return lab_error_hint(err,
                          "put the volume back, or make the node anew with: labctl up --recreate "
                          "%s",
                          name);
}

/* A disk without its VM is left from an attempt that was killed: it may be half made, or stand on
 * another base. With a seed, that is: it is for a first boot. Without one, the disk holds a guest
 * and is neither replaced nor made. */
int lab_libvirt_ensure_disk(struct lab_libvirt *lv,
                            const struct lab_vm *vm,
                            bool vm_exists,
                            struct lab_error *err)
{
    LAB_AUTOFREE char *volume = lab_format("%s.qcow2", vm->name);
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    if (lab_libvirt_pool_ensure(lv, LAB_POOL_LAB, err) != 0 ||
        (vm->base && lab_libvirt_pool_ensure(lv, LAB_POOL_IMAGES, err) != 0) ||
        lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    bool there = lab_libvirt_names_has(&names, volume);
    if (there && (vm_exists || !vm->seed))
        return 0;
    if (vm_exists && !vm->seed)
        return disk_gone(lv, vm->name, volume, err);
    if ((there && lab_libvirt_volume_delete(lv, LAB_POOL_LAB, volume, err) != 0) ||
        lab_libvirt_tag_pool(lv, &names, err) != 0)
        return -1;
    return make_whole(lv, vm, volume, err);
}

static int resize(struct lab_libvirt *lv,
                  const char *name,
                  const char *volume,
                  uint64_t bytes,
                  struct lab_error *err)
{
    uint64_t now;
    if (lab_libvirt_volume_number(lv, LAB_POOL_LAB, volume, LAB_VOLUME_GUEST_SIZE, &now, err) != 0)
        return -1;
    if (now == bytes)
        return 0;
    if (now > bytes) {
        LAB_AUTO_STR struct lab_str from = LAB_STR_INIT;
        LAB_AUTO_STR struct lab_str to = LAB_STR_INIT;
        lab_put_size(&from, now);
        lab_put_size(&to, bytes);
        lab_fail(err, LAB_USAGE, "the disk of VM '%s' has %s and cannot shrink to %s", name,
                 lab_str_get(&from), lab_str_get(&to));
        return lab_error_hint(err, "give disk_size at least %s in lab.yaml", lab_str_get(&from));
    }
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    lab_child_args(&c, "vol-resize", "--pool", lv->pools[LAB_POOL_LAB].name, "--vol", volume,
                   "--capacity", (char *)NULL);
    lab_child_argf(&c, "%llu", (unsigned long long)bytes);
    LAB_AUTOFREE char *what = lab_format(lab_tr("enlarge the disk of VM '%s'"), name);
    if (lab_virsh_do(&c, what, NULL, err) == 0)
        return 0;
    if (lab_virsh_says(&c, "image which has snapshots"))
        lab_error_hint(err,
                       "a disk that has snapshots cannot grow: see 'labctl snapshot list', and "
                       "delete them first");
    return -1;
}

int lab_libvirt_grow_disk(struct lab_provider *p,
                          const char *name,
                          uint64_t bytes,
                          struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->exists)
        return lab_libvirt_absent(lv, name, lab_tr("enlarge the disk of"), err);
    if (s->active)
        return lab_fail(err, LAB_HYPERVISOR,
                        "cannot enlarge the disk of VM '%s' while it is on (%s)", name, lv->uri);
    LAB_AUTOFREE char *volume = lab_format("%s.qcow2", name);
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    if (lab_libvirt_pool_ensure(lv, LAB_POOL_LAB, err) != 0 ||
        lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    if (!lab_libvirt_names_has(&names, volume))
        return disk_gone(lv, name, volume, err);
    return resize(lv, name, volume, bytes, err);
}
