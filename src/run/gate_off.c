/* Powered off: through the guest itself, which unmounts and syncs; one that does not follow gets
 * the provider's soft stop, then the hard one, and each step is said aloud. */
#include <string.h>

#include "base/i18n.h"
#include "platform.h"
#include "run/climb.h"
#include "run/cut.h"

enum { CONNECTING, ASKED, PRESSED, CUT };

static const uint64_t connect_ms = 20000, ask_ms = 90000, press_ms = 60000;

static int soft_fn(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_provider *p = &c->ladder->run->provider;
    return p->ops->soft_stop(p, c->record->name, err);
}

static int hard_fn(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_provider *p = &c->ladder->run->provider;
    return p->ops->hard_stop(p, c->record->name, err);
}

static bool note_cut(struct lab_climb *c)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_note_cut(c->ladder->run, c->record->name, true, &err) == 0)
        return true;
    lab_error_move(&c->error, &err);
    return false;
}

static void ask_guest(struct lab_climb *c)
{
    lab_climb_keep_identity(c);
    lab_climb_step(c, ASKED, "powering off");
    lab_climb_exec(c, "/usr/local/lib/labctl/poweroff", NULL);
}

void lab_enter_off(struct lab_climb *c)
{
    lab_climb_look_again(c);
    lab_climb_step(c, CONNECTING, "powering off");
}

static bool is_off(const struct lab_climb *c)
{
    return c->power == LAB_POWER_OFF || c->power == LAB_POWER_CRASHED ||
           c->power == LAB_POWER_ABSENT;
}

static void press_button(struct lab_climb *c, const char *why)
{
    lab_run_warning(c->ladder->run, "%s %s; pressing its power button", c->record->name, why);
    lab_climb_step(c, PRESSED, "pressing the power button");
    lab_climb_work(c, soft_fn);
}

/* Switching off works without the guest's help: a lost host key is no reason to leave it on. */
static void reach(struct lab_climb *c)
{
    lab_climb_connect(c);
    if (c->guest || c->error.code == LAB_OK)
        return;
    lab_error_clear(&c->error);
    press_button(c, lab_tr("cannot be asked, for its host key is missing here"));
}

static void push(struct lab_climb *c)
{
    uint64_t waited = plat_now_ms() - c->step_ms;
    switch (c->step) {
    case CONNECTING:
        if (c->power == LAB_POWER_PAUSED)
            press_button(c, lab_tr("is paused"));
        else if (waited > connect_ms)
            press_button(c, lab_tr("does not answer over SSH"));
        else if (c->link == LAB_LINK_LOGIN && lab_climb_fact(c, "ready"))
            ask_guest(c);
        else
            reach(c);
        break;
    case ASKED:
        if (waited > ask_ms || (c->exec_failed && c->link == LAB_LINK_LOGIN && waited > 15000))
            press_button(c, lab_tr("did not power itself off"));
        break;
    case PRESSED:
        if (waited <= press_ms)
            break;
        lab_run_warning(c->ladder->run, "%s ignores its power button; cutting its power",
                        c->record->name);
        lab_climb_step(c, CUT, "cutting the power");
        if (note_cut(c))
            lab_climb_work(c, hard_fn);
        break;
    default:
        break;
    }
}

enum lab_answer lab_check_off(struct lab_climb *c)
{
    if (c->ladder->observe)
        return LAB_PASS; /* passing through: what counts is the gate after it */
    if (lab_climb_looked(c) && is_off(c)) {
        lab_climb_disconnect(c);
        lab_climb_see(c, "off");
        return c->power != LAB_POWER_CRASHED || note_cut(c) ? LAB_PASS : LAB_FAILED;
    }
    push(c);
    return LAB_WAIT;
}
