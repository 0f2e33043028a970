#include "provider/vmrun.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"
#include "provider/vmrun_words.h"

/* English, but not the C locale: in that one VMware takes a path with Korean letters for garbage.
 */
static const char *const environment[] = {"LC_ALL=C.UTF-8", "LANGUAGE=", NULL};

int lab_vmrun_open(struct lab_vmrun *out, struct lab_error *err)
{
    memset(out, 0, sizeof(*out));
    out->program = plat_find_vmware("vmrun");
    if (!out->program) {
        LAB_AUTOFREE char *barred = plat_find_barred("vmrun");
        if (barred) {
            lab_fail(err, LAB_HOST, "cannot use VMware Workstation: '%s' is not executable",
                     barred);
            return lab_error_hint(err, "sudo chmod +x %s", barred);
        }
        lab_fail(err, LAB_HOST, "VMware Workstation is not here: there is no vmrun");
        return lab_error_hint(err, "install VMware Workstation Pro (free since 17.5.2), or put the "
                                   "folder of vmrun into PATH");
    }
    out->ask_ms = 60 * 1000;
    out->start_ms = 300 * 1000;
    out->soft_ms = 15 * 1000;
    out->hard_ms = 60 * 1000;
    out->retry_ms = 3 * 1000;
    return 0;
}

void lab_vmrun_clear(struct lab_vmrun *v)
{
    free(v->program);
    memset(v, 0, sizeof(*v));
}

void lab_vmrun_init(struct lab_child *c, const struct lab_vmrun *v)
{
    lab_child_init(c, v->program);
    c->env = environment;
    c->timeout_ms = v->ask_ms;
    lab_child_args(c, "-T", "ws", (char *)NULL);
}

int lab_vmrun_run(struct lab_child *c, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_child_run(c, &why) == 0)
        return 0;
    if (why.code == LAB_TIMEOUT)
        lab_error_hint(&why, "VMware may wait for an answer in a window or for a licence: open "
                             "Workstation and look");
    if (err)
        lab_error_move(err, &why);
    return -1;
}

/* The text behind "Error: " at the beginning of a line of stdout; NULL: there is none. */
static const char *complaint(const struct lab_child *c)
{
    static const char mark[] = "Error: ";
    const char *text = lab_str_get(&c->out);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (lab_starts_with(line, mark))
            return line + strlen(mark);
    }
    return NULL;
}

bool lab_vmrun_failed(const struct lab_child *c)
{
    return c->status != 0 || complaint(c) != NULL;
}

bool lab_vmrun_says(const struct lab_child *c, const char *words)
{
    return lab_vmrun_failed(c) && strstr(lab_str_get(&c->out), words) != NULL;
}

bool lab_vmrun_may_pass(const struct lab_child *c)
{
    const struct lab_vmrun_words *words = lab_vmrun_words_find(lab_str_get(&c->out));
    return lab_vmrun_failed(c) && words && words->passes;
}

/* A verb or a flag that it does not know: version and Usage, the reason hidden in a screen of text.
 */
static bool is_usage(const char *text)
{
    return strstr(text, "\nUsage: vmrun") != NULL;
}

void lab_vmrun_reason(const struct lab_child *c, struct lab_str *out)
{
    const char *text = complaint(c);
    if (!text)
        text = lab_str_get(&c->out);
    if (!*text)
        text = lab_str_get(&c->errout);
    if (is_usage(text))
        lab_str_add(out, lab_tr("vmrun does not know this call (it printed its usage)"));
    else if (*text)
        lab_put_printable(out, text, strlen(text), 900);
    else if (c->signal)
        lab_str_addf(out, lab_tr("vmrun was ended by signal %d"), c->signal);
    else
        lab_str_addf(out, lab_tr("vmrun ended with status %d and said nothing"), c->status);
}

int lab_vmrun_fail(const struct lab_child *c, const char *what, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str reason = LAB_STR_INIT;
    lab_vmrun_reason(c, &reason);
    const struct lab_vmrun_words *words = lab_vmrun_words_find(lab_str_get(&c->out));
    lab_fail(err, words ? words->code : LAB_HYPERVISOR, "cannot %s: %s", what,
             lab_str_get(&reason));
    if (words && words->hint)
        lab_error_hint(err, "%s", lab_tr(words->hint));
    return -1;
}

int lab_vmrun_do(struct lab_child *c, const char *what, const char *fine, struct lab_error *err)
{
    if (lab_vmrun_run(c, err) != 0)
        return lab_error_wrap(err, "cannot %s", what);
    if (!lab_vmrun_failed(c) || (fine && lab_vmrun_says(c, fine)))
        return 0;
    return lab_vmrun_fail(c, what, err);
}

int lab_vmrun_act(const struct lab_vmrun *v,
                  struct lab_child *c,
                  const char *what,
                  const char *fine,
                  struct lab_error *err)
{
    enum { TRIES = 3 };
    for (int tries = 1;; tries++) {
        if (lab_vmrun_run(c, err) != 0)
            return lab_error_wrap(err, "cannot %s", what);
        if (!lab_vmrun_failed(c) || (fine && lab_vmrun_says(c, fine)))
            return 0;
        if (tries == TRIES || !lab_vmrun_may_pass(c) || lab_work_cancelled())
            return lab_vmrun_fail(c, what, err);
        uv_sleep((unsigned)v->retry_ms);
    }
}

int lab_vmrun_version(const struct lab_vmrun *v, char **out, struct lab_error *err)
{
    static const char mark[] = "vmrun version ";
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, v->program);
    c.env = environment;
    c.timeout_ms = v->ask_ms;
    if (lab_vmrun_run(&c, err) != 0)
        return lab_error_wrap(err, "cannot ask vmrun for its version");
    const char *at = strstr(lab_str_get(&c.out), mark);
    if (!at)
        return lab_vmrun_fail(&c, lab_tr("ask vmrun for its version"), err);
    at += strlen(mark);
    LAB_AUTO_STR struct lab_str version = LAB_STR_INIT;
    lab_put_printable(&version, at, strcspn(at, "\r\n"), 80);
    *out = lab_str_detach(&version);
    return 0;
}
