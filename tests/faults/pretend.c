/* Preloaded into an unchanged program, shows it a host that a test cannot have: clocks that jump,
 * and a disk that tells of more room than it has, as one does that other programs are filling.
 * Setting the clock moves the pretended one; the host's own is never touched.
 *
 * PRETEND_CLOCK  file of two int64: milliseconds that the wall clock and the monotonic clock are
 *                ahead; /run/pretend-clock when unset (in a guest, whose programs get no variables)
 * PRETEND_ROOM   set: every disk has 1 TiB free */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WALL, MONOTONIC };

static volatile int64_t none[2], *ahead = none;
static int lies;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PRETEND_CLOCK");
    int fd = open(path ? path : "/run/pretend-clock", O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        ahead = map;
    if (fd >= 0)
        close(fd);
    lies = getenv("PRETEND_ROOM") != NULL;
    unsetenv("LD_PRELOAD"); /* so that no child has it */
}

static void add(struct timespec *ts, int64_t ms)
{
    int64_t ns = ts->tv_nsec + ms % 1000 * 1000000;
    ts->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
    ts->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, ts);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        add(ts, ahead[WALL]);
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME)
        add(ts, ahead[MONOTONIC]);
    return rc;
}

int clock_settime(clockid_t clock, const struct timespec *ts)
{
    struct timespec now;
    if (clock != CLOCK_REALTIME)
        return -1;
    syscall(SYS_clock_gettime, clock, &now);
    ahead[WALL] = (ts->tv_sec - now.tv_sec) * 1000 + (ts->tv_nsec - now.tv_nsec) / 1000000;
    return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *tv = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* The two are one where a file's size has 64 bits. */
int statvfs64(const char *restrict path, struct statvfs64 *restrict fs)
{
    int (*real)(const char *, struct statvfs64 *);
    *(void **)&real = dlsym(RTLD_NEXT, "statvfs64");
    int rc = real(path, fs);
    if (rc == 0 && lies)
        fs->f_bavail = fs->f_bfree = ((uint64_t)1 << 40) / fs->f_frsize;
    return rc;
}

int statvfs(const char *restrict path, struct statvfs *restrict fs)
{
    return statvfs64(path, (struct statvfs64 *)fs);
}
