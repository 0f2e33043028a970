#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/topics.h"

static int run_help(struct lab_cli *cli, struct lab_error *err)
{
    if (!cli->arguments.len) {
        lab_cli_help(NULL);
        return 0;
    }
    const char *name = cli->arguments.items[0];
    const struct lab_command *command = lab_cli_command(name);
    for (size_t i = 0; i < lab_topics_len; i++) {
        if (strcmp(lab_topics[i].name, name) == 0) {
            lab_topics[i].print();
            return 0;
        }
    }
    if (!command || !command->summary)
        return lab_cli_unknown_command(name, err);
    lab_cli_help(command);
    return 0;
}

const struct lab_command lab_cmd_help = {
    .name = "help",
    .summary = "this overview, or one command explained",
    .arguments = "[COMMAND|TOPIC]",
    .text = "Explains labctl, one command, or a topic; 'labctl help topics' lists those.\n\n"
            "  labctl help up\n  labctl help troubleshooting",
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
