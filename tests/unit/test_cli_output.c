/* -o json, yaml and ndjson: what programs read from stdout is all that stdout gets. */
#include "cli_fixture.h"

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
    cli_make_lab(); /* its nodes have no keys: nobody can be asked */
    struct cli_said said = cli("exec", "--lab", "airgap", "-o", "json", "--", "uptime");
    json_t *v = cli_json(&said);
    json_t *row = json_array_get(json_object_get(v, "nodes"), 1);
    assert_int_equal(json_array_size(json_object_get(v, "nodes")), 2);
    assert_string_equal(cli_text(row, "node"), "web-02");
    assert_true(json_is_null(json_object_get(row, "status")));
    assert_true(strlen(cli_text(row, "error")) > 0);
    assert_has(cli_text(row, "hint"), "labctl --lab airgap up");
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
        cli_test(bytes_of_a_guest_become_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
