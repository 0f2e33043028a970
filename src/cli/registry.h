/* The verbs of `labctl registry`, one file a family. */
#ifndef LAB_CLI_REGISTRY_H
#define LAB_CLI_REGISTRY_H

#include "cli/command.h"

int lab_registry_cmd_up(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_down(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_status(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_logs(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_push(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_ls(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_verify(struct lab_cli *cli, struct lab_error *err);
int lab_registry_cmd_serve(struct lab_cli *cli, struct lab_error *err);

#endif
