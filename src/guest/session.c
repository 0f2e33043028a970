/* The node's session: opening, closing, its one timer, and the turn that drives it. */
#include "guest/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/ipv4.h"

static const uint64_t step_default_ms = 20000;
static const uint64_t retry_default_ms = 500;
static const uint64_t beat_min_ms = 4000;

/* --- channels of the session
 * ---------------------------------------------------------------------- */

static void unlink_channel(struct lab_guest *g, struct lab_channel *gone)
{
    struct lab_channel **at = &g->channels;
    while (*at && *at != gone)
        at = &(*at)->next;
    if (*at)
        *at = gone->next;
    gone->next = g->spent;
    g->spent = gone;
}

static void free_spent(struct lab_guest *g)
{
    while (g->spent) {
        struct lab_channel *ch = g->spent;
        g->spent = ch->next;
        lab_channel_free(ch);
    }
}

static struct lab_channel *next_to_reap(struct lab_guest *g)
{
    for (struct lab_channel *ch = g->channels; ch; ch = ch->next)
        if (ch->ended && (!ch->told || ch->state == LAB_CHANNEL_GONE))
            return ch;
    return NULL;
}

/* Callbacks may start commands or close the guest, so the list is looked at anew after each. */
static void reap(struct lab_guest *g)
{
    struct lab_channel *ch;
    while (!g->closed && (ch = next_to_reap(g))) {
        if (!ch->told)
            lab_channel_tell(ch);
        else
            unlink_channel(g, ch);
    }
}

static void cut_channels(struct lab_guest *g, const char *why)
{
    for (struct lab_channel *ch = g->channels; ch; ch = ch->next)
        lab_channel_cut(ch, why);
    g->setup = NULL;
}

static void fail_channels(struct lab_guest *g)
{
    for (struct lab_channel *ch = g->channels; ch; ch = ch->next) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_error_copy(&err, &g->fatal);
        lab_error_wrap(&err, "cannot run %s on '%s'", ch->name, g->node);
        lab_channel_abort(ch, &err);
    }
}

/* libssh2 reads any channel's packets while it works for one, so a round is repeated until nothing
 * moves. What can move is bounded by the bytes of one read. */
static void run_channels(struct lab_guest *g)
{
    bool moved = true;
    while (moved && !g->closed && g->state == LAB_SESSION_READY) {
        moved = false;
        for (struct lab_channel *ch = g->channels; ch; ch = ch->next) {
            int rc = lab_channel_step(ch, &moved);
            if (g->closed)
                return;
            if (rc) {
                const char *flood = lab_tr("sent more than labctl keeps for one guest");
                lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_CLOSED,
                               "the SSH session with %s broke: %s", g->where,
                               g->wire->heap.exhausted ? flood : lab_session_words(g));
                return;
            }
        }
        reap(g);
    }
}

/* --- the turn
 * ------------------------------------------------------------------------------------- */

static void finish(struct lab_guest *g);

static void rearm(struct lab_guest *g);

static void leave(struct lab_guest *g)
{
    if (--g->busy)
        return;
    free_spent(g);
    if (g->closed)
        finish(g);
    else
        rearm(g);
}

void lab_guest_run(struct lab_guest *g)
{
    if (g->closed)
        return;
    g->busy++;
    while (!g->closed && lab_session_step(g))
        ;
    if (!g->closed && g->state == LAB_SESSION_READY)
        lab_facts_keep(g, lab_wire_now());
    run_channels(g);
    if (!g->closed && g->wire && lab_wire_spent(g->wire))
        lab_session_lost(g);
    if (!g->closed && g->state == LAB_SESSION_OVER)
        fail_channels(g);
    reap(g);
    if (!g->closed && g->wire) {
        lab_wire_flush(g->wire);
        lab_wire_resume(g->wire);
    }
    leave(g);
}

/* --- giving up a connection
 * ------------------------------------------------------------------------- */

unsigned lab_guest_refusals(const struct lab_guest *g)
{
    return g->refusals;
}

