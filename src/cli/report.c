#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"

static const char *state_of(const struct lab_outcome *o)
{
    switch (o->end) {
    case LAB_CLIMB_DONE:
        return "done";
    case LAB_CLIMB_FAILED:
        return "failed";
    case LAB_CLIMB_BLOCKED:
        return "not reached";
    default:
        return "going";
    }
}

static json_t *row_of(const struct lab_outcome *o)
{
    LAB_AUTO_STR struct lab_str time = LAB_STR_INIT;
    lab_put_duration(&time, o->took_ms);
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "node", o->node,
                     "address", lab_json_text(o->address), "role", lab_role_name(o->role), "state",
                     state_of(o), "gate", o->gate == LAB_GATE_COUNT ? "-" : lab_gate_name(o->gate),
                     "time", lab_str_get(&time), "time_ms", (json_int_t)o->took_ms, "reason",
                     lab_json_text(o->error.message), "hint", lab_json_text(o->error.hint),
                     "details", lab_json_text(o->details));
}

static void put_failure(struct lab_str *out, const struct lab_outcome *o)
{
    lab_str_addf(out, lab_tr("\n%s failed at '%s':\n  "), o->node, lab_gate_name(o->gate));
    lab_put_lines(out, o->error.message ? o->error.message : lab_tr("unknown reason"));
    lab_str_addc(out, '\n');
    if (o->details)
        lab_put_lines(out, o->details);
    if (o->error.hint)
        lab_str_addf(out, lab_tr("  next: %s\n"), o->error.hint);
}

/* Why each failed node failed, what was seen, what to do: to stderr, where people look for it. */
static void print_failures(const struct lab_report *report)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (o, &report->nodes)
        if (o->end == LAB_CLIMB_FAILED)
            put_failure(&text, o);
    lab_cli_say("%s", lab_str_get(&text));
}

static void print_lists(const struct lab_report *report)
{
    LAB_VEC_FOREACH (text, &report->removed)
        printf(lab_tr("removed: %s\n"), *text);
    LAB_VEC_FOREACH (text, &report->kept)
        printf(lab_tr("kept:    %s\n"), *text);
}

static json_t *texts(const char *const *items, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

void lab_cli_report(const struct lab_cli *cli, const struct lab_report *report, const char *verb)
{
    static const struct lab_column columns[] = {
        {LAB_N("NODE"), "node"},   {LAB_N("ADDRESS"), "address"}, {LAB_N("ROLE"), "role"},
        {LAB_N("STATE"), "state"}, {LAB_N("GATE"), "gate"},       {LAB_N("TIME"), "time"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (o, &report->nodes)
        json_array_append_new(rows, row_of(o));
    if (cli->output == LAB_OUTPUT_TABLE)
        print_failures(report);
    bool table = cli->output != LAB_OUTPUT_TABLE || (report->nodes.len && !cli->quiet);
    json_t *whole =
        json_pack("{s:s, s:o, s:o, s:o, s:b, s:I}", "command", verb, "nodes", rows, "removed",
                  texts((const char *const *)report->removed.items, report->removed.len), "kept",
                  texts((const char *const *)report->kept.items, report->kept.len), "changed",
                  report->changed, "time_ms", (json_int_t)report->took_ms);
    if (table)
        lab_cli_print(cli, whole, "nodes", columns, LAB_ARRAY_LEN(columns));
    else
        json_decref(whole);
    if (cli->output != LAB_OUTPUT_TABLE || cli->quiet)
        return;
    print_lists(report);
    LAB_AUTO_STR struct lab_str time = LAB_STR_INIT;
    lab_put_duration(&time, report->took_ms);
    printf(lab_tr("%s took %s\n"), verb, lab_str_get(&time));
}
