/* Preloaded into an unchanged labctl, ends it with SIGKILL just before it changes something: the
 * point of number CRASH_AT. Points are calls that create, write, name, sync or remove files, start
 * a child (two: just before and just after), connect, or send to a guest or a registry. Children
 * are not touched.
 *
 * CRASH_AT   the point, from 1; 0 or unset: none
 * CRASH_LOG  a file that receives one line a point: NUMBER CALL PATH */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_ulong count;
static unsigned long at;
static int log_fd = -1;
static pid_t self;

/* What follows in the chain of libraries: the C library's own. */
#define REAL(name)                                                                                 \
    static __typeof__(name) *real;                                                                 \
    if (!real)                                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("CRASH_AT"), *log = getenv("CRASH_LOG");
    at = number ? strtoul(number, NULL, 10) : 0;
    if (log)
        log_fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    self = getpid();
    unsetenv("LD_PRELOAD"); /* so that no child has it */
}

/* Calls that are repeated on one file are one point: SQLite and libarchive write in small pieces.
 * The log is read by nobody. */
static bool counts(const char *call, const char *path)
{
    static _Thread_local char last[PATH_MAX];
    char now[PATH_MAX];
    snprintf(now, sizeof(now), "%s %s", call, path);
    bool same = strcmp(now, last) == 0;
    memcpy(last, now, sizeof(last));
    size_t n = strlen(path);
    return !(same && strcmp(call, "fork") != 0) && !(n > 4 && strcmp(path + n - 4, ".log") == 0);
}

static void point(const char *call, const char *path)
{
    if (self == 0 || getpid() != self) /* before begin(), or between fork and exec */
        return;
    if (!counts(call, path))
        return;
    unsigned long n = atomic_fetch_add(&count, 1) + 1;
    int keep = errno;
    if (log_fd >= 0) {
        char line[PATH_MAX + 64];
        int len = snprintf(line, sizeof(line), "%lu %s %s\n", n, call, path);
        if (len > 0 && syscall(SYS_write, log_fd, line, (size_t)len) < 0)
            abort();
    }
    if (n == at)
        kill(self, SIGKILL);
    errno = keep;
}

/* What a guest or a registry is told changes something, too. Not Unix sockets. */
static void point_socket(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.ss_family == AF_INET)
        point("send", "inet");
}

/* Of regular files; pipes and terminals keep nothing. */
static void point_fd(const char *call, int fd)
{
    struct stat st;
    char link[64], path[PATH_MAX];
    if (self == 0 || fd == log_fd || fstat(fd, &st))
        return;
    if (S_ISSOCK(st.st_mode))
        point_socket(fd);
    if (!S_ISREG(st.st_mode))
        return;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    point(call, path);
}

static bool makes(int flags)
{
    return (flags & (O_CREAT | O_TRUNC)) != 0;
}

#define OPEN(name, shown, types, ...)                                                              \
    int name types                                                                                 \
    {                                                                                              \
        REAL(name);                                                                                \
        va_list ap;                                                                                \
        va_start(ap, flags);                                                                       \
        mode_t mode = (flags & O_CREAT) ? va_arg(ap, mode_t) : 0;                                  \
        va_end(ap);                                                                                \
        if (makes(flags))                                                                          \
            point(shown, path);                                                                    \
        return real(__VA_ARGS__, mode);                                                            \
    }
OPEN(open, "open", (const char *path, int flags, ...), path, flags)
OPEN(open64, "open", (const char *path, int flags, ...), path, flags)
OPEN(openat, "openat", (int dir, const char *path, int flags, ...), dir, path, flags)
OPEN(openat64, "openat", (int dir, const char *path, int flags, ...), dir, path, flags)

#define PATHS(name, types, call, shown)                                                            \
    int name types                                                                                 \
    {                                                                                              \
        REAL(name);                                                                                \
        point(#name, shown);                                                                       \
        return real call;                                                                          \
    }
PATHS(rename, (const char *from, const char *to), (from, to), to)
PATHS(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), to)
PATHS(renameat2,
      (int a, const char *from, int b, const char *to, unsigned f),
      (a, from, b, to, f),
      to)
PATHS(link, (const char *from, const char *to), (from, to), to)
PATHS(symlink, (const char *from, const char *to), (from, to), to)
PATHS(unlink, (const char *path), (path), path)
PATHS(unlinkat, (int dir, const char *path, int flags), (dir, path, flags), path)
PATHS(rmdir, (const char *path), (path), path)
PATHS(mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), path)
PATHS(truncate, (const char *path, off_t n), (path, n), path)

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    if (access(path, F_OK) != 0) /* on its way to the one that is missing, labctl asks for all */
        point("mkdir", path);
    return real(path, mode);
}

#define FDS(type, name, types, call)                                                               \
    type name types                                                                                \
    {                                                                                              \
        REAL(name);                                                                                \
        point_fd(#name, fd);                                                                       \
        return real call;                                                                          \
    }
FDS(int, fsync, (int fd), (fd))
FDS(int, fdatasync, (int fd), (fd))
FDS(int, ftruncate, (int fd, off_t n), (fd, n))
FDS(int, ftruncate64, (int fd, off64_t n), (fd, n))
FDS(int, fchmod, (int fd, mode_t mode), (fd, mode))
FDS(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
FDS(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o))
FDS(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t o), (fd, p, n, o))
FDS(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
FDS(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    REAL(connect);
    point("connect", to->sa_family == AF_UNIX ? "unix" : "inet");
    return real(fd, to, len);
}

pid_t fork(void)
{
    REAL(fork);
    point("fork", "before");
    pid_t pid = real();
    if (pid > 0)
        point("fork", "after");
    return pid;
}
