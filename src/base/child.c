#include "base/child.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/child_run.h"
#include "base/log.h"
#include "base/template.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"

enum {
    OUTPUT_MAX = 16 << 20,
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    TRY_AGAIN_MS = 100, /* and 200, 400, 800, 1600: three seconds in all */
    TRY_AGAIN_MAX_MS = 1600
};

static void add(struct lab_child *c, char *arg)
{
    *lab_vec_push(&c->argv) = arg;
}

void lab_child_init(struct lab_child *c, const char *program)
{
    *c = (struct lab_child){.status = -1};
    c->out.max = OUTPUT_MAX;
    c->errout.max = OUTPUT_MAX;
    lab_child_arg(c, program);
}

void lab_child_arg(struct lab_child *c, const char *arg)
{
    add(c, lab_strdup(arg));
}

void lab_child_args(struct lab_child *c, ...)
{
    va_list ap;
    va_start(ap, c);
    for (const char *arg; (arg = va_arg(ap, const char *)) != NULL;)
        lab_child_arg(c, arg);
    va_end(ap);
}

void lab_child_argf(struct lab_child *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(c, lab_vformat(fmt, ap));
    va_end(ap);
}

void lab_child_clear(struct lab_child *c)
{
    LAB_VEC_FOREACH (arg, &c->argv)
        free(*arg);
    lab_vec_clear(&c->argv);
    lab_str_clear(&c->out);
    lab_str_clear(&c->errout);
}

/* As one could type it, so that a line of the log can be tried by hand. */
static void put_command(struct lab_str *out, const struct lab_child *c)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=:,./@%";
    for (size_t i = 0; i < c->argv.len; i++) {
        const char *arg = c->argv.items[i];
        if (i > 0)
            lab_str_addc(out, ' ');
        if (*arg && strspn(arg, plain) == strlen(arg))
            lab_str_add(out, arg);
        else
            lab_escape(out, LAB_ESCAPE_SHELL_ENV, arg);
    }
}

static void log_end(const struct lab_child *c, const struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    put_command(&line, c);
    if (c->signal)
        lab_str_addf(&line, ": ended by signal %d", c->signal);
    else
        lab_str_addf(&line, ": exit status %d", c->status);
    lab_str_add(&line, " after ");
    lab_put_duration(&line, c->duration_ms);
    if (err->code != LAB_OK)
        lab_str_addf(&line, ": %s", err->message);
    lab_log("%s", lab_str_get(&line));
}

/* Nothing was started, so that nothing is done twice. */
static bool wait_to_try_again(uint64_t ms, struct lab_error *err)
{
    lab_log("%s: once more in %llu ms", err->message, (unsigned long long)ms);
    for (uint64_t waited = 0; waited < ms && !lab_work_cancelled(); waited += TRY_AGAIN_MS)
        uv_sleep(TRY_AGAIN_MS);
    if (lab_work_cancelled())
        return false;
    lab_error_clear(err);
    return true;
}

static int run(struct lab_child *c, struct lab_error *err)
{
    for (uint64_t ms = TRY_AGAIN_MS;; ms *= 2) {
        bool passes = false;
        int rc =
            c->breakaway ? lab_child_breakaway(c, &passes, err) : lab_child_loop(c, &passes, err);
        if (rc == 0 || !passes || ms > TRY_AGAIN_MAX_MS || !wait_to_try_again(ms, err))
            return rc;
    }
}

int lab_child_run(struct lab_child *c, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error local = LAB_ERROR_INIT;
    lab_str_clear(&c->out);
    lab_str_clear(&c->errout);
    c->status = -1;
    c->signal = 0;
    if (c->timeout_ms == 0)
        c->timeout_ms = DEFAULT_TIMEOUT_MS;
    plat_ignore_broken_pipe();
    uint64_t start = plat_now_ms();
    int rc = lab_work_cancelled() ? lab_fail(&local, LAB_CANCELLED, "'%s' was not run: interrupted",
                                             c->argv.items[0])
                                  : run(c, &local);
    c->duration_ms = plat_now_ms() - start;
    log_end(c, &local);
    if (rc < 0 && err && err->code == LAB_OK)
        lab_error_move(err, &local);
    return rc;
}
