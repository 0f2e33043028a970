#include "guest/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t lab_wire_now(void)
{
    return uv_hrtime() / 1000000;
}

/* --- libssh2's side -----------------------------------------------------------------------------
 */

static LIBSSH2_ALLOC_FUNC(heap_alloc)
{
    return lab_heap_get(&((struct lab_wire *)*abstract)->heap, count);
}

static LIBSSH2_REALLOC_FUNC(heap_realloc)
{
    return lab_heap_resize(&((struct lab_wire *)*abstract)->heap, ptr, count);
}

static LIBSSH2_FREE_FUNC(heap_free)
{
    lab_heap_put(&((struct lab_wire *)*abstract)->heap, ptr);
}

static void note_head(struct lab_wire *w, const char *bytes, size_t n)
{
    size_t room = sizeof(w->head) - w->head_len;
    if (n > room)
        n = room;
    memcpy(w->head + w->head_len, bytes, n);
    w->head_len += n;
}

/* The peer's end is not told to libssh2: it would return the error before the packets that it has
 * queued, the exit status among them. lab_wire_spent() tells the session instead. But a wire that
 * is closing must fail: EAGAIN would make libssh2_session_free() wait for an answer. */
static LIBSSH2_RECV_FUNC(buffer_recv)
{
    (void)socket;
    (void)flags;
    struct lab_wire *w = *abstract;
    if (w->closing)
        return -ECONNABORTED;
    if (w->in_off == w->in_len)
        return -EAGAIN;
    if (lab_wire_backlog(w) > LAB_WIRE_OUT_HIGH)
        return -EAGAIN;
    size_t n = w->in_len - w->in_off;
    if (n > length)
        n = length;
    memcpy(buffer, w->in + w->in_off, n);
    w->in_off += n;
    if (w->in_off == w->in_len)
        w->in_off = w->in_len = 0;
    return (ssize_t)n;
}

static LIBSSH2_SEND_FUNC(buffer_send)
{
    (void)socket;
    (void)flags;
    struct lab_wire *w = *abstract;
    if (w->closing)
        return -EPIPE;
    lab_str_addn(&w->out, buffer, length);
    return lab_str_ok(&w->out) ? (ssize_t)length : -EPIPE;
}

static LIBSSH2_DISCONNECT_FUNC(on_disconnect)
{
    (void)session;
    (void)reason;
    (void)language;
    (void)language_len;
    struct lab_wire *w = *abstract;
    if (!message || message_len <= 0 || w->farewell)
        return;
    w->farewell = lab_strndup(message, message_len > 200 ? 200 : (size_t)message_len);
}

int lab_wire_session(struct lab_wire *w)
{
    w->ssh = libssh2_session_init_ex(heap_alloc, heap_free, heap_realloc, w);
    if (!w->ssh)
        return -1;
    LAB_SSH2_CALLBACK(w->ssh, LIBSSH2_CALLBACK_RECV, buffer_recv);
    LAB_SSH2_CALLBACK(w->ssh, LIBSSH2_CALLBACK_SEND, buffer_send);
    LAB_SSH2_CALLBACK(w->ssh, LIBSSH2_CALLBACK_DISCONNECT, on_disconnect);
    libssh2_session_set_blocking(w->ssh, 0);
    return 0;
}

/* --- libuv's side -------------------------------------------------------------------------------
 */

static void broke(struct lab_wire *w, int status)
{
    w->eof = true;
    if (status != UV_EOF && !w->error)
        w->error = status;
}

