#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "wide.h"

bool plat_is_separator(char c)
{
    return c == '/' || c == '\\';
}

bool plat_is_list_separator(char c)
{
    return c == ';';
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

char *plat_native(const char *path)
{
    char *native = lab_strdup(path);
    for (char *s = native; *s; s++)
        if (*s == '/')
            *s = '\\';
    return native;
}

char *plat_any_length(const char *path)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    return plat_utf8(wide);
}

/* --- the same place --------------------------------------------------------------------------- */

/* Without links, substituted drives and short names; NULL when it is not there. */
static wchar_t *final_name(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    wchar_t *name = NULL;
    DWORD n = GetFinalPathNameByHandleW(file, NULL, 0, FILE_NAME_NORMALIZED);
    if (n > 0) {
        name = lab_calloc((size_t)n + 1, sizeof(*name));
        if (GetFinalPathNameByHandleW(file, name, n + 1, FILE_NAME_NORMALIZED) > n) {
            free(name);
            name = NULL;
        }
    }
    CloseHandle(file);
    return name;
}

/* The last name may be missing, since a file may be gone by now. */
static wchar_t *resolved(const char *path)
{
    wchar_t *whole = plat_wide_path(path);
    wchar_t *name = final_name(whole);
    wchar_t *slash = name ? NULL : wcsrchr(whole, L'\\');
    if (slash) {
        *slash = L'\0';
        wchar_t *folder = final_name(whole);
        *slash = L'\\';
        if (folder) {
            size_t n = wcslen(folder), m = wcslen(slash);
            name = lab_calloc(n + m + 1, sizeof(*name));
            memcpy(name, folder, n * sizeof(*name));
            memcpy(name + n, slash, m * sizeof(*name));
        }
        free(folder);
    }
    if (!name)
        return whole;
    free(whole);
    return name;
}

bool plat_same_path(const char *a, const char *b)
{
    LAB_AUTOFREE wchar_t *x = plat_wide_path(a);
    LAB_AUTOFREE wchar_t *y = plat_wide_path(b);
    if (CompareStringOrdinal(x, -1, y, -1, TRUE) == CSTR_EQUAL)
        return true;
    LAB_AUTOFREE wchar_t *real_x = resolved(a);
    LAB_AUTOFREE wchar_t *real_y = resolved(b);
    return CompareStringOrdinal(real_x, -1, real_y, -1, TRUE) == CSTR_EQUAL;
}
