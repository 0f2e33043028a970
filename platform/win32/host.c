#include <winsock2.h>

#include <knownfolders.h>
#include <lmcons.h>
#include <shlobj.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/i18n.h"
#include "wide.h"

/* Local, not roaming: disks of virtual machines have no place in a profile that travels. */
char *plat_data_dir(void)
{
    wchar_t *folder = NULL;
    char *path = NULL;
    if (SHGetKnownFolderPath(&FOLDERID_LocalAppData, KF_FLAG_DONT_VERIFY, NULL, &folder) == S_OK) {
        LAB_AUTOFREE char *local = plat_path_utf8(folder);
        path = lab_format("%s/labctl", local);
    }
    CoTaskMemFree(folder);
    if (path)
        return path;
    const char *profile = plat_getenv("USERPROFILE");
    return lab_format("%s/AppData/Local/labctl", profile ? profile : "C:");
}

char *plat_temp_dir(void)
{
    wchar_t folder[MAX_PATH + 2];
    DWORD n = GetTempPathW(LAB_ARRAY_LEN(folder), folder);
    LAB_AUTOFREE char *path =
        n > 0 && n < LAB_ARRAY_LEN(folder) ? plat_path_utf8(folder) : lab_strdup("C:/Windows/Temp");
    return plat_absolute(path);
}

/* GetTempPath, which libraries ask, reads TMP, and takes no path with the prefix that lifts the
 * limit.
 */
int plat_set_temp_dir(const char *dir, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *whole = plat_wide_path(dir);
    if (wcsncmp(whole, L"\\\\?\\", 4) == 0)
        return 0;
    if (SetEnvironmentVariableW(L"TMP", whole))
        return 0;
    return plat_fail_os(err, LAB_HOST, "cannot set TMP to '%s'", dir);
}

/* Elevated, which is more than being a member of the group. */
bool plat_is_admin(void)
{
    HANDLE token;
    TOKEN_ELEVATION elevation = {0};
    DWORD n = sizeof(elevation);
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool known = GetTokenInformation(token, TokenElevation, &elevation, n, &n);
    CloseHandle(token);
    return known && elevation.TokenIsElevated;
}

char *plat_user_name(void)
{
    wchar_t name[UNLEN + 1];
    DWORD n = LAB_ARRAY_LEN(name);
    return GetUserNameW(name, &n) ? plat_utf8(name) : lab_strdup("unknown");
}

unsigned long plat_pid(void)
{
    return GetCurrentProcessId();
}

int plat_random_free_port(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int len = sizeof(addr), port = -1;
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return -1;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    if (s != INVALID_SOCKET) {
        if (bind(s, (struct sockaddr *)&addr, len) == 0 &&
            getsockname(s, (struct sockaddr *)&addr, &len) == 0)
            port = ntohs(addr.sin_port);
        closesocket(s);
    }
    WSACleanup();
    return port;
}

uint64_t plat_now_ms(void)
{
    return GetTickCount64();
}

/* 1970 in Windows' ticks of 100 ns since 1601. */
#define TICKS_1970 116444736000000000LL

static int64_t ms_of(const FILETIME *time)
{
    uint64_t ticks = (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
    return ((int64_t)ticks - TICKS_1970) / 10000;
}

int64_t plat_wall_ms(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return ms_of(&now);
}

int64_t plat_local_ms(int64_t wall_ms)
{
    uint64_t ticks = (uint64_t)(wall_ms * 10000 + TICKS_1970);
    FILETIME local, then = {(DWORD)ticks, (DWORD)(ticks >> 32)};
    return FileTimeToLocalFileTime(&then, &local) ? ms_of(&local) : wall_ms;
}

bool plat_kvm_runs(const char **why)
{
    if (why)
        *why = lab_tr("KVM is a part of Linux; this is Windows");
    return false;
}
