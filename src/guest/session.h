/* Inside of src/guest: the node's session, its connection and what runs on it. */
#ifndef LAB_GUEST_SESSION_H
#define LAB_GUEST_SESSION_H

#include "guest/channel.h"
#include "guest/facts.h"
#include "guest/guest.h"
#include "guest/shell.h"
#include "guest/wire.h"

enum lab_session_state {
    LAB_SESSION_PAUSE, /* until the next attempt */
    LAB_SESSION_CONNECT,
    LAB_SESSION_HANDSHAKE,
    LAB_SESSION_HOSTKEY,
    LAB_SESSION_AUTH,
    LAB_SESSION_READY,
    LAB_SESSION_OVER, /* for good: another host key, an unusable key, or closed */
    LAB_SESSION_STATES
};

/* Why the link is where it is; the same reason again only makes "since" longer. */
enum lab_why {
    LAB_WHY_NONE,
    LAB_WHY_PROGRESS,
    LAB_WHY_NO_SOCKET,
    LAB_WHY_NO_ROUTE,
    LAB_WHY_NO_ANSWER,
    LAB_WHY_REFUSED,
    LAB_WHY_UNREACHABLE,
    LAB_WHY_NO_BANNER,
    LAB_WHY_NOT_SSH,
    LAB_WHY_CLOSED_EARLY,
    LAB_WHY_HANDSHAKE,
    LAB_WHY_FLOOD,
    LAB_WHY_LOGIN,
    LAB_WHY_LOGIN_SLOW,
    LAB_WHY_CLOSED,
    LAB_WHY_SILENT,
    LAB_WHY_CHANNEL,
    LAB_WHY_FACTS,
    LAB_WHY_FINAL
};

struct lab_guest {
    uv_loop_t *loop;
    uv_timer_t timer;
    char *node, *user, *key;
    char *where; /* "10.0.0.5:22" */
    uint32_t ip;
    uint16_t port;
    unsigned char *hostkey;
    size_t hostkey_len;
    uint64_t retry_ms, step_ms, beat_ms;
    struct lab_guest_events events;
    void *arg;

    enum lab_session_state state;
    uint64_t state_deadline; /* 0: none */
    struct lab_wire *wire;
    unsigned refusals; /* logins refused in a row */
    struct lab_error fatal;

    enum lab_link link;
    enum lab_why why;
    uint64_t why_since, said_ms;
    char *evidence;

    struct lab_channel *channels, *setup, *ping;
    struct lab_channel *spent; /* to be freed when no pump can hold them any more */
    struct lab_facts facts;
    struct lab_shell *shell; /* one at a time: there is one terminal */

    unsigned busy; /* depth of our own frames on the stack */
    bool kicked;   /* while busy: another turn is wanted */
    bool closed;
};

/* Reports a link with its evidence; repeats of the same reason at most every 5 s. */
void lab_guest_say(struct lab_guest *g, enum lab_link link, enum lab_why why, const char *fmt, ...)
    LAB_PRINTF(4, 5);
/* The same for guest->fatal, with which the session ended for good. */
void lab_guest_say_final(struct lab_guest *g);
/* Takes the session and its channels as far as they go now; only from the loop. */
void lab_guest_run(struct lab_guest *g);
/* The same soon, from anywhere. */
void lab_guest_kick(struct lab_guest *g);
/* Gives the connection up and tries again after a pause. */
void lab_guest_drop(struct lab_guest *g, enum lab_link link, enum lab_why why, const char *fmt, ...)
    LAB_PRINTF(4, 5);
void lab_guest_over(struct lab_guest *g, struct lab_error *err); /* for good; err is moved */

/* states.c: one function per state; true when the next state is to be taken at once. */
bool lab_session_step(struct lab_guest *g);
void lab_session_late(struct lab_guest *g); /* the state's deadline has passed */
void lab_session_lost(struct lab_guest *g); /* the connection ended in this state */
void lab_session_set(struct lab_guest *g, enum lab_session_state state, uint64_t limit_ms);
/* The server's or libssh2's own words for what went wrong last; borrowed from the connection. */
const char *lab_session_words(const struct lab_guest *g);
const char *lab_session_state_name(enum lab_session_state state);

#endif
