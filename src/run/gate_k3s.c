/* k3s: the master starts first, its API must answer, then the workers get the full token and start.
 * The scripts that do it in the guest are seeds/guest/k3s-start and k3s-status. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/order.h"

/* A node that was a member before it was made anew has another password now, and k3s refuses it
 * until the old entry is gone. Asked of the master; the answer is not waited for twice. */
static void
on_forgotten(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct lab_climb *c = arg;
    c->forgetting = false;
    if (err || result->status)
        lab_run_warning(c->ladder->run,
                        "%s: its old entry could not be deleted from the cluster: %s",
                        c->record->name, err ? err->message : result->errout);
}

static void forget_old_entry(struct lab_climb *c)
{
    LAB_AUTOFREE char *key = lab_joined_key(c->record);
    struct lab_climb *m = lab_is_master(c) ? lab_other_member(c) : lab_any_master(c->ladder);
    if (!lab_state_get(c->ladder->run->state, key) || !m || !m->guest)
        return;
    LAB_AUTOFREE char *command = lab_format(
        "sudo -n /usr/local/bin/k3s kubectl delete node %s --ignore-not-found", c->record->name);
    struct lab_exec exec = {
        .command = command, .timeout_ms = 120000, .done = on_forgotten, .arg = c};
    c->forgetting = true;
    lab_guest_exec(m->guest, &exec);
}

static void note_joined(struct lab_climb *c)
{
    LAB_AUTOFREE char *key = lab_joined_key(c->record);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const char *generation = c->record->generation ? c->record->generation : "yes";
    const char *known = lab_state_get(c->ladder->run->state, key);
    if (!c->ladder->observe && (!known || strcmp(known, generation) != 0) &&
        lab_state_set(c->ladder->run->state, key, generation, &err))
        lab_run_warning(c->ladder->run, "%s", err.message);
}

/* Under this key the state holds the hash of the CA of the cluster that a worker is in. */
static char *cluster_key(const struct lab_climb *c)
{
    return lab_format("cluster:%s", c->record->name);
}

static void note_cluster(struct lab_climb *c)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *key = cluster_key(c);
    const struct lab_k3s *k = &c->ladder->k3s;
    const char *known = lab_state_get(c->ladder->run->state, key);
    if (c->ladder->observe || lab_is_master(c) || !k->api || (known && strcmp(known, k->ca) == 0))
        return;
    if (lab_state_set(c->ladder->run->state, key, k->ca, &err))
        lab_run_warning(c->ladder->run, "%s", err.message);
}

/* The only master was made anew, as after a teardown that was cut off: its cluster is another one,
 * with another CA, and refuses the tokens of the old. */
static bool is_in_another_cluster(const struct lab_climb *c)
{
    LAB_AUTOFREE char *key = cluster_key(c);
    const char *known = lab_state_get(c->ladder->run->state, key);
    return known && strcmp(known, c->ladder->k3s.ca) != 0;
}

/* --- the shared look at the cluster
 * ---------------------------------------------------------------- */

static void read_status(struct lab_climb *c, const char *text)
{
    struct lab_k3s *k = &c->ladder->k3s;
    LAB_AUTOFREE char *api = lab_k3s_line(text, "api");
    LAB_AUTOFREE char *ca = lab_k3s_line(text, "ca_sha256");
    LAB_AUTOFREE char *service = lab_k3s_line(text, "service");
    LAB_AUTOFREE char *last = lab_k3s_line(text, "last_log");
    char *nodes = lab_k3s_line(text, "nodes");
    if (lab_is_master(c)) {
        bool ok = api && strcmp(api, "ok") == 0;
        if (ok && ca && strlen(ca) == 64) {
            memcpy(k->ca, ca, 65);
            k->api = true;
        }
        if (nodes && *nodes) {
            if (!k->nodes || strcmp(nodes, k->nodes) != 0)
                for (size_t i = 0; i < c->ladder->len; i++)
                    c->ladder->climbs[i].moved_ms = plat_now_ms();
            free(k->nodes);
            k->nodes = lab_steal(&nodes);
            k->nodes_ms = plat_now_ms();
        }
    }
    lab_climb_see(c, "service %s%s%s", service ? service : lab_tr("unknown"),
                  last && *last ? ": " : "", last && *last ? last : "");
    free(nodes);
}

