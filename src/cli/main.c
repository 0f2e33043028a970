#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/view.h"
#include "platform.h"

#define COMMAND(name) extern const struct lab_command lab_cmd_##name;
#include "cli/commands.def"
#undef COMMAND

const struct lab_command *const lab_commands[] = {
#define COMMAND(name) &lab_cmd_##name,
#include "cli/commands.def"
#undef COMMAND
};
const size_t lab_commands_len = LAB_ARRAY_LEN(lab_commands);

/* Messages may hold several lines (every refusal of a plan); the first carries the name. */
static void print_error(const struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_lines(&text, err->message ? err->message : lab_tr("unknown reason"));
    lab_cli_say("labctl: %s\n", lab_str_get(&text));
    if (err->hint)
        lab_cli_say("  try: %s\n", err->hint);
}

static int run_command(struct lab_cli *cli)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    int rc = cli->command->run(cli, &err);
    lab_view_end(cli);
    if (rc == 0)
        return cli->status;
    print_error(&err);
    /* ssh passes the remote status on, so labctl's own failures need one that stands apart */
    if (cli->command == &lab_cmd_ssh && err.code != LAB_CANCELLED)
        return 255;
    return err.code == LAB_OK ? LAB_INTERNAL : (int)err.code;
}

int lab_cli_main(int argc, char **argv)
{
    struct lab_cli cli = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    bool help = false, version = false;
    int status;
    plat_guard_memory();
    plat_console_init();
    lab_language_set(NULL);
    argv = plat_arguments(&argc, argv);
    if (lab_cli_parse(&cli, argc, argv, &help, &version, &err)) {
        print_error(&err);
        status = (int)err.code;
    } else if (version) {
        puts("labctl " LABCTL_VERSION);
        status = 0;
    } else if (help || !cli.command) {
        lab_cli_help(cli.command);
        status = help ? 0 : (int)LAB_USAGE;
    } else {
        lab_log_verbose(cli.verbose);
        status = run_command(&cli);
    }
    lab_cli_clear(&cli);
    return fflush(stdout) == 0 || status ? status : (int)LAB_HOST;
}
