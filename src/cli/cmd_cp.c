/* cp: files between this host and a node. */
#include <stdlib.h>

#include "base/i18n.h"
#include "cli/command.h"
#include "run/copy.h"

static void keep(void *arg, const struct lab_copied *file)
{
    json_array_append_new(arg, json_pack("{s:o, s:o, s:I, s:I, s:b, s:s}", "from",
                                         lab_json_text(file->from), "to", lab_json_text(file->to),
                                         "bytes", (json_int_t)file->bytes, "resumed_at",
                                         (json_int_t)file->resumed_at, "was_there", file->was_there,
                                         "sha256", file->sha256));
}

static int run_cp(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    size_t n = cli->arguments.len;
    json_t *files = json_array();
    const struct lab_copy_options o = {.from = cli->arguments.items,
                                       .from_len = n - 1,
                                       .to = cli->arguments.items[n - 1],
                                       .recursive = lab_cli_flag(cli, "recursive"),
                                       .sudo = lab_cli_flag(cli, "sudo"),
                                       .copied = keep,
                                       .arg = files};
    int rc = lab_cli_open(cli, LAB_STATE_READ, false, &run, err);
    if (rc == 0) {
        rc = lab_run_attach_ledger(run, err) || lab_copy(run, &o, err) ? -1 : 0;
        lab_run_close(run);
    }
    if (rc == 0 && cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli, json_pack("{s:O}", "files", files), "files", NULL, 0);
    json_decref(files);
    return rc;
}

static const struct lab_option options[] = {
    {"recursive", 'r', NULL, LAB_N("folders with all that is in them (without symbolic links)")},
    {"sudo", 0, NULL, LAB_N("in the guest as root, by 'sudo -n'")},
    {0},
};

const struct lab_command lab_cmd_cp = {
    .name = "cp",
    .summary = LAB_N("copy files to or from a node"),
    .arguments = "[NODE:]FILE… [NODE:]FILE",
    .text = LAB_N(
        "Copies files between this host and one node, with their mode and time; NODE:PATH is a\n"
        "path in the guest (relative: to the login's home). What was broken off stays beside the\n"
        "target with '.labctl.part' behind its name, and the same command goes on from there. The\n"
        "copy gets its name only when its SHA-256 is the source's.\n\n"
        "  labctl cp ./app.tar k3s-master1:/tmp/\n"
        "  labctl cp -r k3s-master1:/var/log/pods ./pods --sudo"),
    .options = options,
    .min_arguments = 2,
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TIMEOUT,
    .run = run_cp,
};
