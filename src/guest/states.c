/* One function per state of a session. None waits: it returns false and is called again when bytes
 * have come, or the state's deadline passes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "guest/session.h"

/* A server that is not proved yet may make us read this much. OpenSSH needs about 3 KiB. */
static const uint64_t unproved_max = 256 * 1024;

/* Longer than the kernel's second SYN, so that one lost packet costs no attempt. */
static const uint64_t connect_max_ms = 4000;

/* An attempt is reported when it comes further than the last one did, so that a guest that is stuck
 * somewhere does not fall and rise with every retry. */
static void rise(struct lab_guest *g, enum lab_link link, const char *text)
{
    if (link > g->link)
        lab_guest_say(g, link, LAB_WHY_PROGRESS, "%s", text);
}

/* --- pause, connect -----------------------------------------------------------------------------
 */

static void on_wire(void *arg)
{
    lab_guest_run(arg);
}

static bool step_nothing(struct lab_guest *g)
{
    (void)g;
    return false;
}

static void late_pause(struct lab_guest *g)
{
    uint64_t limit = g->step_ms < connect_max_ms ? g->step_ms : connect_max_ms;
    g->wire = lab_wire_open(g->loop, g->ip, g->port, on_wire, g);
    lab_session_set(g, LAB_SESSION_CONNECT, limit);
}

static void connect_failed(struct lab_guest *g, int error)
{
    switch (error) {
    case UV_ECONNREFUSED:
        lab_guest_drop(g, LAB_LINK_ADDRESS, LAB_WHY_REFUSED, "connection refused by %s", g->where);
        return;
    case UV_EHOSTUNREACH:
    case UV_EHOSTDOWN:
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_NO_ROUTE, "no route to host %s", g->where);
        return;
    case UV_ENETUNREACH:
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_UNREACHABLE,
                       "this host has no route to the network of %s", g->where);
        return;
    case UV_ETIMEDOUT:
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_NO_ANSWER, "no answer from %s", g->where);
        return;
    case UV_EMFILE:
    case UV_ENFILE:
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_NO_SOCKET,
                       "no connection to %s: this host has no free file descriptor (%s)", g->where,
                       uv_err_name(error));
        return;
    default:
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_NO_SOCKET, "no connection to %s: %s", g->where,
                       uv_strerror(error));
    }
}

static bool step_connect(struct lab_guest *g)
{
    if (g->wire->eof) {
        connect_failed(g, g->wire->error);
        return false;
    }
    if (!g->wire->connected)
        return false;
    if (lab_wire_session(g->wire)) {
        lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_HANDSHAKE, "libssh2 has no memory for a session");
        return false;
    }
    /* By default libssh2 asks for ECDSA first, and the pin is of the ed25519 key. */
    libssh2_session_method_pref(g->wire->ssh, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519");
    lab_session_set(g, LAB_SESSION_HANDSHAKE, g->step_ms);
    rise(g, LAB_LINK_PORT, lab_tr("accepts TCP, no SSH banner yet"));
    return true;
}

static void late_connect(struct lab_guest *g)
{
    lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_NO_ANSWER, "no answer from %s", g->where);
}

/* --- handshake and host key ---------------------------------------------------------------------
 */

static char *head_text(const struct lab_guest *g)
{
    struct lab_str text = LAB_STR_INIT;
    lab_put_printable(&text, g->wire->head, g->wire->head_len, 80);
    return lab_str_detach(&text);
}

static void drop_unbannered(struct lab_guest *g)
{
    if (!g->wire->received) {
        lab_guest_drop(g, LAB_LINK_PORT, g->wire->eof ? LAB_WHY_CLOSED_EARLY : LAB_WHY_NO_BANNER,
                       g->wire->eof
                           ? "%s accepts TCP and closes without an SSH banner"
                           : lab_tr("%s accepts TCP but sends no SSH banner (sshd not up yet)"),
                       g->where);
        return;
    }
    LAB_AUTOFREE char *head = head_text(g);
    lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_NOT_SSH,
                   "%s accepts TCP but answers \"%s\" instead of an SSH banner", g->where, head);
}

