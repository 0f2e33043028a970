#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_impl.h"
#include "provider/libvirt_xml.h"
#include "provider/virsh.h"

int lab_libvirt_see_ours(struct lab_libvirt *lv,
                         const char *name,
                         struct lab_libvirt_sight *sight,
                         struct lab_libvirt_seen **out,
                         struct lab_error *err)
{
    if (lab_libvirt_see(lv, &name, 1, sight, err) != 0)
        return -1;
    *out = &sight->list.items[0];
    return lab_libvirt_check_ours(lv, *out, err);
}

int lab_libvirt_absent(const struct lab_libvirt *lv,
                       const char *name,
                       const char *what,
                       struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR, "cannot %s VM '%s': there is no such VM on %s", what, name,
             lv->uri);
    return lab_error_hint(err, "make it again with: labctl up");
}

int lab_libvirt_act(struct lab_libvirt *lv,
                    const struct lab_libvirt_seen *s,
                    const char *command,
                    const char *verb,
                    const char *fine,
                    struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    lab_child_args(&c, command, "--domain", s->def.uuid, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("%s VM '%s'"), lab_tr(verb), s->def.name);
    return lab_virsh_do(&c, what, fine, err);
}

static bool wants_kvm(struct lab_libvirt *lv, const struct lab_vm *vm)
{
    return vm->hypervisor ? strcmp(vm->hypervisor, "kvm") == 0 : lab_libvirt_kvm(lv, NULL);
}

static int write_definition(struct lab_libvirt *lv,
                            const struct lab_vm *vm,
                            const char *uuid,
                            struct lab_error *err)
{
    LAB_AUTOFREE char *volume = lab_format("%s.qcow2", vm->name);
    LAB_AUTOFREE char *disk = lab_libvirt_volume_path(lv, LAB_POOL_LAB, volume);
    const struct lab_libvirt_domain_spec d = {
        .owner = &lv->owner,
        .vm = vm,
        .uuid = uuid,
        .disk = disk,
        .kvm = wants_kvm(lv, vm),
        .console_log = !lv->remote,
    };
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    LAB_AUTO_XML_FILE char *file = NULL;
    LAB_AUTO_CHILD struct lab_child c;
    lab_libvirt_put_domain(&xml, &d);
    lab_virsh_init(&c, lv->uri);
    if (lab_libvirt_xml_file(lv, &xml, &file, err) != 0)
        return -1;
    lab_child_args(&c, "define", "--validate", "--file", file, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("define VM '%s'"), vm->name);
    if (lab_virsh_run(&c, err) != 0)
        return -1;
    if (c.status == 0)
        return 0;
    lab_virsh_fail(&c, what, err);
    /* Made by somebody since we looked. */
    if (err && lab_virsh_says(&c, "already exists with uuid"))
        err->code = LAB_CONFLICT;
    return -1;
}

int lab_libvirt_define(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, vm->name, &sight, &s, err) != 0)
        return -1;
    if (s->active) {
        lab_fail(err, LAB_HYPERVISOR, "cannot define VM '%s' anew while it is on (%s)", vm->name,
                 lv->uri);
        return lab_error_hint(err, "stop it first: labctl stop --target %s", vm->name);
    }
    if (lab_libvirt_ensure_disk(lv, vm, s->exists, err) != 0)
        return -1;
    return write_definition(lv, vm, s->exists ? s->def.uuid : vm->uuid, err);
}

/* The flags are harmless when there is nothing of the kind, and needed when there is. */
static int undefine(struct lab_libvirt *lv, const struct lab_libvirt_seen *s, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = LAB_LIBVIRT_ACT_MS;
    lab_child_args(&c, "undefine", "--domain", s->def.uuid, "--nvram", "--managed-save",
                   "--snapshots-metadata", "--checkpoints-metadata", (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("remove the definition of VM '%s'"), s->def.name);
    return lab_virsh_do(&c, what, "failed to get domain", err);
}

int lab_libvirt_destroy(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    bool there;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (lab_libvirt_power_off(lv, s, err) != 0 || (s->exists && undefine(lv, s, err) != 0))
        return -1;
    if (lab_libvirt_pool_open(lv, LAB_POOL_LAB, &there, err) != 0)
        return -1;
    LAB_AUTOFREE char *volume = lab_format("%s.qcow2", name);
    return there ? lab_libvirt_volume_delete(lv, LAB_POOL_LAB, volume, err) : 0;
}
