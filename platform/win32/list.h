/* Inside platform/win32 only: the names in a folder. */
#ifndef PLAT_LIST_H
#define PLAT_LIST_H

#include "platform.h"

struct plat_names {
    char **items;
    size_t len;
};

/* Sorted by bytes, without . and ..; 0, or -1 with GetLastError() set. */
int plat_names_read(struct plat_names *names, const char *path);
void plat_names_clear(struct plat_names *names);

#endif
