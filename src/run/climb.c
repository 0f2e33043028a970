#include "run/climb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/marker.h"

const char *lab_climb_fact(const struct lab_climb *c, const char *key)
{
    LAB_VEC_FOREACH (fact, &c->facts)
        if (strcmp(fact->key, key) == 0)
            return fact->value;
    return NULL;
}

static void forget_facts(struct lab_climb *c)
{
    LAB_VEC_FOREACH (fact, &c->facts) {
        free(fact->key);
        free(fact->value);
    }
    c->facts.len = 0;
    c->skew_known = false;
}

void lab_climb_see(struct lab_climb *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *raw = lab_vtr(fmt, ap);
    va_end(ap);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_printable(&text, raw, strlen(raw), 400);
    if (strcmp(lab_str_get(&text), lab_str_get(&c->evidence)) == 0)
        return;
    lab_str_truncate(&c->evidence, 0);
    lab_str_add(&c->evidence, lab_str_get(&text));
}

void lab_climb_step(struct lab_climb *c, int step, const char *what)
{
    c->step = step;
    c->step_ms = c->moved_ms = plat_now_ms();
    lab_climb_see(c, "%s", lab_tr(what));
}

enum lab_answer lab_climb_fail(struct lab_climb *c, enum lab_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    lab_fail(&c->error, code, "%s", text);
    return LAB_FAILED;
}

bool lab_climb_passed(const struct lab_climb *c, enum lab_gate gate)
{
    return c->end == LAB_CLIMB_DONE || c->gate > gate;
}

void lab_climb_look_again(struct lab_climb *c)
{
    c->want_poll = c->ladder->polls + 1;
    c->ladder->polled_ms = 0;
}

bool lab_climb_looked(const struct lab_climb *c)
{
    return c->seen_poll >= c->want_poll && c->seen_poll > 0;
}

/* Emulated guests are ten times slower than real ones. */
uint64_t lab_climb_stall_ms(const struct lab_climb *c)
{
    const struct lab_spec *spec = c->ladder->run->spec;
    if (spec && spec->wait.stall_given)
        return spec->wait.stall_ms;
    uint64_t stall = spec ? spec->wait.stall_ms : 5u * 60 * 1000;
    return c->ladder->run->host.accelerated ? stall : stall * 2;
}

void lab_climb_save(struct lab_climb *c)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (c->ladder->observe)
        return; /* the ledger is only read */
    if (lab_state_node_put(c->ladder->run->state, c->record, &err))
        lab_climb_fail(c, err.code, "cannot record the state of '%s': %s", c->record->name,
                       err.message);
}

void lab_climb_keep_identity(struct lab_climb *c)
{
    const char *machine = lab_climb_fact(c, "machine_id");
    const char *instance = lab_climb_fact(c, "instance_id"), *boot = lab_climb_fact(c, "boot_id");
    if (machine)
        lab_assign(&c->machine_id, machine);
    if (instance)
        lab_assign(&c->instance_id, instance);
    if (boot)
        lab_assign(&c->record->boot_id, boot);
    lab_climb_save(c);
}

/* --- work on a worker thread --------------------------------------------------------------------
 */

static void work_done(void *arg, const struct lab_error *err)
{
    struct lab_climb *c = arg;
    c->working = false;
    c->moved_ms = plat_now_ms();
    if (err)
        lab_error_copy(&c->error, err);
    else
        c->worked = true;
}

void lab_climb_work(struct lab_climb *c, lab_work_fn fn)
{
    c->working = true;
    c->worked = false;
    lab_work_submit(&c->ladder->run->loop, fn, work_done, c);
}

/* --- the session
 * ---------------------------------------------------------------------------------- */

static void
on_link(void *arg, enum lab_link link, const char *evidence, const struct lab_error *err)
{
    struct lab_climb *c = arg;
    if (link < LAB_LINK_LOGIN)
        forget_facts(c);
    if (link > c->link)
        c->moved_ms = plat_now_ms();
    c->link = link;
    lab_assign(&c->link_words, evidence);
    if (c->gate >= LAB_GATE_ADDRESS && c->gate != LAB_GATE_DETACHED && link < LAB_LINK_LOGIN)
        lab_climb_see(c, "%s", evidence);
    if (err && c->error.code == LAB_OK)
        lab_error_copy(&c->error, err);
}

