/* What a channel does on the wire: one function per state. None waits: "stay" means until more
 * bytes have come. After EAGAIN each call is repeated with the same arguments. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "guest/session.h"

enum {
    WINDOW = 256 * 1024, /* what one channel can make libssh2 keep */
    PACKET = 32 * 1024,
    FEED_LOW = 64 * 1024,
    ACTIVE_MAX = 8 /* sshd's MaxSessions is 10 unless somebody changed it */
};

enum turn { STAY, MOVED, BROKEN };

static LIBSSH2_SESSION *ssh_of(const struct lab_channel *ch)
{
    return ch->guest->wire->ssh;
}

/* Errors that concern this channel only; all others mean that the connection is of no more use. */
static bool is_refusal(int rc)
{
    return rc == LIBSSH2_ERROR_CHANNEL_FAILURE || rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED ||
           rc == LIBSSH2_ERROR_REQUEST_DENIED;
}

static enum turn refused(struct lab_channel *ch, const char *what, const char *hint)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    char *said = NULL;
    libssh2_session_last_error(ssh_of(ch), &said, NULL, 0);
    lab_fail(&err, LAB_GUEST, "'%s' refused %s for '%s': %s", ch->guest->node, what, ch->name,
             said ? said : lab_tr("no reason given"));
    lab_error_hint(&err, "%s", hint);
    lab_channel_abort(ch, &err);
    lab_channel_set(ch, ch->ssh ? LAB_CHANNEL_ABORT : LAB_CHANNEL_GONE);
    return MOVED;
}

/* What every answered request does: give way when we were aborted meanwhile, else go on. */
static enum turn go_on(struct lab_channel *ch, enum lab_channel_state next)
{
    lab_channel_set(ch, ch->ended ? LAB_CHANNEL_ABORT : next);
    return MOVED;
}

static unsigned active_channels(const struct lab_guest *g)
{
    unsigned n = 0;
    for (const struct lab_channel *ch = g->channels; ch; ch = ch->next)
        n += ch->kind != LAB_CHANNEL_PING && ch->state > LAB_CHANNEL_WAIT &&
             ch->state < LAB_CHANNEL_GONE;
    return n;
}

/* In the order of the list, where facts and heartbeats stand in front: a long queue of commands
 * must not keep them out. */
static bool is_next(const struct lab_channel *ch)
{
    const struct lab_guest *g = ch->guest;
    bool full = active_channels(g) >= ACTIVE_MAX;
    for (const struct lab_channel *at = g->channels; at; at = at->next)
        if (at->state == LAB_CHANNEL_WAIT && (at->kind == LAB_CHANNEL_PING || !full))
            return at == ch;
    return false;
}

static enum turn step_wait(struct lab_channel *ch)
{
    if (ch->guest->setup || !is_next(ch))
        return STAY;
    lab_channel_set(ch, LAB_CHANNEL_OPEN);
    return MOVED;
}

static enum turn step_open(struct lab_channel *ch)
{
    const char *type = ch->kind == LAB_CHANNEL_PING ? "heartbeat@labctl" : "session";
    ch->ssh =
        libssh2_channel_open_ex(ssh_of(ch), type, (unsigned)strlen(type), WINDOW, PACKET, NULL, 0);
    int rc = ch->ssh ? 0 : libssh2_session_last_errno(ssh_of(ch));
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return STAY;
    if (ch->kind == LAB_CHANNEL_PING && (rc == 0 || is_refusal(rc))) {
        ch->ended = true;
        lab_channel_set(ch, ch->ssh ? LAB_CHANNEL_ABORT : LAB_CHANNEL_GONE);
        return MOVED;
    }
    if (is_refusal(rc))
        return refused(ch, lab_tr("another session"),
                       lab_tr("see MaxSessions in the guest's /etc/ssh/sshd_config"));
    if (rc)
        return BROKEN;
    return go_on(ch, ch->pty ? LAB_CHANNEL_PTY : LAB_CHANNEL_START);
}

