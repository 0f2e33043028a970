#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"

static int run_help(struct lab_cli *cli, struct lab_error *err)
{
    if (!cli->arguments.len) {
        lab_cli_help(NULL);
        return 0;
    }
    for (size_t i = 0; i < lab_commands_len; i++) {
        if (strcmp(lab_commands[i]->name, cli->arguments.items[0]) == 0) {
            lab_cli_help(lab_commands[i]);
            return 0;
        }
    }
    return lab_cli_unknown_command(cli->arguments.items[0], err);
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
