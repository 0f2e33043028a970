/* man(7) pages from the tables that also parse and explain the command line. */
#ifndef LAB_CLI_MAN_H
#define LAB_CLI_MAN_H

#include "cli/command.h"

/* command NULL: labctl(1) itself. */
void lab_man_page(const struct lab_command *command, struct lab_str *out);

#endif
