/* What a guest's serial console tells while nothing else answers. Pure text, no files. */
#ifndef LAB_RUN_CONSOLE_H
#define LAB_RUN_CONSOLE_H

#include <stdbool.h>

#include "base/str.h"

/* Appends the console's last line, without what a terminal could obey. */
void lab_console_last_line(struct lab_str *out, const char *text, size_t len);

/* A guest that is up, although it was never told who it is: its console shows a login prompt of
 * this boot, and cloud-init ran without our seed or not at all. Returns the sentence that says so;
 * NULL: nothing of the kind is seen. *saw_cd: the kernel reported a CD drive. */
const char *lab_console_seedless(const char *text, bool *saw_cd);

/* What a boot that will not go on says: a kernel panic, emergency mode. Appends the sentence. */
bool lab_console_stuck(struct lab_str *why, const char *text);

/* How often a kernel began to boot. */
unsigned lab_console_boots(const char *text);

/* The part since the kernel last began to boot; all of it when it did not. */
const char *lab_console_this_boot(const char *text);

#endif