/* Half as much again at random, so that many guests do not knock in step. A refused login costs
 * OpenSSH 9.8 and later a penalty of 5 s each, and 15 s of them shut the door: these pauses stay
 * below. */
static uint64_t pause_ms(const struct lab_guest *g, enum lab_why why)
{
    static const unsigned after_refusal[] = {1, 2, 4, 8, 12};
    unsigned n = why == LAB_WHY_LOGIN ? g->refusals : 0;
    if (n >= LAB_ARRAY_LEN(after_refusal))
        n = LAB_ARRAY_LEN(after_refusal) - 1;
    uint64_t pause = g->retry_ms * after_refusal[n];
    uint32_t dice;
    lab_random(&dice, sizeof(dice));
    return pause + dice % (pause / 2 + 1);
}

void lab_guest_drop(struct lab_guest *g, enum lab_link link, enum lab_why why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap); /* may quote the wire: format before closing it */
    va_end(ap);
    lab_wire_close(g->wire);
    g->wire = NULL;
    cut_channels(g, text);
    lab_session_set(g, LAB_SESSION_PAUSE, pause_ms(g, why));
    lab_guest_say(g, link, why, "%s", text);
    reap(g);
}

void lab_guest_over(struct lab_guest *g, struct lab_error *err)
{
    lab_error_move(&g->fatal, err);
    lab_wire_close(g->wire);
    g->wire = NULL;
    cut_channels(g, g->fatal.message);
    lab_session_set(g, LAB_SESSION_OVER, 0);
    lab_guest_say_final(g);
}

/* --- the timer
 * ---------------------------------------------------------------------------------------- */

static void ping_end(struct lab_channel *ch, const struct lab_channel_end *end)
{
    (void)end;
    ch->guest->ping = NULL;
}

static void ping_late(struct lab_channel *ch, struct lab_error *err)
{
    lab_fail(err, LAB_GUEST, "no heartbeat from '%s'", ch->guest->node);
}

/* Any byte is a sign of life; without one we ask. TCP alone notices a dead guest after minutes. */
static void check_beat(struct lab_guest *g, uint64_t now)
{
    static const struct lab_channel_ops ping_ops = {.end = ping_end, .late = ping_late};
    uint64_t silent = now - g->wire->last_in_ms;
    if (silent >= g->beat_ms)
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_SILENT, "no data from %s for %u s", g->where,
                       (unsigned)(silent / 1000));
    else if (silent >= g->beat_ms / 3 && !g->ping)
        g->ping = lab_channel_new(g, LAB_CHANNEL_PING, NULL, &ping_ops, g);
}

static void check_channels(struct lab_guest *g, uint64_t now)
{
    for (struct lab_channel *ch = g->channels; ch; ch = ch->next) {
        if (lab_channel_expire(ch, now) == 0)
            continue;
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_CHANNEL,
                       "%s does not %s a channel for %s within %u s", g->where,
                       lab_channel_in_setup(ch) ? lab_tr("open") : lab_tr("close"), ch->name,
                       (unsigned)(g->step_ms / 1000));
        return;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct lab_guest *g = timer->data;
    if (g->closed)
        return;
    uint64_t now = lab_wire_now();
    g->busy++;
    if (g->state_deadline && now >= g->state_deadline)
        lab_session_late(g);
    if (!g->closed && g->state == LAB_SESSION_READY)
        check_beat(g, now);
    if (!g->closed)
        check_channels(g, now);
    if (!g->closed && g->state == LAB_SESSION_READY && lab_facts_expire(g, now))
        lab_guest_drop(g, LAB_LINK_DOWN, LAB_WHY_FACTS, "%s answers, but no fact comes from it",
                       g->where);
    lab_guest_run(g);
    leave(g);
}

static void sooner(uint64_t *at, uint64_t other)
{
    if (other && other < *at)
        *at = other;
}

