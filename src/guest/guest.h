/* Guests over SSH (libssh2, non-blocking, on the one loop): one long-lived session per node that
 * reconnects by itself, streams facts, and carries commands beside them.
 *
 * The first connection is already pinned: the server's ed25519 key must be the one that labctl put
 * on the seed ISO, or the session ends with LAB_INTEGRITY before any credential is offered.
 *
 * All callbacks come on the loop's thread, never from inside a call of this API. */
#ifndef LAB_GUEST_GUEST_H
#define LAB_GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "base/str.h"

/* How far the last attempt to connect came, or the present one if that is further: a guest that is
 * stuck at one point stays there over the retries. A session that is lost falls to DOWN. */
enum lab_link {
    LAB_LINK_DOWN,    /* nothing answers (evidence: "no route", "timed out", …) */
    LAB_LINK_ADDRESS, /* the address answers, if only with "connection refused" */
    LAB_LINK_PORT,    /* TCP connection to port 22 made */
    LAB_LINK_HOSTKEY, /* handshake done and the pinned host key proved */
    LAB_LINK_LOGIN    /* logged in */
};
const char *lab_link_name(enum lab_link link);

/* All of it is copied. */
struct lab_guest_target {
    const char *node;
    uint32_t ip;
    uint16_t port; /* 0: 22 */
    const char *user;
    const char *private_key;      /* OpenSSH private key, PEM text, ed25519 */
    const unsigned char *hostkey; /* SSH wire form of the pinned public key */
    size_t hostkey_len;
    uint64_t retry_ms;        /* pause between attempts; 0: 500 */
    uint64_t step_timeout_ms; /* handshake, login and other steps; 0: 20 s (60 s under emulation).
                               * Three quarters of it without a sign of life end a session. */
    /* What reads the facts script; NULL: "sudo -n sh -s", or "sh -s" for root. */
    const char *facts_command;
};

struct lab_guest_events {
    /* The link rose or fell, or the reason for where it is changed; the same reason comes again at
     * most every 5 s, with "since …". At LOGIN it may also say why there are no facts. evidence:
     * one printable line, never NULL. err is set only for what retrying cannot mend (LAB_INTEGRITY:
     * another host key; LAB_USAGE: the private key cannot be loaded); then the guest stays DOWN. */
    void (*link)(void *arg, enum lab_link link, const char *evidence, const struct lab_error *err);
    /* A fact from the stream (see seeds/guest/facts for keys); NULL when facts are not wanted. */
    void (*fact)(void *arg, const char *key, const char *value);
};

struct lab_guest;

/* Starts connecting at once. facts_script: text of seeds/guest/facts, or NULL for no stream. */
struct lab_guest *lab_guest_open(uv_loop_t *loop,
                                 const struct lab_guest_target *target,
                                 const char *facts_script,
                                 const struct lab_guest_events *events,
                                 void *arg);
/* Logins that it refused in a row. */
unsigned lab_guest_refusals(const struct lab_guest *guest);

/* Ends the session; pending commands end with LAB_CANCELLED before this returns, no callback comes
 * after it. Memory is released by the loop later. */
void lab_guest_close(struct lab_guest *guest);

struct lab_exec_result {
    int status;               /* exit status; 128 + n after a signal; -1 with err */
    const char *signal;       /* "KILL": ended by it; else NULL */
    const char *out, *errout; /* NUL-terminated, bounded; empty when streamed */
    size_t out_len, errout_len;
};
/* err NULL: the command ran to its end and its status arrived. With err, result holds what had
 * come. */
typedef void (*lab_exec_done)(void *arg,
                              const struct lab_exec_result *result,
                              const struct lab_error *err);
typedef void (*lab_exec_data)(void *arg, int fd /* 1 or 2 */, const char *bytes, size_t n);

struct lab_exec {
    const char *command; /* for the remote login shell */
    const void *input;   /* bytes for its stdin, then EOF; copied; may be NULL */
    size_t input_len;
    uint64_t timeout_ms; /* 0: 60 s; UINT64_MAX: none */
    lab_exec_data data;  /* NULL: collected into the result; more than 1 MiB each is LAB_GUEST */
    lab_exec_done done;
    void *arg;
};
/* Runs on the node's session as soon as it is logged in; when the session drops before the status
 * arrived: LAB_GUEST, saying so (never status 0). Eight run at once, the rest wait. A command that
 * runs out of time is left alone in the guest: sshd ends it only when it writes to us. */
void lab_guest_exec(struct lab_guest *guest, const struct lab_exec *exec);

/* The same for a command whose stdin is written to while it runs; exec's own input is not used. The
 * command ends only after lab_stream_end(), unless it ends by itself. Until done comes the stream
 * is valid; with it, it is gone. */
struct lab_stream;
struct lab_stream *lab_guest_stream(struct lab_guest *guest,
                                    const struct lab_exec *exec,
                                    /* the command runs, or takes more again; may be NULL */
                                    void (*ready)(void *arg));
void lab_stream_write(struct lab_stream *stream, const void *bytes, size_t n); /* copied */
size_t lab_stream_waiting(const struct lab_stream *stream); /* bytes that are not sent yet */
void lab_stream_end(struct lab_stream *stream);             /* EOF */
/* Gives it up: done comes with err (moved), the command is left alone. */
void lab_stream_abort(struct lab_stream *stream, struct lab_error *err);

/* An interactive session on this process's terminal (or pipes when tty is false): raw mode, window
 * size and its changes passed on. Ends the loop work by done(status), after our stdout has taken
 * all: the remote status, 128 + n for a signal, 255 with err. command NULL: login shell. The login
 * is waited for 60 s. One at a time. */
typedef void (*lab_shell_done)(void *arg, int status, const struct lab_error *err);
void lab_guest_shell(
    struct lab_guest *guest, const char *command, bool tty, lab_shell_done done, void *arg);

/* Loads the key as libssh2 would need it. RSA: LAB_USAGE with the reason (libssh2 1.10). */
int lab_guest_check_key(const char *private_key, struct lab_error *err) LAB_MUST_CHECK;

int lab_guest_init(struct lab_error *err) LAB_MUST_CHECK; /* once per process */
void lab_guest_exit(void);

#endif