enum { STARTING, ASKING, MARKING };

static void ask(struct lab_climb *c, const char *how)
{
    c->step_ms = plat_now_ms();
    free(lab_steal(&c->exec_out));
    lab_climb_exec(c, how, NULL);
}

static size_t count_masters(const struct lab_ladder *l)
{
    size_t n = 0;
    if (l->run->spec) {
        LAB_VEC_FOREACH (node, &l->run->spec->nodes)
            n += node->role == LAB_ROLE_MASTER;
        return n;
    }
    for (size_t i = 0; i < l->len; i++)
        n += lab_is_master(&l->climbs[i]);
    return n;
}

/* What the cluster began with decides who may join later: remembered for `up`. */
static void found(struct lab_climb *c, struct lab_str *command)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    bool several = count_masters(c->ladder) > 1;
    if (several)
        lab_str_add(command, " --cluster-init");
    if (lab_state_set(c->ladder->run->state, "datastore", several ? "etcd" : "sqlite", &err))
        lab_run_warning(c->ladder->run, "%s", err.message);
}

static void start(struct lab_climb *c)
{
    struct lab_ladder *l = c->ladder;
    LAB_AUTO_STR struct lab_str token = LAB_STR_INIT, command = LAB_STR_INIT;
    struct lab_climb *to = lab_other_member(c);
    to = to ? to : lab_any_master(l);
    const char *ip = to && to->record->nics.len ? to->record->nics.items[0].ip : NULL;
    lab_str_addf(&command, "/usr/local/lib/labctl/k3s-start %s",
                 lab_is_master(c) ? "master" : "worker");
    if (c == to)
        found(c, &command);
    else if (ip)
        lab_str_addf(&command, "%s https://%s:6443", lab_is_master(c) ? " --join" : "", ip);
    if (c == to)
        lab_str_add(&token, l->k3s.token);
    else
        lab_k3s_full_token(&l->k3s, &token);
    lab_climb_exec(c, lab_str_get(&command), lab_str_get(&token));
    lab_wipe(token.ptr, token.len);
}

void lab_enter_k3s(struct lab_climb *c)
{
    if (lab_bootstrapped(c)) {
        c->step = ASKING;
        c->step_ms = 0;
        return;
    }
    lab_climb_see(c, "starting the service");
    forget_old_entry(c);
    c->exec_failed = c->exec_dropped = true; /* started() starts it as soon as there is a session */
}

static enum lab_answer started(struct lab_climb *c)
{
    if (c->exec_pending || c->forgetting || c->link < LAB_LINK_LOGIN)
        return LAB_WAIT;
    if (c->exec_dropped) {
        start(c); /* may be repeated */
        return LAB_WAIT;
    }
    if (c->exec_failed)
        return lab_climb_fail(c, LAB_GUEST, "k3s could not be started: %s",
                              lab_str_get(&c->evidence));
    c->step = ASKING;
    c->moved_ms = plat_now_ms();
    ask(c, "/usr/local/lib/labctl/k3s-status");
    return LAB_WAIT;
}

/* For a worker that is a member already: false until it is known that its cluster still exists. */
static bool cluster_is_known(struct lab_climb *c)
{
    struct lab_ladder *l = c->ladder;
    if (l->observe || lab_is_master(c) || !lab_bootstrapped(c) || !lab_any_master(l))
        return true;
    if (!l->k3s.api) {
        lab_climb_see(c, "waits for the master's API");
        c->moved_ms = plat_now_ms(); /* waiting for others is not stalling */
        return false;
    }
    if (c->rejoins || !is_in_another_cluster(c))
        return true;
    c->rejoins = true;
    lab_run_warning(l->run, "%s was in a cluster that is gone; it joins the new one",
                    c->record->name);
    c->step = STARTING;
    c->exec_failed = c->exec_dropped = true; /* as in lab_enter_k3s() */
    return false;
}

