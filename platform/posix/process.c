#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "platform.h"

bool plat_child_own_group(void)
{
    return true;
}

/* The kernel keeps the group by itself. */
void plat_group_open(int pid)
{
    (void)pid;
}

void plat_group_close(int pid)
{
    (void)pid;
}

void plat_kill_group(int pid, bool hard)
{
    if (pid > 1) /* 0 and 1 would mean our own group, and everybody */
        kill(-(pid_t)pid, hard ? SIGKILL : SIGTERM);
}

/* The process called name in /proc is of the group and has not ended. */
static bool is_live_member(int proc, const char *name, int group)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "%.32s/stat", name);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    /* "7 (any name) S 1 7 ...": state, parent, group. */
    const char *after = strrchr(text, ')');
    char state;
    int of_group;
    return after && sscanf(after, ") %c %*d %d", &state, &of_group) == 2 && of_group == group &&
           state != 'Z' && state != 'X';
}

/* kill() also counts zombies, and an init that reaps late (in containers) or never leaves them for
 * seconds; waiting for those would make every Ctrl-C as slow. */
bool plat_group_alive(int pid)
{
    if (pid <= 1 || kill(-(pid_t)pid, 0) < 0)
        return false;
    DIR *proc = opendir("/proc");
    if (!proc)
        return true;
    bool alive = false;
    for (struct dirent *entry; !alive && (entry = readdir(proc)) != NULL;)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            alive = is_live_member(dirfd(proc), entry->d_name, pid);
    closedir(proc);
    return alive;
}

/* Children do not inherit it: libuv gives them the default of every signal. */
void plat_ignore_broken_pipe(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

enum plat_breakaway_end plat_run_breakaway(struct plat_breakaway *child, struct lab_error *err)
{
    child->status = -1;
    child->in_job = child->passes = false;
    (void)err;
    return PLAT_BREAKAWAY_NO_JOBS;
}
