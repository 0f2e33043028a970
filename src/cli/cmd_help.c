#include <stdio.h>

#include "base/file.h"
#include "base/i18n.h"
#include "cli/man.h"
#include "cli/topics.h"
#include "platform.h"

static int run_help(struct lab_cli *cli, struct lab_error *err)
{
    if (!cli->arguments.len) {
        lab_cli_help(NULL);
        return 0;
    }
    const char *name = cli->arguments.items[0];
    const struct lab_command *command = lab_cli_command(name);
    LAB_AUTO_STR struct lab_str topic = LAB_STR_INIT;
    if (lab_topic_put(name, &topic)) {
        fputs(lab_str_get(&topic), stdout);
        return 0;
    }
    if (!command || !command->summary)
        return lab_cli_unknown_command(name, err);
    lab_cli_help(command);
    return 0;
}

const struct lab_command lab_cmd_help = {
    .name = "help",
    .summary = LAB_N("this overview, or one command explained"),
    .arguments = "[COMMAND|TOPIC]",
    .text = LAB_N("Explains labctl, one command, or a topic; 'labctl help topics' lists those.\n\n"
                  "  labctl help up\n  labctl help troubleshooting"),
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
    .summary = LAB_N("which labctl this is"),
    .text = LAB_N("Prints the version.\n\n  labctl version -o json"),
    .run = run_version,
};

/* For packages: every page into a folder. */
static int run_man(struct lab_cli *cli, struct lab_error *err)
{
    const char *folder = cli->arguments.items[0];
    LAB_AUTO_STR struct lab_str whole = LAB_STR_INIT;
    lab_language_set("C"); /* the pages are English */
    LAB_AUTOFREE char *first = lab_path_join(folder, "labctl.1");
    lab_man_page(NULL, &whole);
    if (plat_mkdirs(folder, 0755, err) ||
        lab_file_replace(first, lab_str_get(&whole), whole.len, 0644, err))
        return -1;
    for (size_t i = 0; i < lab_commands_len; i++) {
        if (!lab_commands[i]->summary)
            continue;
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        LAB_AUTOFREE char *name = lab_format("labctl-%s.1", lab_commands[i]->name);
        LAB_AUTOFREE char *path = lab_path_join(folder, name);
        lab_man_page(lab_commands[i], &text);
        if (lab_file_replace(path, lab_str_get(&text), text.len, 0644, err))
            return -1;
    }
    return 0;
}

const struct lab_command lab_cmd_man = {
    .name = "__man",
    .arguments = "FOLDER",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_man,
};
