#include "base/log.h"

#include "platform.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/str.h"
#include "base/time.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t mutex; /* guards what follows, and keeps lines whole */
static uv_file file = -1;
static bool verbose;

static void init(void)
{
    if (uv_mutex_init(&mutex) != 0)
        abort();
}

static void lock(void)
{
    uv_once(&once, init);
    uv_mutex_lock(&mutex);
}

static void close_locked(void)
{
    uv_fs_t req;
    if (file < 0)
        return;
    uv_fs_close(NULL, &req, file, NULL);
    uv_fs_req_cleanup(&req);
    file = -1;
}

int lab_log_open(const char *path, struct lab_error *err)
{
    uv_fs_t req;
    int flags = UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_APPEND;
    LAB_AUTOFREE char *name = plat_any_length(path);
    int fd = uv_fs_open(NULL, &req, name, flags, 0600, NULL);
    uv_fs_req_cleanup(&req);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open the log '%s': %s", path, uv_strerror(fd));
    /* It may exist with another mode, from a careless copy. */
    uv_fs_fchmod(NULL, &req, fd, 0600, NULL);
    uv_fs_req_cleanup(&req);
    lock();
    close_locked();
    file = fd;
    uv_mutex_unlock(&mutex);
    return 0;
}

void lab_log_verbose(bool on)
{
    lock();
    verbose = on;
    uv_mutex_unlock(&mutex);
}

void lab_log_close(void)
{
    lock();
    close_locked();
    uv_mutex_unlock(&mutex);
}

/* One call is one line: what a guest or child said must not be able to forge another. */
static void add_escaped(struct lab_str *line, const char *text)
{
    for (const char *s = text; *s; s++) {
        if (*s == '\n')
            lab_str_add(line, "\\n");
        else if ((unsigned char)*s < 0x20 || *s == 0x7f)
            lab_str_addf(line, "\\x%02x", (unsigned)(unsigned char)*s);
        else
            lab_str_addc(line, *s);
    }
}

void lab_log(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vformat(fmt, ap);
    va_end(ap);
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_put_time(&line, plat_wall_ms());
    lab_str_addf(&line, " [%lu] ", plat_pid());
    add_escaped(&line, text);
    lab_str_addc(&line, '\n');
    if (!lab_str_ok(&line))
        return;
    lock();
    if (file >= 0) {
        uv_fs_t req;
        uv_buf_t buf = uv_buf_init(line.ptr, (unsigned)line.len);
        uv_fs_write(NULL, &req, file, &buf, 1, -1, NULL);
        uv_fs_req_cleanup(&req);
    }
    if (verbose)
        fputs(line.ptr, stderr);
    uv_mutex_unlock(&mutex);
}
