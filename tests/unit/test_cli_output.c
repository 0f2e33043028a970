/* -o json, yaml and ndjson: what programs read from stdout is all that stdout gets. */
#include "cli_fixture.h"

#include <yaml.h>

#include "base/text.h"
#include "cli/command.h"

static size_t lines_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Every line is an object; gives the last one. */
static json_t *last_object(const struct cli_said *said)
{
    json_t *v = NULL;
    LAB_AUTOFREE char *text = lab_strdup(said->out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_decref(v);
        v = json_loads(line, 0, NULL);
        if (!v)
            fail_msg("no object: %s", line);
    }
    assert_non_null(v);
    return v;
}

static void exec_gives_one_document(void **state)
{
    (void)state;
    cli_make_lab(); /* its nodes have no host keys: nobody can be asked */
    struct cli_said said = cli("exec", "--lab", "airgap", "-o", "json", "--", "uptime");
    json_t *v = cli_json(&said);
    json_t *row = json_array_get(json_object_get(v, "nodes"), 1);
    assert_int_equal(json_array_size(json_object_get(v, "nodes")), 2);
    assert_string_equal(cli_text(row, "node"), "web-02");
    assert_true(json_is_null(json_object_get(row, "status")));
    assert_true(strlen(cli_text(row, "error")) > 0);
    assert_has(cli_text(row, "hint"), "labctl --lab airgap up --recreate web-02");
    assert_string_equal(cli_text(row, "stdout"), "");
    json_decref(v);
    cli_forget(&said);
}

static void exec_ndjson_ends_every_node_once(void **state)
{
    (void)state;
    cli_make_lab();
    struct cli_said said = cli("exec", "--lab", "airgap", "-o", "ndjson", "--", "uptime");
    json_t *v = last_object(&said);
    assert_int_equal(lines_of(said.out), 2);
    assert_string_equal(cli_text(v, "node"), "web-02");
    json_decref(v);
    cli_forget(&said);
}

static void teardown_of_nothing_is_a_document_too(void **state)
{
    (void)state;
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y", "-o", "json");
    json_t *v = cli_json(&said);
    assert_int_equal(said.status, 0);
    assert_int_equal(json_array_size(json_object_get(v, "removed")), 0);
    assert_true(json_is_false(json_object_get(v, "changed")));
    json_decref(v);
    cli_forget(&said);
}

static void teardown_dry_run_is_a_document_too(void **state)
{
    (void)state;
    cli_make_lab();
    struct cli_said said = cli("teardown", "--lab", "airgap", "--dry-run", "-o", "json");
    json_t *v = cli_json(&said);
    json_t *rows = json_object_get(v, "would_remove");
    assert_int_equal(said.status, 0);
    assert_int_equal(json_array_size(rows), 3);
    assert_string_equal(cli_text(json_array_get(rows, 0), "kind"), "vm");
    assert_string_equal(cli_text(json_array_get(rows, 0), "name"), "web-01");
    assert_string_equal(cli_text(json_array_get(rows, 2), "kind"), "folder");
    json_decref(v);
    cli_forget(&said);
}

static void teardown_ndjson_says_what_went_and_what_stayed(void **state)
{
    (void)state;
    lab_state_close(cli_open_lab(LAB_STATE_CREATE)); /* a lab without VMs */
    cli_rules(CLI_NOTHING);
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y", "-o", "ndjson");
    json_t *v = last_object(&said);
    assert_int_equal(said.status, 0);
    assert_has(json_string_value(json_array_get(json_object_get(v, "removed"), 0)), "folder");
    assert_int_equal(json_array_size(json_object_get(v, "kept")), 1);
    json_decref(v);
    cli_forget(&said);
}

static void iso_build_is_a_document_too(void **state)
{
    (void)state;
    cli_write("user-data", "#cloud-config\n");
    LAB_AUTOFREE char *iso = cli_path("seed.iso");
    LAB_AUTOFREE char *file = cli_path("user-data");
    static const char *const verbs[] = {"build", "ls", "verify"};
    for (size_t i = 0; i < 3; i++) {
        struct cli_said said = cli("iso", verbs[i], iso, i ? "-ojson" : file, "-ojson");
        json_t *v = cli_json(&said);
        assert_int_equal(said.status, 0);
        assert_string_equal(cli_text(v, "label"), "cidata");
        assert_string_equal(cli_text(v, "image"), iso);
        json_decref(v);
        cli_forget(&said);
    }
}

