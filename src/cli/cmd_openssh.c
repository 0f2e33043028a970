/* ssh-config and hosts: the lab's nodes for other programs. */
#include <stdio.h>

#include "base/file.h"
#include "base/i18n.h"
#include "cli/command.h"
#include "cli/view.h"
#include "run/openssh.h"

static json_t *json_of(const struct lab_openssh *ssh)
{
    json_t *nodes = json_array();
    LAB_VEC_FOREACH (node, &ssh->nodes)
        json_array_append_new(
            nodes, json_pack("{s:s, s:s}", "node", node->name, "address", node->address));
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "lab", ssh->lab, "user", ssh->user, "key",
                     lab_json_text(ssh->key), "known_hosts", lab_json_text(ssh->known_hosts),
                     "nodes", nodes);
}

/* The lab's ledger is enough: guests and hypervisor are left alone. */
static int
gather(struct lab_cli *cli, struct lab_run **run, struct lab_openssh *out, struct lab_error *err)
{
    LAB_VEC_FOREACH (name, &cli->arguments)
        *lab_vec_push(&cli->targets) = *name;
    if (lab_cli_open(cli, LAB_STATE_READ, false, run, err))
        return -1;
    if (lab_run_attach_ledger(*run, err) || lab_openssh_gather(*run, out, err)) {
        lab_run_close(*run);
        return -1;
    }
    lab_view_end(cli);
    return 0;
}

static int run_ssh_config(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_openssh ssh;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    const char *to = lab_cli_value(cli, "to");
    if (gather(cli, &run, &ssh, err))
        return -1;
    int rc = lab_openssh_config(&ssh, &text, err);
    if (rc == 0 && to)
        rc = lab_file_replace(to, lab_str_get(&text), text.len, 0600, err);
    if (rc == 0 && cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli, json_of(&ssh), "nodes", NULL, 0);
    else if (rc == 0 && !to)
        fputs(lab_str_get(&text), stdout);
    lab_openssh_clear(&ssh);
    lab_run_close(run);
    return rc;
}

static const struct lab_option ssh_config_options[] = {
    {"to", 0, "FILE", LAB_N("write this file (0600, replaced as a whole) instead of printing")},
    {0},
};

const struct lab_command lab_cmd_ssh_config = {
    .name = "ssh-config",
    .summary = LAB_N("the nodes for ssh, scp, rsync, Ansible and VS Code"),
    .arguments = "[NODE…]",
    .text = LAB_N(
        "Prints what OpenSSH's configuration needs to reach the nodes (default: all) by their names,\n"
        "or as NODE.LAB: address, user, the lab's key, and the host keys that labctl pinned, so that\n"
        "nothing is asked and no stranger is taken for a node. For all programs at once, put the line\n"
        "'Include labctl-airgap' at the beginning of ~/.ssh/config.\n\n"
        "  labctl ssh-config --to ~/.ssh/labctl-airgap\n"
        "  ssh -F ~/.ssh/labctl-airgap k3s-master1\n"
        "  rsync -e 'ssh -F ~/.ssh/labctl-airgap' -a work/ k3s-worker1:work/"),
    .options = ssh_config_options,
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET,
    .run = run_ssh_config,
};

static int run_hosts(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_openssh ssh;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (gather(cli, &run, &ssh, err))
        return -1;
    lab_openssh_hosts(&ssh, &text);
    if (cli->output == LAB_OUTPUT_TABLE)
        fputs(lab_str_get(&text), stdout);
    else
        lab_cli_print(cli, json_of(&ssh), "nodes", NULL, 0);
    lab_openssh_clear(&ssh);
    lab_run_close(run);
    return 0;
}

const struct lab_command lab_cmd_hosts = {
    .name = "hosts",
    .summary = LAB_N("lines for this host's own hosts file"),
    .arguments = "[NODE…]",
    .text = LAB_N(
        "Prints address and name of the nodes (default: all), as /etc/hosts or, on Windows,\n"
        "C:\\Windows\\System32\\drivers\\etc\\hosts has them. Nothing is written. The guests know each\n"
        "other's names already.\n\n"
        "  labctl hosts\n"
        "  labctl hosts | sudo tee -a /etc/hosts"),
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET,
    .run = run_hosts,
};
