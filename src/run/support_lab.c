/* What labctl finds and records: doctor, plan, status, ledger. */
#include <jansson.h>
#include <stdlib.h>

#include "base/time.h"
#include "run/support_priv.h"

/* --- doctor, plan, status -----------------------------------------------------------------------
 */

void lab_support_doctor(struct lab_support *s)
{
    LAB_AUTO_FINDINGS struct lab_findings findings = {{0}};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (lab_doctor(s->yaml, NULL, &findings, &err) && lab_doctor(NULL, NULL, &findings, NULL)) {
        lab_support_lack_error(s, "doctor.txt", &err);
        return;
    }
    LAB_VEC_FOREACH (f, &findings.list) {
        lab_str_addf(&out, "%-12s %-8s %s", f->check, lab_result_name(f->result), f->found);
        if (f->looked)
            lab_str_addf(&out, " [%s]", f->looked);
        if (f->fix)
            lab_str_addf(&out, "; %s", f->fix);
        lab_str_add(&out, "\n");
    }
    lab_support_put(s, "doctor.txt", "what 'labctl doctor' finds", lab_str_get(&out), out.len);
}

static bool has_provider(const struct lab_support *s)
{
    return s->run && s->run->provider_open;
}

void lab_support_plan(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_plan plan = {0};
    const struct lab_plan_options options = {0};
    if (!has_provider(s) || !s->run->spec) {
        lab_support_lack(s, "plan.txt",
                         "a plan needs a lab.yaml without problems, and a hypervisor");
        return;
    }
    if (lab_plan_now(s->run, &options, &plan, &err))
        lab_support_lack_error(s, "plan.txt", &err);
    LAB_VEC_FOREACH (p, &plan.nodes)
        lab_str_addf(&out, "%-24s %-10s %s\n", p->name, lab_action_name(p->action),
                     p->reason ? p->reason : "");
    LAB_VEC_FOREACH (note, &plan.notes)
        lab_str_addf(&out, "note: %s\n", *note);
    if (plan.nodes.len)
        lab_str_addf(&out, "\nchanges: %s\n", plan.changes ? "yes" : "no");
    lab_plan_clear(&plan);
    lab_support_put(s, "plan.txt", "what 'labctl up' would do", lab_str_get(&out), out.len);
}

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

void lab_support_status(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (!has_provider(s)) {
        lab_support_lack(s, "status.txt",
                         "no hypervisor could be asked; state.ndjson has the record");
        return;
    }
    if (lab_status(s->run, &s->status, &err) || lab_status_guests(s->run, &s->status, &err)) {
        lab_support_lack_error(s, "status.txt", &err);
        return;
    }
    lab_str_addf(&out, "lab %s on %s, from %s\n%s\n", s->status.lab, s->status.provider,
                 or_dash(s->status.source), s->status.insecure ? s->status.insecure : "");
    LAB_VEC_FOREACH (row, &s->status.rows)
        lab_str_addf(&out, "%-24s %-15s %-8s %-8s %-14s %-8s up %llu s, k3s %s; %s\n", row->node,
                     or_dash(row->address), row->role, row->power, or_dash(row->gate),
                     or_dash(row->state), (unsigned long long)row->uptime_s, or_dash(row->k3s),
                     or_dash(row->note));
    lab_support_put(s, "status.txt", "what 'labctl status' shows", lab_str_get(&out), out.len);
}

/* --- ledger -------------------------------------------------------------------------------------
 */

static json_t *text_of(const char *text)
{
    json_t *value = text ? json_string(text) : NULL;
    return value ? value : json_null();
}

static void put_event(struct lab_str *out, const struct lab_event *e)
{
    LAB_AUTO_STR struct lab_str at = LAB_STR_INIT;
    lab_put_time(&at, e->at_ms);
    json_t *row = json_pack("{s:s, s:o, s:o, s:o, s:o}", "at", lab_str_get(&at), "node",
                            text_of(e->node), "gate", text_of(e->gate), "state", text_of(e->state),
                            "evidence", text_of(e->evidence));
    char *line = json_dumps(row, JSON_COMPACT);
    lab_str_addf(out, "%s\n", line ? line : "{}");
    free(line);
    json_decref(row);
}

static void put_events(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_events events = {{0}};
    if (lab_state_events(s->run->state, 0, &events, &err)) {
        lab_support_lack_error(s, "events.ndjson", &err);
        return;
    }
    LAB_VEC_FOREACH (e, &events.list)
        put_event(&out, e);
    lab_events_clear(&events);
    lab_support_put(s, "events.ndjson", "what happened, from the ledger: one event a line",
                    lab_str_get(&out), out.len);
}

void lab_support_record(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (!s->run || !s->run->state) {
        lab_support_lack(s, "state.ndjson, events.ndjson", "there is no ledger that could be read");
        return;
    }
    put_events(s);
    if (lab_state_dump(s->run->state, &out, &err))
        lab_support_lack_error(s, "state.ndjson", &err);
    lab_support_put(s, "state.ndjson", "the ledger's other tables: one row a line",
                    lab_str_get(&out), out.len);
}
