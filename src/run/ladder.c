#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "platform.h"
#include "run/climb.h"
#include "run/estimate.h"
#include "run/refresh.h"
#include "run/registry.h"

/* Order is the ladder's order. */
const struct lab_gate_def lab_gates[LAB_GATE_COUNT] = {
    [LAB_GATE_DEFINED] = {"defined", LAB_N("VM defined"), NULL, lab_enter_defined,
                          lab_check_worked},
    [LAB_GATE_POWERED] = {"powered-on", LAB_N("powered on"), lab_hold_power, lab_enter_powered,
                          lab_check_powered},
    [LAB_GATE_ADDRESS] = {"address", LAB_N("address answers"), NULL, NULL, lab_check_address},
    [LAB_GATE_PORT] = {"port", LAB_N("SSH port open"), NULL, NULL, lab_check_port},
    [LAB_GATE_HOSTKEY] = {"host-key", LAB_N("host key matches"), NULL, NULL, lab_check_hostkey},
    [LAB_GATE_LOGIN] = {"login", LAB_N("logged in"), NULL, NULL, lab_check_login},
    [LAB_GATE_CLOCK] = {"clock", LAB_N("clock within limits"), NULL, NULL, lab_check_clock},
    [LAB_GATE_COPY] = {"iso-copy", LAB_N("ISO copied and verified"), NULL, NULL, lab_check_copy},
    [LAB_GATE_PACKAGES] = {"packages", LAB_N("packages installed"), NULL, NULL, lab_check_packages},
    [LAB_GATE_CLOUD_INIT] = {"cloud-init", LAB_N("cloud-init done"), NULL, NULL,
                             lab_check_cloud_init},
    [LAB_GATE_OFF] = {"off", LAB_N("powered off"), lab_hold_off, lab_enter_off, lab_check_off},
    [LAB_GATE_DETACHED] = {"detached", LAB_N("ISO detached"), NULL, lab_enter_detached,
                           lab_check_detached},
    [LAB_GATE_RESTARTED] = {"restarted", LAB_N("restarted"), lab_hold_restart, lab_enter_restarted,
                            lab_check_restarted},
    [LAB_GATE_SSH_AGAIN] = {"ssh-again", LAB_N("SSH again"), NULL, NULL, lab_check_ssh_again},
    [LAB_GATE_K3S] = {"k3s", LAB_N("k3s service"), lab_hold_k3s, lab_enter_k3s, lab_check_k3s},
    [LAB_GATE_READY] = {"ready", LAB_N("node Ready"), NULL, NULL, lab_check_ready},
};

const char *lab_gate_name(enum lab_gate gate)
{
    return gate < LAB_GATE_COUNT ? lab_gates[gate].name : "done";
}

const char *lab_gate_title(enum lab_gate gate)
{
    return gate < LAB_GATE_COUNT ? lab_gates[gate].title : "done";
}

int lab_gate_by_name(const char *name)
{
    for (int i = 0; i < LAB_GATE_COUNT; i++)
        if (strcmp(lab_gates[i].name, name) == 0)
            return i;
    return -1;
}

void lab_ladder_init(struct lab_ladder *l, struct lab_run *run, enum lab_ladder_kind kind, size_t n)
{
    *l = (struct lab_ladder){.run = run, .len = n, .last = LAB_GATE_READY, .kind = kind};
    l->observe = kind == LAB_LADDER_WAIT;
    l->climbs = lab_calloc(n, sizeof(*l->climbs));
    if (run->spec) {
        l->base_refs = lab_calloc(run->spec->images.len, sizeof(*l->base_refs));
        l->nets = lab_calloc(run->spec->networks.len, sizeof(*l->nets));
    }
}

static void climb_clear(struct lab_climb *c)
{
    lab_climb_disconnect(c);
    LAB_VEC_FOREACH (fact, &c->facts) {
        free(fact->key);
        free(fact->value);
    }
    lab_vec_clear(&c->facts);
    lab_sshkey_clear(&c->hostkey);
    lab_error_clear(&c->error);
    lab_str_clear(&c->evidence);
    free(c->work);
    free(c->link_words);
    free(c->details);
    free(c->exec_out);
    free(c->machine_id);
    free(c->instance_id);
}

void lab_ladder_clear(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++)
        climb_clear(&l->climbs[i]);
    free(l->climbs);
    for (size_t i = 0; l->base_refs && i < l->run->spec->images.len; i++)
        free(l->base_refs[i]);
    for (size_t i = 0; l->nets && i < l->run->spec->networks.len; i++)
        lab_net_state_clear(&l->nets[i]);
    free(l->base_refs);
    free(l->nets);
    free(l->payload_ref);
    free(l->payload_label);
    free(l->payload_manifest);
    free(l->password_hash);
    if (l->registry)
        lab_registry_place_clear(l->registry);
    free(l->registry);
    lab_refresh_clear(l);
    free(l->k3s.nodes);
    lab_wipe(l->k3s.token, sizeof(l->k3s.token));
    *l = (struct lab_ladder){0};
}

