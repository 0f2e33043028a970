/* ssh into one node, exec on many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/view.h"
#include "platform.h"

/* As ssh does: the words joined by spaces, read by the remote shell. */
static char *join(const char *const *words, size_t n)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    for (size_t i = 0; i < n; i++)
        lab_str_addf(&out, "%s%s", i ? " " : "", words[i]);
    return lab_str_detach(&out);
}

static int run_ssh(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    LAB_AUTOFREE char *command = cli->rest.len ? join(cli->rest.items, cli->rest.len) : NULL;
    bool tty = plat_is_terminal(0) && plat_is_terminal(1) && !command;
    if (lab_cli_flag(cli, "tty"))
        tty = true;
    if (lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_ssh(run, cli->arguments.items[0], command, tty, &cli->status, err);
    lab_run_close(run);
    return rc;
}

static const struct lab_option ssh_options[] = {
    {"tty", 0, NULL, "a terminal in the guest even for a command"},
    {0},
};

const struct lab_command lab_cmd_ssh = {
    .name = "ssh",
    .summary = "a shell, or one command, on a node",
    .arguments = "NODE [-- COMMAND…]",
    .text =
        "Opens a shell on the node, or runs one command and passes its exit status on; labctl's own\n"
        "failures are 255. The host key is the one that labctl made.\n\n"
        "  labctl ssh k3s-master1\n  labctl ssh k3s-master1 -- uname -a",
    .options = ssh_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .takes = LAB_TAKES_FILE,
    .run = run_ssh,
};

/* --- exec
 * -------------------------------------------------------------------------------------------- */

struct printer {
    size_t width;
};

static void print_line(void *arg, const char *node, int fd, const char *text)
{
    const struct printer *p = arg;
    fprintf(fd == 2 ? stderr : stdout, "%-*s | %s\n", (int)p->width, node, text);
    fflush(fd == 2 ? stderr : stdout);
}

/* The exit status is the first non-zero one of the nodes' own. */
static void print_ends(struct lab_cli *cli, const struct lab_exec_report *report)
{
    json_t *rows = json_array();
    size_t bad = 0;
    LAB_VEC_FOREACH (row, &report->rows) {
        bool failed = row->error.code != LAB_OK || row->status != 0;
        bad += failed;
        if (failed && !cli->status)
            cli->status = row->status > 0 ? row->status : LAB_GUEST;
        json_array_append_new(rows,
                              json_pack("{s:s, s:i, s:o}", "node", row->node, "status", row->status,
                                        "error", lab_json_text(row->error.message)));
    }
    static const struct lab_column columns[] = {
        {"NODE", "node"}, {"STATUS", "status"}, {"ERROR", "error"}};
    if (cli->output != LAB_OUTPUT_TABLE || bad)
        lab_cli_print(cli, json_pack("{s:o}", "nodes", rows), "nodes", columns,
                      LAB_ARRAY_LEN(columns));
    else
        json_decref(rows);
}

static int run_exec(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct printer printer = {0};
    struct lab_exec_report report = {0};
    for (size_t i = 0; i < cli->arguments.len; i++)
        *lab_vec_push(&cli->targets) = cli->arguments.items[i];
    if (!cli->rest.len) {
        lab_fail(err, LAB_USAGE, "which command? it comes after '--'");
        return lab_error_hint(err, "for example: labctl exec -- uptime");
    }
    if (lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    LAB_VEC_FOREACH (r, &run->records.list)
        if (lab_run_targeted(run, r->name) && strlen(r->name) > printer.width)
            printer.width = strlen(r->name);
    LAB_AUTOFREE char *command = join(cli->rest.items, cli->rest.len);
    struct lab_exec_options o = {command, print_line, &printer, cli->timeout_ms};
    int rc = lab_exec_all(run, &o, &report, err);
    print_ends(cli, &report);
    lab_exec_report_clear(&report);
    lab_run_close(run);
    return rc;
}

const struct lab_command lab_cmd_exec = {
    .name = "exec",
    .summary = "run a command on many nodes at once",
    .arguments = "[NODE…] -- COMMAND…",
    .text =
        "Runs the command on the nodes (default: all) at once; every line carries its node's name.\n"
        "The exit status is the first that was not 0.\n\n"
        "  labctl exec -- uptime\n  labctl exec k3s-worker1 k3s-worker2 -- df -h /",
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_TIMEOUT,
    .run = run_exec,
};
