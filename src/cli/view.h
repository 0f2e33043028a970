/* What a person sees while a command works: a live table on a terminal, plain time-stamped lines in
 * a pipe, NDJSON events for programs, nothing but failures with -q. All of it from the same events.
 */
#ifndef LAB_CLI_VIEW_H
#define LAB_CLI_VIEW_H

#include "cli/command.h"

/* Fills cli->listener; the view lives until lab_view_end(). */
void lab_view_begin(struct lab_cli *cli);
/* Draws the last state and leaves the cursor below it. Repeating is fine. */
void lab_view_end(struct lab_cli *cli);

#endif
