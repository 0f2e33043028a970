#include <stdio.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/view.h"

static const struct lab_option options[] = {
    {"dry-run", 'n', NULL, "show what would be removed"},
    {0},
};

static int show(struct lab_run *run, struct lab_error *err)
{
    struct lab_objects objects = {0};
    if (!run->state)
        return 0;
    if (lab_state_objects(run->state, &objects, err))
        return -1;
    LAB_VEC_FOREACH (o, &objects.list)
        printf("would remove: %s %s\n", lab_object_kind_name(o->kind), o->name);
    printf("would remove: folder %s\n", lab_state_dir(run->state));
    lab_objects_clear(&objects);
    return 0;
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
        puts("nothing to remove: there is no such lab");
        lab_run_close(run);
        return 0;
    }
    int rc = lab_run_attach(run, err);
    if (rc == 0)
        rc = dry ? show(run, err) : lab_teardown(run, cli->yes, &report, err);
    lab_view_end(cli);
    if (rc == 0 && !dry)
        lab_cli_report(cli, run, &report, "teardown");
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
