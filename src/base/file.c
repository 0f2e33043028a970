#include "base/file.h"

#include "platform.h"
#include <string.h>
#include <uv.h>

#include "base/io.h"
#include "base/log.h"

bool lab_file_exists(const char *path)
{
    struct plat_stat st;
    return plat_stat(path, &st) == 0;
}

static int
read_all(int fd, const char *path, size_t max, struct lab_str *out, struct lab_error *err)
{
    enum { CHUNK = 64 * 1024 };
    LAB_AUTOFREE char *bytes = lab_alloc(CHUNK);
    size_t total = 0;
    for (;;) {
        int64_t n = lab_io_read(fd, bytes, CHUNK, -1);
        if (n == 0)
            return 0;
        if (n < 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror((int)n));
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
    int fd = lab_io_open(path, err);
    if (fd < 0)
        return -1;
    int rc = read_all(fd, path, max, out, err);
    lab_io_close(fd);
    return rc;
}

static int
write_new(const char *path, const void *bytes, size_t n, unsigned mode, struct lab_error *err)
{
    int fd = plat_create(path, mode, err);
    if (fd < 0)
        return -1;
    int rc = 0, wrote = lab_io_write_all(fd, bytes, n, -1);
    int synced = wrote < 0 ? 0 : lab_io_sync(fd);
    if (wrote < 0)
        rc = lab_fail(err, LAB_HOST, "cannot write '%s': %s", path, uv_strerror(wrote));
    else if (synced < 0)
        rc =
            lab_fail(err, LAB_HOST, "cannot write '%s' to the disk: %s", path, uv_strerror(synced));
    /* Some file systems (NFS, quotas) tell of a full disk only now. */
    int closed = lab_io_close(fd);
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
    int fd = lab_io_open(path, NULL);
    if (fd < 0)
        return;
    if (plat_stat(path, &st) < 0)
        st.size = 0;
    int64_t offset = st.size > max_bytes ? (int64_t)(st.size - max_bytes) : 0;
    LAB_AUTOFREE char *bytes = lab_alloc(max_bytes + 1);
    size_t len = 0;
    while (len < max_bytes) {
        int64_t n = lab_io_read(fd, bytes + len, max_bytes - len, offset + (int64_t)len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    lab_io_close(fd);
    /* Begin with a whole line, unless that would leave nothing. */
    char *newline = offset > 0 ? memchr(bytes, '\n', len) : NULL;
    size_t skip = newline && newline + 1 < bytes + len ? (size_t)(newline + 1 - bytes) : 0;
    lab_str_addn(out, bytes + skip, len - skip);
}
