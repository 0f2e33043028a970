#include "cli/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void fail_unknown(const struct lab_cli *cli,
                         const struct lab_verb *verbs,
                         size_t n,
                         const char *word,
                         struct lab_error *err)
{
    const char *command = cli->command->name;
    LAB_AUTOFREE const char **names = lab_calloc(n, sizeof(*names));
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    size_t shown = 0;
    for (size_t i = 0; i < n; i++) {
        if (verbs[i].hidden)
            continue;
        lab_str_addf(&all, "%s%s", shown ? ", " : "", verbs[i].name);
        names[shown++] = verbs[i].name;
    }
    const char *nearest = lab_nearest(word, names, shown);
    lab_fail(err, LAB_USAGE, "'labctl %s %s': there are %s", command, word, lab_str_get(&all));
    if (nearest)
        lab_error_hint(err, "did you mean 'labctl %s %s'?", command, nearest);
    else
        lab_error_hint(err, "see 'labctl %s --help'", command);
}

const struct lab_verb *lab_cli_verb(const struct lab_cli *cli,
                                    const struct lab_verb *verbs,
                                    size_t n,
                                    struct lab_error *err)
{
    const char *word = cli->arguments.items[0];
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, verbs[i].name) == 0)
            return &verbs[i];
    fail_unknown(cli, verbs, n, word, err);
    return NULL;
}

bool lab_verb_takes(const struct lab_verb *verb, const char *option)
{
    size_t n = strlen(option);
    for (const char *at = verb->takes; *at; at += strcspn(at, " ") + 1)
        if (strcspn(at, " ") == n && strncmp(at, option, n) == 0)
            return true;
    return false;
}

int lab_cli_refuse_option(const struct lab_cli *cli,
                          const struct lab_verb *verb,
                          const char *option,
                          struct lab_error *err)
{
    const char *command = cli->command->name;
    lab_fail(err, LAB_USAGE, "'labctl %s %s' takes no option '--%s'", command, verb->name, option);
    return lab_error_hint(err, "see 'labctl %s --help'", command);
}

int lab_cli_run_verb(struct lab_cli *cli,
                     const struct lab_verb *verbs,
                     size_t n,
                     struct lab_error *err)
{
    const struct lab_verb *verb = lab_cli_verb(cli, verbs, n, err);
    if (!verb)
        return -1;
    for (size_t i = 0; i < cli->given_len; i++)
        if (!lab_verb_takes(verb, cli->given[i].option->name))
            return lab_cli_refuse_option(cli, verb, cli->given[i].option->name, err);
    return verb->run(cli, err);
}
