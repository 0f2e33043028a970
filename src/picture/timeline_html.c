/* A page of its own: the picture, and the same in tables for readers and for copying. No scripts,
 * nothing from outside; it is XML as well, so that it can be checked like one. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/i18n.h"
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

struct head {
    const char *text;
    bool number; /* what stands below it */
};

static void begin_table(struct lab_str *out, const char *title, const struct head *heads, size_t n)
{
    lab_str_add(out, "<h2>");
    lab_svg_escape(out, title);
    lab_str_add(out, "</h2>\n<div class=\"scroll\"><table>\n<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        lab_str_add(out, heads[i].number ? "<th class=\"n\">" : "<th>");
        lab_svg_escape(out, lab_tr(heads[i].text));
        lab_str_add(out, "</th>");
    }
    lab_str_add(out, "</tr></thead>\n<tbody>\n");
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
    cell(out, bad ? "bad" : NULL, lab_tr(lab_bar_end_name(bar->end)));
    cell(out, NULL, bar->critical ? lab_tr("yes") : "");
    cell(out, "w", bar->evidence);
    lab_str_add(out, "</tr>\n");
}

static void put_bars(struct lab_str *out, const struct lab_timeline *t)
{
    static const struct head heads[] = {{LAB_N("Node"), false},
                                        {LAB_N("Gate"), false},
                                        {LAB_N("From"), true},
                                        {LAB_N("Waited"), true},
                                        {LAB_N("Took"), true},
                                        {LAB_N("Outcome"), false},
                                        {LAB_N("Decided the end"), false},
                                        {LAB_N("Evidence"), false}};
    begin_table(out, lab_tr("What each node did"), heads, LAB_ARRAY_LEN(heads));
    LAB_VEC_FOREACH (bar, &t->bars)
        put_bar(out, t, bar);
    end_table(out);
}

static void put_warnings(struct lab_str *out, const struct lab_timeline *t)
{
    static const struct head heads[] = {{LAB_N("At"), true}, {LAB_N("Warning"), false}};
    if (!t->warnings.len)
        return;
    begin_table(out, lab_tr("Warnings"), heads, LAB_ARRAY_LEN(heads));
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
    static const struct head heads[] = {{LAB_N("Run"), true},
                                        {LAB_N("Began (UTC)"), false},
                                        {LAB_N("Took"), true},
                                        {LAB_N("Outcome"), false}};
    if (!t->runs.len)
        return;
    LAB_AUTOFREE char *title = lab_format(lab_tr("Last runs of “%s”"), t->run.command);
    begin_table(out, title, heads, LAB_ARRAY_LEN(heads));
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
    static const struct head heads[] = {{LAB_N("Gate"), false},
                                        {LAB_N("Node"), false},
                                        {LAB_N("Took"), true},
                                        {LAB_N("Before"), true},
                                        {LAB_N("Change"), true}};
    if (!t->before)
        return;
    LAB_AUTOFREE char *title =
        lab_format(lab_tr("Each gate on its slowest node, against run %lld"), (long long)t->before);
    begin_table(out, title, heads, LAB_ARRAY_LEN(heads));
    LAB_VEC_FOREACH (gate, &t->gates) {
        LAB_AUTOFREE char *change = gate->has_before
                                        ? lab_change_words(gate->took_ms, gate->before_ms)
                                        : lab_strdup(lab_tr("new"));
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
    LAB_AUTOFREE char *title = lab_format(lab_tr("Timeline of lab %s"), t->lab);
    lab_str_addf(
        out,
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
        lab_language());
    lab_svg_escape(out, title);
    lab_str_addf(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body class=\"lab\">\n",
                 lab_svg_theme(), style);
    lab_timeline_svg(out, t);
    put_bars(out, t);
    put_warnings(out, t);
    put_runs(out, t);
    put_gates(out, t);
    lab_str_add(out, "</body>\n</html>\n");
}
