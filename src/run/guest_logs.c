#include "run/guest_logs.h"

#include <string.h>

#include "base/i18n.h"
#include "base/template.h"
#include "base/text.h"
#include "run/gate.h"

static const struct lab_guest_log logs[] = {
    {"cloud-init", LAB_N("the first boot"), "/var/log/cloud-init-output.log", NULL,
     LAB_GATE_BIT(LAB_GATE_COPY) | LAB_GATE_BIT(LAB_GATE_CLOUD_INIT)},
    {"copy", LAB_N("how the copy of the payload ended"),
     "/var/lib/iso-copy-failed /var/lib/iso-copy-complete", NULL, LAB_GATE_BIT(LAB_GATE_COPY)},
    {"packages", LAB_N("the packages of the payload"), "/var/log/labctl-packages.log", NULL,
     LAB_GATE_BIT(LAB_GATE_PACKAGES)},
    {"k3s", LAB_N("k3s and its agent"), NULL, "-u k3s -u k3s-agent", LAB_GATES_K3S},
    {"containerd", LAB_N("images and containers of k3s"),
     "/var/lib/rancher/k3s/agent/containerd/containerd.log", NULL, 0},
    {"ssh", LAB_N("logins"), NULL, "-u ssh -u sshd", 0},
    {"clock", LAB_N("the clock's service"), NULL,
     "-u chrony -u chronyd -u systemd-timesyncd -u ntp -u ntpsec", LAB_GATE_BIT(LAB_GATE_CLOCK)},
    {"kernel", LAB_N("the kernel"), NULL, "-k", 0},
    {"system", LAB_N("everything in the journal"), NULL, "", 0},
};

const struct lab_guest_log *lab_guest_log_at(size_t i)
{
    return i < LAB_ARRAY_LEN(logs) ? &logs[i] : NULL;
}

const struct lab_guest_log *lab_guest_log_by_name(const char *name)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(logs); i++)
        if (strcmp(logs[i].name, name) == 0)
            return &logs[i];
    return NULL;
}

void lab_guest_log_list(struct lab_str *out)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(logs); i++)
        lab_str_addf(out, "%s%s", i ? ", " : "", logs[i].name);
}

int lab_guest_log_unknown(const char *name, struct lab_error *err)
{
    const char *names[LAB_ARRAY_LEN(logs)];
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    for (size_t i = 0; i < LAB_ARRAY_LEN(logs); i++)
        names[i] = logs[i].name;
    lab_guest_log_list(&all);
    const char *nearest = lab_nearest(name, names, LAB_ARRAY_LEN(names));
    lab_fail(err, LAB_USAGE, "no log '%s': there are %s", name, lab_str_get(&all));
    return nearest ? lab_error_hint(err, "did you mean '%s'?", nearest) : -1;
}

/* --- the command --------------------------------------------------------------------------------
 */

bool lab_guest_log_explains(int gate)
{
    for (size_t i = 0; gate >= 0 && i < LAB_ARRAY_LEN(logs); i++)
        if (logs[i].gates & LAB_GATE_BIT(gate))
            return true;
    return false;
}

static bool is_wanted(int gate, const struct lab_guest_log *log)
{
    return lab_guest_log_explains(gate) ? (log->gates & LAB_GATE_BIT(gate)) != 0
                                        : strcmp(log->name, "system") == 0;
}

/* After a restart the whole of what was written meanwhile; tail cannot tell, so its last lines. */
static void put_files(struct lab_str *out, const char *files, const struct lab_guest_log_query *q)
{
    if (q->since_s)
        lab_str_addf(out,
                     "n=0; [ -z \"$(find %s -newermt '%llu seconds ago' 2>/dev/null)\" ] || n=20; ",
                     files, (unsigned long long)q->since_s);
    else
        lab_str_addf(out, "n=%llu; ", (unsigned long long)q->lines);
    if (q->follow)
        lab_str_addf(out, "tail -n $n -F %s 2>&1", files);
    else /* the ones that are there; when none is, the complaint says so */
        lab_str_addf(out,
                     "set --; for f in %s; do [ ! -e $f ] || set -- \"$@\" $f; done; "
                     "[ $# -gt 0 ] || set -- %s; tail -n $n \"$@\" 2>&1",
                     files, files);
}

static void put_journal(struct lab_str *out, const char *words, const struct lab_guest_log_query *q)
{
    lab_str_add(out, "journalctl --no-pager -q -o short-iso ");
    if (q->since_s)
        lab_str_addf(out, "-n all --since=-%llus", (unsigned long long)q->since_s);
    else
        lab_str_addf(out, "-n %llu", (unsigned long long)q->lines);
    lab_str_addf(out, "%s %s 2>&1", q->follow ? " -f" : "", words);
}

static void
put_log(struct lab_str *out, const struct lab_guest_log *log, const struct lab_guest_log_query *q)
{
    lab_str_add(out, "{ ");
    if (log->files)
        put_files(out, log->files, q);
    else
        put_journal(out, log->journal, q);
    lab_str_add(out, q->follow ? "; } & " : "; }; ");
}

static void put_script(struct lab_str *out, const struct lab_guest_log_query *q)
{
    /* Nobody tells a command that its session is over but its stdin: without this, what follows a
     * quiet log would stay in the guest for ever. */
    if (q->follow)
        lab_str_add(out,
                    "exec 3<&0; { cat <&3; kill 0; } >/dev/null 2>&1 & exec 3<&- </dev/null; ");
    lab_str_add(out, "{ ");
    if (q->log)
        put_log(out, q->log, q);
    for (size_t i = 0; !q->log && i < LAB_ARRAY_LEN(logs); i++)
        if (is_wanted(q->gate, &logs[i]))
            put_log(out, &logs[i], q);
    /* tokens are 64 hex digits, alone or after K10 */
    lab_str_addf(out, "%s} | sed %s-E \"s/(K10)?[0-9a-f]{64}(::[^ \\\"]*)?/***/g\"",
                 q->follow ? "wait; " : "", q->follow ? "-u " : "");
}

void lab_guest_log_command(struct lab_str *out,
                           const struct lab_guest_log_query *query,
                           bool is_root)
{
    LAB_AUTO_STR struct lab_str script = LAB_STR_INIT;
    put_script(&script, query);
    lab_str_add(out, is_root ? "sh -c " : "sudo -n sh -c ");
    lab_escape(out, LAB_ESCAPE_SHELL_ENV, lab_str_get(&script));
}
