/* Inside platform/win32 only: reading HKEY_LOCAL_MACHINE, which 32-bit and 64-bit programs see in
 * two views. */
#ifndef PLAT_REGISTRY_H
#define PLAT_REGISTRY_H

#include <stdbool.h>

enum { PLAT_VIEW_64, PLAT_VIEW_32, PLAT_VIEWS };

bool plat_registry_has(int view, const char *key);
/* A text, variables in it replaced; name NULL: the key's own. NULL: it is not there. Caller frees.
 */
char *plat_registry_text(int view, const char *key, const char *name);
/* A number that is there and not 0. */
bool plat_registry_flag(int view, const char *key, const char *name);

#endif
