/* Making, feeding and ending channels; what they do on the wire is in channel_steps.c. */
#include "guest/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "guest/session.h"

enum {
    FEED_BLOCK = 32 * 1024,
    COMMAND_MAX = 30000 /* one SSH packet; libssh2 does not split requests */
};

/* --- making and feeding -------------------------------------------------------------------------
 */

static char *short_name(const char *command)
{
    struct lab_str text = LAB_STR_INIT;
    lab_put_printable(&text, command, strcspn(command, "\n"), 80);
    return lab_str_detach(&text);
}

struct lab_channel *lab_channel_new(struct lab_guest *g,
                                    enum lab_channel_kind kind,
                                    const char *command,
                                    const struct lab_channel_ops *ops,
                                    void *arg)
{
    struct lab_channel *ch = lab_alloc(sizeof(*ch));
    *ch = (struct lab_channel){.guest = g, .kind = kind, .ops = ops, .arg = arg, .status = -1};
    ch->command = lab_strdup(command);
    ch->name = command ? short_name(command) : lab_strdup(lab_tr("the login shell"));
    struct lab_channel **at = &g->channels;
    while (*at && kind != LAB_CHANNEL_FACTS && kind != LAB_CHANNEL_PING)
        at = &(*at)->next;
    ch->next = *at;
    *at = ch;
    if (command && strlen(command) > COMMAND_MAX) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_fail(&err, LAB_INTERNAL, "the command for '%s' is longer than %d bytes: %s", g->node,
                 COMMAND_MAX, ch->name);
        lab_channel_abort(ch, &err);
    }
    lab_guest_kick(g);
    return ch;
}

void lab_channel_feed(struct lab_channel *ch, const void *bytes, size_t n)
{
    const char *from = bytes;
    while (n && !ch->feed_ended) {
        size_t len = n < FEED_BLOCK ? n : FEED_BLOCK;
        struct lab_feed *block = lab_alloc(sizeof(*block) + len);
        memcpy(block->bytes, from, len);
        block->len = len;
        if (ch->feed_last)
            ch->feed_last->next = block;
        else
            ch->feed = block;
        ch->feed_last = block;
        ch->fed += len;
        from += len;
        n -= len;
    }
    lab_guest_kick(ch->guest);
}

void lab_channel_feed_end(struct lab_channel *ch)
{
    ch->feed_ended = true;
    lab_guest_kick(ch->guest);
}

static void drop_feed(struct lab_channel *ch)
{
    while (ch->feed) {
        struct lab_feed *block = ch->feed;
        ch->feed = block->next;
        lab_wipe(block->bytes, block->len); /* stdin is where secrets go */
        free(block);
    }
    ch->feed_last = NULL;
    ch->fed = 0;
}

void lab_channel_size(struct lab_channel *ch, int columns, int rows)
{
    ch->columns = columns;
    ch->rows = rows;
    ch->resize = true;
    lab_guest_kick(ch->guest);
}

void lab_channel_free(struct lab_channel *ch)
{
    drop_feed(ch);
    free(ch->command);
    free(ch->name);
    free(ch->term);
    free(ch->signal);
    lab_error_clear(&ch->err);
    free(ch);
}

/* --- ends
 * ------------------------------------------------------------------------------------------ */

bool lab_channel_in_setup(const struct lab_channel *ch)
{
    return ch->state >= LAB_CHANNEL_OPEN && ch->state <= LAB_CHANNEL_START;
}

void lab_channel_set(struct lab_channel *ch, enum lab_channel_state state)
{
    struct lab_guest *g = ch->guest;
    bool bounded = (state >= LAB_CHANNEL_OPEN && state <= LAB_CHANNEL_START) ||
                   state == LAB_CHANNEL_ABORT || state == LAB_CHANNEL_FREE;
    ch->state = state;
    /* A heartbeat that is not answered is the session's business. */
    bounded = bounded && ch->kind != LAB_CHANNEL_PING;
    ch->step_ms = bounded ? lab_wire_now() + g->step_ms : 0;
    if (lab_channel_in_setup(ch))
        g->setup = ch;
    else if (g->setup == ch)
        g->setup = NULL;
}

void lab_channel_abort(struct lab_channel *ch, struct lab_error *err)
{
    if (ch->ended)
        return;
    ch->ended = true;
    lab_error_move(&ch->err, err);
    drop_feed(ch);
    if (ch->state == LAB_CHANNEL_WAIT)
        lab_channel_set(ch, LAB_CHANNEL_GONE);
    else if (ch->state == LAB_CHANNEL_RUN || ch->state == LAB_CHANNEL_CLOSED)
        lab_channel_set(ch, LAB_CHANNEL_ABORT);
    /* In OPEN to START the answer must still be read; step() aborts after it. */
    lab_guest_kick(ch->guest);
}

void lab_channel_cut(struct lab_channel *ch, const char *why)
{
    enum lab_channel_state was = ch->state;
    ch->ssh = NULL;
    if (ch->kind == LAB_CHANNEL_PING)
        ch->ended = true;
    else if (was == LAB_CHANNEL_WAIT)
        return;
    if (ch->ended) {
        lab_channel_set(ch, LAB_CHANNEL_GONE);
        return;
    }
    if (was == LAB_CHANNEL_OPEN || was == LAB_CHANNEL_PTY) {
        lab_channel_set(ch, LAB_CHANNEL_WAIT); /* nothing has run: the next connection takes it */
        return;
    }
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_fail(&err, LAB_GUEST,
             "the connection to '%s' dropped before the command's status arrived (%s): %s",
             ch->guest->node, ch->name, why);
    lab_channel_set(ch, LAB_CHANNEL_GONE);
    lab_channel_abort(ch, &err);
}

int lab_channel_expire(struct lab_channel *ch, uint64_t now)
{
    if (!ch->ended && ch->deadline_ms && now >= ch->deadline_ms) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        ch->ops->late(ch, &err);
        lab_channel_abort(ch, &err);
    }
    return ch->step_ms && now >= ch->step_ms ? -1 : 0;
}

void lab_channel_tell(struct lab_channel *ch)
{
    if (ch->told)
        return;
    ch->told = true;
    struct lab_channel_end end = {ch->status, ch->signal, ch->err.code == LAB_OK ? NULL : &ch->err};
    ch->ops->end(ch, &end);
}
