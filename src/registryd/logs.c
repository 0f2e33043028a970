/* Its log, for somebody who reads it. */
#include <stdlib.h>
#include <uv.h>

#include "base/file.h"
#include "base/io.h"
#include "platform.h"
#include "registryd/server.h"

enum { FOLLOW_MS = 200, READ_SIZE = 64 * 1024 };

/* The rest of an open file; *at moves on. */
static int put_rest(int fd, int64_t *at, void (*put)(const char *, size_t), struct lab_error *err)
{
    LAB_AUTOFREE char *bytes = lab_alloc(READ_SIZE);
    int64_t n;
    while ((n = lab_io_read(fd, bytes, READ_SIZE, *at)) > 0) {
        put(bytes, (size_t)n);
        *at += n;
    }
    return n == 0 ? 0 : lab_fail(err, LAB_HOST, "cannot read the log: %s", uv_strerror((int)n));
}

static int put_file(const char *path, void (*put)(const char *, size_t), struct lab_error *err)
{
    int64_t at = 0;
    int fd = lab_io_open(path, err);
    if (fd < 0)
        return -1;
    int rc = put_rest(fd, &at, put, err);
    lab_io_close(fd);
    return rc;
}

/* Another file has the name now: this one was put aside. */
static bool was_rotated(int fd, const char *path)
{
    uv_fs_t req;
    struct plat_stat st;
    uint64_t ours = 0;
    if (uv_fs_fstat(NULL, &req, fd, NULL) == 0)
        ours = req.statbuf.st_ino;
    uv_fs_req_cleanup(&req);
    return plat_stat(path, &st) == 0 && st.inode != ours;
}

static int follow_one(const char *path,
                      void (*put)(const char *, size_t),
                      bool (*cancelled)(void),
                      struct lab_error *err)
{
    int64_t at = 0;
    int fd = lab_io_open(path, err), rc = fd < 0 ? -1 : 0;
    while (rc == 0 && !cancelled()) {
        bool rotated = was_rotated(fd, path); /* before the last read */
        rc = put_rest(fd, &at, put, err);
        if (rotated)
            break;
        uv_sleep(FOLLOW_MS);
    }
    if (fd >= 0)
        lab_io_close(fd);
    return rc;
}

int lab_registryd_logs(const char *lab,
                       bool follow,
                       void (*put)(const char *bytes, size_t n),
                       bool (*cancelled)(void),
                       struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    lab_registryd_files(&files, lab);
    LAB_AUTOFREE char *older = lab_format("%s.1", files.log);
    if (!lab_file_exists(files.log)) {
        lab_fail(err, LAB_USAGE, "the registry of lab '%s' has no log: it was never up", lab);
        return lab_error_hint(err, "'labctl registry up' starts it");
    }
    if (lab_file_exists(older) && put_file(older, put, err))
        return -1;
    if (!follow)
        return put_file(files.log, put, err);
    while (!cancelled())
        if (follow_one(files.log, put, cancelled, err))
            return -1;
    return lab_fail(err, LAB_CANCELLED, "interrupted");
}
