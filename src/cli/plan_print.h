/* The plan as a table: `plan`, and `up --dry-run`. */
#ifndef LAB_CLI_PLAN_PRINT_H
#define LAB_CLI_PLAN_PRINT_H

#include "cli/command.h"

void lab_cli_plan_options(struct lab_cli *cli, struct lab_plan_options *out);
int lab_cli_print_plan(struct lab_cli *cli,
                       struct lab_run *run,
                       const struct lab_plan_options *options,
                       struct lab_error *err);

#endif
