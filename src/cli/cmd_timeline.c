/* timeline: what each node did when, drawn from the ledger. */
#include <inttypes.h>
#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/picture.h"
#include "cli/view.h"
#include "run/timeline.h"

static json_t *bar_of(const struct lab_timeline *t, const struct lab_bar *bar)
{
    const struct lab_bar *holder = bar->holder == LAB_NO_BAR ? NULL : &t->bars.items[bar->holder];
    return json_pack("{s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:b, s:o}", "node",
                     lab_json_text(t->rows.items[bar->row].name), "gate", lab_json_text(bar->gate),
                     "phase", lab_phase_name(bar->phase), "outcome", lab_bar_end_name(bar->end),
                     "begin_ms", (json_int_t)bar->begin_ms, "own_ms",
                     (json_int_t)lab_bar_own_ms(bar), "end_ms", (json_int_t)bar->end_ms,
                     "waited_for_node",
                     lab_json_text(holder ? t->rows.items[holder->row].name : NULL),
                     "waited_for_gate", lab_json_text(holder ? holder->gate : NULL), "decided_end",
                     bar->critical, "evidence", lab_json_text(bar->evidence));
}

static json_t *run_of(const struct lab_past_run *run)
{
    return json_pack("{s:I, s:I, s:I, s:o}", "run", (json_int_t)run->id, "began_ms",
                     (json_int_t)run->began_ms, "took_ms", (json_int_t)run->took_ms, "exit_status",
                     run->ended ? json_integer(run->exit_status) : json_null());
}

static json_t *data_of(const struct lab_timeline *t)
{
    json_t *bars = json_array(), *warnings = json_array(), *runs = json_array(),
           *gates = json_array();
    LAB_VEC_FOREACH (bar, &t->bars)
        json_array_append_new(bars, bar_of(t, bar));
    LAB_VEC_FOREACH (w, &t->warnings)
        json_array_append_new(warnings, json_pack("{s:I, s:o}", "at_ms", (json_int_t)w->at_ms,
                                                  "text", lab_json_text(w->text)));
    LAB_VEC_FOREACH (run, &t->runs)
        json_array_append_new(runs, run_of(run));
    LAB_VEC_FOREACH (gate, &t->gates)
        json_array_append_new(
            gates,
            json_pack("{s:o, s:o, s:I, s:o}", "gate", lab_json_text(gate->gate), "node",
                      lab_json_text(gate->node), "took_ms", (json_int_t)gate->took_ms, "before_ms",
                      gate->has_before ? json_integer((json_int_t)gate->before_ms) : json_null()));
    json_t *all = run_of(&t->run);
    json_object_update_new(all, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "lab", t->lab,
                                          "command", lab_json_text(t->run.command), "bars", bars,
                                          "warnings", warnings, "runs", runs, "gates", gates,
                                          "compared_with",
                                          t->before ? json_integer(t->before) : json_null()));
    return all;
}

static int draw(struct lab_cli *cli,
                const struct lab_timeline *t,
                enum lab_drawing drawing,
                struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    unsigned columns;
    bool utf8;
    lab_picture_screen(cli, &columns, &utf8);
    switch (drawing) {
    case LAB_DRAW_SVG:
        lab_timeline_svg(&text, t);
        break;
    case LAB_DRAW_HTML:
        lab_timeline_html(&text, t);
        break;
    case LAB_DRAW_DATA:
        return lab_picture_data(cli, data_of(t), "bars", err);
    default:
        lab_timeline_text(&text, t, columns, utf8);
    }
    return lab_picture_put(cli, &text, err);
}

static int run_timeline(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_timeline t = {0};
    enum lab_drawing drawing;
    uint64_t which = 0;
    const char *number = lab_cli_value(cli, "run");
    if (lab_picture_format(cli, true, &drawing, err))
        return -1;
    if (number && (lab_parse_uint(number, INT64_MAX, &which) || !which))
        return lab_fail(err, LAB_USAGE, "--run '%s' is not the number of a run", number);
    if (lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_run_attach_ledger(run, err) || lab_timeline_gather(run, (int64_t)which, &t, err)
                 ? -1
                 : 0;
    lab_view_end(cli);
    if (rc == 0)
        rc = draw(cli, &t, drawing, err);
    lab_timeline_clear(&t);
    lab_run_close(run);
    return rc;
}

static const struct lab_option options[] = {
    {"output", 'o', "FORMAT",
     LAB_N("text, svg, html, json, yaml or ndjson (default: by --to, else text)")},
    {"run", 0, "N", LAB_N("this run instead of the newest; the picture lists them")},
    {"to", 0, "FILE", LAB_N("write it there instead of printing")},
    {0},
};

const struct lab_command lab_cmd_timeline = {
    .name = "timeline",
    .summary = LAB_N("what each node did when, and what decided how long it took"),
    .text = LAB_N(
        "Draws a run of up, start, stop or restart from what the ledger keeps: a row for each node\n"
        "and one for the lab's own steps, gates as bars, failures and warnings. Marked is the chain\n"
        "that decided the end: the node that was ready last, what it did, and for whom it waited.\n"
        "Below are the last runs, and what each gate took against the run before.\n\n"
        "The SVG and the page are one file each, without scripts, and need nothing from elsewhere.\n\n"
        "  labctl timeline\n  labctl timeline --to timeline.html"),
    .options = options,
    .takes = LAB_TAKES_FILE,
    .run = run_timeline,
};
