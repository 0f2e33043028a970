/* ssh and exec: sessions on guests that are up, with the pinned host key. */
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "run/commands.h"
#include "run/prepare.h"
#include "run/roster.h"
#include "run/visit.h"

struct visit {
    struct lab_visit at;
    const struct lab_exec_options *options;
    struct lab_exec_row *row;
    struct lab_lines lines[2]; /* stdout, stderr */
    size_t *pending;
    bool ended;
};

static const uint64_t login_ms = 60000;

/* --- exec ----------------------------------------------------------------------------------------
 */

static void on_out(void *arg, const char *text, size_t n)
{
    const struct visit *v = arg;
    (void)n;
    v->options->line(v->options->arg, v->row->node, 1, text);
}

static void on_errout(void *arg, const char *text, size_t n)
{
    const struct visit *v = arg;
    (void)n;
    v->options->line(v->options->arg, v->row->node, 2, text);
}

static void on_data(void *arg, int fd, const char *bytes, size_t n)
{
    struct visit *v = arg;
    lab_lines_add(&v->lines[fd == 2], bytes, n);
}

static void end_visit(struct visit *v)
{
    v->ended = true;
    if (v->options->ended)
        v->options->ended(v->options->arg, v->row);
}

static void on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct visit *v = arg;
    lab_lines_end(&v->lines[0]);
    lab_lines_end(&v->lines[1]);
    if (v->at.refused.code != LAB_OK)
        lab_error_copy(&v->row->error, &v->at.refused);
    else if (err)
        lab_error_copy(&v->row->error, err);
    else if (result->signal)
        lab_fail(&v->row->error, LAB_GUEST, "the command was ended by signal %s", result->signal);
    v->row->status = v->row->error.code != LAB_OK ? -1 : result->status;
    (*v->pending)--;
    end_visit(v);
}

static void exec_start(struct visit *v)
{
    struct lab_exec exec = {.command = v->options->command,
                            .input = v->options->input,
                            .input_len = v->options->input_len,
                            .timeout_ms =
                                v->options->timeout_ms ? v->options->timeout_ms : UINT64_MAX,
                            .data = on_data,
                            .done = on_done,
                            .arg = v};
    lab_guest_exec(v->at.guest, &exec);
}

/* A host key that does not match, or a guest that does not let us in: the waiting command ends
 * here. */
static void end_refused(struct visit *v)
{
    if (v->ended || !v->at.guest || !lab_visit_is_refused(&v->at, login_ms))
        return;
    lab_error_hint(&v->at.refused, "'%s status' shows whether it runs", lab_run_self(v->at.run));
    lab_guest_close(lab_steal(&v->at.guest));
}

static void visit_close(struct visit *v)
{
    lab_visit_close(&v->at);
    lab_lines_clear(&v->lines[0]);
    lab_lines_clear(&v->lines[1]);
}

static bool
is_meant(const struct lab_run *run, const struct lab_exec_options *options, const char *node)
{
    return options->only ? strcmp(options->only, node) == 0 : lab_run_targeted(run, node);
}

static int exec_on(struct lab_run *run,
                   const struct lab_exec_options *options,
                   struct visit *visits,
                   struct lab_exec_report *report,
                   struct lab_error *err)
{
    size_t n = 0, pending = 0;
    LAB_VEC_FOREACH (r, &run->records.list) {
        if (!is_meant(run, options, r->name))
            continue;
        struct visit *v = &visits[n];
        *v = (struct visit){.options = options,
                            .row = &report->rows.items[n++],
                            .pending = &pending,
                            .lines = {{.line = on_out, .arg = v}, {.line = on_errout, .arg = v}}};
        if (lab_visit_open(&v->at, run, r, &v->row->error)) {
            end_visit(v);
            continue;
        }
        pending++;
        exec_start(v);
    }
    while (pending && !run->interrupted) {
        uv_run(&run->loop, UV_RUN_ONCE);
        for (size_t i = 0; i < n; i++)
            end_refused(&visits[i]);
    }
    bool interrupted = run->interrupted;
    for (size_t i = 0; i < n; i++)
        visit_close(&visits[i]);
    return interrupted ? lab_fail(err, LAB_CANCELLED,
                                  "interrupted; the command may still run in the guests")
                       : 0;
}

