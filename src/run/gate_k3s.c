/* k3s: the master starts first, its API must answer, then the workers get the full token and start.
 * The scripts that do it in the guest are seeds/guest/k3s-start and k3s-status. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform.h"
#include "run/climb.h"

static bool is_master(const struct lab_climb *c)
{
    return c->record->role == LAB_ROLE_MASTER;
}

/* The first master that can still be waited for; *failed when all that exist have ended badly. */
static struct lab_climb *master(struct lab_ladder *l, bool *failed, bool *any)
{
    struct lab_climb *found = NULL;
    *failed = *any = false;
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *c = &l->climbs[i];
        if (!is_master(c))
            continue;
        *any = true;
        bool bad = c->end == LAB_CLIMB_FAILED || c->end == LAB_CLIMB_BLOCKED;
        *failed = *failed || bad;
        if (!bad && !found)
            found = c;
    }
    return found;
}

static struct lab_climb *previous_master(struct lab_climb *c)
{
    struct lab_climb *before = NULL;
    for (struct lab_climb *m = c->ladder->climbs; m < c; m++)
        if (is_master(m) && m->end != LAB_CLIMB_FAILED && m->end != LAB_CLIMB_BLOCKED)
            before = m;
    return before;
}

static bool ended_badly(const struct lab_climb *c)
{
    return c->end == LAB_CLIMB_FAILED || c->end == LAB_CLIMB_BLOCKED;
}

/* Workers after the API; masters one after the other, each Ready before the next. A master that
 * failed holds nobody: the others come back up and say so at the k3s gate. */
const char *lab_hold_restart(struct lab_climb *c, bool *dead)
{
    *dead = false;
    if (is_master(c)) {
        struct lab_climb *before = previous_master(c);
        return before && !ended_badly(before) && !lab_climb_passed(before, LAB_GATE_READY)
                   ? "waits for the master before it"
                   : NULL;
    }
    bool failed, any;
    struct lab_climb *m =
        c->record->role == LAB_ROLE_WORKER ? master(c->ladder, &failed, &any) : NULL;
    return m && !lab_climb_passed(m, LAB_GATE_K3S) ? "waits for the master's API" : NULL;
}

/* stop: masters last. restart: each node goes down only when those before it are back. In `up` a
 * node goes down as soon as it is provisioned, and waits before it starts again. */
const char *lab_hold_off(struct lab_climb *c, bool *dead)
{
    *dead = false;
    const struct lab_ladder *l = c->ladder;
    if (l->kind == LAB_LADDER_RESTART)
        return lab_hold_restart(c, dead);
    for (size_t i = 0; l->kind == LAB_LADDER_STOP && is_master(c) && i < l->len; i++)
        if (!is_master(&l->climbs[i]) && l->climbs[i].end == LAB_CLIMB_GOING)
            return "waits until the workers are off";
    return NULL;
}

/* After a full stop all masters start together; workers wait for the API. */
const char *lab_hold_power(struct lab_climb *c, bool *dead)
{
    *dead = false;
    bool failed, any;
    if (c->record->role != LAB_ROLE_WORKER || !c->record->restarted)
        return NULL;
    struct lab_climb *m = master(c->ladder, &failed, &any);
    return m && c->power != LAB_POWER_ON && !lab_climb_passed(m, LAB_GATE_K3S)
               ? "waits for the master's API"
               : NULL;
}

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
    LAB_AUTOFREE char *key = lab_format("joined:%s", c->record->name);
    bool failed, any;
    struct lab_climb *m = master(c->ladder, &failed, &any);
    if (is_master(c) || !lab_state_get(c->ladder->run->state, key) || !m || !m->guest)
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
    LAB_AUTOFREE char *key = lab_format("joined:%s", c->record->name);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!c->ladder->observe && !lab_state_get(c->ladder->run->state, key) &&
        lab_state_set(c->ladder->run->state, key, "yes", &err))
        lab_run_warning(c->ladder->run, "%s", err.message);
}

/* Its bootstrap marker is of this generation: k3s starts by itself at every boot, labctl only
 * looks. */
static bool bootstrapped(const struct lab_climb *c)
{
    const char *done = lab_climb_fact(c, "k3s_done");
    LAB_AUTOFREE char *want =
        lab_format("generation=%s ", c->record->generation ? c->record->generation : "");
    return done && strncmp(done, want, strlen(want)) == 0;
}