static enum turn step_pty(struct lab_channel *ch)
{
    int rc = libssh2_channel_request_pty_ex(ch->ssh, ch->term, (unsigned)strlen(ch->term), NULL, 0,
                                            ch->columns, ch->rows, 0, 0);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return STAY;
    if (is_refusal(rc))
        return refused(ch, lab_tr("a terminal"),
                       lab_tr("see PermitTTY in the guest's /etc/ssh/sshd_config"));
    return rc ? BROKEN : go_on(ch, LAB_CHANNEL_START);
}

static enum turn step_start(struct lab_channel *ch)
{
    const char *kind = ch->command ? "exec" : "shell";
    int rc = libssh2_channel_process_startup(ch->ssh, kind, (unsigned)strlen(kind), ch->command,
                                             ch->command ? (unsigned)strlen(ch->command) : 0);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return STAY;
    if (is_refusal(rc))
        return refused(ch, lab_tr("to start a command"),
                       lab_tr("look at the guest's log: journalctl -u ssh"));
    if (rc)
        return BROKEN;
    go_on(ch, LAB_CHANNEL_RUN);
    if (!ch->ended && ch->ops->started)
        ch->ops->started(ch);
    return MOVED;
}

static enum turn write_feed(struct lab_channel *ch)
{
    enum turn turn = STAY;
    while (ch->feed && lab_wire_backlog(ch->guest->wire) < LAB_WIRE_OUT_LOW) {
        struct lab_feed *block = ch->feed;
        ssize_t n =
            libssh2_channel_write(ch->ssh, block->bytes + block->off, block->len - block->off);
        if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
            break;
        if (n < 0)
            return BROKEN;
        turn = MOVED;
        block->off += (size_t)n;
        ch->fed -= (size_t)n;
        if (block->off < block->len)
            continue;
        ch->feed = block->next;
        if (!ch->feed)
            ch->feed_last = NULL;
        lab_wipe(block->bytes, block->len);
        free(block);
    }
    if (turn == MOVED && ch->fed < FEED_LOW && !ch->feed_ended && ch->ops->drained)
        ch->ops->drained(ch);
    return turn;
}

/* The window may change again while the last change is still to be sent. */
static bool write_size(struct lab_channel *ch)
{
    if (!ch->resize && !ch->resizing)
        return true;
    if (!ch->resizing) {
        ch->asked_columns = ch->columns;
        ch->asked_rows = ch->rows;
        ch->resize = false;
    }
    ch->resizing = libssh2_channel_request_pty_size(ch->ssh, ch->asked_columns, ch->asked_rows) ==
                   LIBSSH2_ERROR_EAGAIN;
    return !ch->resizing;
}

static enum turn write_requests(struct lab_channel *ch)
{
    if (!write_size(ch))
        return STAY;
    enum turn turn = write_feed(ch);
    if (turn == BROKEN || ch->feed || !ch->feed_ended || ch->eof_sent)
        return turn;
    int rc = libssh2_channel_send_eof(ch->ssh);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return turn;
    ch->eof_sent = true;
    return rc ? BROKEN : MOVED;
}

/* True while the channel's data may still be handed out: a callback may have ended everything. */
static bool open_for_data(const struct lab_channel *ch)
{
    return !ch->ended && !ch->guest->closed && !ch->paused;
}

/* Both streams, each until it is empty: with stderr unread libssh2 never reports the end of the
 * channel, and reading stdout alone would spin on 0. A paused channel still lets libssh2 take the
 * other channels' packets off the wire. */
static enum turn read_stream(struct lab_channel *ch, int fd)
{
    char bytes[LAB_WIRE_READ];
    enum turn turn = STAY;
    for (;;) {
        size_t room = open_for_data(ch) ? sizeof(bytes) : 0;
        ssize_t n =
            libssh2_channel_read_ex(ch->ssh, fd == 2 ? SSH_EXTENDED_DATA_STDERR : 0, bytes, room);
        if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
            return turn;
        if (n < 0)
            return BROKEN;
        turn = MOVED;
        ch->ops->data(ch, fd, bytes, (size_t)n);
    }
}

