#include <stdio.h>

#include "cli/command.h"

static int run_help(struct lab_cli *cli, struct lab_error *err)
{
    if (!cli->arguments.len) {
        lab_cli_help(NULL);
        return 0;
    }
    const struct lab_command *command = lab_cli_command(cli->arguments.items[0]);
    if (!command || !command->summary)
        return lab_cli_unknown_command(cli->arguments.items[0], err);
    lab_cli_help(command);
    return 0;
}

const struct lab_command lab_cmd_help = {
    .name = "help",
    .summary = "this overview, or one command explained",
    .arguments = "[COMMAND]",
    .text = "Explains labctl, or one command.\n\n  labctl help up",
    .max_arguments = 1,
    .run = run_help,
};

static int run_version(struct lab_cli *cli, struct lab_error *err)
{
    (void)err;
    if (cli->output == LAB_OUTPUT_TABLE)
        puts("labctl " LABCTL_VERSION);
    else
        lab_cli_print(cli, json_pack("{s:s}", "version", LABCTL_VERSION), NULL, NULL, 0);
    return 0;
}

const struct lab_command lab_cmd_version = {
    .name = "version",
    .summary = "which labctl this is",
    .text = "Prints the version.\n\n  labctl version -o json",
    .run = run_version,
};
