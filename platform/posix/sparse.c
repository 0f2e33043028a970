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

bool plat_clone(int from, uint64_t from_at, int to, uint64_t to_at)
{
#ifdef FICLONERANGE
    struct file_clone_range range = {.src_fd = from, .src_offset = from_at, .dest_offset = to_at};
    return ioctl(to, FICLONERANGE, &range) == 0; /* length 0: up to the end */
#else
    (void)from;
    (void)from_at;
    (void)to;
    (void)to_at;
    return false;
#endif
}