/* --- the hypervisor's word: one query for all nodes that want to know ------------------------- */

struct poll_work {
    struct lab_ladder *ladder;
    unsigned number;
    LAB_VEC(const char *) names;
    struct lab_vm_states states;
};

static int poll_fn(void *arg, struct lab_error *err)
{
    struct poll_work *w = arg;
    struct lab_provider *p = &w->ladder->run->provider;
    return p->ops->query(p, w->names.items, w->names.len, &w->states, err);
}

/* One question that fails may be a daemon that restarts. When it stays so, the nodes that wait for
 * the answer fail with what the hypervisor said. */
static void note_poll(struct lab_ladder *l, const struct lab_error *err)
{
    enum { PATIENCE = 5 };
    l->polls_failed = err ? l->polls_failed + 1 : 0;
    if (!err || l->run->interrupted)
        return;
    if (l->polls_failed == 1)
        lab_run_warning(l->run, "the hypervisor did not answer, asking again: %s", err->message);
    for (size_t i = 0; l->polls_failed >= PATIENCE && i < l->len; i++) {
        struct lab_climb *c = &l->climbs[i];
        if (c->end == LAB_CLIMB_GOING && !lab_climb_looked(c) && c->error.code == LAB_OK)
            lab_error_copy(&c->error, err);
    }
}

static void poll_done(void *arg, const struct lab_error *err)
{
    struct poll_work *w = arg;
    struct lab_ladder *l = w->ladder;
    l->polling = false;
    note_poll(l, err);
    for (size_t i = 0; !err && i < l->len; i++) {
        struct lab_vm_state *vm = lab_vm_states_find(&w->states, l->climbs[i].record->name);
        if (!vm)
            continue;
        l->climbs[i].power = vm->power;
        l->climbs[i].media_attached = vm->seed_attached || vm->payload_attached;
        l->climbs[i].seen_poll = w->number;
    }
    lab_vm_states_clear(&w->states);
    lab_vec_clear(&w->names);
    free(w);
}

/* Half a second while a node is on its way down, else every five: enough to notice that a VM died.
 */
static void poll_hypervisor(struct lab_ladder *l, uint64_t now)
{
    bool urgent = false;
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        bool switching = c->gate == LAB_GATE_OFF || c->gate == LAB_GATE_DETACHED;
        urgent = urgent || (c->end == LAB_CLIMB_GOING && switching && c->entered);
    }
    uint64_t pause = urgent && !l->polls_failed ? 500 : 5000;
    if (l->polling || (l->polled_ms && now - l->polled_ms < pause))
        return;
    l->polled_ms = now;
    l->polling = true;
    struct poll_work *work = lab_alloc(sizeof(*work));
    work->ladder = l;
    work->number = ++l->polls;
    for (size_t i = 0; i < l->len; i++)
        *lab_vec_push(&work->names) = l->climbs[i].record->name;
    lab_work_submit(&l->run->loop, poll_fn, poll_done, work);
}

/* --- climbing ----------------------------------------------------------------------------------
 */

static void finish(struct lab_climb *c, enum lab_climb_end end)
{
    c->end = end;
    c->ended_ms = plat_now_ms();
    /* a master that is done still tells which of the others are Ready */
    if (end != LAB_CLIMB_DONE || c->record->role != LAB_ROLE_MASTER)
        lab_climb_disconnect(c);
}

static void end_with_error(struct lab_climb *c, enum lab_climb_end end)
{
    if (c->error.code == LAB_CANCELLED) { /* the user's doing, not the node's */
        finish(c, LAB_CLIMB_BLOCKED);
        return;
    }
    lab_run_event(c->ladder->run, c->record->name, lab_gate_name(c->gate),
                  end == LAB_CLIMB_BLOCKED ? "blocked" : "failed", c->error.message);
    finish(c, end);
}

static void enter_next(struct lab_climb *c, enum lab_gate from)
{
    c->gate = from;
    while (c->gate < LAB_GATE_COUNT && !(c->gates & (1u << c->gate)))
        c->gate++;
    if (c->gate > c->ladder->last)
        c->gate = LAB_GATE_COUNT;
    c->entered = c->working = c->worked = c->exec_pending = c->exec_failed = false;
    c->step = 0;
    c->clock_setting = false;
    c->clock_sets = 0;
    lab_str_truncate(&c->evidence, 0);
    c->gate_began_ms = c->moved_ms = c->step_ms = c->reached_ms = plat_now_ms();
    if (c->gate == LAB_GATE_COUNT) {
        lab_run_event(c->ladder->run, c->record->name, "done", "passed", "");
        finish(c, LAB_CLIMB_DONE);
    } else {
        lab_run_event(c->ladder->run, c->record->name, lab_gate_name(c->gate), "waiting", "");
    }
}

