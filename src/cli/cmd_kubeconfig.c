/* kubeconfig: printed, written to a file of its own, or merged into the user's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/i18n.h"
#include "cli/command.h"
#include "cli/view.h"
#include "run/kubeconfig.h"

static int refuse_mixture(const struct lab_cli *cli, struct lab_error *err)
{
    bool merge = lab_cli_flag(cli, "merge");
    if (merge && lab_cli_value(cli, "to"))
        return lab_fail(err, LAB_USAGE,
                        "--merge and --to exclude each other: a file of its own, or "
                        "one among others (--into)");
    if (!merge && (lab_cli_value(cli, "into") || lab_cli_flag(cli, "use")))
        return lab_fail(err, LAB_USAGE, "--into and --use belong to --merge");
    return 0;
}

static void print(const struct lab_cli *cli, const struct lab_kubeconfig_made *made)
{
    if (!made->path) {
        fputs(lab_str_get(&made->text), stdout);
        return;
    }
    if (cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli,
                      json_pack("{s:o, s:s, s:o}", "context", lab_json_text(made->context),
                                "server", made->server, "file", lab_json_text(made->path)),
                      NULL, NULL, 0);
    else if (!cli->quiet)
        printf(lab_tr("context %s, %s, in %s\ntry: kubectl --context %s get nodes\n"),
               made->context, made->server, made->path, made->context);
}

static int run_kubeconfig(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_kubeconfig_made made = {0};
    const struct lab_kubeconfig_options options = {
        .context = lab_cli_value(cli, "context"),
        .to = lab_cli_value(cli, "to"),
        .merge = lab_cli_flag(cli, "merge"),
        .into = lab_cli_value(cli, "into"),
        .use = lab_cli_flag(cli, "use"),
        .unchecked = lab_cli_flag(cli, "unchecked"),
    };
    if (refuse_mixture(cli, err) ||
        lab_cli_attach(cli, options.merge ? LAB_STATE_WRITE : LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_kubeconfig(run, &options, &made, err);
    lab_view_end(cli);
    if (rc == 0)
        print(cli, &made);
    lab_kubeconfig_made_clear(&made);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"merge", 0, NULL,
     LAB_N("into your kubeconfig ($KUBECONFIG, else ~/.kube/config), among the others")},
    {"into", 0, "FILE", LAB_N("merge into this file instead")},
    {"use", 0, NULL, LAB_N("with --merge: make it the current context")},
    {"to", 0, "FILE", LAB_N("write a new file (0600) instead of printing")},
    {"context", 0, "NAME", LAB_N("name of context, cluster and user; default: the lab's name")},
    {"unchecked", 0, NULL, LAB_N("do not ask the live server whether it is this cluster")},
    {0},
};

const struct lab_command lab_cmd_kubeconfig = {
    .name = "kubeconfig",
    .summary = LAB_N("what kubectl needs to reach the cluster"),
    .text = LAB_N(
        "Prints the admin's kubeconfig, read on the first master over its pinned session, with the\n"
        "master's address and the lab's name. Before that the live server must show a certificate of\n"
        "this cluster's CA. A merged context is taken out again by teardown.\n\n"
        "  labctl kubeconfig --merge\n  labctl kubeconfig --to lab.kubeconfig"),
    .options = options,
    .takes = LAB_TAKES_FILE,
    .run = run_kubeconfig,
};
