#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

/* One child process for many VMs: per VM its live and its inactive XML, then all power states at
 * once. The order makes a VM that goes away in between look absent, never half there. */

enum {
    KEYS_PER_CHILD = 500 /* 2 x 8 KiB of XML each; base/child.h takes 16 MiB */
};

/* virDomainState and, for a VM that is off, virDomainShutoffReason; domstats gives the numbers. */
enum {
    STATE_RUNNING = 1,
    STATE_BLOCKED,
    STATE_PAUSED,
    STATE_SHUTDOWN, /* on its way down */
    STATE_SHUTOFF,
    STATE_CRASHED,
    STATE_PMSUSPENDED
};
enum { SHUTOFF_CRASHED = 3 };

static enum lab_power power_of(const struct lab_libvirt_stat *stat)
{
    switch (stat->state) {
    case STATE_RUNNING:
    case STATE_BLOCKED:
    case STATE_SHUTDOWN:
        return LAB_POWER_ON;
    case STATE_PAUSED:
    case STATE_PMSUSPENDED:
        return LAB_POWER_PAUSED;
    case STATE_CRASHED:
        return LAB_POWER_CRASHED;
    default:
        /* on_crash is destroy, so a panicked guest, or a killed QEMU, is seen here. */
        return stat->reason == SHUTOFF_CRASHED ? LAB_POWER_CRASHED : LAB_POWER_OFF;
    }
}

/* virsh takes "5" for the domain of id 5 and a UUID for that UUID, before it looks at names. */
static bool may_mislead(const char *name)
{
    size_t n = strlen(name);
    bool digits = strspn(name, "0123456789") == n;
    bool uuid = n >= 32 && strspn(name, "0123456789abcdefABCDEF-") == n;
    return digits || uuid;
}

static void clear_seen(struct lab_libvirt_seen *s)
{
    lab_libvirt_domain_clear(&s->def);
}

void lab_libvirt_sight_clear(struct lab_libvirt_sight *sight)
{
    LAB_VEC_FOREACH (s, &sight->list)
        clear_seen(s);
    lab_vec_clear(&sight->list);
}

static bool said_missing(const struct lab_virsh_batch *b, const char *key)
{
    LAB_AUTOFREE char *words = lab_format("failed to get domain '%s'", key);
    return strstr(lab_str_get(&b->child.errout), words) != NULL;
}

/* Networks of NICs that were plugged into the running VM only; and the NICs as they run. */
static void add_nics(struct lab_libvirt_domain *def, struct lab_libvirt_domain *live)
{
    struct lab_libvirt_nics running = live->nics;
    live->nics = def->nics;
    def->nics = running;
    LAB_VEC_FOREACH (n, &live->networks)
        *lab_vec_push(&def->networks) = lab_steal(n);
    LAB_VEC_FOREACH (b, &live->bridges)
        *lab_vec_push(&def->bridges) = lab_steal(b);
    lab_libvirt_domain_clear(live);
}

static int read_one(const struct lab_libvirt *lv,
                    const struct lab_virsh_batch *b,
                    const char *key,
                    const char *live,
                    const char *inactive,
                    struct lab_libvirt_seen *out,
                    struct lab_error *err)
{
    out->key = key;
    if (!*live) {
        if (said_missing(b, key))
            return 0;
        LAB_AUTOFREE char *what = lab_format(lab_tr("read VM '%s'"), key);
        return lab_virsh_fail(&b->child, what, err);
    }
    struct lab_libvirt_domain now;
    if (lab_libvirt_read_domain(&now, live, err) != 0)
        return lab_error_wrap(err, "VM '%s' (%s)", key, lv->uri);
    out->seed_live = now.seed != NULL;
    out->payload_live = now.payload != NULL;
    /* A transient domain has no definition; what runs is all there is. */
    int rc = *inactive ? lab_libvirt_read_domain(&out->def, inactive, err) : 0;
    if (!*inactive)
        out->def = now;
    else
        add_nics(&out->def, &now);
    if (rc != 0)
        return lab_error_wrap(err, "VM '%s' (%s)", key, lv->uri);
    const struct lab_libvirt_tag *tag = &out->def.tag;
    out->ours = lab_owner_has(&lv->owner, lv->homes, tag->lab, tag->id, tag->home);
    return 0;
}

