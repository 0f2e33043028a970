/* Commands that have parts (`image convert`, `registry up`): which one it is, and whether it takes
 * the options that were given. */
#ifndef LAB_CLI_VERBS_H
#define LAB_CLI_VERBS_H

#include "cli/command.h"

struct lab_verb {
    const char *name;
    int (*run)(struct lab_cli *cli, struct lab_error *err);
    const char *takes; /* options, with a space behind each */
    bool hidden;       /* for labctl itself: no word of it in messages */
};

/* By the first argument. NULL: err names what there is, and the nearest. */
const struct lab_verb *lab_cli_verb(const struct lab_cli *cli,
                                    const struct lab_verb *verbs,
                                    size_t n,
                                    struct lab_error *err);
bool lab_verb_takes(const struct lab_verb *verb, const char *option);
/* LAB_USAGE: the option belongs to another part. Returns -1. */
int lab_cli_refuse_option(const struct lab_cli *cli,
                          const struct lab_verb *verb,
                          const char *option,
                          struct lab_error *err);
/* All of it, then the verb itself. */
int lab_cli_run_verb(struct lab_cli *cli,
                     const struct lab_verb *verbs,
                     size_t n,
                     struct lab_error *err) LAB_MUST_CHECK;

#endif
