#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"

static const struct lab_option *
find_option(const struct lab_command *command, const char *name, size_t n, bool is_letter)
{
    const struct lab_option *o;
    for (size_t i = 0; (o = lab_cli_option_at(command, i)); i++)
        if (is_letter ? o->letter && o->letter == *name
                      : strlen(o->name) == n && strncmp(o->name, name, n) == 0)
            return o;
    return NULL;
}

static int
unknown_option(const struct lab_command *command, const char *text, struct lab_error *err)
{
    const char *names[64];
    size_t n = 0;
    const struct lab_option *o;
    for (size_t i = 0; n < LAB_ARRAY_LEN(names) && (o = lab_cli_option_at(command, i)); i++)
        if (o->help)
            names[n++] = o->name;
    const char *nearest = text[1] == '-' ? lab_nearest(text + 2, names, n) : NULL;
    lab_fail(err, LAB_USAGE, "%s%s takes no option '%s'", command ? "labctl " : "labctl",
             command ? command->name : "", text);
    if (nearest)
        return lab_error_hint(err, "did you mean '--%s'?", nearest);
    return lab_error_hint(err, "see 'labctl %s%s--help'", command ? command->name : "",
                          command ? " " : "");
}

static char *own(struct lab_cli *cli, char *text)
{
    *lab_vec_push(&cli->owned) = text;
    return text;
}

static int take_replicas(struct lab_cli *cli, const char *value, struct lab_error *err)
{
    const char *equals = strrchr(value, '=');
    uint64_t count;
    if (lab_parse_uint(equals ? equals + 1 : value, LAB_SPEC_MAX_NODES, &count)) {
        lab_fail(err, LAB_USAGE, "--replicas '%s' is not N or GROUP=N with N from 0 to %d", value,
                 LAB_SPEC_MAX_NODES);
        return lab_error_hint(err, "for example: --replicas k3s-worker%%d=3");
    }
    struct lab_replicas *r = lab_vec_push(&cli->replicas);
    r->group = equals ? own(cli, lab_strndup(value, (size_t)(equals - value))) : NULL;
    r->count = (unsigned)count;
    return 0;
}

int lab_cli_take_output(struct lab_cli *cli, const char *value, struct lab_error *err)
{
    static const char *const names[] = {"table", "json", "yaml", "ndjson"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            cli->output = (enum lab_output)i;
            return 0;
        }
    }
    return lab_fail(err, LAB_USAGE, "-o '%s' is none of table, json, yaml, ndjson", value);
}

static int take_shared(struct lab_cli *cli,
                       const struct lab_option *o,
                       const char *value,
                       bool *help,
                       struct lab_error *err)
{
    const char *name = o->name;
    if (strcmp(name, "help") == 0)
        *help = true;
    else if (strcmp(name, "output") == 0)
        return lab_cli_take_output(cli, value, err);
    else if (strcmp(name, "quiet") == 0)
        cli->quiet = true;
    else if (strcmp(name, "verbose") == 0)
        cli->verbose = true;
    else if (strcmp(name, "no-color") == 0)
        cli->no_color = true;
    else if (strcmp(name, "lang") == 0)
        return lab_language_set(value)
                   ? 0
                   : lab_fail(err, LAB_USAGE, "--lang '%s': there are en and ko", value);
    else if (strcmp(name, "file") == 0)
        cli->file = value;
    else if (strcmp(name, "lab") == 0)
        cli->lab = value;
    else if (strcmp(name, "target") == 0)
        *lab_vec_push(&cli->targets) = value;
    else if (strcmp(name, "replicas") == 0)
        return take_replicas(cli, value, err);
    else if (strcmp(name, "yes") == 0)
        cli->yes = true;
    else if (lab_parse_duration(value, &cli->timeout_ms))
        return lab_fail(err, LAB_USAGE, "--timeout '%s' is not a time such as 90s, 20m or 1h30m",
                        value);
    return 0;
}

/* value: "" when there is none. */
static int take(struct lab_cli *cli,
                const struct lab_option *o,
                const char *value,
                bool *help,
                struct lab_error *err)
{
    if (lab_cli_is_shared(o))
        return take_shared(cli, o, value, help, err);
    if (cli->given_len == LAB_ARRAY_LEN(cli->given))
        return lab_fail(err, LAB_USAGE, "too many options");
    cli->given[cli->given_len].option = o;
    cli->given[cli->given_len++].value = value;
    return 0;
}

