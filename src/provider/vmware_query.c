#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

void lab_vmware_seen_clear(struct lab_vmware_seen *seen)
{
    free(seen->name);
    free(seen->folder);
    free(seen->path);
    lab_vmx_clear(&seen->def);
    memset(seen, 0, sizeof(*seen));
}

/* labctl makes no links: behind one is a place that it was not given. */
static bool is_link(const char *path)
{
    struct plat_stat st;
    return plat_lstat(path, &st) == 0 && st.is_link;
}

int lab_vmware_see(const struct lab_vmware *vw,
                   const char *name,
                   const struct lab_vmrun_list *list,
                   struct lab_vmware_seen *out,
                   struct lab_error *err)
{
    LAB_AUTOFREE char *file = lab_format("%s.vmx", name);
    memset(out, 0, sizeof(*out));
    out->name = lab_strdup(name);
    out->folder = lab_path_join(vw->vms, name);
    out->path = lab_path_join(out->folder, file);
    out->linked = is_link(out->folder) || is_link(out->path);
    out->exists = lab_file_exists(out->path);
    if (!out->exists)
        return 0;
    if (lab_vmx_load(&out->def, out->path, err) != 0)
        return -1;
    const char *state = lab_vmx_get(&out->def, "checkpoint.vmState");
    out->ours = !out->linked &&
                lab_owner_has(&vw->owner, vw->homes, lab_vmx_get(&out->def, LAB_VMWARE_TAG_LAB),
                              lab_vmx_get(&out->def, LAB_VMWARE_TAG_ID),
                              lab_vmx_get(&out->def, LAB_VMWARE_TAG_HOME));
    out->running = list && lab_vmrun_list_has(list, out->path);
    out->suspended = !out->running && state && *state;
    return 0;
}

static int
check_ours(const struct lab_vmware *vw, const struct lab_vmware_seen *s, struct lab_error *err)
{
    if (s->linked) {
        lab_fail(err, LAB_CONFLICT,
                 "VM '%s' (%s) is reached through a symbolic link; it is left alone", s->name,
                 s->path);
        return lab_error_hint(err,
                              "put the folder itself in the link's place, or use vm_dir to keep "
                              "VMs on another disk");
    }
    if (!s->exists || s->ours)
        return 0;
    LAB_AUTOFREE char *owner = lab_owner_words(&vw->owner, lab_vmx_get(&s->def, LAB_VMWARE_TAG_LAB),
                                               lab_vmx_get(&s->def, LAB_VMWARE_TAG_ID),
                                               lab_vmx_get(&s->def, LAB_VMWARE_TAG_HOME));
    lab_fail(err, LAB_CONFLICT, "VM '%s' (%s) %s; it is left alone", s->name, s->path, owner);
    return lab_error_hint(err,
                          "choose another node name or vm_dir or, if nobody needs that VM, delete "
                          "it in VMware, or with: vmrun -T ws deleteVM \"%s\"",
                          s->path);
}

int lab_vmware_see_ours(const struct lab_vmware *vw,
                        const char *name,
                        struct lab_vmware_seen *out,
                        struct lab_error *err)
{
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list;
    memset(out, 0, sizeof(*out));
    if (lab_vmrun_list(&vw->vmrun, &list, err) != 0)
        return -1;
    if (lab_vmware_see(vw, name, &list, out, err) != 0)
        return -1;
    return check_ours(vw, out, err);
}

/* --- query ------------------------------------------------------------------------------------ */

static void report(const struct lab_vmware_seen *s, struct lab_vm_states *out)
{
    struct lab_vm_state *v = lab_vec_push(&out->list);
    uint64_t n;
    v->name = lab_strdup(s->name);
    v->where = lab_strdup(s->path);
    v->power = LAB_POWER_ABSENT;
    if (!s->exists)
        return;
    v->power = s->running ? LAB_POWER_ON : s->suspended ? LAB_POWER_PAUSED : LAB_POWER_OFF;
    v->ours = s->ours;
    v->owner_lab = lab_strdup(lab_vmx_get(&s->def, LAB_VMWARE_TAG_LAB));
    v->generation = lab_strdup(lab_vmx_get(&s->def, LAB_VMWARE_TAG_GENERATION));
    v->seed_attached = lab_vmx_attached(&s->def, 0);
    v->payload_attached = lab_vmx_attached(&s->def, 1);
    LAB_AUTOFREE char *file = lab_vmware_disk_file(s);
    LAB_AUTOFREE char *disk = lab_path_join(s->folder, file);
    v->disk_gone = !lab_file_exists(disk);
    v->cpu = lab_vmx_get_uint(&s->def, "numvcpus", &n) ? (unsigned)n : 1;
    v->memory_mib = lab_vmx_get_uint(&s->def, "memsize", &n) ? n : 0;
    v->accelerated = s->running;
}

struct query {
    const struct lab_vmware *vw;
    const struct lab_vmrun_list *list;
    struct lab_vm_states *out;
    bool only_ours;
    struct lab_error *err;
    int rc;
};

static int add(struct query *q, const char *name)
{
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen seen;
    if (lab_vmware_see(q->vw, name, q->list, &seen, q->err) != 0)
        return -1;
    if (!q->only_ours || seen.ours)
        report(&seen, q->out);
    return 0;
}

/* A folder below VMS; stops at the first that cannot be read. */
static int on_folder(void *arg, const char *name)
{
    struct query *q = arg;
    q->rc = add(q, name);
    return q->rc;
}

static int query_folders(struct query *q)
{
    struct plat_stat st;
    q->only_ours = true;
    if (plat_stat(q->vw->vms, &st) != 0)
        return 0;
    if (plat_list_dir(q->vw->vms, on_folder, q, q->err) != 0)
        return -1;
    return q->rc;
}

int lab_vmware_query(struct lab_provider *p,
                     const char *const *names,
                     size_t n,
                     struct lab_vm_states *out,
                     struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list;
    if (lab_vmrun_list(&vw->vmrun, &list, err) != 0)
        return -1;
    struct query q = {.vw = vw, .list = &list, .out = out, .err = err};
    if (!names)
        return query_folders(&q);
    for (size_t i = 0; i < n; i++) {
        if (add(&q, names[i]) != 0)
            return -1;
    }
    return 0;
}
