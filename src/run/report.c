#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "platform.h"
#include "run/commands.h"
#include "run/report.h"

/* Of a node that is done: how far this command went with it. */
static enum lab_gate last_gate(const struct lab_climb *c)
{
    for (int gate = (int)c->ladder->last; gate >= 0; gate--)
        if (c->gates & LAB_GATE_BIT(gate))
            return (enum lab_gate)gate;
    return LAB_GATE_COUNT;
}

static void add_outcome(struct lab_report *report, const struct lab_climb *c)
{
    struct lab_outcome *o = lab_vec_push(&report->nodes);
    o->node = lab_strdup(c->record->name);
    o->address = lab_strdup(c->record->nics.len ? c->record->nics.items[0].ip : NULL);
    o->role = (enum lab_role)c->record->role;
    o->end = c->end;
    o->gate = c->end == LAB_CLIMB_DONE ? last_gate(c) : c->gate;
    lab_error_copy(&o->error, &c->error);
    o->details = lab_strdup(c->details);
    o->took_ms = c->ended_ms > c->began_ms ? c->ended_ms - c->began_ms : 0;
}

void lab_report_climbs(struct lab_report *report, const struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++)
        add_outcome(report, &l->climbs[i]);
}

void lab_report_removed(struct lab_report *report, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    *lab_vec_push(&report->removed) = lab_vtr(fmt, ap);
    va_end(ap);
}

void lab_report_kept(struct lab_report *report, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    *lab_vec_push(&report->kept) = lab_vtr(fmt, ap);
    va_end(ap);
}

void lab_report_clear(struct lab_report *report)
{
    LAB_VEC_FOREACH (o, &report->nodes) {
        free(o->node);
        free(o->address);
        free(o->details);
        lab_error_clear(&o->error);
    }
    LAB_VEC_FOREACH (text, &report->removed)
        free(*text);
    LAB_VEC_FOREACH (text, &report->kept)
        free(*text);
    lab_vec_clear(&report->nodes);
    lab_vec_clear(&report->removed);
    lab_vec_clear(&report->kept);
}
