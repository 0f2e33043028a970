/* The view where nothing can be drawn over: a line for every change. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/view_priv.h"
#include "platform.h"
#include "run/gate.h"

static void put_clock(struct lab_str *out, int64_t at_ms)
{
    struct lab_date at = lab_date(plat_local_ms(at_ms));
    lab_str_addf(out, "%02d:%02d:%02d", at.hour, at.minute, at.second);
}

/* Evidence is often a guest's own words. */
static void put_words(struct lab_str *out, const char *text)
{
    lab_put_printable(out, text, strlen(text), SIZE_MAX);
}

void lab_view_print(const struct lab_event *e)
{
    if (strcmp(e->state, "waiting") == 0)
        return;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    int gate = lab_gate_by_name(e->gate);
    put_clock(&line, e->at_ms);
    lab_str_addf(&line, " %s %s", *e->node ? e->node : lab_tr("lab"),
                 gate >= 0 ? lab_tr(lab_gate_title((enum lab_gate)gate)) : e->gate);
    if (strcmp(e->state, "passed") != 0)
        lab_str_addf(&line, " %s", lab_tr(e->state));
    if (*e->evidence)
        lab_str_add(&line, ": ");
    put_words(&line, e->evidence);
    lab_cli_say("%s\n", lab_str_get(&line));
}

void lab_view_patience(struct lab_view *v, const char *node, const char *gate, const char *evidence)
{
    enum { PATIENCE_MS = 30000 };
    struct lab_view_line *line = lab_view_line(v, node, gate);
    uint64_t now = plat_now_ms();
    if (!*evidence || now - line->gate_ms < PATIENCE_MS ||
        (line->evidence && strcmp(line->evidence, evidence) == 0))
        return;
    line->gate_ms = now;
    lab_assign(&line->evidence, evidence);
    lab_view_print(&(struct lab_event){plat_wall_ms(), (char *)node, (char *)gate,
                                       (char *)LAB_N("waits"), (char *)evidence});
}

void lab_view_ndjson(const struct lab_event *e)
{
    json_t *line =
        json_pack("{s:I, s:s, s:s, s:s, s:o}", "time_ms", (json_int_t)e->at_ms, "node", e->node,
                  "gate", e->gate, "state", e->state, "evidence", lab_json_text(e->evidence));
    if (line)
        lab_cli_print_object(line);
}