/* One option at argv[*i]; its value may be the next argument. */
static int
parse_option(struct lab_cli *cli, int argc, char **argv, int *i, bool *help, struct lab_error *err)
{
    const char *text = argv[*i];
    bool is_letter = text[1] != '-';
    const char *name = text + (is_letter ? 1 : 2);
    size_t n = is_letter ? 1 : strcspn(name, "=");
    const struct lab_option *o = find_option(cli->command, name, n, is_letter);
    if (!o)
        return unknown_option(cli->command, text, err);
    const char *value = name[n] == '=' ? name + n + 1 : is_letter && name[1] ? name + 1 : NULL;
    if (!o->value && value && !is_letter)
        return lab_fail(err, LAB_USAGE, "option '--%s' takes no value", o->name);
    if (!o->value && value) {                            /* -qv: flags in a row */
        char *next = own(cli, lab_format("-%s", value)); /* values may point into it */
        char *again[] = {next};
        int zero = 0;
        return take(cli, o, "", help, err) ? -1 : parse_option(cli, 1, again, &zero, help, err);
    }
    if (o->value && !value) {
        bool has_next = *i + 1 < argc;
        if (lab_cli_value_is_optional(o) && (!has_next || argv[*i + 1][0] == '-'))
            return take(cli, o, "", help, err);
        if (!has_next)
            return lab_fail(err, LAB_USAGE, "option '%s' wants a value: %s", text, o->value);
        value = argv[++*i];
    }
    return take(cli, o, value ? value : "", help, err);
}

static int check_counts(const struct lab_cli *cli, struct lab_error *err)
{
    const struct lab_command *c = cli->command;
    int n = (int)cli->arguments.len;
    if (cli->file && cli->lab)
        return lab_fail(err, LAB_USAGE, "give -f or --lab, not both");
    if (n >= c->min_arguments && (c->max_arguments < 0 || n <= c->max_arguments))
        return 0;
    if (!c->arguments)
        lab_fail(err, LAB_USAGE, "'labctl %s' takes no arguments, not '%s'", c->name,
                 cli->arguments.items[0]);
    else
        lab_fail(err, LAB_USAGE,
                 n < c->min_arguments ? "'labctl %s' wants %s"
                                      : lab_tr("'labctl %s' takes only: %s"),
                 c->name, c->arguments);
    return lab_error_hint(err, "see 'labctl %s --help'", c->name);
}

static void take_rest(struct lab_cli *cli, int n, char **words)
{
    bool is_command = cli->command && cli->command->takes & LAB_TAKES_COMMAND;
    for (int i = 0; i < n; i++)
        *(is_command ? lab_vec_push(&cli->rest) : lab_vec_push(&cli->arguments)) = words[i];
}

int lab_cli_parse(
    struct lab_cli *cli, int argc, char **argv, bool *help, bool *version, struct lab_error *err)
{
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (strcmp(text, "--") == 0) {
            take_rest(cli, argc - i - 1, argv + i + 1);
            break;
        } else if (!cli->command && strcmp(text, "--version") == 0) {
            *version = true;
        } else if (text[0] == '-' && text[1]) {
            if (parse_option(cli, argc, argv, &i, help, err))
                return -1;
        } else if (!cli->command) {
            cli->command = lab_cli_command(text);
            if (!cli->command)
                return lab_cli_unknown_command(text, err);
        } else {
            *lab_vec_push(&cli->arguments) = text;
        }
    }
    return cli->command && !*help ? check_counts(cli, err) : 0;
}

void lab_cli_clear(struct lab_cli *cli)
{
    LAB_VEC_FOREACH (text, &cli->owned)
        free(*text);
    lab_vec_clear(&cli->owned);
    lab_vec_clear(&cli->targets);
    lab_vec_clear(&cli->replicas);
    lab_vec_clear(&cli->arguments);
    lab_vec_clear(&cli->rest);
}

bool lab_cli_flag(const struct lab_cli *cli, const char *option)
{
    return lab_cli_value(cli, option) != NULL;
}

const char *lab_cli_value(const struct lab_cli *cli, const char *option)
{
    for (size_t i = cli->given_len; i-- > 0;)
        if (strcmp(cli->given[i].option->name, option) == 0)
            return cli->given[i].value;
    return NULL;
}
