#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "cli/command.h"
#include "cli/plan_print.h"
#include "cli/view.h"
#include "run/orphans.h"

static const struct lab_option options[] = {
    {"prune", 0, NULL, LAB_N("as with 'up --prune'")},
    {0},
};

void lab_cli_plan_options(struct lab_cli *cli, struct lab_plan_options *out)
{
    out->targets = cli->targets.items;
    out->targets_len = cli->targets.len;
    out->prune = lab_cli_flag(cli, "prune");
}

static json_t *rows_of(const struct lab_plan *plan)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (p, &plan->nodes)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:b}", "node", p->name, "action",
                                              p->targeted ? lab_action_name(p->action) : "leave",
                                              "reason", p->reason ? p->reason : "", "targeted",
                                              p->targeted));
    return rows;
}

static void
print_summary(const struct lab_cli *cli, const struct lab_run *run, const struct lab_plan *plan)
{
    LAB_VEC_FOREACH (note, &plan->notes)
        printf(lab_tr("note: %s\n"), *note);
    bool is_plan = strcmp(cli->command->name, "plan") == 0;
    if (!plan->changes)
        puts(lab_tr("\nnothing to do: the lab is as lab.yaml says."));
    else if (!is_plan)
        puts(lab_tr("\nnothing was touched: this was --dry-run."));
    else if (cli->targets.len || cli->replicas.len || cli->given_len)
        printf(lab_tr("\nnothing was touched; '%s up' with the same options does this.\n"),
               lab_run_self(run));
    else
        printf(lab_tr("\nnothing was touched; '%s up' does this.\n"), lab_run_self(run));
}

int lab_cli_print_plan(struct lab_cli *cli,
                       struct lab_run *run,
                       const struct lab_plan_options *options_,
                       struct lab_error *err)
{
    static const struct lab_column columns[] = {
        {LAB_N("NODE"), "node"}, {LAB_N("ACTION"), "action"}, {LAB_N("WHY"), "reason"}};
    struct lab_plan plan = {0};
    int rc = lab_plan_now(run, options_, &plan, err);
    lab_view_end(cli);
    if (rc == 0 || plan.nodes.len) {
        json_t *notes = json_array();
        LAB_VEC_FOREACH (note, &plan.notes)
            json_array_append_new(notes, json_string(*note));
        lab_cli_print(cli,
                      json_pack("{s:s, s:o, s:o, s:b}", "lab", run->spec->name, "nodes",
                                rows_of(&plan), "notes", notes, "changes", plan.changes),
                      "nodes", columns, LAB_ARRAY_LEN(columns));
    }
    if (rc == 0 && cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        print_summary(cli, run, &plan);
    lab_plan_clear(&plan);
    return rc;
}

static int run_plan(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_plan_options plan = {0};
    lab_cli_plan_options(cli, &plan);
    if (lab_cli_open(cli, LAB_STATE_READ, true, &run, err))
        return -1;
    int rc = lab_orphans_refuse(run, true, err) || lab_run_attach(run, err) ? -1 : 0;
    if (rc == 0)
        rc = lab_cli_print_plan(cli, run, &plan, err);
    lab_run_close(run);
    return rc;
}

const struct lab_command lab_cmd_plan = {
    .name = "plan",
    .summary = LAB_N("show what 'up' would do; touch nothing"),
    .text = LAB_N(
        "Compares lab.yaml with what was made and with what the hypervisor says, and shows what\n"
        "'up' would create, change, restart or leave alone. Nothing is touched.\n\n"
        "  labctl plan"),
    .options = options,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_REPLICAS,
    .run = run_plan,
};
