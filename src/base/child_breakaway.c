#include <stdlib.h>

#include "base/child_env.h"
#include "base/child_run.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"

int lab_child_cancelled(const struct lab_child *c, struct lab_error *err)
{
    return lab_fail(err, LAB_CANCELLED, "'%s' was ended: interrupted", c->argv.items[0]);
}

int lab_child_late(const struct lab_child *c, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_duration(&text, c->timeout_ms);
    return lab_fail(err, LAB_TIMEOUT, "'%s' did not end within %s and was ended", c->argv.items[0],
                    lab_str_get(&text));
}

int lab_child_too_much(const struct lab_child *c, struct lab_error *err)
{
    return lab_fail(err, LAB_HOST, "'%s' printed more than %zu MiB and was ended",
                    c->argv.items[0], c->out.max >> 20);
}

int lab_child_breakaway(struct lab_child *c, bool *passes, struct lab_error *err)
{
    *lab_vec_push(&c->argv) = NULL;
    c->argv.len--;
    char **env = lab_child_env_new(c->env);
    struct plat_breakaway child = {
        .argv = c->argv.items,
        .env = env,
        .timeout_ms = c->timeout_ms,
        .cancelled = lab_work_cancelled,
        .out = &c->out,
        .errout = &c->errout,
    };
    enum plat_breakaway_end end = plat_run_breakaway(&child, err);
    lab_child_env_free(env);
    c->status = child.status;
    *passes = child.passes;
    if (child.in_job)
        lab_log("'%s' could not leave the job of this session: what it started ends with it",
                c->argv.items[0]);
    switch (end) {
    case PLAT_BREAKAWAY_NO_JOBS:
        return lab_child_loop(c, passes, err);
    case PLAT_BREAKAWAY_ENDED:
        return 0;
    case PLAT_BREAKAWAY_LATE:
        return lab_child_late(c, err);
    case PLAT_BREAKAWAY_CANCELLED:
        return lab_child_cancelled(c, err);
    case PLAT_BREAKAWAY_TOO_MUCH:
        return lab_child_too_much(c, err);
    case PLAT_BREAKAWAY_FAILED:
        break;
    }
    return -1;
}
