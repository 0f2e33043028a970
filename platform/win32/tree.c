#include "list.h"
#include "wide.h"

/* While a folder is emptied it is held open without the right to rename or delete it, and looked at
 * through that handle: so it cannot be swapped for a link meanwhile. A link is removed as a link.
 */

static int empty_folder(const char *path, struct lab_error *err)
{
    struct plat_names names;
    if (plat_names_read(&names, path) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot list the folder '%s'", path);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < names.len; i++) {
        LAB_AUTOFREE char *below = lab_format("%s/%s", path, names.items[i]);
        rc = plat_remove_tree(below, err);
    }
    plat_names_clear(&names);
    return rc;
}

static int remove_folder(const char *path, const wchar_t *wide, struct lab_error *err)
{
    unsigned tries = 0;
    for (unsigned again = 0;; again++) {
        if (RemoveDirectoryW(wide) || GetLastError() == ERROR_FILE_NOT_FOUND ||
            GetLastError() == ERROR_PATH_NOT_FOUND)
            return 0;
        /* What was deleted stays visible until its last reader has closed it. */
        if (GetLastError() == ERROR_DIR_NOT_EMPTY && again < 20)
            Sleep(50);
        else if (!plat_try_again(&tries))
            return plat_fail_os(err, LAB_HOST, "cannot remove the folder '%s'", path);
    }
}

int plat_remove_tree(const char *path, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return plat_remove(path, err);
    HANDLE folder = plat_open_itself(wide, FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE);
    if (folder == INVALID_HANDLE_VALUE)
        return plat_fail_os(err, LAB_HOST, "cannot open the folder '%s' to remove it", path);
    bool is_link = plat_is_link_handle(folder);
    int rc = is_link ? 0 : empty_folder(path, err);
    CloseHandle(folder);
    if (rc < 0)
        return rc;
    if (attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(wide, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
    return remove_folder(path, wide, err);
}
