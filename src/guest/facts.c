#include "guest/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "guest/session.h"

enum {
    LINES_PER_S = 500,
    BYTES_PER_S = 1024 * 1024,
    KEY_MAX = 64,
    SILENT_STREAMS_MAX = 2 /* then it is the connection that is given up */
};

static const char prefix[] = "LABCTL1 ";

void lab_facts_init(struct lab_guest *g, const char *script, const char *command)
{
    struct lab_facts *f = &g->facts;
    *f = (struct lab_facts){.line = LAB_STR_MAX(LAB_FACTS_LINE), .noise = LAB_STR_MAX(1024)};
    f->script = lab_strdup(script);
    if (command)
        f->command = lab_strdup(command);
    else
        f->command = lab_strdup(strcmp(g->user, "root") == 0 ? "sh -s" : "sudo -n sh -s");
}

void lab_facts_clear(struct lab_facts *f)
{
    free(f->script);
    free(f->command);
    lab_str_clear(&f->line);
    lab_str_clear(&f->noise);
}

/* --- lines
 * ---------------------------------------------------------------------------------------- */

static void note_noise(struct lab_facts *f, const char *bytes, size_t n)
{
    lab_str_truncate(&f->noise, 0);
    lab_put_printable(&f->noise, bytes, n, LAB_FACTS_NOISE);
}

static size_t key_length(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
    return n <= KEY_MAX && (text[n] == ' ' || text[n] == '\0') ? n : 0;
}

static bool is_fact(const char *line, size_t n, size_t *key_len)
{
    if (!lab_starts_with(line, prefix) || strlen(line) != n)
        return false;
    *key_len = key_length(line + sizeof(prefix) - 1);
    return *key_len > 0;
}

static void take_line(struct lab_guest *g, const char *line, size_t n)
{
    struct lab_facts *f = &g->facts;
    size_t key_len = 0;
    if (!is_fact(line, n, &key_len)) {
        if (n)
            note_noise(f, line, n);
        return;
    }
    const char *from = line + sizeof(prefix) - 1;
    LAB_AUTOFREE char *key = lab_strndup(from, key_len);
    from += key_len;
    from += *from == ' ';
    LAB_AUTO_STR struct lab_str value = LAB_STR_MAX(2 * LAB_FACTS_LINE);
    lab_put_printable(&value, from, strlen(from), LAB_FACTS_LINE);
    f->spoke = true;
    f->last_ms = lab_wire_now();
    f->window_lines++;
    if (g->why == LAB_WHY_FACTS)
        lab_guest_say(g, LAB_LINK_LOGIN, LAB_WHY_PROGRESS, "logged in as '%s', facts come",
                      g->user);
    if (g->events.fact && !g->closed)
        g->events.fact(g->arg, key, lab_str_get(&value));
}

static void end_line(struct lab_guest *g)
{
    struct lab_facts *f = &g->facts;
    if (f->skipping || !lab_str_ok(&f->line)) {
        lab_str_clear(&f->line);
        f->skipping = false;
        const char text[] = "(a line of more than 8 KiB)";
        note_noise(f, text, sizeof(text) - 1);
        return;
    }
    /* The callback may close the guest, and with it these buffers. */
    LAB_AUTO_STR struct lab_str line = f->line;
    f->line = (struct lab_str)LAB_STR_MAX(LAB_FACTS_LINE);
    if (line.len && line.ptr[line.len - 1] == '\r')
        lab_str_truncate(&line, line.len - 1);
    take_line(g, lab_str_get(&line), line.len);
}

void lab_facts_take(struct lab_guest *g, const char *bytes, size_t n)
{
    struct lab_facts *f = &g->facts;
    while (n && !g->closed) {
        const char *newline = memchr(bytes, '\n', n);
        size_t part = newline ? (size_t)(newline - bytes) : n;
        if (!f->skipping)
            lab_str_addn(&f->line, bytes, part);
        if (!lab_str_ok(&f->line))
            f->skipping = true;
        if (!newline)
            return;
        end_line(g);
        bytes += part + 1;
        n -= part + 1;
    }
}

/* A guest that pours lines would keep the loop, the ledger and the screen busy for nothing. */
static bool too_fast(struct lab_facts *f, size_t n)
{
    uint64_t now = lab_wire_now();
    if (now - f->window_ms >= 1000) {
        f->window_ms = now;
        f->window_lines = f->window_bytes = 0;
    }
    f->window_bytes += n;
    return f->window_lines > LINES_PER_S || f->window_bytes > BYTES_PER_S;
}

