/* A page of its own: the picture, and the same in tables for readers and for copying. No scripts,
 * nothing from outside; it is XML as well, so that it can be checked like one. */
#include <inttypes.h>
#include <stdlib.h>

#include "picture/timeline.h"

static const char style[] =
    "body{margin:0 auto;max-width:1120px;padding:0 16px 48px;background:var(--ground);"
    "color:var(--ink);font:14px/1.5 system-ui,'Segoe UI',Roboto,'Noto Sans','Noto Sans KR',"
    "'Noto Sans CJK KR','Malgun Gothic',sans-serif}\n"
    "svg{display:block;width:100%;height:auto}h2{font-size:16px;margin:32px 0 8px;padding:0 24px}\n"
    ".scroll{overflow-x:auto;padding:0 24px}table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--grid);"
    "vertical-align:top;white-space:nowrap}th{color:var(--soft);font-weight:600}\n"
    "td.n,th.n{text-align:right;padding-right:20px;font-variant-numeric:tabular-nums}"
    "td.w{white-space:normal;overflow-wrap:anywhere;min-width:16em}td.bad{color:var(--bad)}\n";

static void begin_table(struct lab_str *out, const char *title, const char *head)
{
    lab_str_add(out, "<h2>");
    lab_svg_escape(out, title);
    lab_str_addf(out, "</h2>\n<div class=\"scroll\"><table>\n<thead><tr>%s</tr></thead>\n<tbody>\n",
                 head);
}

static void end_table(struct lab_str *out)
{
    lab_str_add(out, "</tbody></table></div>\n");
}

static void cell(struct lab_str *out, const char *class_name, const char *text)
{
    if (class_name)
        lab_str_addf(out, "<td class=\"%s\">", class_name);
    else
        lab_str_add(out, "<td>");
    lab_svg_escape(out, text ? text : "");
    lab_str_add(out, "</td>");
}

static void time_cell(struct lab_str *out, uint64_t ms)
{
    LAB_AUTOFREE char *time = lab_short_time(ms);
    cell(out, "n", time);
}

static void put_bar(struct lab_str *out, const struct lab_timeline *t, const struct lab_bar *bar)
{
    bool bad = bar->end == LAB_BAR_FAILED || bar->end == LAB_BAR_BLOCKED;
    uint64_t own = lab_bar_own_ms(bar);
    lab_str_add(out, "<tr>");
    cell(out, NULL, lab_row_name(&t->rows.items[bar->row]));
    cell(out, NULL, bar->gate);
    time_cell(out, bar->begin_ms);
    if (own > bar->begin_ms)
        time_cell(out, own - bar->begin_ms);
    else
        cell(out, "n", "");
    time_cell(out, bar->end_ms - own);
    cell(out, bad ? "bad" : NULL, lab_bar_end_name(bar->end));
    cell(out, NULL, bar->critical ? "yes" : "");
    cell(out, "w", bar->evidence);
    lab_str_add(out, "</tr>\n");
}

static void put_bars(struct lab_str *out, const struct lab_timeline *t)
{
    begin_table(
        out, "What each node did",
        "<th>Node</th><th>Gate</th><th class=\"n\">From</th><th class=\"n\">Waited</th>"
        "<th class=\"n\">Took</th><th>Outcome</th><th>Decided the end</th><th>Evidence</th>");
    LAB_VEC_FOREACH (bar, &t->bars)
        put_bar(out, t, bar);
    end_table(out);
}

static void put_warnings(struct lab_str *out, const struct lab_timeline *t)
{
    if (!t->warnings.len)
        return;
    begin_table(out, "Warnings", "<th class=\"n\">At</th><th>Warning</th>");
    LAB_VEC_FOREACH (warning, &t->warnings) {
        lab_str_add(out, "<tr>");
        time_cell(out, warning->at_ms);
        cell(out, "w", warning->text);
        lab_str_add(out, "</tr>\n");
    }
    end_table(out);
}

static void put_runs(struct lab_str *out, const struct lab_timeline *t)
{
    if (!t->runs.len)
        return;
    LAB_AUTOFREE char *title = lab_format("Last runs of “%s”", t->run.command);
    begin_table(
        out, title,
        "<th class=\"n\">Run</th><th>Began (UTC)</th><th class=\"n\">Took</th><th>Outcome</th>");
    LAB_VEC_FOREACH (run, &t->runs) {
        LAB_AUTOFREE char *number = lab_format("%" PRId64, run->id);
        LAB_AUTOFREE char *when = lab_minute_words(run->began_ms);
        LAB_AUTOFREE char *outcome = lab_outcome_words(run);
        lab_str_add(out, "<tr>");
        cell(out, "n", number);
        cell(out, NULL, when);
        time_cell(out, run->took_ms);
        cell(out, run->ended && run->exit_status ? "bad" : NULL, outcome);
        lab_str_add(out, "</tr>\n");
    }
    end_table(out);
}

static void put_gates(struct lab_str *out, const struct lab_timeline *t)
{
    if (!t->before)
        return;
    LAB_AUTOFREE char *title =
        lab_format("Each gate on its slowest node, against run %" PRId64, t->before);
    begin_table(out, title,
                "<th>Gate</th><th>Node</th><th class=\"n\">Took</th><th class=\"n\">Before</th>"
                "<th class=\"n\">Change</th>");
    LAB_VEC_FOREACH (gate, &t->gates) {
        LAB_AUTOFREE char *change =
            gate->has_before ? lab_change_words(gate->took_ms, gate->before_ms) : lab_strdup("new");
        lab_str_add(out, "<tr>");
        cell(out, NULL, gate->gate);
        cell(out, NULL, gate->node);
        time_cell(out, gate->took_ms);
        if (gate->has_before)
            time_cell(out, gate->before_ms);
        else
            cell(out, "n", "");
        cell(out, "n", change);
        lab_str_add(out, "</tr>\n");
    }
    end_table(out);
}

void lab_timeline_html(struct lab_str *out, const struct lab_timeline *t)
{
    lab_str_add(
        out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta http-equiv=\"Content-Security-Policy\" "
             "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>Timeline of lab ");
    lab_svg_escape(out, t->lab);
    lab_str_addf(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body class=\"lab\">\n",
                 lab_svg_theme(), style);
    lab_timeline_svg(out, t);
    put_bars(out, t);
    put_warnings(out, t);
    put_runs(out, t);
    put_gates(out, t);
    lab_str_add(out, "</body>\n</html>\n");
}
