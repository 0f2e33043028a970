/* Inside platform/posix only: files that tell of the host. */
#ifndef PLAT_FACTS_H
#define PLAT_FACTS_H

#include "platform.h"

/* The file as it is to be opened: below LABCTL_FACTS_ROOT when that is set, which lets tests make
 * up a host. Caller frees. */
char *plat_fact_path(const char *path);
/* Appends the file's text (1 MiB at most). False: it cannot be read. */
bool plat_fact_read(const char *path, struct lab_str *out);
/* The rest of the first line that begins with key, trimmed; NULL: there is none. Caller frees. */
char *plat_fact_line(const char *text, const char *key);

#endif
