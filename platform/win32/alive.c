#include <windows.h>

#include "platform.h"

/* By its number alone: how VMware counts the start of a process here is not known. */
bool plat_process_lives(uint64_t pid, uint64_t started)
{
    (void)started;
    DWORD status = 0;
    if (pid == 0 || pid > UINT32_MAX)
        return false;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)pid);
    if (!process)
        return GetLastError() != ERROR_INVALID_PARAMETER; /* there, but not for us to look at */
    bool lives = !GetExitCodeProcess(process, &status) || status == STILL_ACTIVE;
    CloseHandle(process);
    return lives;
}