/* A gate that does not open ends with what was seen there, never with a bare "timed out". */
static void check_deadlines(struct lab_climb *c)
{
    /* The turn's time: a pause that begins in this very turn is forgiven in the next one only. */
    uint64_t now = c->ladder->turned_ms;
    const struct lab_spec *spec = c->ladder->run->spec;
    uint64_t whole = c->ladder->run->options->timeout_ms ? c->ladder->run->options->timeout_ms
                     : spec                              ? spec->wait.timeout_ms
                                                         : 30u * 60 * 1000;
    bool late = now > (c->powered_ms ? c->powered_ms : c->began_ms) + whole;
    if (!late && now <= c->moved_ms + lab_climb_stall_ms(c))
        return;
    LAB_AUTO_STR struct lab_str time = LAB_STR_INIT;
    lab_put_duration(&time, now - c->gate_began_ms);
    lab_climb_fail(c, LAB_TIMEOUT, "%s not reached in %s; last seen: %s",
                   lab_tr(lab_gate_title(c->gate)), lab_str_get(&time),
                   c->evidence.len ? lab_str_get(&c->evidence) : lab_tr("nothing"));
    if (c->gate == LAB_GATE_LOGIN && c->guest && lab_guest_refusals(c->guest)) {
        lab_run_unknown_hint(c->ladder->run, c->record->name, &c->error);
        return;
    }
    lab_error_hint(&c->error, "raise %s if this is only slow; '%s up' goes on from this gate",
                   late ? lab_tr("wait.timeout (or --timeout)") : "wait.stall",
                   lab_run_self(c->ladder->run));
}

static void show_live(struct lab_climb *c)
{
    const struct lab_listener *listener = c->ladder->run->listener;
    if (listener->live && c->end == LAB_CLIMB_GOING)
        listener->live(listener->arg, c->record->name, lab_gate_name(c->gate),
                       lab_str_get(&c->evidence));
}

/* Only the gates between power-on and power-off need a running VM. */
static bool died(const struct lab_climb *c)
{
    bool needs_power = c->gate > LAB_GATE_POWERED && c->gate != LAB_GATE_OFF &&
                       c->gate != LAB_GATE_DETACHED && c->gate != LAB_GATE_RESTARTED;
    return needs_power && !c->ladder->observe && lab_climb_looked(c) &&
           (c->power == LAB_POWER_OFF || c->power == LAB_POWER_CRASHED ||
            c->power == LAB_POWER_ABSENT);
}

/* It was on when this command began and had been told to go down: by a labctl that was killed
 * since, or by somebody else. Where it was on its way to be off anyway, that is well; else it is
 * started again, once. A VM that this command started and that goes off is a failure. */
static bool goes_on_after_death(struct lab_climb *c)
{
    bool restarted = c->gates & LAB_GATE_BIT(LAB_GATE_RESTARTED) && c->gate > LAB_GATE_RESTARTED;
    if (c->gates & LAB_GATE_BIT(LAB_GATE_POWERED) || restarted)
        return false;
    lab_run_warning(c->ladder->run, "%s went off: an earlier command may have told it to",
                    c->record->name);
    lab_climb_disconnect(c);
    if (c->record->provisioned && c->gate < LAB_GATE_OFF &&
        (c->gates & LAB_GATE_BIT(LAB_GATE_OFF))) {
        enter_next(c, LAB_GATE_OFF);
        return true;
    }
    c->gates |= LAB_GATE_BIT(LAB_GATE_POWERED);
    enter_next(c, LAB_GATE_POWERED);
    return true;
}

/* true when it moved and may move again at once */
static bool climb_once(struct lab_climb *c)
{
    const struct lab_gate_def *gate = &lab_gates[c->gate];
    if (!c->entered) {
        bool dead = false;
        const char *why = gate->hold && !c->ladder->observe ? gate->hold(c, &dead) : NULL;
        if (dead) {
            lab_fail(&c->error, LAB_GUEST, "%s", why);
            end_with_error(c, LAB_CLIMB_BLOCKED);
            return false;
        }
        if (why) {
            lab_climb_see(c, "%s", why);
            c->moved_ms = c->gate_began_ms = plat_now_ms(); /* waiting for others is not stalling */
            return false;
        }
        c->entered = true;
        lab_str_truncate(&c->evidence, 0);
        if (gate->enter && !c->ladder->observe)
            gate->enter(c);
    }
    enum lab_answer answer = c->error.code != LAB_OK ? LAB_FAILED : gate->check(c);
    if (answer == LAB_PASS) {
        c->took_ms[c->gate] = plat_now_ms() - c->reached_ms;
        lab_run_event(c->ladder->run, c->record->name, gate->name, "passed",
                      lab_str_get(&c->evidence));
        enter_next(c, c->gate + 1);
        return c->end == LAB_CLIMB_GOING;
    }
    if (answer == LAB_WAIT && died(c) && goes_on_after_death(c))
        return true;
    if (answer == LAB_WAIT && died(c))
        lab_climb_fail(c, LAB_GUEST, "the VM is %s, though nobody here powered it off",
                       lab_power_name(c->power));
    else if (answer == LAB_WAIT)
        check_deadlines(c);
    return false;
}

