/* console: what a node wrote to its serial port, or the port itself. */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/file.h"
#include "base/follow.h"
#include "base/i18n.h"
#include "base/lines.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/view.h"
#include "platform.h"
#include "run/roster.h"

struct reader {
    struct lab_run *run;
    bool raw;
    struct lab_lines lines;
    size_t idle_at; /* length of the unfinished line at the last look */
};

static void print_line(void *arg, const char *text, size_t n)
{
    (void)arg;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_put_printable(&line, text, n, n ? n : 1);
    puts(lab_str_get(&line));
}

static void put(void *arg, const char *bytes, size_t n)
{
    struct reader *r = arg;
    if (r->raw)
        fwrite(bytes, 1, n, stdout);
    else
        lab_lines_add(&r->lines, bytes, n);
}

/* A prompt has no end of line, and is what one waits for: it is shown once nothing follows it. */
static void show_prompt(struct reader *r)
{
    if (r->lines.part.len && r->lines.part.len == r->idle_at)
        lab_lines_end(&r->lines);
    r->idle_at = r->lines.part.len;
}

static bool cancelled(void *arg)
{
    struct reader *r = arg;
    show_prompt(r);
    fflush(stdout);
    uv_run(&r->run->loop, UV_RUN_NOWAIT);
    return r->run->interrupted || ferror(stdout);
}

static void anew(void *arg)
{
    struct reader *r = arg;
    lab_lines_end(&r->lines);
    fflush(stdout);
    lab_cli_say("labctl: the console log begins anew\n");
}

static int
check_log(const struct lab_run *run, const char *node, const char *path, struct lab_error *err)
{
    if (lab_file_exists(path))
        return 0;
    lab_fail(err, LAB_USAGE,
             "node '%s' has no console log (%s): it was never switched on, or its "
             "hypervisor is another machine, which keeps none",
             node, path);
    return lab_error_hint(err,
                          "'%s status' shows whether it runs; '%s console %s --attach' joins "
                          "its live console",
                          lab_run_self(run), lab_run_self(run), node);
}

static int show_log(struct lab_run *run,
                    struct lab_cli *cli,
                    const char *node,
                    const char *lines,
                    struct lab_error *err)
{
    uint64_t count = 0;
    LAB_AUTOFREE char *path = lab_run_path(run, "console/%s.log", node);
    if (lines && lab_parse_uint(lines, INT32_MAX, &count))
        return lab_fail(err, LAB_USAGE, "--lines '%s' is not a number", lines);
    if (check_log(run, node, path, err))
        return -1;
    struct reader r = {.run = run, .raw = lab_cli_flag(cli, "raw"), .lines.line = print_line};
    const struct lab_follow f = {.path = path,
                                 .from = lines ? lab_file_last_lines(path, count) : 0,
                                 .follow = lab_cli_flag(cli, "follow"),
                                 .put = put,
                                 .anew = anew,
                                 .cancelled = cancelled,
                                 .arg = &r};
    int rc = lab_file_follow(&f, err);
    lab_lines_end(&r.lines);
    lab_lines_clear(&r.lines);
    if (rc && err->code == LAB_HOST)
        lab_error_hint(err,
                       "the hypervisor may have replaced it by a file of root's own: "
                       "try with sudo, or '%s console %s --attach'",
                       lab_run_self(run), node);
    return rc;
}

/* --- the port itself ----------------------------------------------------------------------------
 */

struct live_work {
    struct lab_run *run;
    const char *node, *leave;
    struct lab_child *child;
};

static int live_fn(void *arg, struct lab_error *err)
{
    struct live_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    return p->ops->live_console(p, w->node, w->child, &w->leave, err);
}

static int join(struct lab_run *run, const char *node, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child child = {.status = -1};
    struct live_work work = {run, node, NULL, &child};
    if (lab_await(run, NULL, live_fn, &work, NULL, err))
        return -1;
    lab_cli_say("labctl: the live console of '%s'; leave it with %s\n", node, work.leave);
    if (lab_child_terminal(&child, err))
        return -1;
    if (child.status == 0)
        return 0;
    if (child.signal)
        lab_fail(err, LAB_HYPERVISOR, "'%s' for the console of '%s' ended with signal %d",
                 child.argv.items[0], node, child.signal);
    else
        lab_fail(err, LAB_HYPERVISOR, "'%s' for the console of '%s' ended with status %d",
                 child.argv.items[0], node, child.status);
    return lab_error_hint(err, "its log is there all the same: '%s console %s'", lab_run_self(run),
                          node);
}

static int attach(struct lab_run *run, const char *node, struct lab_error *err)
{
    if (!run->provider.ops->live_console) {
        lab_fail(err, LAB_HYPERVISOR, "%s has no live console for labctl to join",
                 run->provider.ops->name);
        return lab_error_hint(err,
                              "'%s console %s --follow' shows what the guest writes; to type, "
                              "'%s ssh %s', or open the VM in VMware Workstation",
                              lab_run_self(run), node, lab_run_self(run), node);
    }
    if (!plat_is_terminal(0) || !plat_is_terminal(1))
        return lab_fail(err, LAB_USAGE, "a live console needs a terminal on stdin and stdout");
    return join(run, node, err);
}

static int check_options(const struct lab_cli *cli, struct lab_error *err)
{
    static const char *const others[] = {"follow", "lines", "raw"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(others); i++)
        if (lab_cli_flag(cli, "attach") && lab_cli_flag(cli, others[i]))
            return lab_fail(err, LAB_USAGE, "--attach joins the console itself: it takes no --%s",
                            others[i]);
    if (cli->output != LAB_OUTPUT_TABLE)
        return lab_fail(err, LAB_USAGE, "'labctl console' prints what the guest wrote: no -o");
    return 0;
}

static int run_console(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    const char *node = cli->arguments.items[0];
    bool live = lab_cli_flag(cli, "attach");
    if (check_options(cli, err) || lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    /* The log is there without the hypervisor. */
    int rc = live ? lab_run_attach(run, err) : lab_run_attach_ledger(run, err);
    lab_view_end(cli);
    if (rc == 0)
        rc = lab_need_lab(run, err) || lab_need_node(run, node, err) ? -1 : 0;
    if (rc == 0)
        rc = live ? attach(run, node, err)
                  : show_log(run, cli, node, lab_cli_value(cli, "lines"), err);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"follow", 0, NULL, LAB_N("go on with what it writes, until Ctrl-C")},
    {"lines", 0, "N", LAB_N("begin with the last N lines (default: all there are)")},
    {"raw", 0, NULL, LAB_N("every byte as it came, colours and all")},
    {"attach", 0, NULL, LAB_N("the live console, to type into (libvirt)")},
    {0},
};

const struct lab_command lab_cmd_console = {
    .name = "console",
    .summary = LAB_N("what a node wrote to its serial console"),
    .arguments = "NODE",
    .text =
        LAB_N("Prints the serial console since power-on, made printable; it is there when nothing\n"
              "else of the guest answers. With --attach, joins the live console where the\n"
              "hypervisor has one (libvirt; VMware has none).\n\n"
              "  labctl console k3s-master1 --lines 50\n  labctl console k3s-master1 --follow"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .takes = LAB_TAKES_FILE,
    .run = run_console,
};
