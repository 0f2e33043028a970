#include "run/visit.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"

static void
on_link(void *arg, enum lab_link link, const char *evidence, const struct lab_error *err)
{
    struct lab_visit *v = arg;
    v->link = link;
    v->logged_in = v->logged_in || link == LAB_LINK_LOGIN;
    lab_assign(&v->last_seen, evidence);
    if (err && v->refused.code == LAB_OK)
        lab_error_copy(&v->refused, err);
}

int lab_visit_open(struct lab_visit *v,
                   struct lab_run *run,
                   const struct lab_node_record *record,
                   struct lab_error *err)
{
    uint32_t ip = 0;
    *v = (struct lab_visit){.run = run, .node = record->name, .began_ms = plat_now_ms()};
    if (!record->nics.len || !record->nics.items[0].ip ||
        lab_ipv4_parse(record->nics.items[0].ip, &ip))
        return lab_fail(err, LAB_USAGE, "node '%s' has no fixed address on its first network",
                        record->name);
    if (lab_run_hostkey(run, record->name, &v->hostkey, err))
        return -1;
    const struct lab_guest_target target = {
        .node = record->name,
        .ip = ip,
        .user = lab_run_user(run),
        .private_key = run->login.private_pem,
        .hostkey = v->hostkey.blob,
        .hostkey_len = v->hostkey.blob_len,
    };
    static const struct lab_guest_events events = {on_link, NULL};
    v->guest = lab_guest_open(&run->loop, &target, NULL, &events, v);
    return 0;
}

bool lab_visit_is_refused(struct lab_visit *v, uint64_t limit_ms)
{
    if (v->refused.code != LAB_OK)
        return true;
    /* A guest that is up knows the key or does not; waiting changes nothing. */
    if (!v->logged_in && v->guest && lab_guest_refusals(v->guest)) {
        lab_fail(&v->refused, LAB_GUEST, "%s",
                 v->last_seen ? v->last_seen : lab_tr("login refused"));
        lab_run_unknown_hint(v->run, v->node, &v->refused);
        return true;
    }
    if (!limit_ms || v->logged_in || plat_now_ms() - v->began_ms <= limit_ms)
        return false;
    lab_fail(&v->refused, LAB_GUEST, "no login in %u s; last seen: %s", (unsigned)(limit_ms / 1000),
             v->last_seen ? v->last_seen : lab_tr("nothing"));
    return true;
}

void lab_visit_close(struct lab_visit *v)
{
    lab_guest_close(lab_steal(&v->guest));
    lab_sshkey_clear(&v->hostkey);
    lab_error_clear(&v->refused);
    free(lab_steal(&v->last_seen));
}