/* Failing takes two turns: the reason is fixed at once, then the guest is asked for its last words
 * if it still answers (evidence.c). */
static void climb(struct lab_climb *c)
{
    if (c->end != LAB_CLIMB_GOING || c->working)
        return;
    while (c->error.code == LAB_OK && climb_once(c))
        ;
    if (c->end == LAB_CLIMB_GOING && c->error.code != LAB_OK) {
        if (lab_climb_gather(c))
            end_with_error(c, LAB_CLIMB_FAILED);
        return;
    }
    show_live(c);
}

static void show_overall(struct lab_ladder *l)
{
    const struct lab_listener *listener = l->run->listener;
    struct lab_overall now;
    if (!listener->overall)
        return;
    lab_estimate_overall(l, plat_now_ms(), &now);
    listener->overall(listener->arg, &now);
}

static bool going(const struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++)
        if (l->climbs[i].end == LAB_CLIMB_GOING || l->climbs[i].working)
            return true;
    return l->polling;
}

static void abandon(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++)
        if (l->climbs[i].end == LAB_CLIMB_GOING && !l->climbs[i].working)
            finish(&l->climbs[i], LAB_CLIMB_BLOCKED);
}

static int sum_up(struct lab_ladder *l, struct lab_error *err)
{
    enum lab_code worst = LAB_OK;
    size_t failed = 0, blocked = 0;
    const struct lab_climb *first = NULL;
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        blocked += c->end == LAB_CLIMB_BLOCKED;
        if (c->end != LAB_CLIMB_FAILED)
            continue;
        first = first ? first : c;
        failed++;
        worst = lab_code_worse(worst, c->error.code);
    }
    if (l->run->interrupted)
        return lab_run_interrupted(l->run, err);
    if (!failed && !blocked)
        return 0;
    if (failed == 1 && !blocked)
        return lab_fail(err, worst, "node '%s' failed at %s", first->record->name,
                        lab_gate_name(first->gate));
    return lab_fail(err, failed ? worst : LAB_GUEST,
                    "%zu of %zu nodes failed, %zu could not go on without them", failed, l->len,
                    blocked);
}

/* Time in which this process did not run (host suspended, SIGSTOP) is none in which a guest stood
 * still: no deadline counts it, and every node is looked at again. */
static void forgive_pause(struct lab_ladder *l)
{
    enum { LONGEST_TURN_MS = 5000 }; /* turns come four times a second */
    uint64_t now = plat_now_ms(), pause = l->turned_ms ? now - l->turned_ms : 0;
    l->turned_ms = now;
    if (pause < LONGEST_TURN_MS)
        return;
    lab_log("this process did not run for %llu s", (unsigned long long)(pause / 1000));
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *c = &l->climbs[i];
        uint64_t *marks[] = {&c->began_ms,   &c->gate_began_ms, &c->moved_ms,
                             &c->powered_ms, &c->step_ms,       &c->reached_ms};
        for (size_t m = 0; m < LAB_ARRAY_LEN(marks); m++)
            if (*marks[m])
                *marks[m] = *marks[m] + pause < now ? *marks[m] + pause : now;
    }
}

int lab_ladder_run(struct lab_ladder *l, struct lab_error *err)
{
    l->polled_ms = plat_now_ms();
    lab_estimate_load(l);
    for (size_t i = 0; i < l->len; i++) {
        l->climbs[i].began_ms = plat_now_ms();
        if (l->climbs[i].error.code == LAB_OK) /* else it fails at its first gate */
            enter_next(&l->climbs[i], 0);
    }
    do {
        forgive_pause(l);
        if (l->run->interrupted)
            abandon(l);
        for (size_t i = 0; i < l->len; i++)
            climb(&l->climbs[i]);
        show_overall(l);
        if (!l->run->interrupted && going(l))
            poll_hypervisor(l, plat_now_ms());
        if (going(l))
            uv_run(&l->run->loop, UV_RUN_ONCE);
        lab_run_show_notices(l->run);
    } while (going(l));
    show_overall(l);
    int rc = sum_up(l, err);
    if (rc == 0)
        lab_estimate_save(l);
    return rc;
}
