#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/work.h"
#include "platform.h"
#include "provider/vmrun.h"
#include "provider/vmrun_words.h"

enum { TRIES = 3 };

static int runs(const struct lab_vmrun *v, const char *vmx, bool *running, struct lab_error *err)
{
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list;
    if (lab_vmrun_list(v, &list, err) != 0)
        return -1;
    *running = lab_vmrun_list_has(&list, vmx);
    return 0;
}

static int stop(const struct lab_vmrun *v,
                const char *vmx,
                const char *how,
                uint64_t timeout_ms,
                struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTOFREE char *what = lab_format(lab_tr("stop VM '%s' (%s)"), vmx, how);
    LAB_AUTOFREE char *file = plat_native(vmx);
    lab_vmrun_init(&c, v);
    c.timeout_ms = timeout_ms;
    lab_child_args(&c, "stop", file, how, (char *)NULL);
    return lab_vmrun_act(v, &c, what, LAB_VMRUN_NOT_ON, err);
}

/* --- start ------------------------------------------------------------------------------------ */

/* A start that hung may have left a VM which waits for an answer: it goes, so that the next start
 * begins from nothing. The error stays the first one. */
static void undo_start(const struct lab_vmrun *v, const char *vmx)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    lab_log("the start of '%s' hung: what it left is stopped", vmx);
    if (lab_vmrun_hard_stop(v, vmx, &why) != 0)
        lab_log("%s", why.message);
}

static int start(const struct lab_vmrun *v, const char *vmx, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTOFREE char *what = lab_format(lab_tr("start VM '%s'"), vmx);
    LAB_AUTOFREE char *file = plat_native(vmx);
    lab_vmrun_init(&c, v);
    c.breakaway = true; /* else the VM would end with our terminal or SSH session */
    c.timeout_ms = v->start_ms;
    lab_child_args(&c, "start", file, "nogui", (char *)NULL);
    return lab_vmrun_act(v, &c, what, LAB_VMRUN_RUNNING, err);
}

static void hint_at_hang(const char *vmx, struct lab_error *err)
{
    LAB_AUTOFREE char *folder = lab_path_dir(vmx);
    lab_assign(&err->hint, NULL);
    lab_error_hint(err,
                   "VMware may have asked a question or wanted a licence: see the end of "
                   "%s/vmware.log, or start the VM once in Workstation's window",
                   folder);
}

int lab_vmrun_start(const struct lab_vmrun *v, const char *vmx, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool running;
    if (runs(v, vmx, &running, err) != 0)
        return -1;
    if (running || start(v, vmx, &why) == 0)
        return 0;
    if (why.code == LAB_TIMEOUT) {
        undo_start(v, vmx);
        hint_at_hang(vmx, &why);
    }
    if (err)
        lab_error_move(err, &why);
    return -1;
}

/* --- stop ------------------------------------------------------------------------------------- */

/* The list does not tell a paused VM from one that runs; a refusal does. */
static int soft_stop(const struct lab_vmrun *v, const char *vmx, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (stop(v, vmx, "soft", v->soft_ms, &why) == 0)
        return 0;
    if (!why.message || !strstr(why.message, LAB_VMRUN_PAUSED)) {
        lab_error_move(err, &why);
        return -1;
    }
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTOFREE char *what = lab_format(lab_tr("unpause VM '%s'"), vmx);
    lab_vmrun_init(&c, v);
    lab_child_args(&c, "unpause", vmx, (char *)NULL);
    if (lab_vmrun_do(&c, what, NULL, err) != 0)
        return -1;
    return stop(v, vmx, "soft", v->soft_ms, err);
}

int lab_vmrun_soft_stop(const struct lab_vmrun *v, const char *vmx, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool running;
    if (runs(v, vmx, &running, err) != 0)
        return -1;
    if (!running || soft_stop(v, vmx, &why) == 0)
        return 0;
    /* Without Tools in the guest it waits for ever. Asked it is; whoever waits for the VM to be off
     * sees whether it heeds. */
    if (why.code == LAB_TIMEOUT) {
        lab_log("%s", why.message);
        return 0;
    }
    if (err)
        lab_error_move(err, &why);
    return -1;
}

int lab_vmrun_hard_stop(const struct lab_vmrun *v, const char *vmx, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    for (int tries = 1;; tries++) {
        bool running;
        if (runs(v, vmx, &running, err) != 0)
            return -1;
        if (!running)
            return 0;
        if (tries == TRIES)
            break;
        lab_error_clear(&why);
        if (stop(v, vmx, "hard", v->hard_ms, &why) != 0 && why.code != LAB_TIMEOUT)
            break;
    }
    if (why.code == LAB_OK) {
        lab_fail(&why, LAB_HYPERVISOR, "cannot stop VM '%s': it still runs after vmrun stopped it",
                 vmx);
        lab_error_hint(&why, "end its vmware-vmx process by hand, then try again");
    }
    if (err)
        lab_error_move(err, &why);
    return -1;
}
