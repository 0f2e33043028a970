/* wait: follows a lab without changing it; nothing is started, stopped or detached. */
#include <string.h>

#include "platform.h"
#include "run/commands.h"
#include "run/prepare.h"
#include "run/report.h"
#include "run/roster.h"

static const unsigned link_gates =
    1u << LAB_GATE_ADDRESS | 1u << LAB_GATE_PORT | 1u << LAB_GATE_HOSTKEY | 1u << LAB_GATE_LOGIN;

/* Gates before the restart are proved once and stored; only those that can change are looked at. */
static unsigned wait_gates(const struct lab_climb *c)
{
    unsigned gates = ~(1u << LAB_GATE_OFF | 1u << LAB_GATE_SSH_AGAIN);
    if (c->record->provisioned)
        gates &= ~(1u << LAB_GATE_COPY | 1u << LAB_GATE_CLOUD_INIT);
    if (c->record->restarted)
        gates = 1u << LAB_GATE_POWERED | link_gates | 1u << LAB_GATE_CLOCK | 1u << LAB_GATE_K3S |
                1u << LAB_GATE_READY;
    if (c->record->role == LAB_ROLE_NONE)
        gates &= ~(1u << LAB_GATE_K3S | 1u << LAB_GATE_READY);
    return gates;
}

int lab_wait(struct lab_run *run,
             enum lab_gate until,
             struct lab_report *report,
             struct lab_error *err)
{
    struct lab_ladder ladder = {0};
    uint64_t began = plat_now_ms();
    if (lab_roster(&ladder, run, LAB_LADDER_WAIT, err))
        return -1;
    if (until < LAB_GATE_COUNT)
        ladder.last = until;
    for (size_t i = 0; i < ladder.len; i++)
        ladder.climbs[i].gates = wait_gates(&ladder.climbs[i]);
    int rc = lab_ladder_run(&ladder, err);
    lab_report_climbs(report, &ladder);
    report->took_ms = plat_now_ms() - began;
    lab_ladder_clear(&ladder);
    return rc;
}
