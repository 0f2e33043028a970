#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"

/* flock(), not fcntl(F_SETLK): those locks belong to the process, and closing any other descriptor
 * of the same file would give them up. The kernel frees the lock when the process dies, so a file
 * that is left over is no obstacle; its text is only for people. */
struct plat_lock {
    int fd;
};

/* The file at path may have been removed (teardown) or replaced since fd was opened. */
static bool still_there(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

static int conflict(int fd, const char *path, struct lab_error *err)
{
    char holder[512];
    ssize_t n = 0;
    /* The holder writes its name just after it has the lock. */
    for (int tries = 0; tries < 10; tries++) {
        n = pread(fd, holder, sizeof(holder) - 1, 0);
        if (n > 0)
            break;
        poll(NULL, 0, 20);
    }
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\r\n")] = '\0';
    lab_fail(err, LAB_CONFLICT, "cannot lock '%s': held by %s", path,
             *holder ? holder : lab_tr("a process that did not write its name"));
    return lab_error_hint(err, "wait for it to finish, or end that process, then try again");
}

static int write_holder(int fd, const char *path, const char *holder, struct lab_error *err)
{
    size_t n = strlen(holder);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, holder, n, 0) != (ssize_t)n)
        return plat_fail_os(err, LAB_HOST, "cannot write the holder's name into '%s'", path);
    return 0;
}

/* "labctl up (pid 4711, user kim)": a process that has ended. */
static bool holder_is_gone(int fd)
{
    char text[512];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, "(pid ");
    long pid = at ? strtol(at + 5, NULL, 10) : 0;
    return pid > 1 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* A labctl that was killed may have been starting a child, which has the lock, too, until it
 * becomes another program. So who finds it held looks again for a second; for longer when the
 * holder has ended, as a machine with much to do is slow at that. */
static int take(int fd)
{
    enum { LOOK_MS = 50, LOOKS = 20, LOOKS_AFTER_A_DEATH = 200 };
    int rc = flock(fd, LOCK_EX | LOCK_NB);
    for (int looks = 0; rc < 0 && errno == EWOULDBLOCK; looks++) {
        if (looks >= (holder_is_gone(fd) ? LOOKS_AFTER_A_DEATH : LOOKS)) {
            errno = EWOULDBLOCK;
            break;
        }
        poll(NULL, 0, LOOK_MS);
        rc = flock(fd, LOCK_EX | LOCK_NB);
    }
    return rc;
}

/* 1: locked; 0: the file vanished meanwhile, look again; -1: failed. */
static int try_lock(int fd, const char *path, struct lab_error *err)
{
    while (take(fd) < 0) {
        if (errno == EWOULDBLOCK)
            return still_there(fd, path) ? conflict(fd, path, err) : 0;
        if (errno != EINTR)
            return plat_fail_os(err, LAB_HOST, "cannot lock '%s'", path);
    }
    return still_there(fd, path);
}

int plat_lock_take(struct plat_lock **out,
                   const char *path,
                   const char *holder,
                   struct lab_error *err)
{
    for (int tries = 0; tries < 100; tries++) {
        int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
            return plat_fail_os(err, LAB_HOST, "cannot open the lock file '%s'", path);
        int rc = try_lock(fd, path, err);
        if (rc > 0 && write_holder(fd, path, holder, err) == 0) {
            *out = lab_alloc(sizeof(**out));
            (*out)->fd = fd;
            return 0;
        }
        close(fd);
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
    if (ftruncate(lock->fd, 0) < 0)
        errno = 0; /* a stale name harms nobody */
    close(lock->fd);
    free(lock);
}
