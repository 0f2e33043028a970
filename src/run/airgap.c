#include "run/airgap.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/crypto.h"
#include "base/i18n.h"
#include "run/airgap_priv.h"
#include "run/commands.h"
#include "run/roster.h"

#define MAX_ANSWER  (1u << 20)
#define TIMEOUT_MS  180000 /* two starts of Python and of kubectl on an emulated processor */
#define NAME_DIGITS 12

struct answer {
    struct lab_airgap_look look;
    struct lab_str text, last_error;
};

struct asking {
    LAB_VEC(struct answer) answers;
};

static struct answer *answer_of(struct asking *a, const char *node)
{
    LAB_VEC_FOREACH (answer, &a->answers)
        if (strcmp(answer->look.node, node) == 0)
            return answer;
    return NULL;
}

static void on_line(void *arg, const char *node, int fd, const char *text)
{
    struct answer *answer = answer_of(arg, node);
    if (!answer)
        return;
    if (fd == 1) {
        lab_str_addf(&answer->text, "%s\n", text);
        return;
    }
    lab_str_truncate(&answer->last_error, 0);
    lab_str_add(&answer->last_error, text);
}

/* A name that nobody has asked for yet, so that no cache answers, and one that everybody knows. */
static void put_names(struct lab_str *command)
{
    char random[NAME_DIGITS + 1];
    lab_random_hex(random, NAME_DIGITS);
    lab_str_addf(command, " -n labctl-%s.example.com -n example.com", random);
}

/* Resolvers that answer from anywhere, over IPv6 too: a router that announces itself is a way out.
 */
static void put_probes(struct lab_str *command, const struct lab_spec *spec)
{
    char text[LAB_IPV4_TEXT];
    LAB_VEC_FOREACH (ip, &spec->airgap_probe)
        lab_str_addf(command, " %s", lab_ipv4_format(*ip, text));
    if (!spec->airgap_probe.len)
        lab_str_add(command, " 1.1.1.1 8.8.8.8 9.9.9.9 2606:4700:4700::1111 2001:4860:4860::8888");
}

static void add_answers(struct asking *a, const struct lab_run *run)
{
    LAB_VEC_FOREACH (record, &run->records.list) {
        if (!lab_run_targeted(run, record->name))
            continue;
        const struct lab_node *node = lab_spec_node(run->spec, record->name);
        struct answer *answer = lab_vec_push(&a->answers);
        answer->look.node = lab_strdup(record->name);
        answer->look.k3s = node && node->role != LAB_ROLE_NONE;
        answer->text.max = MAX_ANSWER;
    }
}

static void conclude(struct answer *answer, const struct lab_exec_row *row)
{
    bool whole = row->status == 0 && lab_str_ok(&answer->text);
    if (whole)
        answer->look.text = lab_str_detach(&answer->text);
    else if (row->error.code != LAB_OK)
        answer->look.untold = lab_strdup(row->error.message);
    else if (!lab_str_ok(&answer->text))
        answer->look.untold = lab_strdup(lab_tr("it said more than 1 MiB"));
    else
        answer->look.untold = lab_format(lab_tr("the script ended with status %d: %s"), row->status,
                                         lab_str_get(&answer->last_error));
}

static void judge(struct asking *a, const struct lab_run *run, struct lab_airgap *out)
{
    struct airgap_lab lab;
    struct lab_airgap_look *looks = lab_calloc(a->answers.len, sizeof(*looks));
    for (size_t i = 0; i < a->answers.len; i++)
        looks[i] = a->answers.items[i].look;
    airgap_lab_fill(&lab, run->spec);
    lab_airgap_judge(out, &lab.lab, looks, a->answers.len);
    airgap_lab_clear(&lab);
    free(looks);
}

static void clear(struct asking *a)
{
    LAB_VEC_FOREACH (answer, &a->answers) {
        free(answer->look.node);
        free(answer->look.text);
        free(answer->look.untold);
        lab_str_clear(&answer->text);
        lab_str_clear(&answer->last_error);
    }
    lab_vec_clear(&a->answers);
}

static int ask(struct lab_run *run,
               uint64_t timeout_ms,
               const char *command,
               struct asking *a,
               struct lab_error *err)
{
    const struct lab_asset *script = lab_asset_get("seeds/guest/airgap");
    struct lab_exec_report report = {{0}};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    const struct lab_exec_options options = {.command = command,
                                             .input = script->text,
                                             .input_len = script->size,
                                             .line = on_line,
                                             .arg = a,
                                             .timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS};
    int rc = lab_exec_all(run, &options, &report, &why);
    LAB_VEC_FOREACH (row, &report.rows) {
        struct answer *answer = answer_of(a, row->node);
        if (answer)
            conclude(answer, row);
    }
    bool each = rc && why.code != LAB_CANCELLED && report.rows.len; /* nodes' own: rows say them */
    lab_exec_report_clear(&report);
    if (rc && !each)
        lab_error_move(err, &why);
    return each ? 0 : rc;
}

int lab_airgap_guests(struct lab_run *run,
                      uint64_t timeout_ms,
                      struct lab_airgap *out,
                      struct lab_error *err)
{
    struct asking a = {{0}};
    LAB_AUTO_STR struct lab_str command = LAB_STR_INIT;
    if (lab_need_lab(run, err))
        return -1;
    bool root = strcmp(lab_run_user(run), "root") == 0;
    lab_str_addf(&command, "%ssh -s --", root ? "" : "sudo -n ");
    put_names(&command);
    put_probes(&command, run->spec);
    add_answers(&a, run);
    int rc = ask(run, timeout_ms, lab_str_get(&command), &a, err);
    if (rc == 0)
        judge(&a, run, out);
    clear(&a);
    return rc;
}
