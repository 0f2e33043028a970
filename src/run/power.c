/* start, stop, restart: the ladder with only the gates that switching power needs. Nothing is
 * provisioned; a node that never got that far is for `up`. */
#include "platform.h"
#include "run/commands.h"
#include "run/prepare.h"
#include "run/report.h"
#include "run/roster.h"

#define BIT(gate) (1u << (gate))

static const unsigned up_gates = BIT(LAB_GATE_POWERED) | BIT(LAB_GATE_ADDRESS) |
                                 BIT(LAB_GATE_PORT) | BIT(LAB_GATE_HOSTKEY) | BIT(LAB_GATE_LOGIN) |
                                 BIT(LAB_GATE_CLOCK) | BIT(LAB_GATE_K3S) | BIT(LAB_GATE_READY);
static const unsigned again_gates = BIT(LAB_GATE_OFF) | BIT(LAB_GATE_RESTARTED) |
                                    BIT(LAB_GATE_SSH_AGAIN) | BIT(LAB_GATE_K3S) |
                                    BIT(LAB_GATE_READY);

static int switch_power(struct lab_run *run,
                        enum lab_ladder_kind kind,
                        unsigned gates,
                        struct lab_report *report,
                        struct lab_error *err)
{
    struct lab_ladder ladder = {0};
    if (lab_roster(&ladder, run, kind, err))
        return -1;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ladder.len; i++) {
        struct lab_climb *c = &ladder.climbs[i];
        c->gates = lab_run_targeted(run, c->record->name) ? gates : up_gates;
        if (c->record->role == LAB_ROLE_NONE)
            c->gates &= ~(BIT(LAB_GATE_K3S) | BIT(LAB_GATE_READY));
        if (c->power == LAB_POWER_ON)
            c->gates &= ~BIT(LAB_GATE_POWERED);
        if (c->power == LAB_POWER_OFF || c->power == LAB_POWER_ABSENT)
            c->gates &= ~BIT(LAB_GATE_OFF);
        if (kind != LAB_LADDER_STOP && !c->record->restarted) {
            rc = lab_fail(err, LAB_USAGE, "node '%s' is not provisioned to its end",
                          c->record->name);
            lab_error_hint(err, "'%s up' finishes it", lab_run_self(run));
        }
    }
    /* after a reboot of the host the lab's own networks are down */
    if (rc == 0 && run->spec && gates & BIT(LAB_GATE_POWERED))
        rc = lab_preflight(&ladder, err) || lab_prepare_networks(&ladder, err) ? -1 : 0;
    if (rc == 0) {
        rc = lab_ladder_run(&ladder, err);
        lab_report_climbs(report, &ladder);
    }
    report->changed = true;
    lab_ladder_clear(&ladder);
    return rc;
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
    return recorded(run, "start", LAB_LADDER_UP, up_gates, report, err);
}

int lab_stop(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return recorded(run, "stop", LAB_LADDER_STOP, BIT(LAB_GATE_OFF), report, err);
}

int lab_restart(struct lab_run *run, struct lab_report *report, struct lab_error *err)
{
    return recorded(run, "restart", LAB_LADDER_RESTART, again_gates, report, err);
}
