#include "base/follow.h"

#include <stdlib.h>
#include <uv.h>

#include "base/file.h"
#include "base/io.h"
#include "platform.h"

enum { FOLLOW_MS = 200, READ_SIZE = 64 * 1024 };

static int put_rest(const struct lab_follow *f, int fd, int64_t *at, struct lab_error *err)
{
    LAB_AUTOFREE char *bytes = lab_alloc(READ_SIZE);
    int64_t n;
    while ((n = lab_io_read(fd, bytes, READ_SIZE, *at)) > 0) {
        f->put(f->arg, bytes, (size_t)n);
        *at += n;
        if (f->follow && f->cancelled(f->arg)) /* a writer may be faster than our reader */
            return 0;
    }
    return n == 0 ? 0
                  : lab_fail(err, LAB_HOST, "cannot read '%s': %s", f->path, uv_strerror((int)n));
}

/* Another file has the name now, or this one is shorter than what was read of it. */
static bool is_anew(int fd, const char *path, int64_t at)
{
    uv_fs_t req;
    struct plat_stat st;
    uint64_t ours = 0, size = (uint64_t)at;
    if (uv_fs_fstat(NULL, &req, fd, NULL) == 0) {
        ours = req.statbuf.st_ino;
        size = req.statbuf.st_size;
    }
    uv_fs_req_cleanup(&req);
    return size < (uint64_t)at || (plat_stat(path, &st) == 0 && st.inode != ours);
}

static int follow_one(const struct lab_follow *f, int fd, int64_t at, struct lab_error *err)
{
    for (;;) {
        bool anew = f->follow && is_anew(fd, f->path, at); /* before the last read */
        if (put_rest(f, fd, &at, err))
            return -1;
        if (!f->follow || anew || f->cancelled(f->arg))
            return 0;
        uv_sleep(FOLLOW_MS);
    }
}

/* -1: it is gone, and did not come back before cancelled(). */
static int open_again(const struct lab_follow *f, int *fd, struct lab_error *err)
{
    while (!lab_file_exists(f->path) && !f->cancelled(f->arg))
        uv_sleep(FOLLOW_MS);
    if (f->cancelled(f->arg))
        return lab_fail(err, LAB_CANCELLED, "interrupted");
    *fd = lab_io_open(f->path, err);
    return *fd < 0 ? -1 : 0;
}

int lab_file_follow(const struct lab_follow *f, struct lab_error *err)
{
    int fd = lab_io_open(f->path, err), rc = fd < 0 ? -1 : 0;
    int64_t at = f->from;
    while (rc == 0) {
        rc = follow_one(f, fd, at, err);
        lab_io_close(fd);
        if (rc || !f->follow)
            return rc;
        rc = open_again(f, &fd, err);
        at = 0;
        if (rc == 0 && f->anew)
            f->anew(f->arg);
    }
    return rc;
}

int64_t lab_file_last_lines(const char *path, uint64_t lines)
{
    struct plat_stat st;
    int fd = plat_stat(path, &st) == 0 ? lab_io_open(path, NULL) : -1;
    if (fd < 0)
        return 0;
    LAB_AUTOFREE char *bytes = lab_alloc(READ_SIZE);
    int64_t begin = (int64_t)st.size, end = begin, found = lines ? 0 : end;
    uint64_t seen = 0;
    while (begin > 0 && lines && seen <= lines) {
        int64_t n = begin < READ_SIZE ? begin : READ_SIZE;
        begin -= n;
        if (lab_io_read_all(fd, bytes, (size_t)n, begin))
            break;
        /* the newline that ends the file ends its last line */
        for (int64_t i = n; i-- > 0 && seen <= lines;)
            if (bytes[i] == '\n' && begin + i + 1 < end && ++seen == lines)
                found = begin + i + 1, seen = lines + 1;
    }
    lab_io_close(fd);
    return found;
}