const char *lab_session_words(const struct lab_guest *g)
{
    char *text = NULL;
    if (g->wire->farewell)
        return g->wire->farewell;
    if (g->wire->ssh)
        libssh2_session_last_error(g->wire->ssh, &text, NULL, 0);
    return text && *text ? text : lab_tr("no reason given");
}

static void handshake_failed(struct lab_guest *g, int rc)
{
    if (!lab_wire_banner_seen(g->wire)) {
        drop_unbannered(g);
        return;
    }
    if (rc == LIBSSH2_ERROR_KEX_FAILURE && !g->wire->eof) {
        lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_HANDSHAKE,
                       "the SSH server at %s has no ed25519 host key, or no algorithm that labctl "
                       "knows",
                       g->where);
        return;
    }
    if (g->wire->eof || rc == LIBSSH2_ERROR_SOCKET_RECV || rc == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
        lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_CLOSED_EARLY,
                       "%s closed the connection during the SSH handshake", g->where);
        return;
    }
    lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_HANDSHAKE, "the SSH handshake with %s failed: %s (%d)",
                   g->where, lab_session_words(g), rc);
}

static bool step_handshake(struct lab_guest *g)
{
    int rc = libssh2_session_handshake(g->wire->ssh, (libssh2_socket_t)lab_wire_fd(g->wire));
    if (rc == 0) {
        lab_session_set(g, LAB_SESSION_HOSTKEY, g->step_ms);
        return true;
    }
    if (rc != LIBSSH2_ERROR_EAGAIN)
        handshake_failed(g, rc);
    else if (g->wire->received > unproved_max)
        lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_FLOOD,
                       "the server at %s sent more than %u KiB without proving its host key",
                       g->where, (unsigned)(unproved_max / 1024));
    return false;
}

static void late_handshake(struct lab_guest *g)
{
    if (!lab_wire_banner_seen(g->wire))
        drop_unbannered(g);
    else
        lab_guest_drop(g, LAB_LINK_PORT, LAB_WHY_HANDSHAKE,
                       "the SSH handshake with %s did not finish in %u s", g->where,
                       (unsigned)(g->step_ms / 1000));
}

static void lost_handshake(struct lab_guest *g)
{
    handshake_failed(g, LIBSSH2_ERROR_SOCKET_DISCONNECT);
}

static bool step_hostkey(struct lab_guest *g)
{
    size_t len = 0;
    const char *blob = libssh2_session_hostkey(g->wire->ssh, &len, NULL);
    if (blob && len == g->hostkey_len && memcmp(blob, g->hostkey, len) == 0) {
        rise(g, LAB_LINK_HOSTKEY, lab_tr("host key matches"));
        lab_session_set(g, LAB_SESSION_AUTH, g->step_ms);
        return true;
    }
    LAB_AUTOFREE char *expected = lab_sshkey_fingerprint(g->hostkey, g->hostkey_len);
    LAB_AUTOFREE char *got = blob ? lab_sshkey_fingerprint((const unsigned char *)blob, len)
                                  : lab_strdup(lab_tr("none"));
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_fail(&err, LAB_INTEGRITY,
             "the SSH server at %s is not '%s': host key differs: expected %s got %s", g->where,
             g->node, expected, got);
    lab_error_hint(&err,
                   "no login was tried. Another machine may have this address (ip neigh), or the "
                   "guest lost its host key; look at its console log, and provision anew with "
                   "'labctl up --recreate %s' if the guest is meant to be new",
                   g->node);
    lab_guest_over(g, &err);
    return false;
}

/* --- login
 * ---------------------------------------------------------------------------------------- */

static void login_refused(struct lab_guest *g)
{
    g->refusals++;
    const char *said = g->wire->farewell;
    lab_guest_drop(g, LAB_LINK_HOSTKEY, LAB_WHY_LOGIN,
                   "login refused for user '%s' with the lab's key (%u times)%s%s", g->user,
                   g->refusals, said ? ": " : "", said ? said : "");
}

