/* list: the labs on this host. */
#include <stdio.h>

#include "base/i18n.h"
#include "cli/command.h"

static json_t *lab_row(const char *name)
{
    struct lab_state *st;
    struct lab_node_records records = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_state_open(&st, name, LAB_STATE_READ, NULL, "list", &err))
        return json_pack("{s:s, s:n, s:n, s:n, s:n, s:o}", "lab", name, "provider", "nodes",
                         "provisioned", "source", "note", lab_json_text(err.message));
    size_t ready = 0;
    if (lab_state_nodes(st, &records, &err) == 0)
        LAB_VEC_FOREACH (r, &records.list)
            ready += r->restarted;
    json_t *row = json_pack("{s:s, s:o, s:I, s:I, s:o, s:n}", "lab", name, "provider",
                            lab_json_text(lab_state_get(st, "provider")), "nodes",
                            (json_int_t)records.list.len, "provisioned", (json_int_t)ready,
                            "source", lab_json_text(lab_state_get(st, "source")), "note");
    lab_node_records_clear(&records);
    lab_state_close(st);
    return row;
}

static int run_list(struct lab_cli *cli, struct lab_error *err)
{
    static const struct lab_column columns[] = {
        {LAB_N("LAB"), "lab"},       {LAB_N("PROVIDER"), "provider"},
        {LAB_N("NODES"), "nodes"},   {LAB_N("PROVISIONED"), "provisioned"},
        {LAB_N("SOURCE"), "source"}, {LAB_N("NOTE"), "note"}};
    struct lab_names names = {0};
    if (lab_state_labs(&names, err))
        return -1;
    json_t *rows = json_array();
    LAB_VEC_FOREACH (name, &names.list)
        json_array_append_new(rows, lab_row(*name));
    if (!names.list.len && cli->output == LAB_OUTPUT_TABLE) {
        LAB_AUTOFREE char *home = lab_home();
        printf(lab_tr("no labs under %s\n"), home);
        json_decref(rows);
    } else {
        lab_cli_print(cli, json_pack("{s:o}", "labs", rows), "labs", columns,
                      LAB_ARRAY_LEN(columns));
    }
    lab_names_clear(&names);
    return 0;
}

const struct lab_command lab_cmd_list = {
    .name = "list",
    .summary = LAB_N("the labs on this host"),
    .text = LAB_N("Lists the labs that labctl made for this user on this host.\n\n  labctl list"),
    .run = run_list,
};
