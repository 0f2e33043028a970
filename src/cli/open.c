#include <stdio.h>

#include "cli/command.h"
#include "cli/view.h"

static struct lab_run_options options; /* borrowed by the one run of this process */

struct lab_run_options *
lab_cli_run_options(struct lab_cli *cli, enum lab_state_mode mode, bool needs_spec)
{
    options = (struct lab_run_options){
        .command = cli->command->name,
        .file = cli->file,
        .lab = cli->lab,
        .mode = mode,
        .needs_spec = needs_spec,
        .replicas = cli->replicas.items,
        .replicas_len = cli->replicas.len,
        .targets = cli->targets.items,
        .targets_len = cli->targets.len,
        .timeout_ms = cli->timeout_ms,
    };
    return &options;
}

int lab_cli_open(struct lab_cli *cli,
                 enum lab_state_mode mode,
                 bool needs_spec,
                 struct lab_run **out,
                 struct lab_error *err)
{
    struct lab_problems problems = {0};
    const char *file = cli->file ? cli->file : "lab.yaml";
    lab_view_begin(cli);
    int rc = lab_run_open(out, lab_cli_run_options(cli, mode, needs_spec), &cli->listener,
                          &problems, err);
    cli->run = rc == 0 ? *out : NULL;
    if (problems.list.len && !(cli->quiet && rc == 0)) {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        lab_problems_print(&text, &problems, file);
        fputs(lab_str_get(&text), stderr);
    }
    lab_problems_clear(&problems);
    return rc;
}

int lab_cli_attach(struct lab_cli *cli,
                   enum lab_state_mode mode,
                   bool needs_spec,
                   struct lab_run **out,
                   struct lab_error *err)
{
    if (lab_cli_open(cli, mode, needs_spec, out, err))
        return -1;
    if (lab_run_attach(*out, err) == 0)
        return 0;
    lab_run_close(*out);
    *out = NULL;
    return -1;
}