static uint64_t next_deadline(const struct lab_guest *g)
{
    uint64_t at = UINT64_MAX;
    sooner(&at, g->state_deadline);
    for (const struct lab_channel *ch = g->channels; ch; ch = ch->next) {
        if (!ch->ended)
            sooner(&at, ch->deadline_ms);
        sooner(&at, ch->step_ms);
    }
    if (g->state == LAB_SESSION_READY) {
        sooner(&at, g->wire->last_in_ms + (g->ping ? g->beat_ms : g->beat_ms / 3));
        sooner(&at, lab_facts_due(g));
    }
    return at;
}

static void arm(struct lab_guest *g, uint64_t delay)
{
    uv_update_time(g->loop);
    uv_timer_start(&g->timer, on_timer, delay, 0);
}

static void rearm(struct lab_guest *g)
{
    uint64_t at = next_deadline(g), now = lab_wire_now();
    if (g->kicked)
        at = now;
    g->kicked = false;
    if (at == UINT64_MAX)
        uv_timer_stop(&g->timer);
    else
        arm(g, at > now ? at - now : 1);
}

void lab_guest_kick(struct lab_guest *g)
{
    if (g->busy)
        g->kicked = true;
    else if (!g->closed)
        arm(g, 0);
}

/* --- open and close
 * ------------------------------------------------------------------------------------ */

struct lab_guest *lab_guest_open(uv_loop_t *loop,
                                 const struct lab_guest_target *target,
                                 const char *facts_script,
                                 const struct lab_guest_events *events,
                                 void *arg)
{
    struct lab_guest *g = lab_alloc(sizeof(*g));
    char ip[LAB_IPV4_TEXT];
    g->loop = loop;
    g->node = lab_strdup(target->node);
    g->user = lab_strdup(target->user);
    g->key = lab_strdup(target->private_key);
    g->ip = target->ip;
    g->port = target->port ? target->port : 22;
    g->where = lab_format("%s:%u", lab_ipv4_format(g->ip, ip), (unsigned)g->port);
    g->hostkey = lab_alloc(target->hostkey_len);
    g->hostkey_len = target->hostkey_len;
    if (target->hostkey_len)
        memcpy(g->hostkey, target->hostkey, target->hostkey_len);
    g->retry_ms = target->retry_ms ? target->retry_ms : retry_default_ms;
    g->step_ms = target->step_timeout_ms ? target->step_timeout_ms : step_default_ms;
    g->beat_ms = g->step_ms / 4 * 3 > beat_min_ms ? g->step_ms / 4 * 3 : beat_min_ms;
    g->events = *events;
    g->arg = arg;
    g->evidence = lab_strdup(lab_tr("not tried yet"));
    lab_facts_init(g, facts_script, target->facts_command);
    uv_timer_init(loop, &g->timer);
    g->timer.data = g;
    lab_session_set(g, LAB_SESSION_PAUSE, 1);
    arm(g, 1);
    return g;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct lab_guest *g = handle->data;
    lab_wipe(g->key, strlen(g->key));
    free(g->key);
    free(g->node);
    free(g->user);
    free(g->where);
    free(g->hostkey);
    free(g->evidence);
    lab_error_clear(&g->fatal);
    lab_facts_clear(&g->facts);
    free(g);
}

static void finish(struct lab_guest *g)
{
    lab_wire_close(g->wire);
    g->wire = NULL;
    while (g->channels)
        unlink_channel(g, g->channels);
    free_spent(g);
    uv_close((uv_handle_t *)&g->timer, on_timer_closed);
}

static void cancel_channels(struct lab_guest *g)
{
    struct lab_channel *ch = g->channels;
    while (ch) {
        if (ch->told) {
            ch = ch->next;
            continue;
        }
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_fail(&err, LAB_CANCELLED, "%s on '%s' was cancelled", ch->name, g->node);
        ch->ended = true;
        lab_error_move(&ch->err, &err);
        lab_channel_tell(ch);
        ch = g->channels; /* the callback may have added or removed some */
    }
}

void lab_guest_close(struct lab_guest *g)
{
    if (!g || g->closed)
        return;
    g->closed = true;
    g->busy++;
    cancel_channels(g);
    lab_shell_cancel(g);
    leave(g);
}
