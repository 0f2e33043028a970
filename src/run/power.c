/* start, stop, restart: the ladder with only the gates that switching power needs. Nothing is
 * provisioned; a node that never got that far is for `up`. */
#include <stdlib.h>

#include "base/i18n.h"
#include "platform.h"
#include "run/power.h"
#include "run/prepare.h"
#include "run/registry.h"
#include "run/report.h"
#include "run/roster.h"
#include "run/snapshot.h"

/* Nothing is provisioned here. */
static int check(struct lab_run *run,
                 enum lab_ladder_kind kind,
                 const struct lab_node_record *record,
                 struct lab_error *err)
{
    if (lab_roster_check(run, kind, record, err))
        return -1;
    if (kind == LAB_LADDER_STOP || record->restarted)
        return 0;
    lab_fail(err, LAB_USAGE, "it was never provisioned to its end");
    return lab_error_hint(err, "'%s up' finishes it", lab_run_self(run));
}

static void set_gates(struct lab_climb *c, enum lab_ladder_kind kind, unsigned gates)
{
    struct lab_run *run = c->ladder->run;
    c->gates = lab_run_targeted(run, c->record->name) ? gates : LAB_GATES_START;
    if (c->error.code != LAB_OK || check(run, kind, c->record, &c->error))
        return;
    if (c->record->role == LAB_ROLE_NONE)
        c->gates &= ~(LAB_GATES_K3S);
    if (c->power == LAB_POWER_ON)
        c->gates &= ~LAB_GATE_BIT(LAB_GATE_POWERED);
    if (c->power == LAB_POWER_OFF || c->power == LAB_POWER_ABSENT)
        c->gates &= ~LAB_GATE_BIT(LAB_GATE_OFF);
    if (c->power == LAB_POWER_ABSENT)
        lab_run_warning(run, "the hypervisor has no VM '%s' any more; '%s up' makes it anew",
                        c->record->name, lab_run_self(run));
}

static int switch_power(struct lab_run *run,
                        enum lab_ladder_kind kind,
                        unsigned gates,
                        struct lab_report *report,
                        struct lab_error *err)
{
    struct lab_ladder ladder = {0};
    if ((kind != LAB_LADDER_STOP && lab_snapshot_settle(run, err)) ||
        lab_roster(&ladder, run, kind, err))
        return -1;
    for (size_t i = 0; i < ladder.len; i++)
        set_gates(&ladder.climbs[i], kind, gates);
    int rc = 0;
    /* after a reboot of the host the lab's own networks are down */
    const unsigned starts = LAB_GATE_BIT(LAB_GATE_POWERED) | LAB_GATE_BIT(LAB_GATE_RESTARTED);
    if (run->spec && gates & starts)
        rc = lab_preflight(&ladder, err) || lab_prepare_networks(&ladder, err) ||
                     (run->spec->registry.serve && lab_registry_up(run, err))
                 ? -1
                 : 0;
    if (rc == 0) {
        rc = lab_ladder_run(&ladder, err);
        lab_report_climbs(report, &ladder);
    }
    report->changed = true;
    lab_ladder_clear(&ladder);
    return rc;
}

int lab_power_down(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return switch_power(run, LAB_LADDER_STOP, LAB_GATE_BIT(LAB_GATE_OFF), report, err);
}

int lab_power_up(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return switch_power(run, LAB_LADDER_UP, LAB_GATES_START, report, err);
}

static int recorded(struct lab_run *run,
                    const char *command,
                    enum lab_ladder_kind kind,
                    unsigned gates,
                    struct lab_report *report,
                    struct lab_error *err)
{
    uint64_t began = plat_now_ms();
    if (lab_state_run_begin(run->state, command, err))
        return -1;
    int rc = switch_power(run, kind, gates, report, err);
    report->took_ms = plat_now_ms() - began;
    if (lab_state_run_end(run->state, rc ? (int)err->code : 0, rc ? NULL : err))
        return -1;
    return rc;
}

int lab_start(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return recorded(run, "start", LAB_LADDER_UP, LAB_GATES_START, report, err);
}

int lab_stop(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return recorded(run, "stop", LAB_LADDER_STOP, LAB_GATE_BIT(LAB_GATE_OFF), report, err);
}

int lab_restart(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    const unsigned gates = LAB_GATE_BIT(LAB_GATE_OFF) | LAB_GATES_AGAIN;
    return recorded(run, "restart", LAB_LADDER_RESTART, gates, report, err);
}

/* --- --dry-run
 * --------------------------------------------------------------------------------------- */

static const char *action_for(bool stop, enum lab_power power)
{
    switch (power) {
    case LAB_POWER_ON:
        return stop ? "stop" : "follow";
    case LAB_POWER_PAUSED:
        return stop ? "stop" : "resume";
    default:
        return stop ? "leave" : "start";
    }
}

int lab_power_look(struct lab_run *run,
                   bool stop,
                   struct lab_power_plan *out,
                   struct lab_error *err)
{
    enum lab_ladder_kind kind = stop ? LAB_LADDER_STOP : LAB_LADDER_UP;
    if (lab_need_lab(run, err) || lab_run_observe(run, err))
        return -1;
    LAB_VEC_FOREACH (r, &run->records.list) {
        if (!lab_run_targeted(run, r->name))
            continue;
        const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, r->name);
        enum lab_power power = vm ? vm->power : LAB_POWER_ABSENT;
        struct lab_power_row *row = lab_vec_push(&out->rows);
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        row->node = lab_strdup(r->name);
        row->action = check(run, kind, r, &why) ? "fail" : action_for(stop, power);
        row->reason = why.message ? lab_format("%s; %s", why.message, why.hint ? why.hint : "")
                                  : lab_format(lab_tr("it is %s"), lab_power_name(power));
    }
    return 0;
}

void lab_power_plan_clear(struct lab_power_plan *plan)
{
    LAB_VEC_FOREACH (row, &plan->rows) {
        free(row->node);
        free(row->reason);
    }
    lab_vec_clear(&plan->rows);
}
