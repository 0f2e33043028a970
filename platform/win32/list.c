#include "list.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "wide.h"

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct plat_names *names, const wchar_t *name)
{
    if (wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0)
        return;
    names->items = lab_realloc(names->items, names->len + 1, sizeof(*names->items));
    names->items[names->len++] = plat_utf8(name);
}

int plat_names_read(struct plat_names *names, const char *path)
{
    WIN32_FIND_DATAW found;
    LAB_AUTOFREE char *pattern = lab_format("%s/*", path);
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(pattern);
    *names = (struct plat_names){NULL, 0};
    HANDLE search = FindFirstFileW(wide, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : -1; /* the root of an empty drive */
    do {
        add(names, found.cFileName);
    } while (FindNextFileW(search, &found));
    DWORD number = GetLastError();
    FindClose(search);
    if (number != ERROR_NO_MORE_FILES) {
        plat_names_clear(names);
        SetLastError(number);
        return -1;
    }
    if (names->len > 0)
        qsort(names->items, names->len, sizeof(*names->items), by_bytes);
    return 0;
}

void plat_names_clear(struct plat_names *names)
{
    for (size_t i = 0; i < names->len; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct plat_names){NULL, 0};
}

int plat_list_dir(const char *path,
                  int (*fn)(void *arg, const char *name),
                  void *arg,
                  struct lab_error *err)
{
    struct plat_names names;
    if (plat_names_read(&names, path) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot list the folder '%s'", path);
    for (size_t i = 0; i < names.len; i++)
        if (fn(arg, names.items[i]) != 0)
            break;
    plat_names_clear(&names);
    return 0;
}
