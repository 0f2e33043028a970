#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "wide.h"

/* One byte far behind the text is locked, because Windows keeps others from reading what is locked,
 * and the text names the holder. The system frees the lock when the process dies. */
struct plat_lock {
    HANDLE file;
};

static OVERLAPPED far_away(void)
{
    return (OVERLAPPED){.OffsetHigh = 0x40000000};
}

static HANDLE open_lock(const wchar_t *path, DWORD how)
{
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, plat_security(0600),
                       how, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static bool same_file(HANDLE a, HANDLE b)
{
    BY_HANDLE_FILE_INFORMATION x, y;
    return GetFileInformationByHandle(a, &x) && GetFileInformationByHandle(b, &y) &&
           x.dwVolumeSerialNumber == y.dwVolumeSerialNumber &&
           x.nFileIndexHigh == y.nFileIndexHigh && x.nFileIndexLow == y.nFileIndexLow;
}

/* The file at path may have been removed (teardown) or replaced since it was opened. */
static bool still_there(HANDLE file, const wchar_t *path)
{
    HANDLE named = open_lock(path, OPEN_EXISTING);
    if (named == INVALID_HANDLE_VALUE)
        return false;
    bool same = same_file(file, named);
    CloseHandle(named);
    return same;
}

static int conflict(HANDLE file, const char *path, struct lab_error *err)
{
    char holder[512];
    DWORD n = 0;
    /* The holder writes its name just after it has the lock. */
    for (int tries = 0; tries < 10 && n == 0; tries++) {
        OVERLAPPED start = {0};
        if (tries > 0)
            Sleep(20);
        if (!ReadFile(file, holder, sizeof(holder) - 1, &n, &start))
            n = 0;
    }
    holder[n] = '\0';
    holder[strcspn(holder, "\r\n")] = '\0';
    lab_fail(err, LAB_CONFLICT, "cannot lock '%s': held by %s", path,
             *holder ? holder : lab_tr("a process that did not write its name"));
    return lab_error_hint(err, "wait for it to finish, or end that process, then try again");
}

static bool truncate_file(HANDLE file)
{
    return SetFilePointerEx(file, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_BEGIN) &&
           SetEndOfFile(file);
}

static int write_holder(HANDLE file, const char *path, const char *holder, struct lab_error *err)
{
    DWORD n = (DWORD)strlen(holder), written = 0;
    if (truncate_file(file) && WriteFile(file, holder, n, &written, NULL) && written == n)
        return 0;
    return plat_fail_os(err, LAB_HOST, "cannot write the holder's name into '%s'", path);
}

/* 1: locked; 0: the file vanished meanwhile, look again; -1: failed. */
static int try_lock(HANDLE file, const wchar_t *wide, const char *path, struct lab_error *err)
{
    OVERLAPPED at = far_away();
    if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))
        return still_there(file, wide);
    if (GetLastError() != ERROR_LOCK_VIOLATION && GetLastError() != ERROR_IO_PENDING)
        return plat_fail_os(err, LAB_HOST, "cannot lock '%s'", path);
    return still_there(file, wide) ? conflict(file, path, err) : 0;
}

int plat_lock_take(struct plat_lock **out,
                   const char *path,
                   const char *holder,
                   struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    unsigned denied = 0;
    for (int tries = 0; tries < 100; tries++) {
        HANDLE file = open_lock(wide, OPEN_ALWAYS);
        /* Removed, but somebody has it open still: its name comes free in a moment. */
        while (file == INVALID_HANDLE_VALUE && plat_try_again(&denied))
            file = open_lock(wide, OPEN_ALWAYS);
        if (file == INVALID_HANDLE_VALUE)
            return plat_fail_os(err, LAB_HOST, "cannot open the lock file '%s'", path);
        if (plat_is_link_handle(file)) {
            CloseHandle(file);
            return lab_fail(err, LAB_HOST, "cannot open the lock file '%s': it is a link", path);
        }
        int rc = try_lock(file, wide, path, err);
        if (rc > 0 && write_holder(file, path, holder, err) == 0) {
            *out = lab_alloc(sizeof(**out));
            (*out)->file = file;
            return 0;
        }
        CloseHandle(file);
        if (rc != 0)
            return -1;
    }
    return lab_fail(err, LAB_CONFLICT, "cannot lock '%s': it is removed again and again", path);
}

void plat_lock_drop(struct plat_lock *lock)
{
    if (!lock)
        return;
    /* The file stays: removing it could take it away from one who has just opened it. */
    truncate_file(lock->file);
    CloseHandle(lock->file);
    free(lock);
}
