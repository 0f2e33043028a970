/* lab_guest_shell: this terminal, or these pipes, joined to a shell or command in the guest. */
#include "guest/shell.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "guest/local.h"
#include "guest/session.h"
#include "platform.h"

enum {
    OUTPUT_HIGH = 256 * 1024, /* our stdout is that far behind: the guest must wait */
    INPUT_HIGH = 256 * 1024
};

static const uint64_t login_ms = 60000;

struct lab_shell {
    struct lab_guest *guest;
    lab_shell_done done;
    void *arg;
    bool tty, raw, ended;
    struct lab_channel *channel;
    struct lab_local *local;
    uv_signal_t winch;
    bool winch_open;
    int status;
    struct lab_error err;
};

/* --- the end
 * ------------------------------------------------------------------------------------------ */

static void on_winch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void deliver(struct lab_shell *s)
{
    if (s->guest->shell == s)
        s->guest->shell = NULL;
    if (s->raw)
        plat_raw_end();
    lab_local_close(s->local);
    s->done(s->arg, s->status, s->err.code == LAB_OK ? NULL : &s->err);
    lab_error_clear(&s->err);
    if (s->winch_open)
        uv_close((uv_handle_t *)&s->winch, on_winch_closed);
    else
        free(s);
}

/* The guest may be done long before our stdout has taken everything. */
static void deliver_when_flushed(struct lab_shell *s)
{
    if (s->ended && (!s->local || !lab_local_queued(s->local)))
        deliver(s);
}

void lab_shell_cancel(struct lab_guest *g)
{
    if (g->shell && g->shell->ended)
        deliver(g->shell);
}

static void shell_end(struct lab_channel *ch, const struct lab_channel_end *end)
{
    struct lab_shell *s = ch->arg;
    s->channel = NULL;
    s->ended = true;
    s->status = end->err ? 255 : end->status;
    if (end->err)
        lab_error_copy(&s->err, end->err);
    if (s->local)
        lab_local_read(s->local, false);
    if (s->guest->closed)
        deliver(s);
    else
        deliver_when_flushed(s);
}

/* --- from here to the guest
 * ----------------------------------------------------------------------------- */

static void on_input(void *arg, const char *bytes, size_t n)
{
    struct lab_shell *s = arg;
    if (!s->channel)
        return;
    if (n)
        lab_channel_feed(s->channel, bytes, n);
    else
        lab_channel_feed_end(s->channel);
    if (s->channel->fed > INPUT_HIGH)
        lab_local_read(s->local, false);
}

static void shell_drained(struct lab_channel *ch)
{
    struct lab_shell *s = ch->arg;
    if (s->local)
        lab_local_read(s->local, true);
}

static int terminal_fd(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (plat_is_terminal(fd))
            return fd;
    return -1;
}

static void on_winch(uv_signal_t *handle, int number)
{
    (void)number;
    struct lab_shell *s = handle->data;
    int columns, rows;
    if (!s->channel)
        return;
    plat_terminal_size(terminal_fd(), &columns, &rows);
    lab_channel_size(s->channel, columns, rows);
}

/* --- from the guest to here
 * ----------------------------------------------------------------------------- */

static void shell_data(struct lab_channel *ch, int fd, const char *bytes, size_t n)
{
    struct lab_shell *s = ch->arg;
    if (!s->local)
        return;
    lab_local_write(s->local, fd, bytes, n);
    ch->paused = lab_local_queued(s->local) > OUTPUT_HIGH;
}

static void on_output_written(void *arg)
{
    struct lab_shell *s = arg;
    if (s->channel && s->channel->paused && lab_local_queued(s->local) < OUTPUT_HIGH / 2) {
        s->channel->paused = false;
        lab_guest_kick(s->guest);
    }
    deliver_when_flushed(s);
}

static void on_output_broken(void *arg, int fd, int error)
{
    struct lab_shell *s = arg;
    if (s->channel) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_fail(&err, LAB_HOST, "cannot write the output of %s on '%s' to %s: %s",
                 s->channel->name, s->guest->node, fd == 1 ? "stdout" : "stderr",
                 uv_strerror(error));
        s->channel->paused = false;
        lab_channel_abort(s->channel, &err);
    }
    deliver_when_flushed(s);
}

/* --- the beginning
 * ---------------------------------------------------------------------------------------- */

/* Not earlier: until the guest listens, Ctrl-C is meant for labctl. */
static void shell_started(struct lab_channel *ch)
{
    static const struct lab_local_ops ops = {on_input, on_output_written, on_output_broken};
    struct lab_shell *s = ch->arg;
    ch->deadline_ms = 0;
    s->local = lab_local_open(s->guest->loop, &ops, s);
    if (s->tty && plat_is_terminal(0)) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        if (plat_raw_begin(0, &err)) {
            lab_channel_abort(ch, &err);
            return;
        }
        s->raw = true;
    }
    if (s->tty && uv_signal_init(s->guest->loop, &s->winch) == 0) {
        s->winch.data = s;
        s->winch_open = true;
        uv_signal_start(&s->winch, on_winch, SIGWINCH);
    }
    lab_local_read(s->local, true);
}

static void shell_late(struct lab_channel *ch, struct lab_error *err)
{
    struct lab_guest *g = ch->guest;
    lab_fail(err, LAB_TIMEOUT, "no login on '%s' within %u s; last seen: %s", g->node,
             (unsigned)(login_ms / 1000), g->evidence);
    lab_error_hint(err, "look at the console log of %s in the lab's folder", g->node);
}

static void ask_for_terminal(struct lab_channel *ch)
{
    const char *term = plat_getenv("TERM");
    ch->pty = true;
    ch->term = lab_strndup(term ? term : "xterm-256color", term ? strnlen(term, 64) : 14);
    plat_terminal_size(terminal_fd(), &ch->columns, &ch->rows);
}

void lab_guest_shell(
    struct lab_guest *g, const char *command, bool tty, lab_shell_done done, void *arg)
{
    static const struct lab_channel_ops ops = {.data = shell_data,
                                               .end = shell_end,
                                               .started = shell_started,
                                               .drained = shell_drained,
                                               .late = shell_late};
    struct lab_shell *s = lab_alloc(sizeof(*s));
    s->guest = g;
    s->done = done;
    s->arg = arg;
    s->tty = tty;
    s->channel = lab_channel_new(g, LAB_CHANNEL_SHELL, command, &ops, s);
    s->channel->deadline_ms = lab_wire_now() + login_ms;
    if (tty)
        ask_for_terminal(s->channel);
    if (!g->shell) {
        g->shell = s;
        return;
    }
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_fail(&err, LAB_INTERNAL, "a shell on '%s' has the terminal already", g->node);
    lab_channel_abort(s->channel, &err);
}
