/* support: one archive for whoever shall look into a fault. */
#include "run/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/view.h"
#include "platform.h"

/* What was named and is not there is a slip of the pen, and no reason for an archive about nothing.
 */
static int check_named(const struct lab_cli *cli, struct lab_error *err)
{
    LAB_AUTOFREE char *home = cli->lab ? lab_home_of(cli->lab) : NULL;
    struct plat_stat st;
    if (cli->file && !lab_file_exists(cli->file))
        return lab_fail(err, LAB_USAGE, "cannot find '%s'", cli->file);
    if (!cli->lab || (lab_is_label(cli->lab) && plat_lstat(home, &st) == 0))
        return 0;
    lab_fail(err, LAB_USAGE, "lab '%s' is not known here", cli->lab);
    return lab_error_hint(err, "'labctl list' shows known labs");
}

static json_t *lacks_of(const struct lab_support_report *report)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (lack, &report->lacks)
        json_array_append_new(rows, json_pack("{s:o, s:o}", "part", lab_json_text(lack->what),
                                              "reason", lab_json_text(lack->why)));
    return rows;
}

static void print(const struct lab_cli *cli, const struct lab_support_report *report)
{
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT;
    if (cli->output != LAB_OUTPUT_TABLE) {
        lab_cli_print(cli,
                      json_pack("{s:s, s:I, s:I, s:I, s:o}", "archive", report->path, "bytes",
                                (json_int_t)report->bytes, "files", (json_int_t)report->files,
                                "masked", (json_int_t)report->masked, "missing", lacks_of(report)),
                      "missing", NULL, 0);
        return;
    }
    lab_put_size(&size, report->bytes);
    printf(lab_tr("%s (%s, %zu files)\n"), report->path, lab_str_get(&size), report->files);
    if (cli->quiet)
        return;
    LAB_VEC_FOREACH (lack, &report->lacks) {
        LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
        lab_put_printable(&why, lack->why, strlen(lack->why), 300);
        printf(lab_tr("  not in it, or not whole: %s: %s\n"), lack->what, lab_str_get(&why));
    }
    printf(lab_tr("Secrets were masked in %zu places. No program knows every secret: look through "
                  "it before you send it.\n"),
           report->masked);
}

/* -o is a file here, unless it is one of the words that it is elsewhere. */
static int take_out(struct lab_cli *cli, const char **out, struct lab_error *err)
{
    static const char *const words[] = {"table", "json", "yaml", "ndjson"};
    *out = NULL;
    for (size_t i = 0; i < cli->given_len; i++) {
        const char *value = cli->given[i].value;
        bool is_word = false;
        for (size_t k = 0; k < LAB_ARRAY_LEN(words); k++)
            is_word = is_word || strcmp(value, words[k]) == 0;
        if (is_word && lab_cli_take_output(cli, value, err))
            return -1;
        if (!is_word)
            *out = value;
    }
    return 0;
}

static int open_any(struct lab_cli *cli, struct lab_run **run, struct lab_error *why)
{
    if (lab_cli_open(cli, LAB_STATE_READ, false, run, why) == 0)
        return 0;
    char *only =
        cli->file || cli->lab || lab_file_exists("lab.yaml") ? NULL : lab_support_only_lab();
    if (!only)
        return -1;
    *lab_vec_push(&cli->owned) = only;
    cli->lab = only;
    lab_error_clear(why);
    lab_view_end(cli);
    return lab_cli_open(cli, LAB_STATE_READ, false, run, why);
}

static int run_support(struct lab_cli *cli, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    struct lab_support_report report = {0};
    struct lab_support_options options = {0};
    struct lab_run *run = NULL;
    if (take_out(cli, &options.out, err) || check_named(cli, err))
        return -1;
    if (open_any(cli, &run, &why)) {
        options.refused = why.message;
        lab_cli_say("labctl: %s\n", why.message);
    }
    options.file = cli->file;
    options.lab = cli->lab;
    int rc = lab_support(run, &options, &report, err);
    lab_view_end(cli);
    if (rc == 0)
        print(cli, &report);
    lab_support_report_clear(&report);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"output", 'o', "FILE", LAB_N("the archive, or the folder for it (default: here)")},
    {0},
};

const struct lab_command lab_cmd_support = {
    .name = "support",
    .summary = LAB_N("one archive with all that helps to find a fault, secrets masked"),
    .text = LAB_N(
        "Writes labctl-support-LAB-DATE-TIME.tar.gz (mode 0600): plan, status, doctor's findings,\n"
        "the ledger with its events, lab.yaml, serial consoles, labctl's log, the VMs' definitions\n"
        "and logs, versions, and the logs inside guests that answer within a few seconds. It works\n"
        "when guests are dead, when lab.yaml has errors, and without one (the lab of --lab, or the\n"
        "only one there is); README.txt in it says what could not be had.\n\n"
        "Passwords, tokens, keys and hashes that labctl knows are masked, and what looks like one.\n"
        "No program knows every secret: look through it before you send it.\n\n"
        "  labctl support\n  labctl support -o fault.tar.gz"),
    .options = options,
    .takes = LAB_TAKES_FILE,
    .run = run_support,
};
