/* init, validate, schema: lab.yaml itself. */
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cli/command.h"
#include "run/payload_fit.h"

static int run_init(struct lab_cli *cli, struct lab_error *err)
{
    const char *path = cli->arguments.len ? cli->arguments.items[0] : "lab.yaml";
    const struct lab_asset *text = lab_asset_get("templates/lab.yaml");
    if (lab_file_exists(path)) {
        lab_fail(err, LAB_CONFLICT, "'%s' is there already", path);
        return lab_error_hint(err, "give another name: labctl init FILE");
    }
    if (lab_file_replace(path, text->text, text->size, 0644, err))
        return -1;
    if (cli->output != LAB_OUTPUT_TABLE) {
        lab_cli_print(cli, json_pack("{s:o}", "wrote", lab_json_text(path)), NULL, NULL, 0);
        return 0;
    }
    printf(
        lab_tr(
            "wrote %s\nnext: put an image where it says, then 'labctl -f %s validate', 'plan', 'up'\n"),
        path, path);
    return 0;
}

const struct lab_command lab_cmd_init = {
    .name = "init",
    .summary = LAB_N("write a commented lab.yaml to start from"),
    .arguments = "[FILE]",
    .text =
        LAB_N("Writes a commented lab.yaml (or FILE); an existing file is never overwritten.\n\n"
              "  labctl init"),
    .max_arguments = 1,
    .run = run_init,
};

static json_t *problem_row(const struct lab_problem *p)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "severity",
                     p->severity == LAB_PROBLEM_ERROR ? "error" : "warning", "line", p->pos.line,
                     "column", p->pos.column, "message", p->message);
}

static void
print_problems(const struct lab_cli *cli, const struct lab_problems *problems, const char *file)
{
    if (cli->output == LAB_OUTPUT_TABLE) {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        lab_problems_print(&text, problems, file);
        fputs(lab_str_get(&text), stderr);
        return;
    }
    json_t *rows = json_array();
    LAB_VEC_FOREACH (p, &problems->list)
        json_array_append_new(rows, problem_row(p));
    lab_cli_print(cli, json_pack("{s:s, s:o}", "file", file, "problems", rows), "problems", NULL,
                  0);
}

static int run_validate(struct lab_cli *cli, struct lab_error *err)
{
    const char *file = cli->arguments.len ? cli->arguments.items[0]
                       : cli->file        ? cli->file
                                          : "lab.yaml";
    struct lab_spec *spec = NULL;
    struct lab_problems problems = {0};
    struct lab_spec_options options = {cli->replicas.items, cli->replicas.len,
                                       lab_cli_flag(cli, "no-files")};
    int rc = lab_spec_load(&spec, file, &options, &problems, err);
    if (rc == 0 && !options.skip_files)
        rc =
            lab_payload_fit(spec, NULL, &problems, err) || lab_problems_refuse(&problems, file, err)
                ? -1
                : 0;
    print_problems(cli, &problems, file);
    if (rc == 0 && cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        printf(spec->nodes.len == 1 ? lab_tr("%s: lab '%s', %zu node, fine\n")
                                    : lab_tr("%s: lab '%s', %zu nodes, fine\n"),
               file, spec->name, spec->nodes.len);
    lab_problems_clear(&problems);
    lab_spec_free(spec);
    return rc;
}

static const struct lab_option validate_options[] = {
    {"no-files", 0, NULL, LAB_N("do not look at images, keys and payload")},
    {0},
};

const struct lab_command lab_cmd_validate = {
    .name = "validate",
    .summary = LAB_N("check lab.yaml; every mistake at once"),
    .arguments = "[FILE]",
    .text = LAB_N(
        "Checks lab.yaml and names every mistake with file:line:column, the value, and what is\n"
        "allowed. Needs no hypervisor and touches nothing.\n\n  labctl validate"),
    .options = validate_options,
    .max_arguments = 1,
    .takes = LAB_TAKES_FILE | LAB_TAKES_REPLICAS,
    .run = run_validate,
};

static int run_schema(struct lab_cli *cli, struct lab_error *err)
{
    (void)cli;
    (void)err;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_spec_schema_json(&text);
    puts(lab_str_get(&text));
    return 0;
}

const struct lab_command lab_cmd_schema = {
    .name = "schema",
    .summary = LAB_N("the JSON Schema of lab.yaml, for editors"),
    .text = LAB_N("Prints the JSON Schema of lab.yaml, made from the table that parses it.\n\n"
                  "  labctl schema > lab.schema.json"),
    .run = run_schema,
};