static enum lab_answer asked(struct lab_climb *c)
{
    if (c->exec_pending || !cluster_is_known(c))
        return LAB_WAIT;
    if (!c->exec_failed && c->exec_out) {
        read_status(c, c->exec_out);
        LAB_AUTOFREE char *service = lab_k3s_line(c->exec_out, "service");
        LAB_AUTOFREE char *api = lab_k3s_line(c->exec_out, "api");
        bool active = service && strcmp(service, "active") == 0;
        bool answers = api && strcmp(api, "ok") == 0 && c->ladder->k3s.api;
        if (service && strcmp(service, "failed") == 0)
            return lab_climb_fail(c, LAB_GUEST, "the k3s service failed: %s",
                                  lab_str_get(&c->evidence));
        if (active && (!lab_is_master(c) || answers)) {
            if (c->ladder->observe || lab_bootstrapped(c)) {
                lab_climb_see(c, lab_is_master(c) ? "API answers" : lab_tr("service active"));
                return LAB_PASS;
            }
            c->step = MARKING;
            ask(c, "/usr/local/lib/labctl/k3s-status --mark");
            return LAB_WAIT;
        }
        free(lab_steal(&c->exec_out));
    }
    if (c->link == LAB_LINK_LOGIN && plat_now_ms() - c->step_ms > 500)
        ask(c, "/usr/local/lib/labctl/k3s-status");
    return LAB_WAIT;
}

static bool was_marked(const struct lab_climb *c)
{
    LAB_AUTOFREE char *marked =
        c->exec_failed || !c->exec_out ? NULL : lab_k3s_line(c->exec_out, "marked");
    return marked && strcmp(marked, "yes") == 0;
}

enum lab_answer lab_check_k3s(struct lab_climb *c)
{
    lab_climb_connect(c);
    if (c->step == STARTING && c->ladder->observe)
        c->step = ASKING;
    switch (c->step) {
    case STARTING:
        return started(c);
    case ASKING:
        return asked(c);
    default:
        if (c->exec_pending)
            return LAB_WAIT;
        if (!was_marked(c)) {
            free(lab_steal(&c->exec_out));
            c->step = ASKING;
            return LAB_WAIT;
        }
        lab_climb_see(c, lab_is_master(c) ? "API answers" : lab_tr("service active"));
        return LAB_PASS;
    }
}

/* Only a master knows who is Ready: whoever of them is logged in asks for all. */
static void poll_cluster(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *m = &l->climbs[i];
        if (!lab_is_master(m) || !m->guest || m->link < LAB_LINK_LOGIN ||
            !lab_climb_passed(m, LAB_GATE_K3S) || m->error.code != LAB_OK)
            continue;
        if (!m->exec_pending && plat_now_ms() - m->step_ms > 500) {
            if (m->exec_out)
                read_status(m, m->exec_out);
            ask(m, "/usr/local/lib/labctl/k3s-status");
        }
        return;
    }
}

enum lab_answer lab_check_ready(struct lab_climb *c)
{
    lab_climb_connect(c);
    /* a list from before this gate may tell of a node that has gone down since */
    if (c->ladder->k3s.nodes_ms >= c->gate_began_ms &&
        lab_k3s_is_ready(&c->ladder->k3s, c->record->name)) {
        note_joined(c);
        note_cluster(c);
        lab_climb_see(c, "Ready");
        return LAB_PASS;
    }
    poll_cluster(c->ladder);
    if (!lab_any_master(c->ladder))
        return lab_climb_fail(c, LAB_GUEST,
                              "no master is left that could tell whether it is Ready");
    lab_climb_see(c, "the master lists: %s",
                  c->ladder->k3s.nodes ? c->ladder->k3s.nodes : lab_tr("nothing yet"));
    return LAB_WAIT;
}
