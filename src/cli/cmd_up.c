#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/plan_print.h"
#include "cli/view.h"
#include "run/orphans.h"
#include "run/registry.h"

static const struct lab_option options[] = {
    {"dry-run", 'n', NULL, LAB_N("show what would be done, touch nothing (the same as 'plan')")},
    {"no-start", 0, NULL, LAB_N("only create the VMs")},
    {"recreate", 0, "[NODE]", LAB_N("make this node anew (default: all of them); may be repeated")},
    {"adopt", 0, "[ID]",
     LAB_N("take up VMs whose ledger is lost (ID: also those of another LABCTL_HOME)")},
    {"prune", 0, NULL, LAB_N("remove nodes that are no longer in lab.yaml")},
    {0},
};

/* How to get in, with paths that can be pasted. */
static void print_entrance(struct lab_run *run, const struct lab_report *report)
{
    const struct lab_outcome *first = NULL;
    LAB_VEC_FOREACH (o, &report->nodes)
        if (!first || (o->role == LAB_ROLE_MASTER && first->role != LAB_ROLE_MASTER))
            first = o;
    if (!first)
        return;
    struct lab_node_record *record = lab_node_records_find(&run->records, first->node);
    if (!record)
        return;
    LAB_AUTOFREE char *line = lab_ssh_line(run, record);
    printf(lab_tr("\nget in:  %s ssh %s\n    or:  %s\n"), lab_run_self(run), first->node, line);
    if (first->role == LAB_ROLE_MASTER)
        printf(lab_tr("kubectl: %s ssh %s -- sudo k3s kubectl get nodes\n"), lab_run_self(run),
               first->node);
    const char *registry = lab_registry_address(run);
    if (registry)
        printf(lab_tr("registry: %s\n"), registry);
    printf(lab_tr("remove:  %s teardown\n"), lab_run_self(run));
}

static int up(struct lab_cli *cli,
              struct lab_run *run,
              const struct lab_plan_options *plan,
              struct lab_error *err)
{
    struct lab_report report = {0};
    struct lab_up_options o = {*plan, lab_cli_flag(cli, "no-start"), cli->yes};
    int rc = lab_up(run, &o, &report, err);
    lab_view_end(cli);
    if (rc == 0 || report.nodes.len)
        lab_cli_report(cli, &report, "up");
    if (rc == 0 && cli->output == LAB_OUTPUT_TABLE && !cli->quiet && !o.no_start)
        print_entrance(run, &report);
    lab_report_clear(&report);
    return rc;
}

/* A lab whose ledger is lost is adopted, or refused, before a new one is begun. */
static int attach(struct lab_cli *cli,
                  const struct lab_plan_options *plan,
                  struct lab_run **run,
                  struct lab_error *err)
{
    bool dry = lab_cli_flag(cli, "dry-run");
    const char *adopt = lab_cli_value(cli, "adopt");
    if (dry && adopt) {
        lab_fail(err, LAB_USAGE, "--adopt writes a ledger: it cannot be tried with --dry-run");
        return lab_error_hint(err, "`up --dry-run` without it names what it would take up");
    }
    if (lab_cli_open(cli, dry ? LAB_STATE_READ : LAB_STATE_CREATE, true, run, err))
        return -1;
    int rc = adopt ? lab_orphans_adopt(*run, adopt, plan, cli->yes, err)
                   : lab_orphans_refuse(*run, true, err);
    if (rc == 0 && lab_run_attach(*run, err) == 0)
        return 0;
    lab_view_end(cli);
    lab_run_close(*run);
    return -1;
}

static int run_up(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_plan_options plan = {0};
    LAB_VEC(const char *) recreate = {0};
    lab_cli_plan_options(cli, &plan);
    for (size_t i = 0; i < cli->given_len; i++) {
        const char *node = cli->given[i].value;
        if (strcmp(cli->given[i].option->name, "recreate") != 0)
            continue;
        if (*node && strcmp(node, "all") != 0)
            *lab_vec_push(&recreate) = node;
        else
            plan.recreate_all = true;
    }
    plan.recreate = recreate.items;
    plan.recreate_len = recreate.len;
    bool dry = lab_cli_flag(cli, "dry-run");
    int rc = attach(cli, &plan, &run, err);
    if (rc == 0) {
        rc = dry ? lab_cli_print_plan(cli, run, &plan, err) : up(cli, run, &plan, err);
        lab_run_close(run);
    }
    lab_vec_clear(&recreate);
    return rc;
}

const struct lab_command lab_cmd_up = {
    .name = "up",
    .summary = LAB_N("make the lab, or finish and mend it"),
    .text = LAB_N(
        "Makes the lab that lab.yaml describes and follows every guest until it is really done.\n"
        "What is done already is left alone, so it may be run at any time: after an error, after\n"
        "Ctrl-C, after a reboot of this host, after a change in lab.yaml ('plan' shows it first).\n\n"
        "--recreate asks before it destroys a VM; with --target it means the nodes named there.\n\n"
        "When the lab's ledger is lost (state.db deleted or damaged) 'up' names the VMs that are left\n"
        "and stops; --adopt writes a new ledger for them, as long as their keys are still there.\n\n"
        "  labctl up\n"
        "  labctl up --recreate k3s-worker1\n"
        "  labctl up --recreate -y"),
    .options = options,
    .takes =
        LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_REPLICAS | LAB_TAKES_TIMEOUT | LAB_TAKES_YES,
    .run = run_up,
};
