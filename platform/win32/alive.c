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

uint64_t plat_process_started(uint64_t pid)
{
    (void)pid;
    return 0;
}

void plat_end_process(uint64_t pid, bool hard)
{
    HANDLE process = hard ? OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)pid) : NULL;
    if (!process)
        return;
    TerminateProcess(process, 1);
    CloseHandle(process);
}

/* What is in a job ends with it, and there is no docker-registry for Windows. */
bool plat_can_serve(void)
{
    return false;
}

int plat_become(char *const *argv, uint64_t parent, struct lab_error *err)
{
    (void)parent;
    return lab_fail(err, LAB_HOST, "cannot become '%s': not on Windows", argv[0]);
}
