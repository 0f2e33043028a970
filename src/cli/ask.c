#include <stdio.h>
#include <uv.h>

#include "cli/command.h"

/* One line from the terminal, read by the run's loop: so Ctrl-C is seen while the question stands,
 * and not only after Enter. */
struct answer {
    char room[256];
    char first; /* 0: nothing was said */
    bool ended, closed;
};

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)size;
    struct answer *a = handle->data;
    *buf = uv_buf_init(a->room, sizeof(a->room));
}

/* A line comes whole, or in pieces when somebody pastes; the end of input is an answer too. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct answer *a = stream->data;
    if (n < 0)
        a->ended = true;
    for (ssize_t i = 0; i < n && !a->ended; i++) {
        a->first = a->first ? a->first : buf->base[i];
        a->ended = buf->base[i] == '\n' || buf->base[i] == '\r';
    }
}

static void on_closed(uv_handle_t *handle)
{
    ((struct answer *)handle->data)->closed = true;
}

bool lab_cli_ask(struct lab_run *run, const char *question)
{
    struct answer a = {.first = 0};
    uv_tty_t tty;
    if (uv_tty_init(&run->loop, &tty, 0, 1))
        return false;
    tty.data = &a;
    lab_cli_say("%s [y/N] ", question);
    a.ended = uv_read_start((uv_stream_t *)&tty, on_room, on_read) != 0;
    while (!a.ended && !run->interrupted)
        uv_run(&run->loop, UV_RUN_ONCE);
    if (run->interrupted || !a.first)
        fputc('\n', stderr); /* the terminal's cursor still stands behind the question */
    uv_close((uv_handle_t *)&tty, on_closed);
    while (!a.closed)
        uv_run(&run->loop, UV_RUN_ONCE);
    return !run->interrupted && (a.first == 'y' || a.first == 'Y');
}
