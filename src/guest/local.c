#include "guest/local.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plat_stdio.h"

enum { READ_SIZE = 16 * 1024 };

/* One descriptor: a stream on the loop, a file, or nothing. */
struct end {
    int fd;
    uv_handle_type type; /* UV_UNKNOWN_HANDLE: nothing */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tty_t tty;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } as;
    bool open, broken;
};

struct lab_local {
    uv_loop_t *loop;
    struct lab_local_ops ops;
    void *arg;
    struct end ends[3];
    char input[READ_SIZE];
    uv_fs_t read;
    bool want, reading, ended, closed;
    unsigned pending; /* handles and requests that still point here */
};

struct piece {
    uv_write_t write;
    struct lab_local *local;
    int fd;
    char bytes[];
};

static void release(struct lab_local *l)
{
    if (--l->pending == 0 && l->closed)
        free(l);
}

/* --- opening
 * ---------------------------------------------------------------------------------------- */

/* Closing a handle closes its descriptor, so the handle gets one of its own. */
static int open_stream(struct lab_local *l, struct end *e)
{
    int own = plat_dup(e->fd), rc = own < 0 ? UV_EBADF : 0;
    if (rc)
        return rc;
    if (e->type == UV_TTY) {
        rc = uv_tty_init(l->loop, &e->as.tty, own, 0);
    } else if (e->type == UV_NAMED_PIPE) {
        rc = uv_pipe_init(l->loop, &e->as.pipe, 0);
        e->open = rc == 0;
        rc = rc ? rc : uv_pipe_open(&e->as.pipe, own);
    } else {
        rc = uv_tcp_init(l->loop, &e->as.tcp);
        e->open = rc == 0;
        rc = rc ? rc : uv_tcp_open(&e->as.tcp, own);
    }
    if (rc) {
        uv_fs_t req;
        uv_fs_close(NULL, &req, own, NULL);
        uv_fs_req_cleanup(&req);
        return rc;
    }
    e->open = true;
    return 0;
}

static void open_end(struct lab_local *l, int fd)
{
    struct end *e = &l->ends[fd];
    e->fd = fd;
    e->type = uv_guess_handle(fd);
    if (e->type == UV_FILE || e->type == UV_UNKNOWN_HANDLE)
        return;
    if (open_stream(l, e))
        e->type = UV_UNKNOWN_HANDLE;
    if (!e->open)
        return;
    e->as.handle.data = l;
    l->pending++;
}

struct lab_local *lab_local_open(uv_loop_t *loop, const struct lab_local_ops *ops, void *arg)
{
    struct lab_local *l = lab_alloc(sizeof(*l));
    l->loop = loop;
    l->ops = *ops;
    l->arg = arg;
    l->pending = 1; /* the caller's */
    l->read.data = l;
    for (int fd = 0; fd < 3; fd++)
        open_end(l, fd);
    return l;
}

/* --- stdin
 * ------------------------------------------------------------------------------------------ */

static void next_read(struct lab_local *l);

static void took_input(struct lab_local *l, ssize_t n)
{
    if (n <= 0)
        l->ended = true;
    if (!l->closed)
        l->ops.input(l->arg, l->input, n > 0 ? (size_t)n : 0);
}

static void on_file_read(uv_fs_t *req)
{
    struct lab_local *l = req->data;
    ssize_t n = req->result;
    uv_fs_req_cleanup(req);
    l->reading = false;
    took_input(l, n);
    if (!l->closed)
        next_read(l);
    release(l);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct lab_local *l = handle->data;
    *buf = uv_buf_init(l->input, sizeof(l->input));
}

static void on_stream_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    struct lab_local *l = stream->data;
    if (n == 0)
        return;
    if (n < 0) {
        uv_read_stop(stream);
        l->reading = false;
    }
    took_input(l, n);
}

