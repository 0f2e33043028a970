/* The last words of a node that failed: what the guest's own logs say when it still answers, the
 * end of its serial console, and the command to run next. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "run/climb.h"
#include "run/console.h"

enum { CONSOLE_LINES = 12, CONSOLE_BYTES = 64 * 1024 };

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

static void add_console(struct lab_climb *c, struct lab_str *out)
{
    LAB_AUTOFREE char *path = lab_run_path(c->ladder->run, "console/%s.log", c->record->name);
    LAB_AUTO_STR struct lab_str tail = LAB_STR_INIT, full = LAB_STR_INIT;
    lab_file_tail(path, CONSOLE_BYTES, &tail);
    if (lab_console_disk_full(&full, lab_str_get(&tail)))
        lab_str_addf(out, "its serial console tells of a full disk:\n  | %s\n", lab_str_get(&full));
    if (tail.len)
        put_tail(out, "end of its serial console:", lab_str_get(&tail), CONSOLE_LINES);
    else
        lab_str_addf(out, "its serial console (%s) is empty\n", path);
}

static const char *question(const struct lab_climb *c)
{
    switch (c->gate) {
    case LAB_GATE_PACKAGES:
        return "tail -n 15 /var/log/labctl-packages.log";
    case LAB_GATE_COPY:
    case LAB_GATE_CLOUD_INIT:
        return "tail -n 15 /var/log/cloud-init-output.log";
    case LAB_GATE_K3S:
    case LAB_GATE_READY:
        /* tokens are 64 hex digits, alone or after K10 */
        return "journalctl --no-pager -o cat -n 15 -u k3s -u k3s-agent | "
               "sed -E 's/(K10)?[0-9a-f]{64}(::[^ \"]*)?/***/g'";
    default:
        return NULL;
    }
}

static bool tells_of_full_disk(const char *text)
{
    return text &&
           (strstr(text, "No space left on device") || strstr(text, "not enough free space"));
}

/* What a first boot did wrong it does not do again: the node has to be made anew, which `up` does
 * by itself once lab.yaml has changed. A node that never ran has no inside. */
static void put_hint(struct lab_climb *c)
{
    const char *self = lab_run_self(c->ladder->run), *name = c->record->name;
    if (c->gate > LAB_GATE_POWERED &&
        (tells_of_full_disk(c->error.message) || tells_of_full_disk(c->details)))
        lab_error_hint(&c->error,
                       "the guest's disk is full: give the node a larger disk_size in lab.yaml, "
                       "then make it anew: '%s up --recreate %s'",
                       self, name);
    else if (LAB_GATE_BIT(c->gate) & LAB_GATES_FIRST_BOOT)
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
    const char *command = question(c);
    bool answers = c->guest && c->link == LAB_LINK_LOGIN && !c->ladder->run->interrupted;
    if (c->step < ASK && command && answers && !c->exec_pending) {
        c->step = ASKED;
        free(lab_steal(&c->exec_out));
        lab_climb_exec(c, command, NULL);
        return false;
    }
    if (c->step == ASKED && c->exec_pending && answers) /* not for a command of the gate */
        return false;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (c->step == ASKED && c->exec_out)
        put_tail(&out, "last lines of its log:", c->exec_out, 15);
    add_console(c, &out);
    free(c->details);
    c->details = lab_str_detach(&out);
    if (!c->error.hint)
        put_hint(c);
    return true;
}
