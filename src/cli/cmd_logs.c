/* logs: the logs inside the guests. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/view.h"
#include "run/logs.h"
#include "run/roster.h"

struct printer {
    const struct lab_cli *cli;
    size_t width; /* of the nodes' names; 0: one node, no names */
};

static void print_line(void *arg, const char *node, const char *text, size_t n)
{
    const struct printer *p = arg;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_put_printable(&line, text, n, n ? n : 1);
    if (p->cli->output == LAB_OUTPUT_NDJSON)
        lab_cli_print_object(
            json_pack("{s:s, s:o}", "node", node, "text", lab_json_text(lab_str_get(&line))));
    else if (p->width)
        printf("%-*s | %s\n", (int)p->width, node, lab_str_get(&line));
    else
        puts(lab_str_get(&line));
    fflush(stdout);
}

static void print_note(void *arg, const char *node, const char *text)
{
    const struct printer *p = arg;
    if (!p->cli->quiet)
        lab_cli_say("labctl: %s: %s\n", node, text);
}

/* The last word is a log unless a node has that name. */
static int take_words(struct lab_cli *cli,
                      struct lab_run *run,
                      struct lab_logs_options *o,
                      struct lab_error *err)
{
    size_t n = cli->arguments.len;
    const char *last = cli->arguments.items[n - 1];
    if (!lab_node_records_find(&run->records, last)) {
        o->log = lab_guest_log_by_name(last);
        if (!o->log && n > 1)
            return lab_guest_log_unknown(last, err);
        n -= o->log != NULL;
    }
    if (n == 0) {
        lab_fail(err, LAB_USAGE, "the log '%s' of which node?", last);
        return lab_error_hint(err, "for example: %s logs %s %s", lab_run_self(run),
                              run->records.list.items[0].name, last);
    }
    for (size_t i = 0; i < n; i++)
        if (lab_need_node(run, cli->arguments.items[i], err))
            return -1;
    o->nodes = cli->arguments.items;
    o->nodes_len = n;
    return 0;
}

static int take_options(struct lab_cli *cli, struct lab_logs_options *o, struct lab_error *err)
{
    const char *lines = lab_cli_value(cli, "lines");
    o->lines = 50;
    o->follow = lab_cli_flag(cli, "follow");
    if (lines && lab_parse_uint(lines, INT32_MAX, &o->lines))
        return lab_fail(err, LAB_USAGE, "--lines '%s' is not a number", lines);
    if (cli->output == LAB_OUTPUT_TABLE || cli->output == LAB_OUTPUT_NDJSON)
        return 0;
    return lab_fail(err, LAB_USAGE, "'labctl logs' prints lines: plain, or with -o ndjson");
}

static int read_logs(struct lab_cli *cli, struct lab_run *run, struct lab_error *err)
{
    struct printer printer = {.cli = cli};
    struct lab_logs_options o = {.line = print_line, .note = print_note, .arg = &printer};
    if (take_options(cli, &o, err) || lab_run_attach_ledger(run, err) || lab_need_lab(run, err) ||
        take_words(cli, run, &o, err))
        return -1;
    for (size_t i = 0; i < o.nodes_len && o.nodes_len > 1; i++)
        if (strlen(o.nodes[i]) > printer.width)
            printer.width = strlen(o.nodes[i]);
    return lab_logs(run, &o, err);
}

static int run_logs(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    if (lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = read_logs(cli, run, err);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"follow", 0, NULL,
     LAB_N("go on with what is written, over restarts of the guest, until Ctrl-C")},
    {"lines", 0, "N", LAB_N("begin with the last N lines of each log (50)")},
    {0},
};

const struct lab_command lab_cmd_logs = {
    .name = "logs",
    .summary = LAB_N("the logs inside the nodes"),
    .arguments = "NODE… [WHAT]",
    .text = LAB_N(
        "Prints logs of the nodes; with several nodes every line carries its node's name. WHAT is\n"
        "one of cloud-init, copy, packages, k3s, containerd, ssh, clock, kernel, system; without\n"
        "it, what explains the gate that the node is at, or system when it is ready. Tokens of\n"
        "k3s are not shown.\n\n"
        "  labctl logs k3s-master1\n  labctl logs k3s-worker1 k3s-worker2 k3s --follow"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TIMEOUT,
    .run = run_logs,
};
