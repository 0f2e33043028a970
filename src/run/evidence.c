/* The last words of a node that failed: what the guest's own logs say when it still answers, the
 * end of its serial console, and the command to run next. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "run/climb.h"
#include "run/console.h"
#include "run/guest_logs.h"
#include "run/symptoms.h"

enum { CONSOLE_LINES = 12, LOG_LINES = 15, CONSOLE_BYTES = 64 * 1024 };

/* Appends the last lines of text, each indented, made printable. */
static void put_tail(struct lab_str *out, const char *title, const char *text, size_t lines)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    const char *start = text + n;
    for (size_t seen = 0; start > text; start--)
        if (start[-1] == '\n' && ++seen == lines)
            break;
    if (start == text + n)
        return;
    lab_str_addf(out, "%s\n", title);
    while (start < text + n) {
        size_t len = strcspn(start, "\n");
        if (start + len > text + n)
            len = (size_t)(text + n - start);
        lab_str_add(out, "  | ");
        lab_put_printable(out, start, len, 300);
        lab_str_add(out, "\n");
        start += len + 1;
    }
}

/* The end of the console goes to out; what it tells of this boot is kept for the cause. */
static void add_console(struct lab_climb *c, struct lab_str *out, struct lab_str *tail)
{
    LAB_AUTOFREE char *path = lab_run_path(c->ladder->run, "console/%s.log", c->record->name);
    lab_file_tail(path, CONSOLE_BYTES, tail);
    if (tail->len)
        put_tail(out, lab_tr("end of its serial console:"), lab_str_get(tail), CONSOLE_LINES);
    else
        lab_str_addf(out, lab_tr("its serial console (%s) is empty\n"), path);
}

/* What to ask the guest; NULL: no log of its own explains the gate. Caller frees. */
static char *question(const struct lab_climb *c)
{
    const struct lab_guest_log_query query = {.gate = (int)c->gate, .lines = LOG_LINES};
    struct lab_str command = LAB_STR_INIT;
    if (!lab_guest_log_explains(query.gate))
        return NULL;
    lab_guest_log_command(&command, &query, strcmp(lab_run_user(c->ladder->run), "root") == 0);
    return lab_str_detach(&command);
}

/* A key or an owner that does not match has its own words; what a console says besides is no cause.
 */
static bool wants_cause(const struct lab_climb *c)
{
    return c->error.code == LAB_GUEST || c->error.code == LAB_TIMEOUT ||
           c->error.code == LAB_HYPERVISOR;
}

struct said {
    unsigned by;
    const char *text;
};

/* The first that is known, what the gate itself says before what logs say. */
static const struct lab_symptom *
find_cause(const struct said *said, size_t n, const char **line, size_t *len)
{
    for (size_t i = 0; i < n; i++) {
        const struct lab_symptom *s =
            said[i].text ? lab_symptom_find(said[i].by, said[i].text, line, len) : NULL;
        if (s)
            return s;
    }
    return NULL;
}

static void
put_cause(struct lab_climb *c, const char *log, const char *console, struct lab_str *out)
{
    const struct said said[] = {
        {c->gate > LAB_GATE_POWERED ? LAB_SAID_BY_GUEST : LAB_SAID_BY_HYPERVISOR, c->error.message},
        {LAB_SAID_BY_GUEST, log},
        {LAB_SAID_BY_CONSOLE, lab_console_this_boot(console)},
    };
    const char *line;
    size_t len;
    const struct lab_symptom *s =
        wants_cause(c) ? find_cause(said, LAB_ARRAY_LEN(said), &line, &len) : NULL;
    if (!s)
        return;
    lab_str_addf(out, lab_tr("  likely cause: %s\n  | "), lab_tr(s->cause));
    lab_put_printable(out, line, len, 300);
    lab_str_add(out, "\n");
    if (c->error.hint)
        return;
    LAB_AUTO_STR struct lab_str next = LAB_STR_INIT;
    lab_symptom_next(s, lab_run_self(c->ladder->run), c->record->name, &next);
    lab_error_hint(&c->error, "%s", lab_str_get(&next));
}

/* What a first boot did wrong it does not do again: the node has to be made anew, which `up` does
 * by itself once lab.yaml has changed. A node that never ran has no inside. */
static void put_hint(struct lab_climb *c)
{
    const char *self = lab_run_self(c->ladder->run), *name = c->record->name;
    if (LAB_GATE_BIT(c->gate) & LAB_GATES_FIRST_BOOT)
        lab_error_hint(&c->error,
                       "look inside with '%s ssh %s'; mend lab.yaml and run '%s up', or make it "
                       "anew as it is: '%s up --recreate %s'",
                       self, name, self, self, name);
    else if (c->gate <= LAB_GATE_POWERED || c->link < LAB_LINK_LOGIN)
        lab_error_hint(&c->error, "after mending the cause, '%s up' goes on", self);
    else
        lab_error_hint(&c->error,
                       "look inside with '%s ssh %s'; after mending the cause, '%s up' goes on",
                       self, name, self);
}

enum { ASK = 100, ASKED };

bool lab_climb_gather(struct lab_climb *c)
{
    LAB_AUTOFREE char *command = question(c);
    bool answers = c->guest && c->link == LAB_LINK_LOGIN && !c->ladder->run->interrupted;
    if (c->step < ASK && command && answers && !c->exec_pending) {
        c->step = ASKED;
        free(lab_steal(&c->exec_out));
        lab_climb_exec(c, command, NULL);
        return false;
    }
    if (c->step == ASKED && c->exec_pending && answers) /* not for a command of the gate */
        return false;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT, seen = LAB_STR_INIT, tail = LAB_STR_INIT;
    const char *log = c->step == ASKED ? c->exec_out : NULL;
    if (log)
        put_tail(&seen, lab_tr("last lines of its log:"), log, LOG_LINES);
    add_console(c, &seen, &tail);
    put_cause(c, log, lab_str_get(&tail), &out);
    lab_str_add(&out, lab_str_get(&seen));
    free(c->details);
    c->details = lab_str_detach(&out);
    if (!c->error.hint)
        put_hint(c);
    return true;
}
