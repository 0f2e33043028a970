#include <stdio.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/view.h"

static const struct lab_option options[] = {
    {"dry-run", 'n', NULL, "show what would be removed"},
    {0},
};

static void add_row(json_t *rows, const char *kind, const char *name)
{
    json_array_append_new(rows, json_pack("{s:s, s:o}", "kind", kind, "name", lab_json_text(name)));
}

static void print_rows(const struct lab_cli *cli, json_t *rows)
{
    size_t i;
    json_t *row;
    if (cli->output != LAB_OUTPUT_TABLE) {
        lab_cli_print(
            cli,
            json_pack("{s:s, s:b, s:o}", "command", "teardown", "dry_run", 1, "would_remove", rows),
            "would_remove", NULL, 0);
        return;
    }
    json_array_foreach(rows, i, row)
        printf("would remove: %s %s\n", json_string_value(json_object_get(row, "kind")),
               json_string_value(json_object_get(row, "name")));
    json_decref(rows);
}

static int show(const struct lab_cli *cli, struct lab_run *run, struct lab_error *err)
{
    struct lab_objects objects = {0};
    if (run->state && lab_state_objects(run->state, &objects, err))
        return -1;
    json_t *rows = json_array();
    LAB_VEC_FOREACH (o, &objects.list)
        add_row(rows, lab_object_kind_name(o->kind), o->name);
    if (run->state)
        add_row(rows, "folder", lab_state_dir(run->state));
    print_rows(cli, rows);
    lab_objects_clear(&objects);
    return 0;
}

static void report_nothing(const struct lab_cli *cli)
{
    const struct lab_report nothing = {0};
    if (cli->output == LAB_OUTPUT_TABLE)
        puts("nothing to remove: there is no such lab");
    else if (lab_cli_flag(cli, "dry-run"))
        print_rows(cli, json_array());
    else
        lab_cli_report(cli, &nothing, "teardown");
}

/* A lab that is not there any more is what was asked for. */
static bool is_gone(struct lab_cli *cli, struct lab_run *run)
{
    LAB_AUTOFREE char *dir = run->spec  ? lab_home_of(run->spec->name)
                             : cli->lab ? lab_home_of(cli->lab)
                                        : NULL;
    return dir && !lab_file_exists(dir);
}

static int run_teardown(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_report report = {0};
    bool dry = lab_cli_flag(cli, "dry-run");
    if (lab_cli_open(cli, dry ? LAB_STATE_READ : LAB_STATE_WRITE, false, &run, err))
        return -1;
    if (is_gone(cli, run)) {
        lab_view_end(cli);
        report_nothing(cli);
        lab_run_close(run);
        return 0;
    }
    int rc = lab_run_attach(run, err);
    if (rc == 0)
        rc = dry ? show(cli, run, err) : lab_teardown(run, cli->yes, &report, err);
    lab_view_end(cli);
    if (rc == 0 && !dry)
        lab_cli_report(cli, &report, "teardown");
    lab_report_clear(&report);
    lab_run_close(run);
    return rc;
}

const struct lab_command lab_cmd_teardown = {
    .name = "teardown",
    .summary = "remove the lab and everything labctl made for it",
    .text =
        "Removes VMs, disks, networks, media, keys and records of the lab, and says what it removed.\n"
        "Networks that were there before, and the image cache, stay. A second run is fine.\n\n"
        "  labctl teardown -y",
    .options = options,
    .takes = LAB_TAKES_FILE | LAB_TAKES_YES,
    .run = run_teardown,
};