static void auth_failed(struct lab_guest *g, int rc)
{
    /* libssh2 says "unverified" for anything that goes wrong while it waits for an answer. */
    if (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
        (rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED && g->wire->farewell)) {
        login_refused(g);
        return;
    }
    /* Its number for a key that it cannot read may be any (-16, -14, ...), so the key is asked. */
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (rc != LIBSSH2_ERROR_SOCKET_DISCONNECT && lab_guest_check_key(g->key, &err)) {
        lab_guest_over(g, &err);
        return;
    }
    lab_guest_drop(g, LAB_LINK_HOSTKEY, LAB_WHY_CLOSED_EARLY,
                   "%s closed the connection during the login of user '%s': %s (%d)", g->where,
                   g->user, lab_session_words(g), rc);
}

static bool step_auth(struct lab_guest *g)
{
    int rc = libssh2_userauth_publickey_frommemory(g->wire->ssh, g->user, strlen(g->user), NULL, 0,
                                                   g->key, strlen(g->key), NULL);
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return false;
    if (rc) {
        auth_failed(g, rc);
        return false;
    }
    g->refusals = 0;
    lab_session_set(g, LAB_SESSION_READY, 0);
    lab_guest_say(g, LAB_LINK_LOGIN, LAB_WHY_PROGRESS, "logged in as '%s'", g->user);
    return true;
}

static void lost_auth(struct lab_guest *g)
{
    auth_failed(g, LIBSSH2_ERROR_SOCKET_DISCONNECT);
}

static void late_auth(struct lab_guest *g)
{
    lab_guest_drop(g, LAB_LINK_HOSTKEY, LAB_WHY_LOGIN_SLOW,
                   "the login of user '%s' on %s did not finish in %u s", g->user, g->where,
                   (unsigned)(g->step_ms / 1000));
}

static void lost_ready(struct lab_guest *g)
{
    const char *said = g->wire->farewell;
    lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_CLOSED, "%s closed the connection%s%s", g->where,
                   said ? ": " : "", said ? said : "");
}

/* --- the table
 * ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    bool (*step)(struct lab_guest *g);
    void (*late)(struct lab_guest *g);
    void (*lost)(struct lab_guest *g); /* NULL: step sees it, or there is no connection */
} states[] = {
    [LAB_SESSION_PAUSE] = {"pause", step_nothing, late_pause, NULL},
    [LAB_SESSION_CONNECT] = {"connect", step_connect, late_connect, NULL},
    [LAB_SESSION_HANDSHAKE] = {"handshake", step_handshake, late_handshake, lost_handshake},
    [LAB_SESSION_HOSTKEY] = {"host key", step_hostkey, late_handshake, lost_handshake},
    [LAB_SESSION_AUTH] = {"login", step_auth, late_auth, lost_auth},
    [LAB_SESSION_READY] = {"ready", step_nothing, NULL, lost_ready},
    [LAB_SESSION_OVER] = {"over", step_nothing, NULL, NULL},
};
static_assert(LAB_ARRAY_LEN(states) == LAB_SESSION_STATES, "every session state has a row");

const char *lab_session_state_name(enum lab_session_state state)
{
    return states[state].name;
}

bool lab_session_step(struct lab_guest *g)
{
    return states[g->state].step(g);
}

void lab_session_late(struct lab_guest *g)
{
    g->state_deadline = 0;
    if (states[g->state].late)
        states[g->state].late(g);
}

void lab_session_lost(struct lab_guest *g)
{
    if (states[g->state].lost)
        states[g->state].lost(g);
}

void lab_session_set(struct lab_guest *g, enum lab_session_state state, uint64_t limit_ms)
{
    /* A guest that is not there yet goes round in pause, connect and handshake twice a second: the
     * reason is logged when it changes (lab_guest_say), the rounds are not. */
    if (state > LAB_SESSION_HANDSHAKE || (state > LAB_SESSION_CONNECT && g->link < LAB_LINK_PORT))
        lab_log("guest %s: %s -> %s", g->node, states[g->state].name, states[state].name);
    g->state = state;
    g->state_deadline = limit_ms ? lab_wire_now() + limit_ms : 0;
}
