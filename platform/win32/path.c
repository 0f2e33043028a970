#include <ctype.h>
#include <string.h>

#include "wide.h"

bool plat_is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* "\folder" is of the current drive, but nothing that could be put behind another folder. "C:name"
 * is relative to a folder that only the shell knows, and so is not. */
bool plat_path_is_absolute(const char *path)
{
    if (isalpha((unsigned char)path[0]) && path[1] == ':')
        return plat_is_separator(path[2]);
    return plat_is_separator(path[0]);
}

/* Windows itself follows ".." by text, so no link needs to be resolved. */
char *plat_absolute(const char *path)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(*path ? path : ".");
    char *text = plat_path_utf8(wide);
    size_t n = strlen(text);
    while (n > 3 && text[n - 1] == '/')
        text[--n] = '\0';
    return text;
}
