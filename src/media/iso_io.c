#include "media/iso_priv.h"

#include <uv.h>

int lab_iso_io_open(const char *path, struct lab_error *err)
{
    uv_fs_t req;
    int fd = uv_fs_open(NULL, &req, path, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&req);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open '%s': %s", path, uv_strerror(fd));
    return fd;
}

static unsigned at_most(size_t n)
{
    static const size_t most = (size_t)1 << 30; /* libuv answers with an int */
    return (unsigned)(n < most ? n : most);
}

int64_t lab_iso_io_read(int fd, void *bytes, size_t n, int64_t offset)
{
    uv_fs_t req;
    uv_buf_t buf = uv_buf_init(bytes, at_most(n));
    int got;
    do {
        got = uv_fs_read(NULL, &req, fd, &buf, 1, offset, NULL);
        uv_fs_req_cleanup(&req);
    } while (got == UV_EINTR);
    return got;
}

int64_t lab_iso_io_write(int fd, const void *bytes, size_t n, int64_t offset)
{
    uv_fs_t req;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, at_most(n));
    int put;
    do {
        put = uv_fs_write(NULL, &req, fd, &buf, 1, offset, NULL);
        uv_fs_req_cleanup(&req);
    } while (put == UV_EINTR);
    return put;
}

int lab_iso_io_sync(int fd)
{
    uv_fs_t req;
    int rc = uv_fs_fsync(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}

int lab_iso_io_close(int fd)
{
    uv_fs_t req;
    int rc = uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}

int lab_iso_io_read_all(int fd, void *bytes, size_t n, int64_t offset)
{
    char *to = bytes;
    while (n > 0) {
        int64_t got = lab_iso_io_read(fd, to, n, offset);
        if (got <= 0)
            return -1;
        to += got;
        n -= (size_t)got;
        offset += got;
    }
    return 0;
}
