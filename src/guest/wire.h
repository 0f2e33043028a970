/* One TCP connection and the libssh2 session on it.
 *
 * libssh2 never touches the socket: it reads from and writes to two buffers, and libuv moves the
 * bytes. So
 * - a call into libssh2 uses at most the bytes of one read (16 KiB): a peer that never stops
 * sending cannot hold the loop;
 * - sending always succeeds, so LIBSSH2_ERROR_EAGAIN only ever means "wait for more bytes"
 *   (libssh2_session_block_directions() is INBOUND) and the half-sent packet that makes every other
 *   call fail with LIBSSH2_ERROR_BAD_USE does not exist. The one remaining case, EAGAIN while keys
 * are exchanged anew, is met by calling again with the same arguments after the next read;
 * - nothing here knows which operating system it is on.
 *
 * A peer that makes us answer without reading our answers is not read any more until it does. */
#ifndef LAB_GUEST_WIRE_H
#define LAB_GUEST_WIRE_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include "base/str.h"
#include "guest/heap.h"

enum {
    LAB_WIRE_READ = 16 * 1024,
    LAB_WIRE_HEAD = 120,
    LAB_WIRE_OUT_LOW = 128 * 1024,  /* more waiting than this: no new data for the peer */
    LAB_WIRE_OUT_HIGH = 512 * 1024, /* more than this: nothing is read from it either */
    LAB_WIRE_HEAP = 8 * 1024 * 1024
};

/* Connected, bytes came or went, or it broke. Never called from inside lab_wire_open(). */
typedef void (*lab_wire_event)(void *arg);

struct lab_wire {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    lab_wire_event event;
    void *arg;

    LIBSSH2_SESSION *ssh;
    struct lab_heap heap;

    char in[LAB_WIRE_READ];
    size_t in_off, in_len;
    bool reading;
    struct lab_str out, flight; /* waiting; being written */
    bool writing;

    bool connected, closing;
    bool eof;                 /* the peer ended it (error 0), or it broke (error < 0) */
    int error;                /* libuv's number */
    uint64_t received;        /* bytes in all */
    uint64_t last_in_ms;      /* lab_wire_now() of the last ones */
    char head[LAB_WIRE_HEAD]; /* the first bytes, for evidence */
    size_t head_len;
    char *farewell; /* the peer's SSH_MSG_DISCONNECT text, or NULL */
};

/* 1.10 takes a function as void *, which ISO C does not convert; 1.11.1 has a typed call. */
#if LIBSSH2_VERSION_NUM >= 0x010b01
#define LAB_SSH2_CALLBACK(ssh, kind, fn)                                                           \
    libssh2_session_callback_set2((ssh), (kind), (libssh2_cb_generic *)(fn))
#else
#define LAB_SSH2_CALLBACK(ssh, kind, fn)                                                           \
    do {                                                                                           \
        __typeof__(&(fn)) set_fn_ = &(fn);                                                         \
        void *set_p_;                                                                              \
        memcpy(&set_p_, &set_fn_, sizeof(set_p_));                                                 \
        libssh2_session_callback_set((ssh), (kind), set_p_);                                       \
    } while (0)
#endif

uint64_t lab_wire_now(void); /* monotonic, ms */

/* Starts to connect. Always gives a wire; error is set at once when connecting could not even
 * start. */
struct lab_wire *
lab_wire_open(uv_loop_t *loop, uint32_t ip, uint16_t port, lab_wire_event event, void *arg);
/* Makes the libssh2 session; -1 when there is no memory for it. Needs a connected wire. */
int lab_wire_session(struct lab_wire *wire);
uv_os_fd_t lab_wire_fd(const struct lab_wire *wire);
/* After every turn of the session: writes what libssh2 left, reads on if there is room again. */
void lab_wire_flush(struct lab_wire *wire);
void lab_wire_resume(struct lab_wire *wire);
/* The peer has ended the connection and libssh2 has been given all that it sent. */
bool lab_wire_spent(const struct lab_wire *wire);
/* Bytes that libssh2 has written and the peer has not taken yet. */
size_t lab_wire_backlog(const struct lab_wire *wire);
bool lab_wire_banner_seen(const struct lab_wire *wire);
/* Says goodbye if that needs no waiting, frees the session at once and the rest in the loop. The
 * event does not come any more. Channels of the session are gone with it. NULL is fine. */
void lab_wire_close(struct lab_wire *wire);

#endif
