/* verify airgap: that a lab lives without a way out. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "run/airgap.h"

/* --- the texts ----------------------------------------------------------------------------------
 */

static const char *severity_of(const struct lab_lint_finding *f)
{
    return f->waived ? "waived" : f->severity == LAB_LINT_ERROR ? "error" : "warning";
}

/* To stderr, as a compiler does: the table that follows is the result. */
static void print_findings(const struct lab_lint_report *lint)
{
    LAB_VEC_FOREACH (f, &lint->list) {
        if (f->waived)
            lab_cli_say("%s:%d:%d: waived: %s (%s)\n", f->file, f->line, f->column, f->text,
                        f->waived);
        else
            lab_cli_say("%s:%d:%d: %s: %s: %s; %s\n", f->file, f->line, f->column, severity_of(f),
                        f->text, f->why, f->fix);
    }
}

static json_t *finding_row(const struct lab_lint_finding *f)
{
    return json_pack("{s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "severity", severity_of(f), "file",
                     lab_json_text(f->file), "line", f->line, "column", f->column, "text",
                     lab_json_text(f->text), "why", lab_json_text(f->why), "fix",
                     lab_json_text(f->fix), "waived", lab_json_text(f->waived));
}

/* --- the guests ---------------------------------------------------------------------------------
 */

static json_t *check_row(const struct lab_cli *cli, const struct lab_airgap_row *row)
{
    bool table = cli->output == LAB_OUTPUT_TABLE;
    LAB_AUTOFREE char *line = table && row->fix
                                  ? lab_format(lab_tr("%s; fix: %s"), row->evidence, row->fix)
                                  : lab_strdup(row->evidence);
    json_t *to =
        json_pack("{s:o, s:s, s:s, s:o}", "node", lab_json_text(row->node), "check", row->check,
                  "result", lab_airgap_result_name(row->result), "evidence", lab_json_text(line));
    if (!table)
        json_object_set_new(to, "fix", lab_json_text(row->fix));
    return to;
}

static void print_all(const struct lab_cli *cli, const struct lab_airgap *a, bool proved)
{
    static const struct lab_column columns[] = {{LAB_N("NODE"), "node"},
                                                {LAB_N("CHECK"), "check"},
                                                {LAB_N("RESULT"), "result"},
                                                {LAB_N("EVIDENCE"), "evidence"}};
    bool table = cli->output == LAB_OUTPUT_TABLE;
    json_t *checks = json_array(), *findings = json_array();
    LAB_VEC_FOREACH (row, &a->rows)
        if (!table || !cli->quiet || row->result != LAB_AIRGAP_OK)
            json_array_append_new(checks, check_row(cli, row));
    LAB_VEC_FOREACH (f, &a->lint.list)
        json_array_append_new(findings, finding_row(f));
    if (table)
        print_findings(&a->lint);
    json_t *whole =
        json_pack("{s:b, s:o, s:o, s:i, s:i, s:i, s:i}", "proved", proved, "checks", checks,
                  "findings", findings, "files", (int)a->files, "errors", (int)a->lint.errors,
                  "warnings", (int)a->lint.warnings, "waived", (int)a->lint.waived);
    if (table && !json_array_size(checks))
        json_decref(whole);
    else
        lab_cli_print(cli, whole, "checks", columns, LAB_ARRAY_LEN(columns));
}

/* --- the sentence and the exit status -----------------------------------------------------------
 */

static size_t count(const struct lab_airgap *a, enum lab_airgap_result result)
{
    size_t n = 0;
    LAB_VEC_FOREACH (row, &a->rows)
        n += row->result == result;
    return n;
}

static size_t count_nodes(const struct lab_airgap *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->rows.len; i++)
        n += i == 0 || strcmp(a->rows.items[i].node, a->rows.items[i - 1].node) != 0;
    return n;
}

static int fail_guests(const struct lab_airgap *a, struct lab_error *err)
{
    size_t leaks = count(a, LAB_AIRGAP_LEAK), missing = count(a, LAB_AIRGAP_MISSING);
    size_t open = count(a, LAB_AIRGAP_NOT_PROVED);
    if (leaks)
        return lab_fail(err, LAB_GUEST,
                        leaks == 1 ? lab_tr("not air-gapped: %zu check found a way out")
                                   : lab_tr("not air-gapped: %zu checks found a way out"),
                        leaks);
    if (missing)
        return lab_fail(err, LAB_GUEST,
                        missing == 1 ? lab_tr("no way out was found, but images of %zu node would "
                                              "have to come from outside")
                                     : lab_tr("no way out was found, but images of %zu nodes would "
                                              "have to come from outside"),
                        missing);
    return lab_fail(err, LAB_GUEST,
                    open == 1 ? lab_tr("no way out was found, but %zu check could not be made, so "
                                       "it is not proved")
                              : lab_tr("no way out was found, but %zu checks could not be made, so "
                                       "it is not proved"),
                    open);
}

static int fail_texts(const struct lab_airgap *a, bool guests, struct lab_error *err)
{
    size_t n = (size_t)a->lint.errors;
    if (guests)
        lab_fail(
            err, LAB_USAGE,
            n == 1
                ? "no way out was found, but %zu place in the texts for the guests needs the internet"
                : lab_tr(
                      "no way out was found, but %zu places in the texts for the guests need the internet"),
            n);
    else
        lab_fail(err, LAB_USAGE,
                 n == 1 ? "%zu place in the texts for the guests needs the internet"
                        : lab_tr("%zu places in the texts for the guests need the internet"),
                 n);
    return lab_error_hint(
        err, "change them, or add '# labctl: airgap-ok REASON' to the line of one that "
             "is meant so");
}

