/* What is told to whoever listens: changes, warnings, and what workers had to say. */
#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "platform.h"
#include "run/run.h"

void lab_run_event(struct lab_run *run,
                   const char *node,
                   const char *gate,
                   const char *state,
                   const char *evidence)
{
    struct lab_event event = {plat_wall_ms(), (char *)(node ? node : ""), (char *)gate,
                              (char *)state, (char *)(evidence ? evidence : "")};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (run->state && run->options->mode != LAB_STATE_READ &&
        lab_state_event(run->state, &event, &err))
        lab_run_warning(run, "cannot record what happened: %s", err.message);
    if (run->listener->event)
        run->listener->event(run->listener->arg, &event);
}

/* For the pictures of later, in which only runs are seen. What could not be written down is not
 * worth another warning. */
static void keep_warning(struct lab_run *run, char *text)
{
    struct lab_event event = {0, (char *)"", (char *)"warning", (char *)"warning", text};
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (run->state && lab_state_run_is_open(run->state) &&
        lab_state_event(run->state, &event, &ignored))
        lab_log("cannot record the warning: %s", ignored.message);
}

void lab_run_warning(struct lab_run *run, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    lab_log("warning: %s", text);
    keep_warning(run, text);
    if (run->listener->warning)
        run->listener->warning(run->listener->arg, text);
}

void lab_run_show_notices(struct lab_run *run)
{
    uv_mutex_lock(&run->notice_lock);
    LAB_VEC_FOREACH (text, &run->notices) {
        lab_run_warning(run, "%s", *text);
        free(*text);
    }
    run->notices.len = 0;
    uv_mutex_unlock(&run->notice_lock);
}
