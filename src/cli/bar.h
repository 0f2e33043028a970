/* One long step that is measured in bytes: a bar on a terminal, a line now and then elsewhere,
 * nothing with -q. "downloading  42%  630 MiB of 1.5 GiB, 12 MiB/s, about 1m15s left". */
#ifndef LAB_CLI_BAR_H
#define LAB_CLI_BAR_H

#include "cli/command.h"

struct lab_bar;

/* verb: "importing"; ending: what it waits for when all bytes are through, or NULL. Both borrowed.
 * Never NULL. */
struct lab_bar *lab_bar_new(const struct lab_cli *cli, const char *verb, const char *ending);
/* A progress function of any of the meters; bar is a struct lab_bar. done that went back means
 * another round. */
void lab_bar_feed(void *bar, uint64_t done, uint64_t total);
void lab_bar_tick(struct lab_bar *bar); /* draws again, for a terminal of another size */
/* Takes the bar off the terminal: what the command prints is the end. */
void lab_bar_free(struct lab_bar *bar);

#endif
