/* The tests' fopen() with names in UTF-8 and of any length, as on the other system (linker:
 * --wrap). */
#include <stdio.h>

#include "../platform/win32/wide.h"

FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    LAB_AUTOFREE wchar_t *how = plat_wide(mode);
    return _wfopen(wide, how);
}
