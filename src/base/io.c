#include "base/io.h"

#include <uv.h>

#include "platform.h"

static int open_file(const char *path, int flags, struct lab_error *err)
{
    uv_fs_t req;
    LAB_AUTOFREE char *name = plat_any_length(path);
    int fd = uv_fs_open(NULL, &req, name, flags, 0, NULL);
    uv_fs_req_cleanup(&req);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open '%s': %s", path, uv_strerror(fd));
    return fd;
}

int lab_io_open(const char *path, struct lab_error *err)
{
    return open_file(path, UV_FS_O_RDONLY, err);
}

int lab_io_open_write(const char *path, struct lab_error *err)
{
    return open_file(path, UV_FS_O_RDWR, err);
}

static unsigned at_most(size_t n)
{
    static const size_t most = (size_t)1 << 30; /* libuv answers with an int */
    return (unsigned)(n < most ? n : most);
}

int64_t lab_io_read(int fd, void *bytes, size_t n, int64_t offset)
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

int64_t lab_io_write(int fd, const void *bytes, size_t n, int64_t offset)
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

int lab_io_sync(int fd)
{
    uv_fs_t req;
    int rc = uv_fs_fsync(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}

int lab_io_close(int fd)
{
    uv_fs_t req;
    int rc = uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}

int lab_io_read_all(int fd, void *bytes, size_t n, int64_t offset)
{
    char *to = bytes;
    while (n > 0) {
        int64_t got = lab_io_read(fd, to, n, offset);
        if (got <= 0)
            return got < 0 ? (int)got : UV_EOF;
        to += got;
        n -= (size_t)got;
        offset += offset < 0 ? 0 : got;
    }
    return 0;
}

int lab_io_write_all(int fd, const void *bytes, size_t n, int64_t offset)
{
    const char *from = bytes;
    while (n > 0) {
        int64_t put = lab_io_write(fd, from, n, offset);
        if (put <= 0)
            return put < 0 ? (int)put : UV_EIO;
        from += put;
        n -= (size_t)put;
        offset += offset < 0 ? 0 : put;
    }
    return 0;
}

int lab_io_resize(int fd, int64_t size)
{
    uv_fs_t req;
    int rc = uv_fs_ftruncate(NULL, &req, fd, size, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}