static void facts_data(struct lab_channel *ch, int fd, const char *bytes, size_t n)
{
    struct lab_guest *g = ch->guest;
    struct lab_facts *f = &g->facts;
    if (too_fast(f, n)) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_fail(&err, LAB_GUEST, "it poured out more than %d lines or 1 MiB in a second",
                 LINES_PER_S);
        f->spoke = false; /* so that the pauses grow */
        lab_channel_abort(ch, &err);
        return;
    }
    if (fd == 1)
        lab_facts_take(g, bytes, n);
    else
        note_noise(f, bytes, n);
}

/* --- the stream's life
 * ------------------------------------------------------------------------------ */

static uint64_t restart_pause(const struct lab_guest *g)
{
    unsigned shift = g->facts.failures < 5 ? g->facts.failures : 5;
    return g->retry_ms << shift;
}

static void say_why(struct lab_guest *g, const struct lab_channel_end *end)
{
    const char *noise = lab_str_get(&g->facts.noise);
    if (strstr(noise, "sudo:")) {
        lab_guest_say(g, LAB_LINK_LOGIN, LAB_WHY_FACTS,
                      "logged in, but user '%s' may not use sudo without a password: %s", g->user,
                      noise);
        return;
    }
    if (end->err)
        lab_guest_say(g, LAB_LINK_LOGIN, LAB_WHY_FACTS, "logged in, but the facts ended: %s",
                      end->err->message);
    else
        lab_guest_say(g, LAB_LINK_LOGIN, LAB_WHY_FACTS,
                      "logged in, but the facts ended with status %d%s%s", end->status,
                      *noise ? ": " : "", noise);
}

static void facts_end(struct lab_channel *ch, const struct lab_channel_end *end)
{
    struct lab_guest *g = ch->guest;
    struct lab_facts *f = &g->facts;
    f->channel = NULL;
    f->failures = f->spoke ? 0 : f->failures + 1;
    f->next_ms = lab_wire_now() + restart_pause(g);
    /* With the connection gone, or the guest going down, the link's own evidence says more. */
    if (!g->closed && g->state == LAB_SESSION_READY)
        say_why(g, end);
}

static void facts_late(struct lab_channel *ch, struct lab_error *err)
{
    lab_fail(err, LAB_TIMEOUT, "no fact from '%s'", ch->guest->node);
}

/* The script comes by stdin and is one function called on its last line: the shell has read all of
 * it before it runs, so stdin can end at once and no command in it can eat the rest. */
static void start(struct lab_guest *g, uint64_t now)
{
    static const struct lab_channel_ops ops = {
        .data = facts_data, .end = facts_end, .late = facts_late};
    struct lab_facts *f = &g->facts;
    lab_str_clear(&f->line);
    lab_str_truncate(&f->noise, 0);
    f->skipping = f->spoke = false;
    f->last_ms = now;
    f->channel = lab_channel_new(g, LAB_CHANNEL_FACTS, f->command, &ops, g);
    lab_channel_feed(f->channel, f->script, strlen(f->script));
    lab_channel_feed_end(f->channel);
}

void lab_facts_keep(struct lab_guest *g, uint64_t now)
{
    struct lab_facts *f = &g->facts;
    if (f->script && !f->channel && now >= f->next_ms)
        start(g, now);
}

/* Before the command runs, the channel's own deadlines watch over it. */
static bool watched(const struct lab_facts *f)
{
    return f->channel && !f->channel->ended && f->channel->state == LAB_CHANNEL_RUN;
}

int lab_facts_expire(struct lab_guest *g, uint64_t now)
{
    struct lab_facts *f = &g->facts;
    if (!watched(f) || now - f->last_ms < g->beat_ms)
        return 0;
    if (!f->spoke && f->failures + 1 >= SILENT_STREAMS_MAX)
        return -1;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_fail(&err, LAB_TIMEOUT, "nothing came for %u s", (unsigned)(g->beat_ms / 1000));
    f->spoke = false;
    lab_channel_abort(f->channel, &err);
    return 0;
}

uint64_t lab_facts_due(const struct lab_guest *g)
{
    const struct lab_facts *f = &g->facts;
    if (!f->script)
        return UINT64_MAX;
    if (!f->channel)
        return f->next_ms;
    return watched(f) ? f->last_ms + g->beat_ms : UINT64_MAX;
}
