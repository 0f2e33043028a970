/* ssh into one node, exec on many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
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
    {"tty", 0, NULL, LAB_N("a terminal in the guest even for a command")},
    {0},
};

const struct lab_command lab_cmd_ssh = {
    .name = "ssh",
    .summary = LAB_N("a shell, or one command, on a node"),
    .arguments = "NODE [-- COMMAND…]",
    .text = LAB_N(
        "Opens a shell on the node, or runs one command and passes its exit status on; labctl's own\n"
        "failures are 255. The host key is the one that labctl made.\n\n"
        "  labctl ssh k3s-master1\n  labctl ssh k3s-master1 -- uname -a"),
    .options = ssh_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_COMMAND,
    .run = run_ssh,
};

/* --- exec
 * -------------------------------------------------------------------------------------------- */

/* What a node said, kept until the one document is printed. */
struct words {
    char *node;
    struct lab_str out, err;
};

struct printer {
    const struct lab_cli *cli;
    size_t width;
    LAB_VEC(struct words) kept;
};

static struct words *words_of(struct printer *p, const char *node)
{
    LAB_VEC_FOREACH (w, &p->kept)
        if (strcmp(w->node, node) == 0)
            return w;
    struct words *w = lab_vec_push(&p->kept);
    w->node = lab_strdup(node);
    return w;
}

static void printer_clear(struct printer *p)
{
    LAB_VEC_FOREACH (w, &p->kept) {
        free(w->node);
        lab_str_clear(&w->out);
        lab_str_clear(&w->err);
    }
    lab_vec_clear(&p->kept);
}

static void print_line(void *arg, const char *node, int fd, const char *text)
{
    struct printer *p = arg;
    struct words *w;
    switch (p->cli->output) {
    case LAB_OUTPUT_TABLE:
        if (fd == 2) {
            lab_cli_say("%-*s | %s\n", (int)p->width, node, text);
        } else {
            printf("%-*s | %s\n", (int)p->width, node, text);
            fflush(stdout);
        }
        break;
    case LAB_OUTPUT_NDJSON:
        lab_cli_print_object(json_pack("{s:s, s:s, s:o}", "node", node, "stream",
                                       fd == 2 ? "stderr" : "stdout", "text", lab_json_text(text)));
        break;
    default:
        w = words_of(p, node);
        lab_str_addf(fd == 2 ? &w->err : &w->out, "%s\n", text);
    }
}

static json_t *end_of(const struct lab_exec_row *row)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "node", row->node, "status",
                     row->status < 0 ? json_null() : json_integer(row->status), "error",
                     lab_json_text(row->error.message), "hint", lab_json_text(row->error.hint));
}

static void print_end(void *arg, const struct lab_exec_row *row)
{
    const struct printer *p = arg;
    if (p->cli->output == LAB_OUTPUT_NDJSON)
        lab_cli_print_object(end_of(row));
}

static bool has_failed(const struct lab_exec_row *row)
{
    return row->error.code != LAB_OK || row->status != 0;
}

/* The exit status is the first non-zero one of the nodes' own. */
static void set_status(struct lab_cli *cli, const struct lab_exec_report *report)
{
    LAB_VEC_FOREACH (row, &report->rows)
        if (has_failed(row) && !cli->status)
            cli->status = row->status > 0 ? row->status : LAB_GUEST;
}

/* People see the failed ones; the document has all, with what they said. */
static void print_ends(struct printer *p, const struct lab_exec_report *report)
{
    static const struct lab_column columns[] = {
        {LAB_N("NODE"), "node"}, {LAB_N("STATUS"), "status"}, {LAB_N("ERROR"), "error"}};
    bool table = p->cli->output == LAB_OUTPUT_TABLE;
    json_t *rows = json_array();
    LAB_VEC_FOREACH (row, &report->rows) {
        if (table && !has_failed(row))
            continue;
        json_t *to = end_of(row);
        const struct words *w = words_of(p, row->node);
        json_object_set_new(to, "stdout", lab_json_text(lab_str_get(&w->out)));
        json_object_set_new(to, "stderr", lab_json_text(lab_str_get(&w->err)));
        json_array_append_new(rows, to);
    }
    if (p->cli->output == LAB_OUTPUT_NDJSON || (table && !json_array_size(rows)))
        json_decref(rows);
    else
        lab_cli_print(p->cli, json_pack("{s:o}", "nodes", rows), "nodes", columns,
                      LAB_ARRAY_LEN(columns));
}

static int run_exec(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct printer printer = {.cli = cli};
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
    const struct lab_exec_options o = {.command = command,
                                       .line = print_line,
                                       .ended = print_end,
                                       .arg = &printer,
                                       .timeout_ms = cli->timeout_ms};
    int rc = lab_exec_all(run, &o, &report, err);
    set_status(cli, &report);
    print_ends(&printer, &report);
    printer_clear(&printer);
    lab_exec_report_clear(&report);
    lab_run_close(run);
    return rc;
}

const struct lab_command lab_cmd_exec = {
    .name = "exec",
    .summary = LAB_N("run a command on many nodes at once"),
    .arguments = "[NODE…] -- COMMAND…",
    .text = LAB_N(
        "Runs the command on the nodes (default: all) at once; every line carries its node's name.\n"
        "The exit status is the first that was not 0. '-o json' gives one document with what every\n"
        "node said, '-o ndjson' an object for every line and one for every node that has ended.\n\n"
        "  labctl exec -- uptime\n  labctl exec k3s-worker1 k3s-worker2 -- df -h /"),
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET | LAB_TAKES_TIMEOUT | LAB_TAKES_COMMAND,
    .run = run_exec,
};
