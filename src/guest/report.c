/* What the user of a session is told about its link, and how often. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "guest/session.h"

static const uint64_t say_again_ms = 5000;

const char *lab_link_name(enum lab_link link)
{
    static const char *const names[] = {"down", "address", "port", "host key", "login"};
    return (unsigned)link < LAB_ARRAY_LEN(names) ? names[link] : "unknown";
}

static void tell_link(struct lab_guest *g, const struct lab_error *err)
{
    g->said_ms = lab_wire_now();
    if (!g->closed && g->events.link)
        g->events.link(g->arg, g->link, g->evidence, err);
}

/* Evidence contains what a guest said: made printable here, once. */
static void set_evidence(struct lab_guest *g, const char *text, uint64_t lasted_ms)
{
    struct lab_str line = LAB_STR_INIT;
    lab_put_printable(&line, text, strlen(text), 400);
    if (lasted_ms >= 1000) {
        lab_str_add(&line, lab_tr(", since "));
        lab_put_duration(&line, lasted_ms / 1000 * 1000);
    }
    free(g->evidence);
    g->evidence = lab_str_detach(&line);
}

void lab_guest_say(struct lab_guest *g, enum lab_link link, enum lab_why why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    uint64_t now = lab_wire_now();
    bool same = link == g->link && why == g->why && why != LAB_WHY_PROGRESS;
    if (!same) {
        g->why_since = now;
        lab_log("guest %s: %s: %s", g->node, lab_link_name(link), text);
    }
    g->link = link;
    g->why = why;
    set_evidence(g, text, now - g->why_since);
    if (!same || now - g->said_ms >= say_again_ms)
        tell_link(g, NULL);
}

void lab_guest_say_final(struct lab_guest *g)
{
    g->link = LAB_LINK_DOWN;
    g->why = LAB_WHY_FINAL;
    set_evidence(g, g->fatal.message, 0);
    lab_log("guest %s: given up: %s", g->node, g->evidence);
    tell_link(g, &g->fatal);
}
