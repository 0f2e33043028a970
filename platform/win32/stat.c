#include <string.h>

#include "wide.h"

/* 100 ns since 1601 to ns since 1970. */
static int64_t to_unix_ns(FILETIME t)
{
    uint64_t ticks = (uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime;
    return ((int64_t)ticks - 116444736000000000LL) * 100;
}

/* Windows keeps no permission bits. What is not marked read-only is writable, and what others may
 * not read is private. */
static unsigned mode_of(DWORD attributes, bool is_private)
{
    unsigned mode = attributes & FILE_ATTRIBUTE_DIRECTORY  ? 0755
                    : attributes & FILE_ATTRIBUTE_READONLY ? 0444
                                                           : 0644;
    return is_private ? mode & 0700 : mode;
}

/* Somebody else's file may hide its list, and then is not private to us. */
static HANDLE open_to_look(const wchar_t *path, DWORD flags)
{
    static const DWORD access[] = {FILE_READ_ATTRIBUTES | READ_CONTROL, FILE_READ_ATTRIBUTES};
    HANDLE file = INVALID_HANDLE_VALUE;
    for (size_t i = 0; i < LAB_ARRAY_LEN(access) && file == INVALID_HANDLE_VALUE; i++)
        file = CreateFileW(path, access[i], FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                           NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    return file;
}

static int stat_with(const char *path, DWORD flags, struct plat_stat *out)
{
    BY_HANDLE_FILE_INFORMATION info;
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    HANDLE file = open_to_look(wide, flags);
    if (file == INVALID_HANDLE_VALUE)
        return -1;
    bool known = GetFileInformationByHandle(file, &info);
    bool is_link = flags && plat_is_link_handle(file);
    DWORD type = GetFileType(file);
    bool is_private = plat_is_private(file);
    CloseHandle(file);
    if (!known && type == FILE_TYPE_DISK)
        return -1;
    if (!known) { /* a device, a pipe: there, and nothing more */
        *out = (struct plat_stat){0};
        return 0;
    }
    bool is_dir = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    *out = (struct plat_stat){
        .size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow,
        .mtime_ns = to_unix_ns(info.ftLastWriteTime),
        .inode = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow,
        .mode = mode_of(info.dwFileAttributes, is_private),
        .is_dir = is_dir && !is_link,
        .is_file = !is_dir && !is_link && type == FILE_TYPE_DISK,
        .is_link = is_link,
    };
    return 0;
}

int plat_stat(const char *path, struct plat_stat *out)
{
    return stat_with(path, 0, out);
}

int plat_lstat(const char *path, struct plat_stat *out)
{
    return stat_with(path, FILE_FLAG_OPEN_REPARSE_POINT, out);
}
