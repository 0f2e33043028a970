/* The words that a command line may hold: commands, and the options of each. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"

/* Options of every command, and those that a command takes by its `takes` bits. */
static const struct {
    struct lab_option option;
    unsigned bit; /* 0: always */
} shared[] = {
    {{"help", 'h', NULL, LAB_N("show this help")}, 0},
    {{"output", 'o', "FORMAT", LAB_N("table, json, yaml or ndjson")}, 0},
    {{"quiet", 'q', NULL, LAB_N("print only failures")}, 0},
    {{"verbose", 'v', NULL, LAB_N("print every child process and its outcome too")}, 0},
    {{"no-color", 0, NULL, LAB_N("no colours (also: variable NO_COLOR)")}, 0},
    {{"lang", 0, "LANGUAGE", LAB_N("en or ko (default: as LC_ALL, LC_MESSAGES, LANG say)")}, 0},
    {{"file", 'f', "FILE", LAB_N("the lab's description (default: lab.yaml)")}, LAB_TAKES_FILE},
    {{"lab", 0, "NAME", LAB_N("a lab made earlier, by name")}, LAB_TAKES_FILE},
    {{"target", 't', "NODE", LAB_N("only this node; may be repeated")}, LAB_TAKES_TARGET},
    {{"replicas", 0, "[GROUP=]N", LAB_N("number of nodes in a group; never removes")},
     LAB_TAKES_REPLICAS},
    {{"timeout", 0, "TIME", LAB_N("per node, e.g. 20m (default: wait.timeout)")},
     LAB_TAKES_TIMEOUT},
    {{"yes", 'y', NULL, LAB_N("do not ask")}, LAB_TAKES_YES},
};

static bool has_own(const struct lab_command *command, const char *name)
{
    for (const struct lab_option *o = command ? command->options : NULL; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

const struct lab_option *lab_cli_option_at(const struct lab_command *command, size_t i)
{
    unsigned takes = command ? command->takes : ~0u;
    for (const struct lab_option *o = command ? command->options : NULL; o && o->name; o++)
        if (i-- == 0)
            return o;
    for (size_t k = 0; k < LAB_ARRAY_LEN(shared); k++)
        if ((!shared[k].bit || shared[k].bit & takes) && !has_own(command, shared[k].option.name) &&
            i-- == 0)
            return &shared[k].option;
    return NULL;
}

bool lab_cli_is_shared(const struct lab_option *o)
{
    const char *p = (const char *)o;
    return p >= (const char *)shared && p < (const char *)shared + sizeof(shared);
}

bool lab_cli_value_is_optional(const struct lab_option *o)
{
    return o->value[0] == '[' && lab_ends_with(o->value, "]");
}

const struct lab_command *lab_cli_command(const char *name)
{
    for (size_t i = 0; i < lab_commands_len; i++)
        if (strcmp(lab_commands[i]->name, name) == 0)
            return lab_commands[i];
    return NULL;
}

int lab_cli_unknown_command(const char *name, struct lab_error *err)
{
    LAB_AUTOFREE const char **names = lab_calloc(lab_commands_len, sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < lab_commands_len; i++)
        if (lab_commands[i]->summary)
            names[n++] = lab_commands[i]->name;
    const char *nearest = lab_nearest(name, names, n);
    lab_fail(err, LAB_USAGE, "no command '%s'", name);
    return nearest ? lab_error_hint(err, "did you mean 'labctl %s'?", nearest)
                   : lab_error_hint(err, "'labctl help' lists the commands");
}
