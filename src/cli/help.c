#include <stdio.h>

#include "base/i18n.h"
#include "cli/command.h"

static void print_option(const struct lab_option *o)
{
    char left[64];
    snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
             o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, o->value ? " " : "",
             o->value ? o->value : "");
    printf("  %-28s %s\n", left, lab_tr(o->help));
}

static void print_overview(void)
{
    puts(lab_tr("labctl makes a running lab of virtual machines from one lab.yaml.\n\n"
                "Usage: labctl COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:"));
    for (size_t i = 0; i < lab_commands_len; i++)
        if (lab_commands[i]->summary)
            printf("  %-10s %s\n", lab_commands[i]->name, lab_tr(lab_commands[i]->summary));
    puts(lab_tr(
        "\n'labctl COMMAND --help' explains one of them, 'labctl help topics' lists what else is explained.\n"
        "Exit status: 0 fine, 1 defect in labctl, 2 usage or lab.yaml, 3 the host lacks something,\n"
        "4 the hypervisor refused, 5 a guest failed, 6 a deadline passed, 7 conflict, 8 integrity,\n"
        "130 interrupted."));
}

void lab_cli_help(const struct lab_command *command)
{
    if (!command) {
        print_overview();
        return;
    }
    printf(lab_tr("Usage: labctl %s [OPTIONS]%s%s\n\n%s\n\nOptions:\n"), command->name,
           command->arguments && *command->arguments ? " " : "",
           command->arguments ? command->arguments : "", lab_tr(command->text));
    const struct lab_option *o;
    for (size_t i = 0; (o = lab_cli_option_at(command, i)); i++)
        if (o->help)
            print_option(o);
}
