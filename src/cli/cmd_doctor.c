#include "cli/command.h"

static int run_doctor(struct lab_cli *cli, struct lab_error *err)
{
    static const struct lab_column columns[] = {
        {"CHECK", "check"}, {"RESULT", "result"}, {"FINDING", "finding"}, {"NEXT", "next"}};
    struct lab_doctor doctor = {0};
    json_t *rows = json_array();
    lab_doctor(&doctor);
    LAB_VEC_FOREACH (f, &doctor.findings)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s}", "check", f->check, "result",
                                              f->fine ? "ok" : "attention", "finding", f->finding,
                                              "next", f->next));
    bool usable = doctor.usable;
    lab_doctor_clear(&doctor);
    lab_cli_print(cli, json_pack("{s:o}", "checks", rows), "checks", columns,
                  LAB_ARRAY_LEN(columns));
    return usable ? 0 : lab_fail(err, LAB_HOST, "no hypervisor is usable on this host");
}

const struct lab_command lab_cmd_doctor = {
    .name = "doctor",
    .summary = "what this host has, and what it lacks",
    .text = "Checks the hypervisor, whether virtual CPUs really run, and the room on disk.\n\n"
            "  labctl doctor",
    .run = run_doctor,
};
