/* wait: follows a lab without changing it; nothing is started, stopped or detached. */
#include <string.h>

#include "platform.h"
#include "run/commands.h"
#include "run/prepare.h"
#include "run/report.h"
#include "run/roster.h"

/* Gates before the restart are proved once and stored; only those that can change are looked at. */
static unsigned wait_gates(const struct lab_climb *c)
{
    unsigned gates = ~LAB_GATE_BIT(LAB_GATE_OFF);
    if (c->record->provisioned)
        gates &= ~LAB_GATES_FIRST_BOOT;
    if (!lab_payload_has_packages(c->ladder->run))
        gates &= ~LAB_GATE_BIT(LAB_GATE_PACKAGES);
    if (c->record->restarted)
        gates = LAB_GATES_START;
    if (c->record->role == LAB_ROLE_NONE)
        gates &= ~LAB_GATES_K3S;
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
