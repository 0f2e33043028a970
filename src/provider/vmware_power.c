#include "base/file.h"
#include "base/log.h"
#include "base/work.h"
#include "platform.h"
#include "provider/vmware_impl.h"

enum { LOOK_MS = 200, UNCLEAN_MS = 10 * 1000 };

/* What VMware still does with the files; a VMX that is just being written may be cut off. */
static enum lab_vmx_hold look(const char *path)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTO_VMX struct lab_vmx vmx;
    LAB_AUTOFREE char *lock = NULL;
    enum lab_vmx_hold hold;
    if (lab_vmx_load(&vmx, path, &why) != 0 || lab_vmx_look(&vmx, path, &hold, &lock, &why) != 0)
        return LAB_VMX_LOCKED;
    return hold;
}

int lab_vmware_wait_free(const struct lab_vmware *vw, const char *path, struct lab_error *err)
{
    LAB_AUTO_VMX struct lab_vmx vmx = {0};
    uint64_t now = plat_now_ms(), end = now + vw->settle_ms, unclean = now + UNCLEAN_MS;
    for (; now < end && !lab_work_cancelled(); now = plat_now_ms()) {
        enum lab_vmx_hold hold = look(path);
        if (hold == LAB_VMX_FREE || (hold == LAB_VMX_UNCLEAN && now >= unclean))
            break;
        uv_sleep(LOOK_MS);
    }
    if (lab_vmx_load(&vmx, path, err) != 0)
        return -1;
    return lab_vmx_check_free(&vmx, path, err);
}

int lab_vmware_wait_unlocked(const struct lab_vmware *vw, const char *path, struct lab_error *err)
{
    uint64_t end = plat_now_ms() + vw->settle_ms;
    for (;;) {
        LAB_AUTOFREE char *lock = NULL;
        if (lab_vmx_find_lock(path, &lock, err) != 0)
            return -1;
        if (!lock)
            return 0;
        if (plat_now_ms() >= end || lab_work_cancelled())
            return lab_vmx_locked(path, lock, err);
        uv_sleep(LOOK_MS);
    }
}

static int absent(const struct lab_vmware_seen *s, const char *what, struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR, "cannot %s VM '%s': there is no '%s'", what, s->name, s->path);
    return lab_error_hint(err, "make it again with: labctl up");
}

int lab_vmware_start(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    if (!s.exists)
        return absent(&s, "start", err);
    if (s.running)
        return 0;
    /* VMware knows better than we whether a lock still counts, and says so. */
    LAB_AUTO_ERROR struct lab_error locked = LAB_ERROR_INIT;
    if (lab_vmware_wait_unlocked(vw, s.path, &locked) != 0)
        lab_log("%s", locked.message);
    uv_mutex_lock(&vw->starting);
    int rc = lab_vmrun_start(&vw->vmrun, s.path, err);
    uv_mutex_unlock(&vw->starting);
    return rc;
}

int lab_vmware_soft_stop(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    return s.running ? lab_vmrun_soft_stop(&vw->vmrun, s.path, err) : 0;
}

int lab_vmware_hard_stop(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_vmware *vw = p->impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen s;
    if (lab_vmware_see_ours(vw, name, &s, err) != 0)
        return -1;
    return s.running ? lab_vmrun_hard_stop(&vw->vmrun, s.path, err) : 0;
}
