#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform.h"

void plat_end_process(uint64_t pid, bool hard)
{
    if (pid > 1 && pid <= INT32_MAX)
        kill((pid_t)pid, hard ? SIGKILL : SIGTERM);
}

bool plat_can_serve(void)
{
    return true;
}

/* PR_SET_PDEATHSIG survives execve(); a parent that went before it was set is seen by its number. */
int plat_become(char *const *argv, uint64_t parent, struct lab_error *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot bind '%s' to its supervisor", argv[0]);
    if ((uint64_t)getppid() != parent)
        return lab_fail(err, LAB_HOST, "the supervisor of '%s' (pid %llu) is gone", argv[0],
                        (unsigned long long)parent);
    execv(argv[0], argv);
    return plat_fail_os(err, LAB_HOST, "cannot run '%s'", argv[0]);
}
