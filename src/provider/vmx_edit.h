/* Changing a VM that is off, on Workstation: by editing its VMX.
 *
 * VMware holds the definition in memory while a VM runs and writes the file anew when it ends, some
 * time after `vmrun list` has forgotten the VM. So a change is safe only when nothing says that
 * VMware still has the file: no lock of a process that lives (folders NAME.lck with members, beside
 * the files), and no suspended state, with which a start would ignore what was changed. A clean
 * shutdown is waited for, but a VM whose VMware was killed never has one. */
#ifndef LAB_PROVIDER_VMX_EDIT_H
#define LAB_PROVIDER_VMX_EDIT_H

#include "provider/provider.h"
#include "provider/vmx.h"

/* Why a VM cannot be changed now. */
enum lab_vmx_hold {
    LAB_VMX_FREE,
    LAB_VMX_LOCKED,   /* a lock stands in its folder: it runs, or a window of VMware has it open */
    LAB_VMX_UNCLEAN,  /* it runs, or its VMware process was killed */
    LAB_VMX_SUSPENDED /* its next start goes on with the old hardware */
};

/* path is the VMX, vmx its contents. *what, for LAB_VMX_LOCKED, is the lock's path (caller frees).
 * Returns -1 only when the folder cannot be read. */
int lab_vmx_look(const struct lab_vmx *vmx,
                 const char *path,
                 enum lab_vmx_hold *hold,
                 char **what,
                 struct lab_error *err) LAB_MUST_CHECK;
/* The path of a lock that is held in the VMX's folder (caller frees); NULL: there is none. */
int lab_vmx_find_lock(const char *path, char **lock, struct lab_error *err) LAB_MUST_CHECK;
/* The error that VMware holds a VM by that lock, with the way out. Returns -1. */
int lab_vmx_locked(const char *path, const char *lock, struct lab_error *err);
/* LAB_HYPERVISOR, with the reason and the way out, unless it is free to be changed. */
int lab_vmx_check_free(const struct lab_vmx *vmx,
                       const char *path,
                       struct lab_error *err) LAB_MUST_CHECK;

/* The drives of seed and payload stay, empty: startConnected = "FALSE". */
int lab_vmx_detach(struct lab_vmx *vmx, struct lab_error *err) LAB_MUST_CHECK;
/* Whether the VM starts with a medium in the drive of the seed (0) or the payload (1), on either
 * bus. */
bool lab_vmx_attached(const struct lab_vmx *vmx, size_t index);
/* memory is rounded up to what VMware takes. */
int lab_vmx_resize(struct lab_vmx *vmx, unsigned cpu, uint64_t memory_mib, struct lab_error *err)
    LAB_MUST_CHECK;

/* Makes vmx what wanted says (a freshly rendered VMX of the same VM), keeping every key that labctl
 * does not write, and what VMware has chosen since: uuid.bios and the hardware version. Drives,
 * disks and NICs that wanted has not are disconnected or taken away. */
int lab_vmx_merge(struct lab_vmx *vmx,
                  const struct lab_vmx *wanted,
                  struct lab_error *err) LAB_MUST_CHECK;

/* Reads the file, checks that it is free, merges, writes: all of the above for one VM. */
int lab_vmx_edit(const char *path,
                 const struct lab_vmx *wanted,
                 struct lab_error *err) LAB_MUST_CHECK;

#endif
