/* What only the guests know of themselves: one short command on each, all at once. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/commands.h"
#include "run/prepare.h"

enum { LIMIT_MS = 3000 };

/* k3s last: it is a large program, slow to start where there is no KVM. */
static const char command[] =
    "sh -c 'echo uptime $(cut -d. -f1 /proc/uptime); echo disk $(df -Pk / | tail -n 1); "
    "command -v k3s >/dev/null && echo k3s $(k3s --version | head -n 1); exit 0'";

struct visit {
    struct lab_status_row *row;
    struct lab_guest *guest;
    struct lab_sshkey hostkey;
    struct lab_str answer;
    char *last_seen;
    bool ended;
};

static void
on_link(void *arg, enum lab_link link, const char *evidence, const struct lab_error *err)
{
    struct visit *v = arg;
    (void)link;
    lab_assign(&v->last_seen, err ? err->message : evidence);
    v->ended = v->ended || err;
}

static void on_data(void *arg, int fd, const char *bytes, size_t n)
{
    struct visit *v = arg;
    if (fd == 1)
        lab_str_addn(&v->answer, bytes, n);
}

static void on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct visit *v = arg;
    (void)result;
    if (err)
        lab_assign(&v->last_seen, err->message);
    v->ended = true;
}

/* A node without address or key cannot be asked: that is no news here. */
static bool visit_open(struct visit *v, struct lab_run *run)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    uint32_t ip = 0;
    if (!v->row->running || !v->row->address || lab_ipv4_parse(v->row->address, &ip) ||
        lab_run_hostkey(run, v->row->node, &v->hostkey, &ignored))
        return false;
    const struct lab_guest_target target = {
        .node = v->row->node,
        .ip = ip,
        .user = lab_run_user(run),
        .private_key = run->login.private_pem,
        .hostkey = v->hostkey.blob,
        .hostkey_len = v->hostkey.blob_len,
    };
    static const struct lab_guest_events events = {on_link, NULL};
    const struct lab_exec exec = {
        .command = command, .timeout_ms = LIMIT_MS, .data = on_data, .done = on_done, .arg = v};
    v->answer.max = 4096;
    v->guest = lab_guest_open(&run->loop, &target, NULL, &events, v);
    lab_guest_exec(v->guest, &exec);
    return true;
}

/* --- the answer: "KEY WORDS", a line each; foreign, so whatever does not read is not known -------
 */

static void read_disk(struct lab_status_row *row, char *words)
{
    char *save = NULL, *word = strtok_r(words, " ", &save);
    uint64_t kib[2] = {0, 0}; /* size, used */
    for (int i = 0; word && i < 3; i++, word = strtok_r(NULL, " ", &save))
        if (i && lab_parse_uint(word, UINT64_MAX / 1024, &kib[i - 1]))
            return;
    row->disk_bytes = kib[0] * 1024;
    row->disk_used_bytes = kib[1] <= kib[0] ? kib[1] * 1024 : row->disk_bytes;
}

/* "k3s version v1.33.4+k3s1 (148243c4)" */
static void read_k3s(struct lab_status_row *row, const char *words)
{
    const char *version = strstr(words, " version ");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (version)
        lab_put_printable(&text, version + 9, strcspn(version + 9, " "), 40);
    lab_assign(&row->k3s, text.len ? lab_str_get(&text) : NULL);
}

static void read_line(struct lab_status_row *row, char *line)
{
    if (lab_starts_with(line, "uptime "))
        row->answered = lab_parse_uint(line + 7, UINT32_MAX, &row->uptime_s) == 0;
    else if (lab_starts_with(line, "disk "))
        read_disk(row, line + 5);
    else if (lab_starts_with(line, "k3s "))
        read_k3s(row, line + 3);
}

static void take(struct visit *v)
{
    char *save = NULL;
    LAB_AUTOFREE char *text = lab_str_detach(&v->answer);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        read_line(v->row, line);
    if (v->row->answered)
        return;
    LAB_AUTO_STR struct lab_str note = LAB_STR_INIT;
    if (v->row->note) /* what a gate failed of says more than what was seen last */
        lab_str_addf(&note, "%s; ", v->row->note);
    lab_str_addf(&note, lab_tr("no answer over SSH in %d s"), LIMIT_MS / 1000);
    if (v->last_seen && !v->row->note)
        lab_str_addf(&note, ": %s", v->last_seen);
    lab_assign(&v->row->note, lab_str_get(&note));
}

static void visit_close(struct visit *v)
{
    if (v->guest)
        lab_guest_close(v->guest); /* may still call back */
    lab_sshkey_clear(&v->hostkey);
    lab_str_clear(&v->answer);
    free(v->last_seen);
}

static bool all_ended(const struct visit *visits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!visits[i].ended)
            return false;
    return true;
}

int lab_status_guests(struct lab_run *run, struct lab_status *status, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (!run->state || lab_prepare_keys(run, &ignored))
        return 0; /* nothing was made yet, or nobody can log in: `up` says so */
    struct visit *visits = lab_calloc(status->rows.len + 1, sizeof(*visits));
    size_t n = 0;
    LAB_VEC_FOREACH (row, &status->rows) {
        visits[n] = (struct visit){.row = row};
        if (visit_open(&visits[n], run))
            n++;
    }
    uint64_t end = plat_now_ms() + LIMIT_MS;
    while (!all_ended(visits, n) && !run->interrupted && plat_now_ms() < end)
        uv_run(&run->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < n && !run->interrupted; i++)
        take(&visits[i]);
    for (size_t i = 0; i < n; i++)
        visit_close(&visits[i]);
    free(visits);
    return run->interrupted ? lab_run_interrupted(run, err) : 0;
}