/* Whether virsh complained about anything but VMs that are not there. */
static bool other_complaints(const char *text)
{
    for (; *text; text += *text == '\n') {
        size_t n = strcspn(text, "\n");
        LAB_AUTOFREE char *line = lab_strndup(text, n);
        if (n > 0 && !strstr(line, "failed to get domain") && !strstr(line, "Domain not found"))
            return true;
        text += n;
    }
    return false;
}

/* Power states; a VM that libvirt no longer lists is gone since its XML was read. */
static int add_power(const struct lab_virsh_batch *b,
                     const char *text,
                     struct lab_libvirt_seen *first,
                     size_t n,
                     struct lab_error *err)
{
    struct lab_libvirt_stats stats = {{0}};
    lab_libvirt_read_stats(&stats, text);
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        struct lab_libvirt_seen *s = &first[i];
        const struct lab_libvirt_stat *stat =
            s->def.name ? lab_libvirt_stats_find(&stats, s->def.name) : NULL;
        s->exists = stat != NULL;
        s->power = stat ? power_of(stat) : LAB_POWER_ABSENT;
        s->active = stat && stat->state != STATE_SHUTOFF && stat->state != 0;
        if (s->def.name && stats.list.len == 0 && other_complaints(lab_str_get(&b->child.errout)))
            rc = lab_virsh_fail(&b->child, lab_tr("read the VMs' power states"), err);
    }
    lab_libvirt_stats_clear(&stats);
    return rc;
}

static int see_some(struct lab_libvirt *lv,
                    const char *const *keys,
                    size_t n,
                    struct lab_libvirt_sight *out,
                    struct lab_error *err)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, lv->uri);
    size_t taken = 0;
    while (taken < n && taken < KEYS_PER_CHILD && b.script.len < LAB_VIRSH_BATCH_MAX) {
        lab_virsh_batch_add(&b, "dumpxml", keys[taken], (char *)NULL);
        lab_virsh_batch_add(&b, "dumpxml", "--inactive", keys[taken], (char *)NULL);
        taken++;
    }
    size_t stats = lab_virsh_batch_add(&b, "domstats", "--state", "--raw", (char *)NULL);
    if (lab_virsh_batch_run(&b, err) != 0)
        return -1;
    size_t first = out->list.len;
    for (size_t i = 0; i < taken; i++) {
        struct lab_libvirt_seen *s = lab_vec_push(&out->list);
        if (read_one(lv, &b, keys[i], b.parts.items[2 * i], b.parts.items[2 * i + 1], s, err) != 0)
            return -1;
    }
    if (add_power(&b, b.parts.items[stats], &out->list.items[first], taken, err) != 0)
        return -1;
    return taken < n ? see_some(lv, keys + taken, n - taken, out, err) : 0;
}

/* All domains, by UUID. */
static int see_all(struct lab_libvirt *lv, struct lab_libvirt_sight *out, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "list", "--all", "--uuid", (char *)NULL);
    if (lab_virsh_do(&c, lab_tr("list the VMs"), NULL, err) != 0)
        return -1;
    LAB_VEC(const char *) uuids = {0};
    char *rest = c.out.ptr;
    for (char *word; rest && (word = rest + strspn(rest, " \n"))[0];) {
        size_t n = strcspn(word, " \n");
        rest = word[n] ? word + n + 1 : NULL;
        word[n] = '\0';
        *lab_vec_push(&uuids) = word;
    }
    int rc = uuids.len ? see_some(lv, uuids.items, uuids.len, out, err) : 0;
    /* The keys die with the list. */
    LAB_VEC_FOREACH (s, &out->list)
        s->key = s->def.name;
    lab_vec_clear(&uuids);
    return rc;
}