static void read_file(struct lab_local *l)
{
    uv_buf_t buf = uv_buf_init(l->input, sizeof(l->input));
    if (uv_fs_read(l->loop, &l->read, 0, &buf, 1, -1, on_file_read)) {
        took_input(l, 0);
        return;
    }
    l->reading = true;
    l->pending++;
}

static void next_read(struct lab_local *l)
{
    struct end *e = &l->ends[0];
    if (!l->want || l->reading || l->ended)
        return;
    if (e->type == UV_FILE)
        read_file(l);
    else if (e->type == UV_UNKNOWN_HANDLE || uv_read_start(&e->as.stream, on_room, on_stream_read))
        took_input(l, 0);
    else
        l->reading = true;
}

void lab_local_read(struct lab_local *l, bool on)
{
    l->want = on;
    if (on) {
        next_read(l);
    } else if (l->reading && l->ends[0].open) {
        uv_read_stop(&l->ends[0].as.stream);
        l->reading = false;
    }
}

/* --- stdout and stderr
 * -------------------------------------------------------------------------------- */

static void broke(struct lab_local *l, int fd, int error)
{
    if (l->ends[fd].broken || l->closed)
        return;
    l->ends[fd].broken = true;
    l->ops.broken(l->arg, fd, error);
}

static void on_written(uv_write_t *req, int status)
{
    struct piece *piece = req->data;
    struct lab_local *l = piece->local;
    if (status && status != UV_ECANCELED)
        broke(l, piece->fd, status);
    else if (!l->closed)
        l->ops.written(l->arg);
    free(piece);
    release(l);
}

static void write_stream(struct lab_local *l, struct end *e, const char *bytes, size_t n)
{
    struct piece *piece = lab_alloc(sizeof(*piece) + n);
    memcpy(piece->bytes, bytes, n);
    piece->local = l;
    piece->fd = e->fd;
    piece->write.data = piece;
    uv_buf_t buf = uv_buf_init(piece->bytes, (unsigned)n);
    int rc = uv_write(&piece->write, &e->as.stream, &buf, 1, on_written);
    if (rc) {
        free(piece);
        broke(l, e->fd, rc);
        return;
    }
    l->pending++;
}

static void write_file(struct lab_local *l, struct end *e, const char *bytes, size_t n)
{
    while (n) {
        uv_fs_t req;
        uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);
        int rc = uv_fs_write(NULL, &req, e->fd, &buf, 1, -1, NULL);
        uv_fs_req_cleanup(&req);
        if (rc <= 0) {
            broke(l, e->fd, rc);
            return;
        }
        bytes += rc;
        n -= (size_t)rc;
    }
}

void lab_local_write(struct lab_local *l, int fd, const char *bytes, size_t n)
{
    struct end *e = &l->ends[fd];
    if (e->broken || e->type == UV_UNKNOWN_HANDLE || !n)
        return;
    if (e->type == UV_FILE)
        write_file(l, e, bytes, n);
    else
        write_stream(l, e, bytes, n);
}

size_t lab_local_queued(const struct lab_local *l)
{
    size_t sum = 0;
    for (int fd = 1; fd < 3; fd++)
        if (l->ends[fd].open && !l->ends[fd].broken)
            sum += uv_stream_get_write_queue_size(&l->ends[fd].as.stream);
    return sum;
}

/* --- closing
 * ------------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

/* A pipe shares its "non-blocking" mark with every process that has it open, such as the shell that
 * started us: it is taken back. */
static void close_end(struct end *e)
{
    if (!e->open)
        return;
    if (e->type == UV_NAMED_PIPE || e->type == UV_TCP)
        uv_stream_set_blocking(&e->as.stream, 1);
    uv_close(&e->as.handle, on_closed);
}

void lab_local_close(struct lab_local *l)
{
    if (!l || l->closed)
        return;
    l->closed = true;
    for (int fd = 0; fd < 3; fd++)
        close_end(&l->ends[fd]);
    if (l->reading && l->ends[0].type == UV_FILE)
        uv_cancel((uv_req_t *)&l->read);
    release(l);
}
