/* What the files of the status command share. */
#ifndef LAB_CLI_STATUS_H
#define LAB_CLI_STATUS_H

#include "cli/command.h"

/* One look: opens the lab, *out (the caller clears) and *run (the caller closes). */
int lab_status_look(struct lab_cli *cli,
                    struct lab_run **run,
                    struct lab_status *out,
                    struct lab_error *err) LAB_MUST_CHECK;
/* The lines above the table, and the table. */
void lab_status_put(struct lab_str *out,
                    const struct lab_cli *cli,
                    const struct lab_status *status);
/* On stdout, as -o says. */
void lab_status_print(const struct lab_cli *cli, const struct lab_status *status);
/* Looks again and again, until Ctrl-C. */
int lab_status_watch(struct lab_cli *cli, uint64_t every_ms, struct lab_error *err) LAB_MUST_CHECK;

#endif
