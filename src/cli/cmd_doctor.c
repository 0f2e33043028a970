#include "cli/command.h"

#include "base/i18n.h"

/* For the table all of a finding is its last column, which needs no padding: findings are long. */
static char *line_of(const struct lab_finding *f)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_str_add(&line, f->found);
    if (f->looked && *f->looked)
        lab_str_addf(&line, " [%s]", f->looked);
    if (f->fix)
        lab_str_addf(&line, lab_tr("; fix: %s"), f->fix);
    return lab_str_detach(&line);
}

static json_t *row_of(const struct lab_cli *cli, const struct lab_finding *f)
{
    bool table = cli->output == LAB_OUTPUT_TABLE;
    json_t *row = json_pack("{s:s, s:s}", "check", table ? lab_tr(f->check) : f->check, "result",
                            lab_result_name(f->result));
    if (table) {
        LAB_AUTOFREE char *line = line_of(f);
        json_object_set_new(row, "finding", lab_json_text(line));
        return row;
    }
    json_object_set_new(row, "finding", lab_json_text(f->found));
    json_object_set_new(row, "looked_at", lab_json_text(f->looked));
    json_object_set_new(row, "fix", lab_json_text(f->fix));
    return row;
}

static void print(const struct lab_cli *cli, const struct lab_findings *findings)
{
    static const struct lab_column columns[] = {{LAB_N("CHECK"), "check"},
                                                {LAB_N("RESULT"), "result"},
                                                {LAB_N("FINDING [LOOKED AT]; FIX"), "finding"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (f, &findings->list)
        json_array_append_new(rows, row_of(cli, f));
    lab_cli_print(cli, json_pack("{s:o}", "checks", rows), "checks", columns,
                  LAB_ARRAY_LEN(columns));
}

static int verdict(const struct lab_findings *findings, struct lab_error *err)
{
    size_t faults = 0;
    LAB_VEC_FOREACH (f, &findings->list)
        faults += f->result == LAB_RESULT_FAIL;
    if (!faults)
        return 0;
    const struct lab_finding *first = lab_findings_fault(findings);
    return faults == 1 ? lab_fail(err, LAB_HOST, "1 check failed, first: %s: %s",
                                  lab_tr(first->check), first->found)
                       : lab_fail(err, LAB_HOST, "%zu checks failed, first: %s: %s", faults,
                                  lab_tr(first->check), first->found);
}

static int run_doctor(struct lab_cli *cli, struct lab_error *err)
{
    LAB_AUTO_FINDINGS struct lab_findings findings = {{0}};
    if (lab_doctor(cli->file, cli->lab, &findings, err))
        return -1;
    print(cli, &findings);
    return verdict(&findings, err);
}

const struct lab_command lab_cmd_doctor = {
    .name = "doctor",
    .summary = LAB_N("what this host has, and what it lacks"),
    .text = LAB_N(
        "Checks clock, console, hypervisor, networks, disk and memory; with a lab.yaml, here or "
        "by -f, also\nthat this lab's files are there and that it fits on this host. Looks "
        "only, changes nothing.\n\n"
        "Results: ok; warning (labs run, but look at it); fail (exit status 3); unknown (it could "
        "not be\nlooked at); unused (not there, and not needed).\n\n"
        "  labctl doctor\n"
        "  labctl doctor -f lab.yaml -o json"),
    .takes = LAB_TAKES_FILE,
    .run = run_doctor,
};
