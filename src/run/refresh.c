#include "run/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "media/seed.h"

/* The content comes through stdin. */
static const struct {
    const char *key; /* of the ledger, with the node's name behind it */
    const char *what, *command;
} kinds[LAB_REFRESHES] = {
    [LAB_REFRESH_HOSTS] =
        {"hosts", LAB_N("the lab's names in /etc/hosts"),
         /* through a file that is moved into place */
         "sh -c 'cat >/etc/labctl/hosts.new && mv /etc/labctl/hosts.new /etc/labctl/hosts && "
         "/usr/local/lib/labctl/first-boot hosts'"},
    [LAB_REFRESH_TIMEZONE] = {"timezone", LAB_N("its time zone"),
                              "sh -c 'read -r zone && timedatectl set-timezone \"$zone\"'"},
};

static void note(struct lab_ladder *l, enum lab_refresh kind, struct lab_str *text)
{
    lab_sha256_hex(lab_str_get(text), text->len, l->refresh[kind].sum);
    l->refresh[kind].text = lab_str_detach(text);
}

void lab_refresh_note(struct lab_ladder *l)
{
    struct lab_str names = LAB_STR_INIT, zone = LAB_STR_INIT;
    lab_seed_hosts(&names, l->run->spec);
    note(l, LAB_REFRESH_HOSTS, &names);
    if (!l->run->spec->timezone)
        return;
    lab_str_addf(&zone, "%s\n", l->run->spec->timezone);
    note(l, LAB_REFRESH_TIMEZONE, &zone);
}

void lab_refresh_clear(struct lab_ladder *l)
{
    for (int kind = 0; kind < LAB_REFRESHES; kind++)
        free(lab_steal(&l->refresh[kind].text));
}

static char *key_of(const char *node, int kind)
{
    return lab_format("%s:%s", kinds[kind].key, node);
}

int lab_refresh_forget(struct lab_run *run, const char *node, struct lab_error *err)
{
    for (int kind = 0; kind < LAB_REFRESHES; kind++) {
        LAB_AUTOFREE char *key = key_of(node, kind);
        if (lab_state_set(run->state, key, NULL, err))
            return -1;
    }
    return 0;
}

void lab_refresh_look(struct lab_climb *c)
{
    for (int kind = 0; kind < LAB_REFRESHES; kind++) {
        LAB_AUTOFREE char *key = key_of(c->record->name, kind);
        const char *known = lab_state_get(c->ladder->run->state, key);
        bool same = known && strcmp(known, c->ladder->refresh[kind].sum) == 0;
        c->refresh[kind].state = same ? LAB_FRESH : LAB_STALE;
    }
}

static void made(struct lab_climb *c, int kind)
{
    LAB_AUTOFREE char *key = key_of(c->record->name, kind);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    c->refresh[kind].state = LAB_FRESH;
    if (c->ladder->refresh[kind].text &&
        lab_state_set(c->ladder->run->state, key, c->ladder->refresh[kind].sum, &err))
        lab_climb_fail(c, err.code, "%s", err.message);
}

void lab_refresh_made(struct lab_climb *c)
{
    for (int kind = 0; kind < LAB_REFRESHES; kind++)
        made(c, kind);
}

static bool refreshed(struct lab_climb *c, int kind)
{
    enum { TRIES = 3 }; /* a session may drop */
    struct lab_refreshing *r = &c->refresh[kind];
    if (r->state == LAB_FRESH || !c->ladder->refresh[kind].text)
        return true;
    if (c->exec_pending)
        return false;
    if (r->state == LAB_STALE || (c->exec_dropped && r->tries < TRIES)) {
        r->state = LAB_SENT;
        r->tries++;
        lab_climb_exec(c, kinds[kind].command, c->ladder->refresh[kind].text);
        return false;
    }
    if (c->exec_failed) {
        lab_run_warning(c->ladder->run, "%s: cannot refresh %s: %s; the next `up` tries again",
                        c->record->name, lab_tr(kinds[kind].what), lab_str_get(&c->evidence));
        r->state = LAB_FRESH;
    } else {
        made(c, kind);
    }
    return true;
}

bool lab_refreshed(struct lab_climb *c)
{
    for (int kind = 0; kind < LAB_REFRESHES; kind++)
        if (!refreshed(c, kind))
            return false;
    return true;
}