int lab_exec_all(struct lab_run *run,
                 const struct lab_exec_options *options,
                 struct lab_exec_report *report,
                 struct lab_error *err)
{
    if (lab_need_lab(run, err) || lab_prepare_keys(run, err))
        return -1;
    LAB_VEC_FOREACH (r, &run->records.list) {
        if (!is_meant(run, options, r->name))
            continue;
        struct lab_exec_row *row = lab_vec_push(&report->rows);
        row->node = lab_strdup(r->name);
        row->status = -1;
    }
    struct visit *visits = lab_calloc(report->rows.len, sizeof(*visits));
    int rc = exec_on(run, options, visits, report, err);
    free(visits);
    LAB_VEC_FOREACH (row, &report->rows) {
        if (rc || row->error.code == LAB_OK)
            continue;
        rc = lab_fail(err, row->error.code, "%s: %s", row->node, row->error.message);
        if (row->error.hint)
            lab_error_hint(err, "%s", row->error.hint);
    }
    return rc;
}

void lab_exec_report_clear(struct lab_exec_report *report)
{
    LAB_VEC_FOREACH (row, &report->rows) {
        free(row->node);
        lab_error_clear(&row->error);
    }
    lab_vec_clear(&report->rows);
}

struct answer {
    struct lab_str *out;
    struct lab_str complaint;
};

static void on_answer(void *arg, const char *node, int fd, const char *text)
{
    struct answer *a = arg;
    (void)node;
    lab_str_addf(fd == 2 ? &a->complaint : a->out, "%s\n", text);
}

int lab_exec_one(struct lab_run *run,
                 const char *node,
                 const char *command,
                 struct lab_str *out,
                 struct lab_error *err)
{
    struct lab_exec_report report = {0};
    struct answer answer = {out, LAB_STR_MAX(4096)};
    const struct lab_exec_options options = {
        .command = command, .only = node, .line = on_answer, .arg = &answer, .timeout_ms = 120000};
    out->max = 1 << 20;
    int rc = lab_exec_all(run, &options, &report, err);
    if (rc == 0 && report.rows.len != 1)
        rc = lab_fail(err, LAB_USAGE, "no node '%s' in this lab", node);
    else if (rc == 0 && report.rows.items[0].status != 0)
        rc = lab_fail(err, LAB_GUEST, "'%s' on %s ended with status %d: %.200s", command, node,
                      report.rows.items[0].status, lab_str_get(&answer.complaint));
    lab_exec_report_clear(&report);
    lab_str_clear(&answer.complaint);
    return rc;
}

/* --- ssh
 * ------------------------------------------------------------------------------------------- */

struct shell_end {
    bool ended;
    int status;
    struct lab_error error;
};

static void on_shell(void *arg, int status, const struct lab_error *err)
{
    struct shell_end *end = arg;
    end->ended = true;
    end->status = status;
    if (err)
        lab_error_copy(&end->error, err);
}

int lab_ssh(struct lab_run *run,
            const char *node,
            const char *command,
            bool tty,
            int *status,
            struct lab_error *err)
{
    struct lab_node_record *record;
    if (lab_need_lab(run, err) || lab_prepare_keys(run, err))
        return -1;
    if (lab_need_node(run, node, err))
        return -1;
    record = lab_node_records_find(&run->records, node);
    struct lab_visit visit;
    struct shell_end end = {false, 0, LAB_ERROR_INIT};
    if (lab_visit_open(&visit, run, record, err)) {
        lab_visit_close(&visit);
        return -1;
    }
    lab_guest_shell(visit.guest, command, tty, on_shell, &end);
    while (!end.ended && !run->interrupted && visit.refused.code == LAB_OK)
        uv_run(&run->loop, UV_RUN_ONCE);
    int rc = 0;
    if (visit.refused.code != LAB_OK)
        lab_error_move(err, &visit.refused), rc = -1;
    else if (!end.ended)
        rc = lab_fail(err, LAB_CANCELLED, "interrupted");
    else if (end.error.code != LAB_OK)
        lab_error_move(err, &end.error), rc = -1;
    *status = end.status;
    lab_visit_close(&visit); /* may still call back */
    lab_error_clear(&end.error);
    return rc;
}

char *lab_ssh_line(struct lab_run *run, const struct lab_node_record *node)
{
    LAB_AUTOFREE char *key = lab_run_path(run, "keys/login");
    LAB_AUTOFREE char *known = lab_run_path(run, "known_hosts");
    return lab_format("ssh -i %s -o UserKnownHostsFile=%s %s@%s", key, known, lab_run_user(run),
                      node->nics.len && node->nics.items[0].ip ? node->nics.items[0].ip : "?");
}
