/* From argv to a command, from results to text or JSON, from an error to an exit status.
 *
 * Each cmd_*.c exports one table entry; help, completion and checks come from it. See README.md
 * here for how to add a command. */
#ifndef LAB_CLI_CLI_H
#define LAB_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "run/commands.h"

/* argv in UTF-8, argv[0] included. Returns the exit status. */
int lab_cli_main(int argc, char **argv);

#endif