static void print_sentence(const struct lab_cli *cli, const struct lab_airgap *a, bool guests)
{
    size_t nodes = count_nodes(a), warnings = a->lint.warnings + count(a, LAB_AIRGAP_WARNING);
    LAB_AUTO_STR struct lab_str also = LAB_STR_INIT;
    if (cli->output != LAB_OUTPUT_TABLE || cli->quiet)
        return;
    if (warnings)
        lab_str_addf(&also,
                     warnings == 1 ? lab_tr(", with %zu warning") : lab_tr(", with %zu warnings"),
                     warnings);
    if (a->lint.waived)
        lab_str_addf(&also, lab_tr(", %zu waived"), a->lint.waived);
    bool one = a->files == 1;
    if (guests && nodes == 1)
        printf(
            one ? lab_tr(
                      "proved: %zu node has no way out, and nothing asks for one in %zu text%s\n")
                : lab_tr(
                      "proved: %zu node has no way out, and nothing asks for one in %zu texts%s\n"),
            nodes, a->files, lab_str_get(&also));
    else if (guests)
        printf(
            one ? lab_tr(
                      "proved: %zu nodes have no way out, and nothing asks for one in %zu text%s\n")
                : lab_tr(
                      "proved: %zu nodes have no way out, and nothing asks for one in %zu texts%s\n"),
            nodes, a->files, lab_str_get(&also));
    else
        printf(
            one ? lab_tr("nothing in %zu text needs the internet%s; the guests were not asked\n")
                : lab_tr("nothing in %zu texts needs the internet%s; the guests were not asked\n"),
            a->files, lab_str_get(&also));
}

static int
conclude(const struct lab_cli *cli, const struct lab_airgap *a, bool guests, struct lab_error *err)
{
    bool fine = lab_airgap_worst(a) <= LAB_AIRGAP_WARNING;
    print_all(cli, a, guests && fine && !a->lint.errors);
    if (!fine)
        return fail_guests(a, err);
    if (a->lint.errors)
        return fail_texts(a, guests, err);
    print_sentence(cli, a, guests);
    return 0;
}

/* --- the command --------------------------------------------------------------------------------
 */

static int
verify(struct lab_cli *cli, struct lab_run *run, struct lab_airgap *a, struct lab_error *err)
{
    bool guests = !lab_cli_flag(cli, "static");
    if (lab_airgap_static(run->spec, a, err))
        return -1;
    if (guests && (lab_run_attach(run, err) || lab_run_check_targets(run, err) ||
                   lab_airgap_guests(run, cli->timeout_ms, a, err))) {
        if (cli->output == LAB_OUTPUT_TABLE)
            print_findings(&a->lint); /* not lost because there are no guests yet */
        return err->code == LAB_USAGE ? lab_error_hint(err, "'--static' looks at the texts alone")
                                      : -1;
    }
    return conclude(cli, a, guests, err);
}

static int run_airgap(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_airgap airgap = {.files = 0};
    if (lab_cli_open(cli, LAB_STATE_READ, true, &run, err))
        return -1;
    int rc = verify(cli, run, &airgap, err);
    lab_airgap_clear(&airgap);
    lab_run_close(run);
    return rc;
}

static int run_verify(struct lab_cli *cli, struct lab_error *err)
{
    static const char *const names[] = {"airgap"};
    const char *what = cli->arguments.items[0];
    if (strcmp(what, "airgap") == 0)
        return run_airgap(cli, err);
    const char *nearest = lab_nearest(what, names, LAB_ARRAY_LEN(names));
    lab_fail(err, LAB_USAGE, "'labctl verify %s': there is airgap", what);
    return nearest ? lab_error_hint(err, "did you mean 'labctl verify %s'?", nearest) : -1;
}

static const struct lab_option options[] = {
    {"static", 0, NULL, LAB_N("only look at the texts for the guests; ask no guest")},
    {0},
};

const struct lab_command lab_cmd_verify = {
    .name = "verify",
    .summary = LAB_N("prove that the lab lives without internet"),
    .arguments = "airgap",
    .text = LAB_N(
        "airgap: first reads lab.yaml's cloud_init and the YAML and scripts of the payload for what\n"
        "needs the internet (package managers, downloads, images that the payload lacks). Then every\n"
        "guest tries to get out: routes, TCP, ICMP, DNS, proxies, and whether the images of its pods\n"
        "are imported or come from the lab's registry. Nothing is changed. What is tried: airgap.probe\n"
        "in lab.yaml.\n\n"
        "'# labctl: airgap-ok REASON' on a line waives what is found there.\n\n"
        "Results: ok; warning; not proved (it could not be tried); MISSING (an image that would have to\n"
        "come from outside); LEAK (a way out). Exit status: 0 proved; 5 a way out, a missing image, or a\n"
        "guest that could not be asked; 2 only the texts have errors.\n\n"
        "  labctl verify airgap\n"
        "  labctl verify airgap --static\n"
        "  labctl verify airgap --target k3s-worker1 -o json"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_TIMEOUT,
    .run = run_verify,
};
