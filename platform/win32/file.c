#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

static bool is_folder(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

static int make_one(const char *path, unsigned mode, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    if (CreateDirectoryW(wide, plat_security(mode)))
        return 0;
    DWORD number = GetLastError();
    /* Drives and shares answer ACCESS_DENIED although they are there. */
    if (is_folder(wide))
        return 0;
    SetLastError(number);
    return plat_fail_os(err, LAB_HOST, "cannot make the folder '%s'", path);
}

/* The length of "C:/" or "//server/share/", which are not made. */
static size_t root_len(const char *path)
{
    if (path[0] && path[1] == ':')
        return 3;
    size_t n = 0;
    if (strncmp(path, "//", 2) == 0) {
        n = 2 + strcspn(path + 2, "/");
        n += path[n] ? 1 + strcspn(path + n + 1, "/") : 0;
    }
    return n;
}

int plat_mkdirs(const char *path, unsigned mode, struct lab_error *err)
{
    LAB_AUTOFREE char *copy = plat_absolute(path);
    size_t root = root_len(copy);
    for (char *s = copy; *s; s++) {
        if (*s != '/' || (size_t)(s - copy) < root)
            continue;
        *s = '\0';
        if (make_one(copy, mode, err) < 0)
            return -1;
        *s = '/';
    }
    return make_one(copy, mode, err);
}

/* A folder's entries are in the journal of its file system; there is no call that flushes them. */
int plat_fsync_file(const char *path, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    if (is_folder(wide))
        return 0;
    HANDLE file =
        CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    bool flushed = file != INVALID_HANDLE_VALUE && FlushFileBuffers(file);
    int rc = 0;
    if (!flushed)
        rc = plat_fail_os(err, LAB_HOST, "cannot write '%s' to the disk", path);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return rc;
}

int plat_rename(const char *from, const char *to, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *old_name = plat_wide_path(from);
    LAB_AUTOFREE wchar_t *new_name = plat_wide_path(to);
    unsigned tries = 0;
    while (!MoveFileExW(old_name, new_name, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        if (!plat_try_again(&tries))
            return plat_fail_os(err, LAB_HOST, "cannot rename '%s' to '%s'", from, to);
    return 0;
}

int plat_create(const char *path, unsigned mode, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              plat_security(mode), CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return plat_fail_os(err, LAB_HOST, "cannot create '%s'", path);
    int fd = _open_osfhandle((intptr_t)file, _O_RDWR | _O_BINARY | _O_NOINHERIT);
    if (fd >= 0)
        return fd;
    plat_fail_os(err, LAB_HOST, "cannot create '%s'", path);
    CloseHandle(file);
    DeleteFileW(wide);
    return -1;
}

/* A link to a folder is a folder here, and goes as one; its target stays. */
static bool remove_one(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return false;
    if (attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(path, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
    if (attributes & FILE_ATTRIBUTE_DIRECTORY && attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return RemoveDirectoryW(path);
    return DeleteFileW(path);
}

int plat_remove(const char *path, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    unsigned tries = 0;
    while (!remove_one(wide)) {
        DWORD number = GetLastError();
        if (number == ERROR_FILE_NOT_FOUND || number == ERROR_PATH_NOT_FOUND)
            return 0;
        if (is_folder(wide) || !plat_try_again(&tries)) {
            SetLastError(number);
            return plat_fail_os(err, LAB_HOST, "cannot remove '%s'", path);
        }
    }
    return 0;
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash > path ? lab_strndup(path, (size_t)(slash - path)) : lab_strdup("");
}

int plat_free_space(const char *path, uint64_t *bytes, struct lab_error *err)
{
    LAB_AUTOFREE char *at = plat_absolute(path);
    ULARGE_INTEGER free_for_us;
    for (;;) {
        LAB_AUTOFREE char *folder = lab_format("%s/", at);
        LAB_AUTOFREE wchar_t *wide = plat_wide_path(folder);
        if (GetDiskFreeSpaceExW(wide, &free_for_us, NULL, NULL))
            break;
        DWORD number = GetLastError();
        /* A folder that is yet to be made will be on the disk of its nearest parent. */
        char *up = parent_of(at);
        free(at);
        at = up;
        if (*at && (number == ERROR_FILE_NOT_FOUND || number == ERROR_PATH_NOT_FOUND ||
                    number == ERROR_DIRECTORY))
            continue;
        SetLastError(number);
        return plat_fail_os(err, LAB_HOST, "cannot tell the free space of '%s'", path);
    }
    *bytes = free_for_us.QuadPart;
    return 0;
}
