#include "run/hosts.h"

#include <string.h>

#include "media/seed.h"

void lab_hosts_note(struct lab_ladder *l)
{
    struct lab_str text = LAB_STR_INIT;
    lab_seed_hosts(&text, l->run->spec);
    lab_sha256_hex(lab_str_get(&text), text.len, l->hosts_sum);
    l->hosts = lab_str_detach(&text);
}

static char *key_of(const struct lab_climb *c)
{
    return lab_format("hosts:%s", c->record->name);
}

enum lab_hosts lab_hosts_state(const struct lab_climb *c)
{
    LAB_AUTOFREE char *key = key_of(c);
    const char *known = lab_state_get(c->ladder->run->state, key);
    return known && strcmp(known, c->ladder->hosts_sum) == 0 ? LAB_HOSTS_KNOWN : LAB_HOSTS_STALE;
}

void lab_hosts_made(struct lab_climb *c)
{
    LAB_AUTOFREE char *key = key_of(c);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    c->hosts = LAB_HOSTS_KNOWN;
    if (c->ladder->hosts && lab_state_set(c->ladder->run->state, key, c->ladder->hosts_sum, &err))
        lab_climb_fail(c, err.code, "%s", err.message);
}

bool lab_hosts_refreshed(struct lab_climb *c)
{
    enum { TRIES = 3 }; /* a session may drop */
    if (c->hosts == LAB_HOSTS_KNOWN || !c->ladder->hosts)
        return true;
    if (c->exec_pending)
        return false;
    if (c->hosts == LAB_HOSTS_STALE || (c->exec_dropped && c->hosts_tries < TRIES)) {
        c->hosts = LAB_HOSTS_SENT;
        c->hosts_tries++;
        /* through a file that is moved into place */
        lab_climb_exec(c,
                       "sh -c 'cat >/etc/labctl/hosts.new && mv /etc/labctl/hosts.new "
                       "/etc/labctl/hosts && /usr/local/lib/labctl/first-boot hosts'",
                       c->ladder->hosts);
        return false;
    }
    if (c->exec_failed) {
        lab_run_warning(c->ladder->run,
                        "%s: cannot refresh the lab's names in /etc/hosts: %s; the next `up` tries "
                        "again",
                        c->record->name, lab_str_get(&c->evidence));
        c->hosts = LAB_HOSTS_KNOWN;
    } else {
        lab_hosts_made(c);
    }
    return true;
}
