/* wait, start, stop, restart: one ladder each, one report. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/plan_print.h"
#include "cli/view.h"

typedef int (*verb_fn)(struct lab_run *run, struct lab_report *report, struct lab_error *err);

static int run_verb(struct lab_cli *cli, verb_fn verb, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_report report = {0};
    if (lab_cli_attach(cli, LAB_STATE_WRITE, false, &run, err))
        return -1;
    int rc = verb(run, &report, err);
    lab_view_end(cli);
    if (rc == 0 || report.nodes.len)
        lab_cli_report(cli, &report, cli->command->name);
    lab_report_clear(&report);
    lab_run_close(run);
    return rc;
}

static void print_look(const struct lab_cli *cli, const struct lab_power_plan *plan)
{
    static const struct lab_column columns[] = {
        {LAB_N("NODE"), "node"}, {LAB_N("ACTION"), "action"}, {LAB_N("WHY"), "reason"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (row, &plan->rows)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:o}", "node", row->node, "action",
                                              row->action, "reason", lab_json_text(row->reason)));
    lab_cli_print(
        cli,
        json_pack("{s:s, s:b, s:o}", "command", cli->command->name, "dry_run", 1, "nodes", rows),
        "nodes", columns, LAB_ARRAY_LEN(columns));
    if (cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        puts(lab_tr("\nnothing was touched: this was --dry-run."));
}

static int look(struct lab_cli *cli, bool stop, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_power_plan plan = {0};
    if (lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_power_look(run, stop, &plan, err);
    lab_view_end(cli);
    if (rc == 0)
        print_look(cli, &plan);
    lab_power_plan_clear(&plan);
    lab_run_close(run);
    return rc;
}

static const struct lab_option switch_options[] = {
    {"dry-run", 'n', NULL, LAB_N("show what would be done, touch nothing")},
    {0},
};

static const unsigned takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_TIMEOUT | LAB_TAKES_YES;

static int run_start(struct lab_cli *cli, struct lab_error *err)
{
    return lab_cli_flag(cli, "dry-run") ? look(cli, false, err) : run_verb(cli, lab_start, err);
}

static int run_stop(struct lab_cli *cli, struct lab_error *err)
{
    return lab_cli_flag(cli, "dry-run") ? look(cli, true, err) : run_verb(cli, lab_stop, err);
}

static int run_restart(struct lab_cli *cli, struct lab_error *err)
{
    return run_verb(cli, lab_restart, err);
}

const struct lab_command lab_cmd_start = {
    .name = "start",
    .summary = LAB_N("power on a lab that was stopped"),
    .text = LAB_N(
        "Powers the nodes on, masters before workers, and follows them until they are ready.\n"
        "Nothing is provisioned anew.\n\n  labctl start"),
    .options = switch_options,
    .takes = takes,
    .run = run_start,
};
const struct lab_command lab_cmd_stop = {
    .name = "stop",
    .summary = LAB_N("power off, workers before masters"),
    .text = LAB_N(
        "Powers the nodes off through the guests themselves; one that does not follow is pressed\n"
        "first, cut off after a deadline, and that is said.\n\n  labctl stop"),
    .options = switch_options,
    .takes = takes,
    .run = run_stop,
};
const struct lab_command lab_cmd_restart = {
    .name = "restart",
    .summary = LAB_N("restart the masters, then the workers"),
    .text = LAB_N(
        "Restarts the masters one by one, then all workers at once, and follows them until they\n"
        "are ready again.\n\n  labctl restart --target k3s-worker1"),
    .takes = takes,
    .run = run_restart,
};

/* --- wait
 * -------------------------------------------------------------------------------------------- */

static int gate_wanted(const struct lab_cli *cli, enum lab_gate *out, struct lab_error *err)
{
    const char *name = lab_cli_value(cli, "for");
    *out = LAB_GATE_COUNT;
    if (!name)
        return 0;
    int gate = lab_gate_by_name(name);
    if (gate >= 0) {
        *out = (enum lab_gate)gate;
        return 0;
    }
    const char *names[LAB_GATE_COUNT];
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    for (int i = 0; i < LAB_GATE_COUNT; i++) {
        names[i] = lab_gate_name((enum lab_gate)i);
        lab_str_addf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    const char *nearest = lab_nearest(name, names, LAB_GATE_COUNT);
    if (nearest)
        lab_fail(err, LAB_USAGE, "no gate '%s'; did you mean '%s'?", name, nearest);
    else
        lab_fail(err, LAB_USAGE, "no gate '%s'", name);
    return lab_error_hint(err, "gates: %s", lab_str_get(&all));
}

static int run_wait(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_report report = {0};
    enum lab_gate until;
    if (gate_wanted(cli, &until, err) || lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_wait(run, until, &report, err);
    lab_view_end(cli);
    if (rc == 0 || report.nodes.len)
        lab_cli_report(cli, &report, "wait");
    lab_report_clear(&report);
    lab_run_close(run);
    return rc;
}

static const struct lab_option wait_options[] = {
    {"for", 0, "GATE", LAB_N("return when this gate is open (default: the last one)")},
    {0},
};

const struct lab_command lab_cmd_wait = {
    .name = "wait",
    .summary = LAB_N("follow the guests until they are ready; change nothing"),
    .text = LAB_N(
        "Follows every guest until it has passed the gate, without starting, stopping or changing\n"
        "anything. Exit status 5: a guest failed; 6: a deadline passed.\n\n"
        "  labctl wait --for cloud-init --timeout 20m"),
    .options = wait_options,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_TIMEOUT,
    .run = run_wait,
};
