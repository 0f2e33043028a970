/* Inside platform/win32 only: UTF-8 here, UTF-16 there. Everything returned is the caller's to
 * free. */
#ifndef PLAT_WIDE_H
#define PLAT_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#include "platform.h"

/* Bytes that are no UTF-8 become U+FFFD: such a name then simply does not exist. */
wchar_t *plat_wide(const char *text);
char *plat_utf8(const wchar_t *text);

/* A path as the system wants it: absolute, with backslashes, and with the prefix that lifts the
 * limit of 260 characters where it is needed. */
wchar_t *plat_wide_path(const char *path);
/* An absolute path as labctl writes it: '/' between the parts, without that prefix. */
char *plat_path_utf8(const wchar_t *path);

/* The command line that a program's C library takes apart into these arguments. */
wchar_t *plat_command_line(char *const *argv);

/* Whether nobody but our user, the system and administrators (whom nothing keeps out) may read it;
 * the handle needs READ_CONTROL. */
bool plat_is_private(HANDLE file);

/* Owner-only, or NULL for a mode that lets others in. Borrowed for the life of the process. */
SECURITY_ATTRIBUTES *plat_security(unsigned mode);

/* After a failure that another program's short look at the file explains (virus scanners,
 * indexers): waits a little and says whether to try again. Keeps GetLastError(). */
bool plat_try_again(unsigned *tries);

/* A folder or file itself, never what a link in its place points to; INVALID_HANDLE_VALUE if not.
 */
HANDLE plat_open_itself(const wchar_t *path, DWORD access, DWORD share);
bool plat_is_link_handle(HANDLE file);

#endif