static void stop_reading(struct lab_wire *w)
{
    if (w->reading)
        uv_read_stop((uv_stream_t *)&w->tcp);
    w->reading = false;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct lab_wire *w = handle->data;
    if (w->in_off) {
        memmove(w->in, w->in + w->in_off, w->in_len - w->in_off);
        w->in_len -= w->in_off;
        w->in_off = 0;
    }
    *buf = uv_buf_init(w->in + w->in_len, (unsigned)(sizeof(w->in) - w->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct lab_wire *w = stream->data;
    if (n == 0)
        return;
    if (n < 0) {
        stop_reading(w);
        broke(w, (int)n);
    } else {
        if (w->head_len < sizeof(w->head))
            note_head(w, buf->base, (size_t)n);
        w->in_len += (size_t)n;
        w->received += (uint64_t)n;
        w->last_in_ms = lab_wire_now();
        if (w->in_len == sizeof(w->in) && w->in_off == 0)
            stop_reading(w); /* until libssh2 has taken some */
    }
    w->event(w->arg);
}

void lab_wire_resume(struct lab_wire *w)
{
    if (w->reading || w->eof || !w->connected || w->in_len - w->in_off == sizeof(w->in))
        return;
    int rc = uv_read_start((uv_stream_t *)&w->tcp, on_room, on_read);
    if (rc)
        broke(w, rc);
    else
        w->reading = true;
}

static void on_connect(uv_connect_t *req, int status)
{
    struct lab_wire *w = req->data;
    if (w->closing)
        return;
    if (status) {
        broke(w, status);
    } else {
        w->connected = true;
        w->last_in_ms = lab_wire_now();
        /* A guest that is switched off sends no FIN; the kernel asks after it when we do not. */
        uv_tcp_nodelay(&w->tcp, 1);
        uv_tcp_keepalive(&w->tcp, 1, 10);
    }
    w->event(w->arg);
}

struct lab_wire *
lab_wire_open(uv_loop_t *loop, uint32_t ip, uint16_t port, lab_wire_event event, void *arg)
{
    struct lab_wire *w = lab_alloc(sizeof(*w));
    w->event = event;
    w->arg = arg;
    w->out.max = w->flight.max = 4 * LAB_WIRE_OUT_HIGH;
    lab_heap_init(&w->heap, LAB_WIRE_HEAP);
    uv_tcp_init(loop, &w->tcp); /* makes no socket yet, so it cannot fail */
    w->tcp.data = w->connect.data = w->write.data = w;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(ip);
    int rc = uv_tcp_connect(&w->connect, &w->tcp, (const struct sockaddr *)&to, on_connect);
    if (rc)
        broke(w, rc);
    return w;
}

uv_os_fd_t lab_wire_fd(const struct lab_wire *w)
{
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&w->tcp, &fd))
        memset(&fd, 0xff, sizeof(fd));
    return fd;
}

static void on_written(uv_write_t *req, int status)
{
    struct lab_wire *w = req->data;
    w->writing = false;
    if (w->closing)
        return;
    if (status)
        broke(w, status);
    lab_wire_flush(w);
    w->event(w->arg);
}

void lab_wire_flush(struct lab_wire *w)
{
    if (w->writing || !w->connected || w->error || !w->out.len)
        return;
    struct lab_str spare = w->flight;
    w->flight = w->out;
    w->out = spare;
    lab_str_truncate(&w->out, 0);
    uv_buf_t buf = uv_buf_init(w->flight.ptr, (unsigned)w->flight.len);
    int rc = uv_write(&w->write, (uv_stream_t *)&w->tcp, &buf, 1, on_written);
    if (rc)
        broke(w, rc);
    else
        w->writing = true;
}

bool lab_wire_spent(const struct lab_wire *w)
{
    return w->eof && w->in_off == w->in_len;
}

size_t lab_wire_backlog(const struct lab_wire *w)
{
    return w->out.len + (w->writing ? w->flight.len : 0);
}

bool lab_wire_banner_seen(const struct lab_wire *w)
{
    for (size_t i = 0; i + 4 <= w->head_len; i++)
        if ((i == 0 || w->head[i - 1] == '\n') && memcmp(w->head + i, "SSH-", 4) == 0)
            return true;
    return false;
}

static void on_closed(uv_handle_t *handle)
{
    struct lab_wire *w = handle->data;
    lab_str_clear(&w->out);
    lab_str_clear(&w->flight);
    free(w->farewell);
    free(w);
}

/* With nothing half-written, one attempt to put the goodbye into the socket's buffer. */
static void say_goodbye(struct lab_wire *w)
{
    if (!w->ssh || w->eof)
        return;
    libssh2_session_disconnect(w->ssh, "labctl is done");
    if (w->writing || !w->out.len)
        return;
    uv_buf_t buf = uv_buf_init(w->out.ptr, (unsigned)w->out.len);
    uv_try_write((uv_stream_t *)&w->tcp, &buf, 1);
}

void lab_wire_close(struct lab_wire *w)
{
    if (!w || w->closing)
        return;
    say_goodbye(w);
    w->closing = true;
    if (!w->error)
        w->error = UV_ECANCELED;
    if (w->ssh) {
        /* Twice at most: with a wire that fails nothing can be waited for. */
        if (libssh2_session_free(w->ssh) == LIBSSH2_ERROR_EAGAIN)
            libssh2_session_free(w->ssh);
        w->ssh = NULL;
    }
    lab_heap_clear(&w->heap);
    uv_close((uv_handle_t *)&w->tcp, on_closed);
}
