/* status of one lab. */
#include "cli/status.h"

#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/view.h"

enum { EVERY_S = 5, EVERY_MOST_S = 3600 };

/* The last three only when guests are asked. */
static const struct lab_column columns[] = {
    {LAB_N("NODE"), "node"},     {LAB_N("ADDRESS"), "address"}, {LAB_N("ROLE"), "role"},
    {LAB_N("POWER"), "power"},   {LAB_N("GATE"), "gate"},       {LAB_N("STATE"), "state"},
    {LAB_N("UPTIME"), "uptime"}, {LAB_N("DISK"), "disk"},       {LAB_N("K3S"), "k3s"},
    {LAB_N("NOTE"), "note"}};
static const struct lab_column short_columns[] = {
    {LAB_N("NODE"), "node"},   {LAB_N("ADDRESS"), "address"}, {LAB_N("ROLE"), "role"},
    {LAB_N("POWER"), "power"}, {LAB_N("GATE"), "gate"},       {LAB_N("STATE"), "state"},
    {LAB_N("NOTE"), "note"}};

static json_t *uptime_of(const struct lab_cli *cli, const struct lab_status_row *row)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!row->answered)
        return json_null();
    if (cli->output != LAB_OUTPUT_TABLE)
        return json_integer((json_int_t)row->uptime_s);
    if (row->uptime_s >= 2 * 86400)
        lab_str_addf(&text, "%ud%02uh", (unsigned)(row->uptime_s / 86400),
                     (unsigned)(row->uptime_s / 3600 % 24));
    else
        lab_put_duration(&text, row->uptime_s * 1000);
    return json_string(lab_str_get(&text));
}

static json_t *disk_of(const struct lab_cli *cli, const struct lab_status_row *row)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!row->answered || !row->disk_bytes)
        return json_null();
    if (cli->output != LAB_OUTPUT_TABLE)
        return json_pack("{s:I, s:I}", "bytes", (json_int_t)row->disk_bytes, "used_bytes",
                         (json_int_t)row->disk_used_bytes);
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    lab_put_size(&all, row->disk_bytes);
    lab_str_addf(&text, lab_tr("%u%% of %s"),
                 (unsigned)((double)row->disk_used_bytes * 100 / (double)row->disk_bytes),
                 lab_str_get(&all));
    return json_string(lab_str_get(&text));
}

static json_t *row_of(const struct lab_cli *cli, const struct lab_status_row *row)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "node", row->node,
                     "address", lab_json_text(row->address), "role", row->role, "power", row->power,
                     "gate", lab_json_text(row->gate), "state", lab_json_text(row->state), "uptime",
                     uptime_of(cli, row), "disk", disk_of(cli, row), "k3s", lab_json_text(row->k3s),
                     "note", lab_json_text(row->note));
}

static json_t *rows_of(const struct lab_cli *cli, const struct lab_status *status)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (row, &status->rows)
        json_array_append_new(rows, row_of(cli, row));
    return rows;
}

void lab_status_put(struct lab_str *out, const struct lab_cli *cli, const struct lab_status *status)
{
    bool brief = lab_cli_flag(cli, "no-guests");
    json_t *rows = rows_of(cli, status);
    if (!cli->quiet)
        lab_str_addf(out, lab_tr("lab %s on %s, from %s\n\n"), status->lab, status->provider,
                     status->source ? status->source : "-");
    if (status->insecure)
        lab_str_addf(out, "%s\n\n", status->insecure);
    lab_put_table(out, rows, brief ? short_columns : columns,
                  brief ? LAB_ARRAY_LEN(short_columns) : LAB_ARRAY_LEN(columns));
    json_decref(rows);
}

void lab_status_print(const struct lab_cli *cli, const struct lab_status *status)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (cli->output == LAB_OUTPUT_TABLE) {
        lab_status_put(&text, cli, status);
        fputs(lab_str_get(&text), stdout);
        return;
    }
    lab_cli_print(cli,
                  json_pack("{s:s, s:s, s:o, s:o, s:o}", "lab", status->lab, "provider",
                            status->provider, "source", lab_json_text(status->source), "insecure",
                            lab_json_text(status->insecure), "nodes", rows_of(cli, status)),
                  "nodes", NULL, 0);
}

int lab_status_look(struct lab_cli *cli,
                    struct lab_run **run,
                    struct lab_status *out,
                    struct lab_error *err)
{
    *out = (struct lab_status){0};
    if (lab_cli_attach(cli, LAB_STATE_READ, false, run, err)) {
        lab_view_end(cli);
        return -1;
    }
    if (lab_status(*run, out, err) == 0 &&
        (lab_cli_flag(cli, "no-guests") || lab_status_guests(*run, out, err) == 0))
        return 0;
    lab_status_clear(out);
    lab_view_end(cli);
    lab_run_close(*run);
    *run = NULL;
    return -1;
}

static int run_status(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_status status;
    const char *watch = lab_cli_value(cli, "watch");
    uint64_t every = EVERY_S;
    if (watch && *watch && (lab_parse_uint(watch, EVERY_MOST_S, &every) || !every)) {
        lab_fail(err, LAB_USAGE, "'--watch=%s' is no number of seconds from 1 to %d", watch,
                 (int)EVERY_MOST_S);
        return lab_error_hint(err, "labctl status --watch=2");
    }
    if (watch)
        return lab_status_watch(cli, every * 1000, err);
    if (lab_status_look(cli, &run, &status, err))
        return -1;
    lab_view_end(cli);
    lab_status_print(cli, &status);
    lab_status_clear(&status);
    lab_run_close(run);
    return 0;
}

static const struct lab_option options[] = {
    {"watch", 'w', "[SECONDS]", LAB_N("look again and again (every 5 s), until Ctrl-C")},
    {"no-guests", 0, NULL, LAB_N("do not ask the guests: no uptime, disk use, k3s")},
    {0},
};

const struct lab_command lab_cmd_status = {
    .name = "status",
    .summary = LAB_N("what each node is, and how far it got"),
    .text = LAB_N(
        "Shows every node with its address, power and the newest word on its gates. Where the\n"
        "records and the hypervisor differ, the hypervisor is right and the note says so.\n"
        "Guests that run are asked for their uptime, the use of their disk and their k3s, all\n"
        "at once; one that does not answer in 3 s gets a note.\n\n"
        "  labctl status\n  labctl status --watch=2\n  labctl status -o json"),
    .options = options,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TARGET,
    .run = run_status,
};
