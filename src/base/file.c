#include "base/file.h"

#include "platform.h"
#include <string.h>
#include <uv.h>

#include "base/log.h"

/* libuv's synchronous calls, because they take UTF-8 paths on both systems. */

static int open_to_read(const char *path)
{
    uv_fs_t req;
    int fd = uv_fs_open(NULL, &req, path, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&req);
    return fd;
}

static int read_at(uv_file fd, void *bytes, size_t n, int64_t offset)
{
    uv_fs_t req;
    uv_buf_t buf = uv_buf_init(bytes, (unsigned)n);
    int got;
    do {
        got = uv_fs_read(NULL, &req, fd, &buf, 1, offset, NULL);
        uv_fs_req_cleanup(&req);
    } while (got == UV_EINTR);
    return got;
}

static int close_file(uv_file fd)
{
    uv_fs_t req;
    int rc = uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    return rc;
}

bool lab_file_exists(const char *path)
{
    struct plat_stat st;
    return plat_stat(path, &st) == 0;
}

static int
read_all(uv_file fd, const char *path, size_t max, struct lab_str *out, struct lab_error *err)
{
    enum { CHUNK = 64 * 1024 };
    LAB_AUTOFREE char *bytes = lab_alloc(CHUNK);
    size_t total = 0;
    for (;;) {
        int n = read_at(fd, bytes, CHUNK, -1);
        if (n == 0)
            return 0;
        if (n < 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror(n));
        total += (size_t)n;
        if (total > max)
            return lab_fail(err, LAB_USAGE, "cannot use '%s': it is longer than %zu bytes", path,
                            max);
        lab_str_addn(out, bytes, (size_t)n);
        if (!lab_str_ok(out))
            return lab_fail(err, LAB_INTERNAL, "cannot read '%s': its text passes the limit of %zu",
                            path, out->max);
    }
}

int lab_file_read(const char *path, size_t max, struct lab_str *out, struct lab_error *err)
{
    int fd = open_to_read(path);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open '%s': %s", path, uv_strerror(fd));
    int rc = read_all(fd, path, max, out, err);
    close_file(fd);
    return rc;
}

static int
write_all(uv_file fd, const char *path, const char *bytes, size_t n, struct lab_error *err)
{
    static const size_t most = (size_t)1 << 30; /* one uv_buf_t holds at most 4 GiB */
    while (n > 0) {
        uv_fs_t req;
        uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)(n < most ? n : most));
        int wrote = uv_fs_write(NULL, &req, fd, &buf, 1, -1, NULL);
        uv_fs_req_cleanup(&req);
        if (wrote == UV_EINTR)
            continue;
        if (wrote < 0)
            return lab_fail(err, LAB_HOST, "cannot write '%s': %s", path, uv_strerror(wrote));
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

static int
write_new(const char *path, const void *bytes, size_t n, unsigned mode, struct lab_error *err)
{
    int fd = plat_create(path, mode, err);
    if (fd < 0)
        return -1;
    int rc = write_all(fd, path, bytes, n, err);
    if (rc == 0) {
        uv_fs_t req;
        int synced = uv_fs_fsync(NULL, &req, fd, NULL);
        uv_fs_req_cleanup(&req);
        if (synced < 0)
            rc = lab_fail(err, LAB_HOST, "cannot write '%s' to the disk: %s", path,
                          uv_strerror(synced));
    }
    /* Some file systems (NFS, quotas) tell of a full disk only now. */
    int closed = close_file(fd);
    if (rc == 0 && closed < 0)
        rc = lab_fail(err, LAB_HOST, "cannot finish writing '%s': %s", path, uv_strerror(closed));
    return rc;
}

int lab_file_replace(
    const char *path, const void *bytes, size_t n, unsigned mode, struct lab_error *err)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", path);
    /* One may be left over from a run that was killed. */
    if (plat_remove(part, err) < 0)
        return -1;
    if (write_new(part, bytes, n, mode, err) == 0 && plat_rename(part, path, err) == 0)
        return 0;
    LAB_AUTO_ERROR struct lab_error cleanup = LAB_ERROR_INIT;
    if (plat_remove(part, &cleanup) < 0)
        lab_log("%s", cleanup.message);
    return -1;
}

void lab_file_tail(const char *path, size_t max_bytes, struct lab_str *out)
{
    struct plat_stat st;
    int fd = open_to_read(path);
    if (fd < 0)
        return;
    if (plat_stat(path, &st) < 0)
        st.size = 0;
    int64_t offset = st.size > max_bytes ? (int64_t)(st.size - max_bytes) : 0;
    LAB_AUTOFREE char *bytes = lab_alloc(max_bytes + 1);
    size_t len = 0;
    while (len < max_bytes) {
        int n = read_at(fd, bytes + len, max_bytes - len, offset + (int64_t)len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    close_file(fd);
    /* Begin with a whole line, unless that would leave nothing. */
    char *newline = offset > 0 ? memchr(bytes, '\n', len) : NULL;
    size_t skip = newline && newline + 1 < bytes + len ? (size_t)(newline + 1 - bytes) : 0;
    lab_str_addn(out, bytes + skip, len - skip);
}
