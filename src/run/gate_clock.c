/* The clock: k3s makes certificates when it first starts, so by then it must be right. It is set
 * over the pinned session, by seeds/guest/set-clock, which never steps back once there are
 * certificates. */
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "platform.h"
#include "run/climb.h"

enum { SET_TRIES = 3 };

static enum lab_answer refused(struct lab_climb *c)
{
    lab_climb_fail(c, LAB_GUEST, "the clock is %+.1f s from this host's and could not be set: %s",
                   (double)c->skew_ms / 1000, lab_str_get(&c->evidence));
    lab_error_hint(&c->error,
                   "is this host's clock right? A node that was made in a wrong time is best made "
                   "anew: '%s up --recreate %s'",
                   lab_run_self(c->ladder->run), c->record->name);
    return LAB_FAILED;
}

static void set(struct lab_climb *c)
{
    LAB_AUTOFREE char *command = lab_format("sh -s %lld", (long long)plat_wall_ms());
    c->clock_sets++;
    c->clock_was_ms = c->skew_ms;
    c->clock_setting = true;
    lab_climb_see(c, "%+.1f s from this host's clock; setting it", (double)c->skew_ms / 1000);
    lab_climb_exec(c, command, lab_asset_get("seeds/guest/set-clock")->text);
}

/* true while it is being set. What was measured before that no longer counts. */
static bool is_being_set(struct lab_climb *c)
{
    if (!c->clock_setting || c->exec_pending)
        return c->clock_setting;
    c->clock_setting = false;
    if (!c->exec_failed)
        c->skew_known = false;
    return false;
}

enum lab_answer lab_check_clock(struct lab_climb *c)
{
    const struct lab_spec *spec = c->ladder->run->spec;
    int64_t limit = spec ? (int64_t)spec->wait.clock_skew_ms : 5000;
    lab_climb_connect(c);
    if (is_being_set(c) || !c->skew_known)
        return LAB_WAIT;
    if (llabs((long long)c->skew_ms) > limit) {
        if (c->ladder->observe || c->link < LAB_LINK_LOGIN) {
            lab_climb_see(c, "%+.1f s from this host's clock, allowed are %.1f s (wait.clock_skew)",
                          (double)c->skew_ms / 1000, (double)limit / 1000);
            return LAB_WAIT;
        }
        if (c->clock_sets == SET_TRIES)
            return refused(c);
        set(c);
        return LAB_WAIT;
    }
    lab_climb_see(c, "%+.1f s from this host's clock", (double)c->skew_ms / 1000);
    if (c->clock_sets)
        lab_climb_see(c, "%+.1f s from this host's clock; it was %+.1f s and has been set",
                      (double)c->skew_ms / 1000, (double)c->clock_was_ms / 1000);
    return LAB_PASS;
}