const char *lab_hold_k3s(struct lab_climb *c, bool *dead)
{
    *dead = false;
    struct lab_climb *before = is_master(c) ? previous_master(c) : NULL;
    if (before && !lab_climb_passed(before, LAB_GATE_K3S) && !bootstrapped(c))
        return "waits for the master before it";
    if (is_master(c) || bootstrapped(c))
        return NULL;
    bool failed, any;
    struct lab_climb *m = master(c->ladder, &failed, &any);
    *dead = !m;
    if (*dead)
        return any ? "no master came up, so this worker cannot join"
                   : "its master is not up; `up` without --target brings it up first";
    return m && !lab_climb_passed(m, LAB_GATE_K3S) ? "waits for the master's API" : NULL;
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
    if (is_master(c)) {
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
    lab_climb_see(c, "service %s%s%s", service ? service : "unknown", last && *last ? ": " : "",
                  last && *last ? last : "");
    free(nodes);
}

enum { STARTING, ASKING, MARKING };

static void ask(struct lab_climb *c, const char *how)
{
    c->step_ms = plat_now_ms();
    free(lab_steal(&c->exec_out));
    lab_climb_exec(c, how, NULL);
}

static void start(struct lab_climb *c)
{
    struct lab_ladder *l = c->ladder;
    LAB_AUTO_STR struct lab_str token = LAB_STR_INIT, command = LAB_STR_INIT;
    struct lab_climb *first = NULL;
    size_t masters = 0;
    for (size_t i = 0; i < l->len; i++) {
        if (!is_master(&l->climbs[i]))
            continue;
        masters++;
        if (!first && !ended_badly(&l->climbs[i]))
            first = &l->climbs[i];
    }
    const char *ip = first && first->record->nics.len ? first->record->nics.items[0].ip : NULL;
    lab_str_addf(&command, "/usr/local/lib/labctl/k3s-start %s",
                 is_master(c) ? "master" : "worker");
    if (is_master(c) && c != first && ip)
        lab_str_addf(&command, " --join https://%s:6443", ip);
    else if (is_master(c) && masters > 1)
        lab_str_add(&command, " --cluster-init");
    else if (!is_master(c) && ip)
        lab_str_addf(&command, " https://%s:6443", ip);
    if (is_master(c) && c == first)
        lab_str_add(&token, l->k3s.token);
    else
        lab_k3s_full_token(&l->k3s, &token);
    lab_climb_exec(c, lab_str_get(&command), lab_str_get(&token));
    lab_wipe(token.ptr, token.len);
}

void lab_enter_k3s(struct lab_climb *c)
{
    if (bootstrapped(c)) {
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

static enum lab_answer asked(struct lab_climb *c)
{
    if (c->exec_pending)
        return LAB_WAIT;
    if (!c->exec_failed && c->exec_out) {
        read_status(c, c->exec_out);
        LAB_AUTOFREE char *service = lab_k3s_line(c->exec_out, "service");
        bool active = service && strcmp(service, "active") == 0;
        if (service && strcmp(service, "failed") == 0)
            return lab_climb_fail(c, LAB_GUEST, "the k3s service failed: %s",
                                  lab_str_get(&c->evidence));
        if (active && (!is_master(c) || c->ladder->k3s.api)) {
            if (c->ladder->observe || bootstrapped(c)) {
                lab_climb_see(c, is_master(c) ? "API answers" : "service active");
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
        if (c->exec_failed) {
            c->step = ASKING;
            return LAB_WAIT;
        }
        lab_climb_see(c, is_master(c) ? "API answers" : "service active");
        return LAB_PASS;
    }
}

/* Only a master knows who is Ready: whoever of them is logged in asks for all. */
static void poll_cluster(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *m = &l->climbs[i];
        if (!is_master(m) || !m->guest || m->link < LAB_LINK_LOGIN ||
            !lab_climb_passed(m, LAB_GATE_K3S))
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
        lab_climb_see(c, "Ready");
        return LAB_PASS;
    }
    poll_cluster(c->ladder);
    bool failed, any;
    if (!master(c->ladder, &failed, &any))
        return lab_climb_fail(c, LAB_GUEST,
                              "no master is left that could tell whether it is Ready");
    lab_climb_see(c, "the master lists: %s",
                  c->ladder->k3s.nodes ? c->ladder->k3s.nodes : "nothing yet");
    return LAB_WAIT;
}
