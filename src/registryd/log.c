#include "registryd/log.h"

#include <uv.h>

#include "base/io.h"
#include "base/str.h"
#include "base/time.h"
#include "platform.h"

/* Appends: lines of a supervisor before us stay. */
static int open_end(struct lab_registryd_log *log)
{
    uv_fs_t req;
    struct plat_stat st;
    LAB_AUTOFREE char *name = plat_any_length(log->path);
    int flags = UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_APPEND;
    log->fd = uv_fs_open(NULL, &req, name, flags, 0600, NULL);
    uv_fs_req_cleanup(&req);
    log->size = log->fd >= 0 && plat_stat(log->path, &st) == 0 ? st.size : 0;
    return log->fd;
}

int lab_registryd_log_open(struct lab_registryd_log *log,
                           const char *path,
                           uint64_t max,
                           struct lab_error *err)
{
    *log = (struct lab_registryd_log){.path = path, .fd = -1, .max = max};
    int rc = open_end(log);
    return rc >= 0 ? 0
                   : lab_fail(err, LAB_HOST, "cannot open the log '%s': %s", path, uv_strerror(rc));
}

static void rotate(struct lab_registryd_log *log)
{
    LAB_AUTOFREE char *older = lab_format("%s.1", log->path);
    lab_registryd_log_close(log);
    /* When it cannot be renamed it grows on, and the next line tries again. */
    if (plat_rename(log->path, older, NULL))
        log->size = 0;
    open_end(log);
}

void lab_registryd_log_write(struct lab_registryd_log *log, const char *bytes, size_t n)
{
    if (log->size > 0 && log->size + n > log->max)
        rotate(log);
    if (log->fd >= 0 && lab_io_write_all(log->fd, bytes, n, -1) == 0)
        log->size += n;
}

void lab_registryd_log_say(struct lab_registryd_log *log, const char *fmt, ...)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vformat(fmt, ap);
    va_end(ap);
    lab_put_time(&line, plat_wall_ms());
    lab_str_addf(&line, " labctl: %s\n", text);
    lab_registryd_log_write(log, lab_str_get(&line), line.len);
}

void lab_registryd_log_close(struct lab_registryd_log *log)
{
    if (log->fd >= 0)
        lab_io_close(log->fd);
    log->fd = -1;
}