static enum turn step_run(struct lab_channel *ch)
{
    enum turn wrote = write_requests(ch);
    if (wrote == BROKEN)
        return BROKEN;
    enum turn out = read_stream(ch, 1);
    enum turn err = out == BROKEN ? BROKEN : read_stream(ch, 2);
    if (err == BROKEN)
        return BROKEN;
    if (ch->ended || ch->guest->closed || ch->paused || !libssh2_channel_eof(ch->ssh))
        return wrote == MOVED || out == MOVED || err == MOVED ? MOVED : STAY;
    lab_channel_set(ch, LAB_CHANNEL_CLOSED);
    return MOVED;
}

/* As a local shell reports a command that a signal ended; never 0, which is what libssh2 gives. */
static int signal_status(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"HUP", 1},   {"INT", 2},   {"QUIT", 3},  {"ILL", 4},   {"ABRT", 6},
                 {"FPE", 8},   {"KILL", 9},  {"USR1", 10}, {"SEGV", 11}, {"USR2", 12},
                 {"PIPE", 13}, {"ALRM", 14}, {"TERM", 15}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return 128 + known[i].number;
    return 255;
}

static void read_signal(struct lab_channel *ch)
{
    char *name = NULL;
    size_t len = 0;
    libssh2_channel_get_exit_signal(ch->ssh, &name, &len, NULL, NULL, NULL, NULL);
    if (!name)
        return;
    struct lab_str text = LAB_STR_INIT;
    lab_put_printable(&text, name, len, 32);
    ch->signal = lab_str_detach(&text);
    libssh2_free(ssh_of(ch), name);
}

/* The status is 0 until it has arrived, and 0 after a death by signal: it is read only when the
 * guest has closed the channel, which it does last. */
static enum turn step_closed(struct lab_channel *ch)
{
    if (write_requests(ch) == BROKEN)
        return BROKEN;
    int rc = libssh2_channel_wait_closed(ch->ssh);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return STAY;
    if (rc)
        return BROKEN;
    read_signal(ch);
    ch->status = ch->signal ? signal_status(ch->signal) : libssh2_channel_get_exit_status(ch->ssh);
    ch->ended = true;
    lab_channel_set(ch, LAB_CHANNEL_FREE);
    return MOVED;
}

static enum turn step_free(struct lab_channel *ch)
{
    int rc = libssh2_channel_free(ch->ssh);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return STAY;
    ch->ssh = NULL;
    lab_channel_set(ch, LAB_CHANNEL_GONE);
    return MOVED;
}

static enum turn step_gone(struct lab_channel *ch)
{
    (void)ch;
    return STAY;
}

static enum turn (*const steps[])(struct lab_channel *ch) = {
    [LAB_CHANNEL_WAIT] = step_wait,  [LAB_CHANNEL_OPEN] = step_open,
    [LAB_CHANNEL_PTY] = step_pty,    [LAB_CHANNEL_START] = step_start,
    [LAB_CHANNEL_RUN] = step_run,    [LAB_CHANNEL_CLOSED] = step_closed,
    [LAB_CHANNEL_ABORT] = step_free, [LAB_CHANNEL_FREE] = step_free,
    [LAB_CHANNEL_GONE] = step_gone,
};
static_assert(LAB_ARRAY_LEN(steps) == LAB_CHANNEL_STATES, "every channel state has a step");

int lab_channel_step(struct lab_channel *ch, bool *moved)
{
    for (;;) {
        enum lab_channel_state was = ch->state;
        enum turn turn = steps[was](ch);
        if (turn == BROKEN)
            return -1;
        *moved |= turn == MOVED;
        if (turn == STAY || ch->state == was || ch->guest->closed)
            return 0;
    }
}
