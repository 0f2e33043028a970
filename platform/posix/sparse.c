#include "platform.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#endif

void plat_next_data(int fd, uint64_t at, uint64_t end, uint64_t *from, uint64_t *to)
{
    *from = at;
    *to = end;
#if defined(SEEK_DATA) && defined(SEEK_HOLE)
    off_t data = lseek(fd, (off_t)at, SEEK_DATA);
    if (data < 0 && errno != ENXIO)
        return;
    if (data < 0 || (uint64_t)data >= end) {
        *from = end;
        return;
    }
    off_t hole = lseek(fd, data, SEEK_HOLE);
    *from = (uint64_t)data > at ? (uint64_t)data : at;
    if (hole >= 0 && (uint64_t)hole > *from && (uint64_t)hole < end)
        *to = (uint64_t)hole;
#else
    (void)fd;
#endif
}

void plat_make_sparse(int fd)
{
    (void)fd; /* files are */
}

bool plat_clone(int from, int to)
{
#ifdef FICLONE
    return ioctl(to, FICLONE, from) == 0;
#else
    (void)from;
    (void)to;
    return false;
#endif
}
