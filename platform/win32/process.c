#include <stdlib.h>

#include "wide.h"

/* The counterpart of a process group is a job: what a member starts is a member. libuv starts the
 * child and this puts it into a job just after, so what a child starts in its first instant can be
 * missed. */
struct group {
    struct group *next;
    int pid;
    HANDLE job;
};

static SRWLOCK guard = SRWLOCK_INIT;
static struct group *groups;

/* Not a group of its own in libuv's words ("detached"): such a child gets a console window. Ours
 * have none, so the console's Ctrl-C does not reach them in any case. */
bool plat_child_own_group(void)
{
    return false;
}

static void set_limits(HANDLE job, DWORD flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = flags;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
}

void plat_group_open(int pid)
{
    HANDLE process = OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE, (DWORD)pid);
    HANDLE job = process ? CreateJobObjectW(NULL, NULL) : NULL;
    if (job) {
        /* If labctl is killed, its children go with it. */
        set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
        if (AssignProcessToJobObject(job, process)) {
            struct group *g = lab_alloc(sizeof(*g));
            g->pid = pid;
            g->job = job;
            AcquireSRWLockExclusive(&guard);
            g->next = groups;
            groups = g;
            ReleaseSRWLockExclusive(&guard);
        } else {
            CloseHandle(job);
        }
    }
    if (process)
        CloseHandle(process);
}

void plat_group_close(int pid)
{
    AcquireSRWLockExclusive(&guard);
    struct group **at = &groups, *found;
    while (*at && (*at)->pid != pid)
        at = &(*at)->next;
    found = *at;
    if (found)
        *at = found->next;
    ReleaseSRWLockExclusive(&guard);
    if (!found)
        return;
    /* What it left running on purpose goes on, as it does elsewhere. */
    set_limits(found->job, JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    CloseHandle(found->job);
    free(found);
}

static HANDLE job_of(int pid)
{
    AcquireSRWLockShared(&guard);
    struct group *g = groups;
    while (g && g->pid != pid)
        g = g->next;
    HANDLE job = g ? g->job : NULL;
    ReleaseSRWLockShared(&guard);
    return job;
}

static void kill_one(int pid)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)pid);
    if (!process)
        return;
    TerminateProcess(process, 1);
    CloseHandle(process);
}

/* There is nothing to ask by: a program without a window and with another console gets no message.
 */
void plat_kill_group(int pid, bool hard)
{
    (void)hard;
    if (pid <= 0)
        return;
    HANDLE job = job_of(pid);
    if (!job || !TerminateJobObject(job, 1))
        kill_one(pid);
}

static bool is_running(int pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid);
    bool running = process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    if (process)
        CloseHandle(process);
    return running;
}

bool plat_group_alive(int pid)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count;
    HANDLE job = pid > 0 ? job_of(pid) : NULL;
    if (job && QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &count,
                                         sizeof(count), NULL))
        return count.ActiveProcesses > 0;
    return pid > 0 && is_running(pid);
}

void plat_ignore_broken_pipe(void)
{
    /* There is no such signal here. */
}
