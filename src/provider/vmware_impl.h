/* What vmware*.c share. Private to src/provider.
 *
 * A VM is a folder of its own, VMS/NAME with NAME.vmx, NAME.vmdk and what VMware adds; VMS is
 * lab.yaml's vm_dir, or a folder of the lab's home. Media stay where the caller wrote them, since
 * VMware runs as the same user. A VM is ours when its VMX carries our lab's id. */
#ifndef LAB_PROVIDER_VMWARE_IMPL_H
#define LAB_PROVIDER_VMWARE_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "provider/provider.h"
#include "provider/vmnet.h"
#include "provider/vmrun.h"
#include "provider/vmx.h"
#include "provider/vmx_edit.h"

struct lab_vmware {
    struct lab_vmrun vmrun;
    char *lab, *lab_id, *owner_home, *vms, *homes;
    struct lab_owner owner; /* borrows the first three */
    unsigned hardware;      /* virtualHW.version of new VMs */
    bool own_vms;           /* VMS is a folder that the lab made, not one that the user had */
    uint64_t settle_ms;     /* how long VMware may go on writing after a VM is off */
    uv_mutex_t starting;    /* starts come one after another, everything else side by side */
};

/* --- vmware_query.c --------------------------------------------------------------------------- */

/* One VM as its files and vmrun's list tell. */
struct lab_vmware_seen {
    char *name, *folder, *path; /* path: of its VMX */
    bool exists, ours;
    bool linked;    /* it, or its folder, is a symbolic link: then it is never ours */
    bool running;   /* on the list; paused VMs are, too */
    bool suspended; /* its next start goes on where it was */
    struct lab_vmx def;
};
#define LAB_AUTO_VMWARE_SEEN LAB_CLEANUP(lab_vmware_seen_clear)
void lab_vmware_seen_clear(struct lab_vmware_seen *seen);

/* The list may be NULL: then running is false. */
int lab_vmware_see(const struct lab_vmware *vw,
                   const char *name,
                   const struct lab_vmrun_list *list,
                   struct lab_vmware_seen *out,
                   struct lab_error *err) LAB_MUST_CHECK;
/* The same with a list of its own; LAB_CONFLICT when the VM exists and is not ours. */
int lab_vmware_see_ours(const struct lab_vmware *vw,
                        const char *name,
                        struct lab_vmware_seen *out,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_vmware_query(struct lab_provider *p,
                     const char *const *names,
                     size_t n,
                     struct lab_vm_states *out,
                     struct lab_error *err);

/* provider.h: find */
int lab_vmware_find(struct lab_provider *p, struct lab_tagged_list *out, struct lab_error *err);

/* --- vmware_power.c --------------------------------------------------------------------------- */

/* Waits until VMware has let go of a VM that is off; LAB_HYPERVISOR when it does not. */
int lab_vmware_wait_free(const struct lab_vmware *vw,
                         const char *path,
                         struct lab_error *err) LAB_MUST_CHECK;
/* Waits until no lock is held: less than free, enough to start it or to remove it. A labctl that
 * was killed may have left a `vmrun start` that is still under way: the VM holds its files and
 * comes up only now. Then it is switched off, or, without switch_off, that ends the waiting:
 * seen->running. */
int lab_vmware_wait_unlocked(const struct lab_vmware *vw,
                             struct lab_vmware_seen *seen,
                             bool switch_off,
                             struct lab_error *err) LAB_MUST_CHECK;
int lab_vmware_start(struct lab_provider *p, const char *name, struct lab_error *err);
int lab_vmware_soft_stop(struct lab_provider *p, const char *name, struct lab_error *err);
int lab_vmware_hard_stop(struct lab_provider *p, const char *name, struct lab_error *err);

/* --- vmware_vm.c ------------------------------------------------------------------------------ */

int lab_vmware_define(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err);
int lab_vmware_destroy(struct lab_provider *p, const char *name, struct lab_error *err);

/* --- vmware_snapshot.c ------------------------------------------------------------------------ */

/* The name of the VM's present disk within its folder: NAME.vmdk, or NAME-000001.vmdk and so on
 * once it has, or had, snapshots. Caller frees. */
char *lab_vmware_disk_file(const struct lab_vmware_seen *seen);
/* True for a disk of that VM: NAME.vmdk, NAME-000001.vmdk. */
bool lab_vmware_is_disk(const char *name, const char *file);
int lab_vmware_snapshot(struct lab_provider *p,
                        const char *name,
                        const char *snapshot,
                        struct lab_error *err);
int lab_vmware_revert(struct lab_provider *p,
                      const char *name,
                      const char *snapshot,
                      struct lab_error *err);
int lab_vmware_delete_snapshot(struct lab_provider *p,
                               const char *name,
                               const char *snapshot,
                               struct lab_error *err);
int lab_vmware_snapshots(struct lab_provider *p,
                         const char *name,
                         struct lab_vm_snapshots *out,
                         struct lab_error *err);

/* --- vmware_network.c ------------------------------------------------------------------------- */

/* VMware's networks belong to the host and are never changed: they are adopted, or refused with the
 * commands that would change them. */
int lab_vmware_look_network(struct lab_provider *p,
                            const struct lab_net *net,
                            struct lab_net_state *out,
                            struct lab_error *err);
int lab_vmware_remove_network(struct lab_provider *p, const char *name, struct lab_error *err);
/* lab.yaml's name for it, or the usual one. Borrowed. */
const char *lab_vmware_vmnet_name(const struct lab_net *net);
int lab_vmware_read_vmnet(struct lab_vmnet *out,
                          unsigned number,
                          struct lab_error *err) LAB_MUST_CHECK;

/* --- vmware_diagnose.c, vmware_room.c --------------------------------------------------------- */

void lab_vmware_diagnose(const struct lab_provider_config *config,
                         const struct lab_demand *demand,
                         bool quick,
                         struct lab_findings *out);
int lab_vmware_room(struct lab_provider *p,
                    const struct lab_demand *demand,
                    struct lab_places *out,
                    struct lab_error *err);

/* --- vmware_disk.c ---------------------------------------------------------------------------- */

/* The VM's disk, when it is not there yet. */
int lab_vmware_ensure_disk(const struct lab_vmware *vw,
                           const struct lab_vm *vm,
                           const char *path,
                           struct lab_error *err) LAB_MUST_CHECK;
int lab_vmware_grow_disk(struct lab_provider *p,
                         const char *name,
                         uint64_t bytes,
                         struct lab_error *err);
int lab_vmware_import_base(struct lab_provider *p,
                           const char *path,
                           const char *sha256,
                           enum lab_image_format format,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err);

/* --- vmware_records.c ---------------------------------------------------------------------- */

int lab_vmware_records(struct lab_provider *p,
                       const char *name,
                       const struct lab_record_taker *taker,
                       struct lab_error *err);

#endif
