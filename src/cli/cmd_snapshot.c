/* snapshot: create, list, restore, delete; always of the whole lab. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "platform.h"
#include "run/snapshot.h"

/* The name behind the verb; NULL: there is none. */
static int
name_given(const struct lab_cli *cli, bool needed, const char **out, struct lab_error *err)
{
    const char *verb = cli->arguments.items[0];
    *out = cli->arguments.len > 1 ? cli->arguments.items[1] : NULL;
    if (cli->arguments.len > 2)
        return lab_fail(err, LAB_USAGE, "'labctl snapshot %s' takes one name", verb);
    if (*out || !needed)
        return 0;
    lab_fail(err, LAB_USAGE, "'labctl snapshot %s' wants the name of a snapshot", verb);
    return lab_error_hint(err, "'labctl snapshot list' shows them");
}

/* said: the last word to a person; NULL: none. */
static void report(const struct lab_cli *cli,
                   const struct lab_report *report,
                   const char *command,
                   const char *said)
{
    lab_cli_report(cli, report, command);
    if (said && cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        printf("\n%s\n", said);
}

static int run_create(struct lab_cli *cli, struct lab_error *err)
{
    const char *name;
    struct lab_run *run;
    struct lab_report done = {0};
    LAB_AUTOFREE char *made = NULL;
    if (name_given(cli, false, &name, err) ||
        lab_cli_attach(cli, LAB_STATE_WRITE, false, &run, err))
        return -1;
    int rc = lab_snapshot_create(run, name, &made, &done, err);
    lab_view_end(cli);
    LAB_AUTOFREE char *said = made ? lab_format(lab_tr("snapshot '%s' was made."), made) : NULL;
    if (rc == 0 || done.nodes.len)
        report(cli, &done, "snapshot create", said);
    lab_report_clear(&done);
    lab_run_close(run);
    return rc;
}

static int run_restore(struct lab_cli *cli, struct lab_error *err)
{
    const char *name;
    struct lab_run *run;
    struct lab_report done = {0};
    if (name_given(cli, true, &name, err) || lab_cli_attach(cli, LAB_STATE_WRITE, true, &run, err))
        return -1;
    int rc = lab_snapshot_restore(run, name, cli->yes, &done, err);
    lab_view_end(cli);
    LAB_AUTOFREE char *said = lab_format(lab_tr("snapshot '%s' is what the lab is again."), name);
    if (rc == 0 || done.nodes.len)
        report(cli, &done, "snapshot restore", rc ? NULL : said);
    lab_report_clear(&done);
    lab_run_close(run);
    return rc;
}

static int run_delete(struct lab_cli *cli, struct lab_error *err)
{
    const char *name;
    struct lab_run *run;
    struct lab_report done = {0};
    if (name_given(cli, true, &name, err) || lab_cli_attach(cli, LAB_STATE_WRITE, false, &run, err))
        return -1;
    uint64_t began = plat_now_ms();
    int rc = lab_snapshot_delete(run, name, err);
    lab_view_end(cli);
    done.changed = true;
    done.took_ms = plat_now_ms() - began;
    LAB_AUTOFREE char *said = lab_format(lab_tr("snapshot '%s' is gone."), name);
    if (rc == 0)
        report(cli, &done, "snapshot delete", said);
    lab_run_close(run);
    return rc;
}

static json_t *row_of(const struct lab_snapshot_row *row)
{
    LAB_AUTO_STR struct lab_str when = LAB_STR_INIT, age = LAB_STR_INIT;
    int64_t passed = plat_wall_ms() - row->made_ms;
    lab_put_time(&when, row->made_ms);
    lab_put_duration(&age, passed > 0 ? (uint64_t)passed : 0);
    /* neither hypervisor tells how much of a disk belongs to which snapshot */
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:n, s:o}", "name", row->name, "made",
                     lab_str_get(&when), "age", lab_str_get(&age), "nodes", (json_int_t)row->nodes,
                     "state", row->state, "size", "note", lab_json_text(row->note));
}

static int run_list(struct lab_cli *cli, struct lab_error *err)
{
    static const struct lab_column columns[] = {{LAB_N("NAME"), "name"},
                                                {LAB_N("AGE"), "age"},
                                                {LAB_N("NODES"), "nodes"},
                                                {LAB_N("STATE"), "state"},
                                                {LAB_N("NOTE"), "note"}};
    const char *name;
    struct lab_run *run;
    struct lab_snapshot_list list = {{0}};
    if (name_given(cli, false, &name, err) || lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = name ? lab_fail(err, LAB_USAGE, "'labctl snapshot list' takes no name")
                  : lab_snapshot_list(run, &list, err);
    lab_view_end(cli);
    json_t *rows = json_array();
    LAB_VEC_FOREACH (row, &list.rows)
        json_array_append_new(rows, row_of(row));
    json_t *whole = json_pack("{s:s, s:o}", "command", "snapshot list", "snapshots", rows);
    if (rc == 0)
        lab_cli_print(cli, whole, "snapshots", columns, LAB_ARRAY_LEN(columns));
    else
        json_decref(whole);
    lab_snapshot_list_clear(&list);
    lab_run_close(run);
    return rc;
}

static const struct lab_verb verbs[] = {
    {"create", run_create, "", false},
    {"list", run_list, "", false},
    {"restore", run_restore, "", false},
    {"delete", run_delete, "", false},
};

static int run_snapshot(struct lab_cli *cli, struct lab_error *err)
{
    return lab_cli_run_verb(cli, verbs, LAB_ARRAY_LEN(verbs), err);
}

const struct lab_command lab_cmd_snapshot = {
    .name = "snapshot",
    .summary = LAB_N("keep the whole lab as it is, and set it back to that"),
    .arguments = "create [NAME] | list | restore SNAPSHOT | delete SNAPSHOT",
    .text = LAB_N(
        "All nodes at once: 'create' stops them, workers before masters, keeps every disk, starts\n"
        "those that ran and follows them until they are ready. Without a name it is called by date\n"
        "and time. 'restore' cuts the nodes off, sets the disks back, defines the VMs as the lab has\n"
        "them now, and follows them until they are ready; what was written since is lost, so it asks.\n"
        "Memory is never kept. A lab can be kept once every ISO is detached, and set back as long as\n"
        "its nodes are the same ones: none added, removed or made anew since.\n"
        "What was cut off is told by 'list': the next 'up' or 'start' finishes a restore, since disks\n"
        "of two times are no cluster; one that is half-made is made anew or deleted.\n"
        "A disk that has snapshots cannot grow. 'teardown' removes them with the disks. On VMware\n"
        "the nodes must be off for 'delete', which merges disks and may take a while; VMware Player\n"
        "has no snapshots.\n\n"
        "  labctl snapshot create before-upgrade\n"
        "  labctl snapshot list\n"
        "  labctl snapshot restore before-upgrade\n"
        "  labctl snapshot delete before-upgrade"),
    .min_arguments = 1,
    .max_arguments = 2,
    .takes = LAB_TAKES_FILE | LAB_TAKES_TIMEOUT | LAB_TAKES_YES,
    .run = run_snapshot,
};
