/* Whether VMware still has a VM's files (vmx_edit.h). The form of the locks is that of
 * open-vm-tools lib/file/fileLockPrimitive.c and fileLockPosix.c: FILE.lck is a folder, and a
 * member M12345.lck in it is a holder, whose text begins with "MACHINE PID-START(NAME)". A folder
 * without one, or with those of processes that are gone, is what a crash left: VMware takes it
 * over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmx_edit.h"

enum { MEMBER_MAX = 4096 };

/* False only for a process of which the member tells that it is gone. */
static bool is_alive(const char *member)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(MEMBER_MAX);
    LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
    unsigned long long pid, started = 0;
    if (lab_file_read(member, MEMBER_MAX, &text, &gone) != 0)
        return lab_file_exists(member);
    int words = sscanf(lab_str_get(&text), "%*s %llu-%llu", &pid, &started);
    return words < 1 || plat_process_lives(pid, started);
}

struct holders {
    const char *lock;
    bool found;
};

static int is_holder(void *arg, const char *name)
{
    struct holders *h = arg;
    LAB_AUTOFREE char *member = lab_path_join(h->lock, name);
    if (!lab_ends_with(name, ".lck"))
        return 0;
    h->found = name[0] == 'D' || (name[0] == 'M' && is_alive(member));
    return h->found;
}

/* Somebody may take the lock away while we look: then there is none. */
static bool is_held(const char *lock)
{
    LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
    struct holders holders = {lock, false};
    struct plat_stat st;
    if (plat_stat(lock, &st) != 0)
        return false;
    if (!st.is_dir)
        return true; /* a file, where a file system has no folders for locks */
    return plat_list_dir(lock, is_holder, &holders, &gone) == 0 && holders.found;
}

struct search {
    const char *folder;
    char *held;
};

static int look_at(void *arg, const char *name)
{
    struct search *s = arg;
    if (!lab_ends_with(name, ".lck"))
        return 0;
    LAB_AUTOFREE char *lock = lab_path_join(s->folder, name);
    if (is_held(lock))
        s->held = lab_steal(&lock);
    return s->held != NULL;
}

int lab_vmx_find_lock(const char *path, char **lock, struct lab_error *err)
{
    LAB_AUTOFREE char *folder = lab_path_dir(path);
    struct search search = {folder, NULL};
    *lock = NULL;
    if (plat_list_dir(folder, look_at, &search, err) != 0)
        return -1;
    *lock = search.held;
    return 0;
}

int lab_vmx_locked(const char *path, const char *lock, struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR, "cannot change '%s': VMware holds it (%s)", path, lock);
    return lab_error_hint(err, "stop the VM and close its tab in VMware; if VMware does not run "
                               "at all, remove that folder");
}

int lab_vmx_look(const struct lab_vmx *vmx,
                 const char *path,
                 enum lab_vmx_hold *hold,
                 char **what,
                 struct lab_error *err)
{
    if (lab_vmx_find_lock(path, what, err) != 0)
        return -1;
    const char *suspended = lab_vmx_get(vmx, "checkpoint.vmState");
    if (*what)
        *hold = LAB_VMX_LOCKED;
    else if (suspended && *suspended)
        *hold = LAB_VMX_SUSPENDED;
    else if (!lab_vmx_get_bool(vmx, "cleanShutdown", true))
        *hold = LAB_VMX_UNCLEAN;
    else
        *hold = LAB_VMX_FREE;
    return 0;
}

int lab_vmx_check_free(const struct lab_vmx *vmx, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *lock = NULL;
    enum lab_vmx_hold hold;
    if (lab_vmx_look(vmx, path, &hold, &lock, err) != 0)
        return -1;
    switch (hold) {
    case LAB_VMX_FREE:
    case LAB_VMX_UNCLEAN: /* nobody holds it, so nobody will write it: its VMware was killed */
        break;
    case LAB_VMX_LOCKED:
        return lab_vmx_locked(path, lock, err);
    case LAB_VMX_SUSPENDED:
        lab_fail(err, LAB_HYPERVISOR,
                 "cannot change '%s': it is suspended, and would go on with its old hardware",
                 path);
        return lab_error_hint(err, "resume it in VMware and shut it down");
    }
    return 0;
}
