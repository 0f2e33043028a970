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

/* What was seen before stays when VMware does not answer. */
static int see_again(const struct lab_vmware *vw, struct lab_vmware_seen *s, struct lab_error *err)
{
    struct lab_vmware_seen now;
    if (lab_vmware_see_ours(vw, s->name, &now, err) != 0) {
        lab_vmware_seen_clear(&now);
        return -1;
    }
    lab_vmware_seen_clear(s);
    *s = now;
    return 0;
}

int lab_vmware_wait_unlocked(const struct lab_vmware *vw,
                             struct lab_vmware_seen *s,
                             bool switch_off,
                             struct lab_error *err)
{
    enum { LOOKS_A_LIST = 10 };
    uint64_t end = plat_now_ms() + vw->settle_ms;
    for (unsigned looks = 1;; looks++) {
        LAB_AUTOFREE char *lock = NULL;
        if (!s->exists || (s->running && !switch_off))
            return 0;
        if (s->running && lab_vmrun_hard_stop(&vw->vmrun, s->path, err) != 0)
            return -1;
        s->running = false;
        if (lab_vmx_find_lock(s->path, &lock, err) != 0)
            return -1;
        if (!lock)
            return 0;
        if (plat_now_ms() >= end || lab_work_cancelled())
            return lab_vmx_locked(s->path, lock, err);
        uv_sleep(LOOK_MS);
        if (looks % LOOKS_A_LIST == 0 && see_again(vw, s, err) != 0)
            return -1;
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
    /* VMware knows better than we whether a lock still counts, and says so. */
    LAB_AUTO_ERROR struct lab_error locked = LAB_ERROR_INIT;
    if (lab_vmware_wait_unlocked(vw, &s, false, &locked) != 0)
        lab_log("%s", locked.message);
    if (!s.exists)
        return absent(&s, "start", err);
    if (s.running)
        return 0;
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
