/* Channels: everything that runs in a guest is one channel of the node's session.
 *
 * WAIT → OPEN → (PTY) → START → RUN → CLOSED → FREE → GONE; ABORT instead of CLOSED when we end it.
 *
 * libssh2 (1.10) keeps the state of opening in the session, and while it waits for the answer to
 * one channel's request it takes the answer meant for another for an error. So OPEN to START is one
 * channel's alone: guest->setup.
 *
 * end() comes exactly once, whatever happens. */
#ifndef LAB_GUEST_CHANNEL_H
#define LAB_GUEST_CHANNEL_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct lab_guest;
struct lab_channel;

enum lab_channel_state {
    LAB_CHANNEL_WAIT, /* for the login and for its turn */
    LAB_CHANNEL_OPEN,
    LAB_CHANNEL_PTY,
    LAB_CHANNEL_START,
    LAB_CHANNEL_RUN,
    LAB_CHANNEL_CLOSED, /* both outputs ended; the status is on its way */
    LAB_CHANNEL_ABORT,  /* given up by us; being closed */
    LAB_CHANNEL_FREE,
    LAB_CHANNEL_GONE,
    LAB_CHANNEL_STATES
};

enum lab_channel_kind {
    LAB_CHANNEL_EXEC,
    LAB_CHANNEL_SHELL,
    LAB_CHANNEL_FACTS,
    /* A type that no server knows: being refused is the sign of life. Unlike the replies to
     * libssh2_keepalive_send(), which 1.10 keeps in memory for ever, this answer is consumed. */
    LAB_CHANNEL_PING
};

struct lab_channel_end {
    int status;         /* 128 + n after a signal; meaningful only when err is NULL */
    const char *signal; /* name when ended by one, else NULL */
    const struct lab_error *err;
};

struct lab_channel_ops {
    /* Bytes of stdout (1) or stderr (2). May call lab_channel_abort(). */
    void (*data)(struct lab_channel *ch, int fd, const char *bytes, size_t n);
    /* The channel object is freed after this returns. */
    void (*end)(struct lab_channel *ch, const struct lab_channel_end *end);
    /* May be NULL: the remote command runs; what was fed is on its way. */
    void (*started)(struct lab_channel *ch);
    void (*drained)(struct lab_channel *ch);
    /* Says why a channel ran out of time; message only. */
    void (*late)(struct lab_channel *ch, struct lab_error *err);
};

/* stdin waiting to be sent. Blocks never move: libssh2 wants the same arguments again after EAGAIN.
 */
struct lab_feed {
    struct lab_feed *next;
    size_t len, off;
    char bytes[];
};

struct lab_channel {
    struct lab_channel *next;
    struct lab_guest *guest;
    const struct lab_channel_ops *ops;
    void *arg;
    enum lab_channel_kind kind;
    enum lab_channel_state state;
    LIBSSH2_CHANNEL *ssh;
    char *command;        /* NULL: login shell */
    char *name;           /* for messages: the command's first line */
    uint64_t deadline_ms; /* of the whole, lab_wire_now(); 0: none */
    uint64_t step_ms;     /* of setting up or closing; 0: none */

    bool pty;
    char *term;
    int columns, rows;
    bool resize, resizing; /* a change is to be sent; is being sent */
    int asked_columns, asked_rows;

    struct lab_feed *feed, *feed_last;
    size_t fed; /* bytes waiting */
    bool feed_ended, eof_sent;
    bool paused; /* our side cannot take more output now */

    bool ended, told;
    int status;
    char *signal;
    struct lab_error err;
};

/* Queued at the end, facts and pings in front; taken up when the node is logged in. */
struct lab_channel *lab_channel_new(struct lab_guest *guest,
                                    enum lab_channel_kind kind,
                                    const char *command,
                                    const struct lab_channel_ops *ops,
                                    void *arg);
void lab_channel_feed(struct lab_channel *ch, const void *bytes, size_t n); /* copied */
void lab_channel_feed_end(struct lab_channel *ch);
void lab_channel_size(struct lab_channel *ch, int columns, int rows);
/* Ends it with err (moved), which end() gets; the guest's side is closed without waiting for it. */
void lab_channel_abort(struct lab_channel *ch, struct lab_error *err);

void lab_channel_set(struct lab_channel *ch, enum lab_channel_state state);

/* For the session. step: takes the channel as far as it goes without waiting; *moved when it went
 * anywhere; -1 when the connection cannot be used any more. */
int lab_channel_step(struct lab_channel *ch, bool *moved);
/* The connection is gone: back to WAIT when nothing was started, else ended with LAB_GUEST. */
void lab_channel_cut(struct lab_channel *ch, const char *why);
/* Looks at the deadlines; -1 when the connection is to be given up for it. */
int lab_channel_expire(struct lab_channel *ch, uint64_t now);
void lab_channel_tell(struct lab_channel *ch); /* calls end(), once */
void lab_channel_free(struct lab_channel *ch);
bool lab_channel_in_setup(const struct lab_channel *ch);

#endif
