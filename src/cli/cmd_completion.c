/* completion: the shells' scripts, and what they ask (`__complete`). */
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/i18n.h"
#include "base/text.h"
#include "cli/complete.h"

static const struct shell {
    const char *name, *asset;
} shells[] = {
    {"bash", "templates/completion/labctl.bash"},
    {"zsh", "templates/completion/_labctl"},
    {"fish", "templates/completion/labctl.fish"},
    {"powershell", "templates/completion/labctl.ps1"},
};

static int run_completion(struct lab_cli *cli, struct lab_error *err)
{
    const char *name = cli->arguments.items[0];
    const char *names[LAB_ARRAY_LEN(shells)];
    for (size_t i = 0; i < LAB_ARRAY_LEN(shells); i++) {
        names[i] = shells[i].name;
        if (strcmp(name, names[i]) == 0) {
            fputs(lab_asset_get(shells[i].asset)->text, stdout);
            return 0;
        }
    }
    lab_fail(err, LAB_USAGE, "no completion for '%s': there are bash, zsh, fish, powershell", name);
    const char *nearest = lab_nearest(name, names, LAB_ARRAY_LEN(names));
    return nearest ? lab_error_hint(err, "did you mean 'labctl completion %s'?", nearest) : -1;
}

const struct lab_command lab_cmd_completion = {
    .name = "completion",
    .summary = LAB_N("command line completion for your shell"),
    .arguments = "bash | zsh | fish | powershell",
    .text = LAB_N(
        "Prints a script that completes commands, options, nodes, labs and gates in your shell:\n\n"
        "  bash:        echo 'source <(labctl completion bash)' >> ~/.bashrc\n"
        "  zsh:         labctl completion zsh > \"${fpath[1]}/_labctl\"\n"
        "  fish:        labctl completion fish > ~/.config/fish/completions/labctl.fish\n"
        "  PowerShell:  labctl completion powershell >> $PROFILE\n\n"
        "  labctl completion bash"),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_completion,
};

/* --- __complete ----------------------------------------------------------------------------------
 */

static void add_nodes(struct lab_candidates *out, const char *file, const char *lab)
{
    static const struct lab_listener silent = {0};
    struct lab_cli cli = {.command = &lab_cmd_completion, .file = file, .lab = lab};
    struct lab_problems problems = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_run *run;
    int rc = lab_run_open(&run, lab_cli_run_options(&cli, LAB_STATE_READ, false), &silent,
                          &problems, &err);
    lab_problems_clear(&problems);
    if (rc)
        return;
    if (run->spec)
        LAB_VEC_FOREACH (node, &run->spec->nodes)
            lab_candidates_add(out, node->name, NULL);
    else if (lab_run_attach_ledger(run, &err) == 0)
        LAB_VEC_FOREACH (record, &run->records.list)
            lab_candidates_add(out, record->name, NULL);
    lab_run_close(run);
}

static void add_snapshots(struct lab_candidates *out, const char *file, const char *lab)
{
    static const struct lab_listener silent = {0};
    struct lab_cli cli = {.command = &lab_cmd_completion, .file = file, .lab = lab};
    struct lab_problems problems = {0};
    struct lab_snapshots snapshots = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_run *run;
    int rc = lab_run_open(&run, lab_cli_run_options(&cli, LAB_STATE_READ, false), &silent,
                          &problems, &err);
    lab_problems_clear(&problems);
    if (rc)
        return;
    if (lab_run_attach_ledger(run, &err) == 0 && run->state &&
        lab_state_snapshots(run->state, &snapshots, &err) == 0)
        LAB_VEC_FOREACH (s, &snapshots.list)
            lab_candidates_add(out, s->name, NULL);
    lab_snapshots_clear(&snapshots);
    lab_run_close(run);
}

static void add_labs(struct lab_candidates *out)
{
    struct lab_names names = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_state_labs(&names, &err) == 0)
        LAB_VEC_FOREACH (name, &names.list)
            lab_candidates_add(out, *name, NULL);
    lab_names_clear(&names);
}

/* Every line: a word, a tab, what it is; ":file" for "and names of files". */
static int run_complete(struct lab_cli *cli, struct lab_error *err)
{
    (void)err;
    static const struct lab_complete_names names = {add_nodes, add_labs, add_snapshots};
    struct lab_candidates found = {0};
    if (lab_cli_flag(cli, "new-word"))
        *lab_vec_push(&cli->rest) = "";
    lab_complete(cli->rest.items, cli->rest.len, &names, &found);
    LAB_VEC_FOREACH (c, &found.list)
        printf("%s\t%s\n", c->text, c->about ? lab_tr(c->about) : "");
    if (found.files)
        puts(":file");
    lab_candidates_clear(&found);
    return 0;
}

static const struct lab_option complete_options[] = {
    /* Windows PowerShell drops an empty argument. */
    {"new-word", 0, NULL, NULL},
    {0},
};

const struct lab_command lab_cmd_complete = {
    .name = "__complete",
    .options = complete_options,
    .takes = LAB_TAKES_COMMAND,
    .run = run_complete,
};
