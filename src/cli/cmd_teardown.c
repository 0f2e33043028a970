#include <stdio.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/view.h"
#include "run/orphans.h"

static const struct lab_option options[] = {
    {"dry-run", 'n', NULL, LAB_N("show what would be removed")},
    {"orphans", 0, "[ID]",
     LAB_N("remove what is left of a lab whose ledger is lost (ID: also another LABCTL_HOME's)")},
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
        printf(lab_tr("would remove: %s %s\n"), json_string_value(json_object_get(row, "kind")),
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
        puts(lab_tr("nothing to remove: there is no such lab"));
    else if (lab_cli_flag(cli, "dry-run"))
        print_rows(cli, json_array());
    else
        lab_cli_report(cli, &nothing, "teardown");
}

/* What is meant, when that is known without the records. */
static const char *name_of(const struct lab_cli *cli, const struct lab_run *run)
{
    return run->spec ? run->spec->name : cli->lab;
}

/* A lab that is not there any more is what was asked for. */
static bool is_gone(const char *name)
{
    LAB_AUTOFREE char *dir = name ? lab_home_of(name) : NULL;
    return dir && !lab_file_exists(dir);
}

static int
remove_rest(struct lab_cli *cli, struct lab_run *run, const char *name, struct lab_error *err)
{
    struct lab_report report = {0};
    if (lab_cli_flag(cli, "dry-run")) {
        LAB_AUTOFREE char *dir = lab_home_of(name);
        json_t *rows = json_array();
        add_row(rows, "folder", dir);
        print_rows(cli, rows);
        return 0;
    }
    int rc = lab_teardown_rest(run, name, cli->yes, &report, err);
    lab_view_end(cli);
    if (rc == 0)
        lab_cli_report(cli, &report, "teardown");
    lab_report_clear(&report);
    return rc;
}

static int remove_lab(struct lab_cli *cli, struct lab_run *run, struct lab_error *err)
{
    struct lab_report report = {0};
    if (lab_run_attach(run, err))
        return -1;
    if (lab_cli_flag(cli, "dry-run"))
        return show(cli, run, err);
    int rc = lab_teardown(run, cli->yes, &report, err);
    lab_view_end(cli);
    if (rc == 0 || report.removed.len) /* what is gone is said, even when the rest would not go */
        lab_cli_report(cli, &report, "teardown");
    lab_report_clear(&report);
    return rc;
}

static int
show_orphans(const struct lab_cli *cli, struct lab_run *run, const char *id, struct lab_error *err)
{
    static const char *const kinds[] = {
        [LAB_TAGGED_VM] = "vm", [LAB_TAGGED_NETWORK] = "network", [LAB_TAGGED_POOL] = "pool"};
    struct lab_orphans orphans = {0};
    if (lab_orphans_find(run, &orphans, err))
        return -1;
    lab_orphans_select(&orphans, id);
    json_t *rows = json_array();
    LAB_VEC_FOREACH (o, &orphans.list)
        add_row(rows, kinds[o->tagged.kind], o->tagged.name);
    print_rows(cli, rows);
    lab_orphans_clear(&orphans);
    return 0;
}

/* What is left of a folder without a ledger goes, too. */
static int
remove_orphans(struct lab_cli *cli, struct lab_run *run, const char *name, struct lab_error *err)
{
    struct lab_report report = {0};
    const char *id = lab_cli_value(cli, "orphans");
    if (!name) {
        lab_fail(err, LAB_USAGE, "which lab's orphans?");
        return lab_error_hint(err, "name it: labctl teardown --orphans --lab NAME");
    }
    if (lab_orphans_unfinished(name))
        return remove_lab(cli, run, err);
    if (lab_cli_flag(cli, "dry-run"))
        return show_orphans(cli, run, id, err);
    int rc = lab_orphans_remove(run, id, cli->yes, &report, err);
    if (rc == 0 && !report.changed && !is_gone(name) && lab_teardown_has_rest(name))
        rc = lab_teardown_rest(run, name, cli->yes, &report, err);
    lab_view_end(cli);
    if (rc == 0 && !report.changed && cli->output == LAB_OUTPUT_TABLE)
        puts(lab_tr("nothing to remove: there are no orphans of this lab"));
    else if (rc == 0 || report.removed.len)
        lab_cli_report(cli, &report, "teardown");
    lab_report_clear(&report);
    return rc;
}

static bool has_keys(const char *name)
{
    LAB_AUTOFREE char *dir = lab_home_of(name);
    LAB_AUTOFREE char *key = lab_path_join(dir, "keys/login");
    return lab_file_exists(key);
}

/* A lab that is not there needs no hypervisor to be gone, nor does what a killed teardown left of
 * it; but its keys do not go before somebody has looked whether they are needed. */
static int check_orphans(struct lab_run *run, const char *name, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (!name || lab_orphans_refuse(run, false, &why) == 0)
        return 0;
    bool blind = why.code == LAB_HOST || why.code == LAB_HYPERVISOR;
    if (!blind || has_keys(name)) {
        lab_error_move(err, &why);
        return -1;
    }
    lab_run_warning(run, "cannot look for VMs that carry the tag of lab '%s': %s", name,
                    why.message);
    return 0;
}

static int run_teardown(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    bool dry = lab_cli_flag(cli, "dry-run");
    if (lab_cli_open(cli, dry ? LAB_STATE_READ : LAB_STATE_WRITE, false, &run, err))
        return -1;
    const char *name = name_of(cli, run);
    int rc = 0;
    if (name && !lab_is_label(name))
        rc = lab_fail(err, LAB_USAGE, "'%s' is not a name of a lab", name);
    else if (lab_cli_flag(cli, "orphans"))
        rc = remove_orphans(cli, run, name, err);
    else if (check_orphans(run, name, err))
        rc = -1;
    else if (is_gone(name))
        report_nothing(cli);
    else if (name && lab_teardown_has_rest(name))
        rc = remove_rest(cli, run, name, err);
    else
        rc = remove_lab(cli, run, err);
    lab_view_end(cli);
    lab_run_close(run);
    return rc;
}

const struct lab_command lab_cmd_teardown = {
    .name = "teardown",
    .summary = LAB_N("remove the lab and everything labctl made for it"),
    .text = LAB_N(
        "Removes VMs, disks, networks, media, keys and records of the lab, and says what it removed.\n"
        "Networks that were there before, and the image cache, stay. A second run is fine.\n"
        "When the lab's ledger is lost (state.db deleted or damaged) --orphans removes what still\n"
        "carries the lab's tag; it lists that and asks.\n\n"
        "  labctl teardown -y"),
    .options = options,
    .takes = LAB_TAKES_FILE | LAB_TAKES_YES,
    .run = run_teardown,
};
