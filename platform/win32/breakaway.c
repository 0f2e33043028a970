#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "wide.h"

/* Its output is looked for again and again instead of being waited for: a VM that it starts may
 * keep the other end of a pipe open for days. */

enum { LOOK_MS = 50 };

struct ends {
    HANDLE null, out, out_in, errout, errout_in; /* _in: the child's */
};

static bool open_pipe(HANDLE *ours, HANDLE *theirs)
{
    SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};
    return CreatePipe(ours, theirs, &inherited, 0) &&
           SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

static bool open_ends(struct ends *e)
{
    SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};
    *e = (struct ends){0};
    e->null = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                          OPEN_EXISTING, 0, NULL);
    return e->null != INVALID_HANDLE_VALUE && open_pipe(&e->out, &e->out_in) &&
           open_pipe(&e->errout, &e->errout_in);
}

static void close_one(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}

static void close_theirs(struct ends *e)
{
    close_one(&e->null);
    close_one(&e->out_in);
    close_one(&e->errout_in);
}

/* Entry after entry, each with its NUL, and one more. */
static wchar_t *environment(char *const *env)
{
    wchar_t *block = NULL;
    size_t len = 0;
    for (size_t i = 0; env[i]; i++) {
        LAB_AUTOFREE wchar_t *entry = plat_wide(env[i]);
        size_t n = wcslen(entry) + 1;
        block = lab_realloc(block, len + n, sizeof(*block));
        memcpy(block + len, entry, n * sizeof(*block));
        len += n;
    }
    block = lab_realloc(block, len + 2, sizeof(*block));
    block[len] = block[len + 1] = L'\0';
    return block;
}

/* The list names all that it may inherit: other threads start children, too. */
static bool create(const struct plat_breakaway *child,
                   STARTUPINFOEXW *start,
                   DWORD flags,
                   PROCESS_INFORMATION *process)
{
    LAB_AUTOFREE wchar_t *program = plat_wide_path(child->argv[0]);
    LAB_AUTOFREE wchar_t *line = plat_command_line(child->argv);
    LAB_AUTOFREE wchar_t *env = environment(child->env);
    flags |= CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT;
    return CreateProcessW(program, line, NULL, NULL, TRUE, flags, env, NULL, &start->StartupInfo,
                          process);
}

static bool
start_child(struct plat_breakaway *child, const struct ends *e, PROCESS_INFORMATION *process)
{
    HANDLE inherited[] = {e->null, e->out_in, e->errout_in};
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof(start), .dwFlags = STARTF_USESTDHANDLES}};
    SIZE_T size = 0;
    start.StartupInfo.hStdInput = e->null;
    start.StartupInfo.hStdOutput = e->out_in;
    start.StartupInfo.hStdError = e->errout_in;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LAB_AUTOFREE void *list = lab_alloc(size);
    start.lpAttributeList = list;
    if (!InitializeProcThreadAttributeList(list, 1, 0, &size))
        return false;
    bool started = UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
                                             sizeof(inherited), NULL, NULL) &&
                   create(child, &start, CREATE_BREAKAWAY_FROM_JOB, process);
    if (!started && GetLastError() == ERROR_ACCESS_DENIED) {
        started = create(child, &start, 0, process);
        child->in_job = started;
    }
    DWORD number = GetLastError();
    DeleteProcThreadAttributeList(list);
    SetLastError(number);
    return started;
}

/* What is there by now; false when it is more than into may hold. */
static bool drain(HANDLE pipe, struct lab_str *into)
{
    char bytes[8192];
    DWORD n;
    while (PeekNamedPipe(pipe, NULL, 0, NULL, &n, NULL) && n > 0) {
        if (!ReadFile(pipe, bytes, n < sizeof(bytes) ? n : sizeof(bytes), &n, NULL) || n == 0)
            break;
        lab_str_addn(into, bytes, n);
    }
    return lab_str_ok(into);
}

static enum plat_breakaway_end
follow(struct plat_breakaway *child, const struct ends *e, HANDLE process)
{
    uint64_t end = plat_now_ms() + child->timeout_ms;
    for (;;) {
        bool ended = WaitForSingleObject(process, LOOK_MS) != WAIT_TIMEOUT;
        if (!drain(e->out, child->out) || !drain(e->errout, child->errout))
            return PLAT_BREAKAWAY_TOO_MUCH;
        if (ended)
            return PLAT_BREAKAWAY_ENDED;
        if (child->cancelled())
            return PLAT_BREAKAWAY_CANCELLED;
        if (plat_now_ms() >= end)
            return PLAT_BREAKAWAY_LATE;
    }
}

/* Only itself: what it has started is not ours to end. */
static enum plat_breakaway_end
see_through(struct plat_breakaway *child, const struct ends *e, PROCESS_INFORMATION *process)
{
    DWORD status;
    enum plat_breakaway_end how = follow(child, e, process->hProcess);
    if (how != PLAT_BREAKAWAY_ENDED)
        TerminateProcess(process->hProcess, 1);
    else if (GetExitCodeProcess(process->hProcess, &status))
        child->status = (int)status;
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
    return how;
}

/* A virus scanner looks at the program just then, or the system is short of something. */
static bool may_pass(DWORD number)
{
    switch (number) {
    case ERROR_SHARING_VIOLATION:
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_INTERNAL_ERROR:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_COMMITMENT_LIMIT:
        return true;
    default:
        return false;
    }
}

enum plat_breakaway_end plat_run_breakaway(struct plat_breakaway *child, struct lab_error *err)
{
    struct ends ends;
    PROCESS_INFORMATION process = {0};
    enum plat_breakaway_end how = PLAT_BREAKAWAY_FAILED;
    child->status = -1;
    child->in_job = child->passes = false;
    bool started = open_ends(&ends) && start_child(child, &ends, &process);
    if (!started) {
        child->passes = may_pass(GetLastError());
        plat_fail_os(err, LAB_HOST, "cannot run '%s'", child->argv[0]);
    }
    close_theirs(&ends);
    if (started)
        how = see_through(child, &ends, &process);
    close_one(&ends.out);
    close_one(&ends.errout);
    return how;
}