/* Names that virsh would misread are picked out of all domains. */
static int see_by_name(struct lab_libvirt *lv,
                       const char *const *keys,
                       size_t n,
                       struct lab_libvirt_sight *out,
                       struct lab_error *err)
{
    LAB_AUTO_SIGHT struct lab_libvirt_sight all = {{0}};
    if (see_all(lv, &all, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct lab_libvirt_seen *s = lab_vec_push(&out->list);
        s->key = keys[i];
        LAB_VEC_FOREACH (a, &all.list) {
            if (!a->def.name || strcmp(a->def.name, keys[i]) != 0)
                continue;
            *s = *a;
            s->key = keys[i];
            memset(&a->def, 0, sizeof(a->def));
        }
    }
    return 0;
}

int lab_libvirt_see(struct lab_libvirt *lv,
                    const char *const *keys,
                    size_t n,
                    struct lab_libvirt_sight *out,
                    struct lab_error *err)
{
    if (!keys)
        return see_all(lv, out, err);
    for (size_t i = 0; i < n; i++) {
        if (may_mislead(keys[i]))
            return see_by_name(lv, keys, n, out, err);
    }
    return n ? see_some(lv, keys, n, out, err) : 0;
}

int lab_libvirt_check_ours(const struct lab_libvirt *lv,
                           const struct lab_libvirt_seen *seen,
                           struct lab_error *err)
{
    if (!seen->exists || seen->ours)
        return 0;
    const struct lab_libvirt_domain *d = &seen->def;
    LAB_AUTOFREE char *owner =
        lab_owner_words(&lv->owner, d->tag.id ? d->tag.lab : NULL, d->tag.id, d->tag.home);
    lab_fail(err, LAB_CONFLICT, "VM '%s' on %s %s; it is left alone", d->name, lv->uri, owner);
    LAB_AUTOFREE char *destroy = seen->power == LAB_POWER_OFF
                                     ? lab_strdup("")
                                     : lab_format("virsh -c '%s' destroy %s; ", lv->uri, d->name);
    return lab_error_hint(err,
                          "choose another node name or, if nobody needs that VM, remove it: "
                          "%svirsh -c '%s' undefine --nvram --managed-save %s",
                          destroy, lv->uri, d->name);
}

static void
report(const struct lab_libvirt *lv, struct lab_libvirt_seen *s, struct lab_vm_states *out)
{
    struct lab_vm_state *v = lab_vec_push(&out->list);
    v->name = lab_strdup(s->exists ? s->def.name : s->key);
    v->where = lab_format("%s on %s", v->name, lv->uri);
    v->power = s->power;
    if (!s->exists)
        return;
    v->ours = s->ours;
    v->owner_lab = lab_strdup(s->def.tag.lab);
    v->generation = lab_strdup(s->def.tag.generation);
    v->seed_attached = s->seed_live || s->def.seed;
    v->payload_attached = s->payload_live || s->def.payload;
    v->cpu = s->def.cpu;
    v->memory_mib = s->def.memory_mib;
    v->accelerated = s->def.kvm;
}

int lab_libvirt_query(struct lab_provider *p,
                      const char *const *names,
                      size_t n,
                      struct lab_vm_states *out,
                      struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    if (lab_libvirt_see(lv, names, n, &sight, err) != 0)
        return lab_error_hint(err,
                              "see whether libvirt answers: virsh -c '%s' list --all; its own "
                              "reasons: journalctl -u libvirtd",
                              lv->uri);
    LAB_VEC_FOREACH (s, &sight.list) {
        if (names || (s->exists && s->ours))
            report(lv, s, out);
    }
    return 0;
}