static void a_single_object_is_a_line_of_ndjson(void **state)
{
    (void)state;
    struct cli_said said = cli("version", "-o", "ndjson");
    json_t *v = last_object(&said);
    assert_true(strlen(cli_text(v, "version")) > 0);
    json_decref(v);
    cli_forget(&said);
}

static void bytes_of_a_guest_become_text(void **state)
{
    (void)state;
    json_t *v = lab_json_text("a\xff\xfe z");
    assert_string_equal(json_string_value(v), "a\xEF\xBF\xBD\xEF\xBF\xBD z");
    json_decref(v);
}

/* In columns: where "-" is written, it stands under the first letter of its title. */
static size_t column_of(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    if (!at)
        fail_msg("no '%s' in: %s", word, line);
    LAB_AUTOFREE char *before = lab_strndup(line, (size_t)(at - line));
    return lab_utf8_width(before);
}

static void put_failure(void)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = cli_open_lab(LAB_STATE_WRITE);
    struct lab_event event = {0, (char *)"web-01", (char *)"k3s", (char *)"failed",
                              (char *)"two\nlines: \"quoted\" \xED\x95\x9C\xEA\xB8\x80 # - x"};
    assert_ok(lab_state_event(st, &event, &err), err);
    lab_state_close(st);
}

static void status_has_straight_columns(void **state)
{
    (void)state;
    cli_make_lab();
    put_failure();
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_ON, CLI_OFF);
    struct cli_said said = cli("status", "--lab", "airgap");
    assert_int_equal(said.status, 0);
    char *title = strstr(said.out, "NODE"), *first = strstr(said.out, "web-01");
    char *second = first ? strstr(first, "web-02") : NULL;
    if (!title || !second)
        fail_msg("no table: %s", said.out);
    first[-1] = second[-1] = '\0';
    assert_int_equal(column_of(title, "POWER"), column_of(first, "running"));
    assert_int_equal(column_of(title, "POWER"), column_of(second, "off"));
    assert_int_equal(column_of(title, "STATE"), column_of(first, "failed"));
    assert_int_equal(column_of(title, "NOTE"), column_of(first, "two lines: \"quoted\""));
    assert_int_equal(column_of(title, "NOTE"), column_of(second, "off; "));
    cli_forget(&said);
}

static void assert_yaml(const char *text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    assert_int_equal(yaml_parser_initialize(&parser), 1);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    if (!yaml_parser_load(&parser, &document))
        fail_msg("%s in: %s", parser.problem, text);
    assert_non_null(yaml_document_get_root_node(&document));
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
}

static void status_and_list_are_yaml(void **state)
{
    (void)state;
    struct cli_said said = cli("list", "-o", "yaml");
    assert_yaml(said.out);
    cli_forget(&said);
    cli_make_lab();
    put_failure();
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_ON, CLI_OFF);
    said = cli("status", "--lab", "airgap", "-o", "yaml");
    assert_yaml(said.out);
    cli_forget(&said);
    said = cli("list", "-o", "yaml");
    assert_yaml(said.out);
    assert_has(said.out, "lab: \"airgap\"");
    cli_forget(&said);
}

static void a_damaged_lab_has_every_key(void **state)
{
    (void)state;
    cli_make_lab();
    cli_write("home/labs/airgap/state.db", "no database, but long enough to be looked at\n");
    struct cli_said said = cli("list", "-o", "json");
    json_t *v = cli_json(&said);
    const json_t *row = json_array_get(json_object_get(v, "labs"), 0);
    assert_true(strlen(cli_text(row, "note")) > 0);
    assert_true(json_is_null(json_object_get(row, "nodes")));
    json_decref(v);
    cli_forget(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(exec_gives_one_document),
        cli_test(exec_ndjson_ends_every_node_once),
        cli_test(teardown_of_nothing_is_a_document_too),
        cli_test(teardown_dry_run_is_a_document_too),
        cli_test(teardown_ndjson_says_what_went_and_what_stayed),
        cli_test(iso_build_is_a_document_too),
        cli_test(a_single_object_is_a_line_of_ndjson),
        cli_test(status_has_straight_columns),
        cli_test(status_and_list_are_yaml),
        cli_test(a_damaged_lab_has_every_key),
        cli_test(bytes_of_a_guest_become_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