/* tick EPOCH UPTIME: the smallest skew of a connection counts, since a loaded guest answers late.
 */
static void note_clock(struct lab_climb *c, const char *value)
{
    int64_t epoch_ms;
    if (!lab_tick_read(value, &epoch_ms))
        return;
    int64_t skew = epoch_ms - plat_wall_ms();
    if (!c->skew_known || llabs((long long)skew) < llabs((long long)c->skew_ms))
        c->skew_ms = skew;
    c->skew_known = true;
}

static void on_fact(void *arg, const char *key, const char *value)
{
    struct lab_climb *c = arg;
    if (strcmp(key, "tick") == 0)
        note_clock(c, value);
    else
        c->moved_ms = plat_now_ms(); /* anything but the heartbeat is progress */
    LAB_VEC_FOREACH (fact, &c->facts) {
        if (strcmp(fact->key, key) != 0)
            continue;
        lab_assign(&fact->value, value);
        return;
    }
    if (c->facts.len >= 64)
        return;
    struct lab_fact *fact = lab_vec_push(&c->facts);
    fact->key = lab_strdup(key);
    fact->value = lab_strdup(value);
}

static uint32_t login_address(const struct lab_climb *c)
{
    uint32_t ip = 0;
    if (c->record->nics.len && c->record->nics.items[0].ip)
        lab_ipv4_parse(c->record->nics.items[0].ip, &ip);
    return ip;
}

void lab_climb_connect(struct lab_climb *c)
{
    if (c->guest)
        return;
    struct lab_run *run = c->ladder->run;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!(c->gates & LAB_GATE_BIT(LAB_GATE_POWERED)))
        lab_climb_boots_anew(c); /* it was on before */
    if (!c->hostkey.blob_len) {
        if (lab_run_hostkey(run, c->record->name, &c->hostkey, &err)) {
            lab_error_move(&c->error, &err);
            return;
        }
    }
    const struct lab_guest_target target = {
        .node = c->record->name,
        .ip = login_address(c),
        .user = lab_run_user(run),
        .private_key = run->login.private_pem,
        .hostkey = c->hostkey.blob,
        .hostkey_len = c->hostkey.blob_len,
        .step_timeout_ms = run->host.accelerated ? 20000 : 60000,
        /* bash waits without starting a process, which matters to an emulated guest */
        .facts_command = "sudo -n sh -c 'command -v bash >/dev/null && exec bash -s; exec sh -s'",
    };
    static const struct lab_guest_events events = {on_link, on_fact};
    c->link = LAB_LINK_DOWN;
    c->guest =
        lab_guest_open(&run->loop, &target, lab_asset_get("seeds/guest/facts")->text, &events, c);
}

void lab_climb_disconnect(struct lab_climb *c)
{
    if (c->guest)
        lab_guest_close(c->guest);
    c->guest = NULL;
    c->link = LAB_LINK_DOWN;
    forget_facts(c);
}

/* --- one command in the guest
 * ------------------------------------------------------------------------ */

static void exec_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct lab_climb *c = arg;
    c->exec_pending = false;
    if (!err && result->status == 0) {
        lab_assign(&c->exec_out, result->out);
        return;
    }
    c->exec_failed = true;
    c->exec_dropped = err != NULL;
    if (err)
        lab_climb_see(c, "%s", err->message);
    else
        lab_climb_see(c, "exit status %d: %s", result->status,
                      result->errout_len ? result->errout : result->out);
}

void lab_climb_exec(struct lab_climb *c, const char *command, const char *input)
{
    lab_climb_exec_long(c, command, input, 120000);
}

void lab_climb_exec_long(struct lab_climb *c,
                         const char *command,
                         const char *input,
                         uint64_t timeout_ms)
{
    LAB_AUTOFREE char *as_root = lab_format("sudo -n %s", command);
    struct lab_exec exec = {.command = as_root,
                            .input = input,
                            .input_len = input ? strlen(input) : 0,
                            .timeout_ms = timeout_ms,
                            .done = exec_done,
                            .arg = c};
    c->exec_pending = true;
    c->exec_failed = c->exec_dropped = false;
    lab_guest_exec(c->guest, &exec);
}
