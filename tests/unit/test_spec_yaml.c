/* lab.yaml as bytes, and the tree by itself. */
#include "spec_case.h"

#include "spec/yaml.h"

#define GOOD SPEC_HEAD "nodes: [{name: web}]\n"

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char nul[] = "name: de\0mo\n";
    static const char binary[] = "QFI\xFB\0\0\0\3";
    static const char utf16[] = "\xFF\xFEn\0a\0m\0e\0";
    assert_messages("name: demo\nauth: {username: caf\xE9}\n",
                    "lab.yaml:2:21: error: byte 0xe9 is not valid UTF-8; save the file as UTF-8\n");
    assert_messages("# \xED\x95\x9C\xEA\xB8\x80 \xFF\n",
                    "lab.yaml:1:6: error: byte 0xff is not valid UTF-8; save the file as UTF-8\n");
    assert_messages_n(nul, sizeof(nul) - 1,
                      "lab.yaml:1:9: error: control character 0x00 is not allowed in YAML; is this "
                      "the right file?\n");
    assert_messages(
        "name: a\x1B[31m\n",
        "lab.yaml:1:8: error: control character 0x1b is not allowed in YAML; is this the "
        "right file?\n");
    assert_messages_n(
        binary, sizeof(binary) - 1,
        "lab.yaml:1:4: error: byte 0xfb is not valid UTF-8; save the file as UTF-8\n");
    assert_messages_n(utf16, sizeof(utf16) - 1,
                      "lab.yaml:1:1: error: the file is UTF-16; save it as UTF-8\n");
    assert_messages("name: \xEF\xBF\xBE\n",
                    "lab.yaml:1:7: error: character U+FFFE is not allowed in YAML\n");
}

static void test_marks_and_line_ends_of_other_systems(void **state)
{
    (void)state;
    assert_messages("\xEF\xBB\xBF" GOOD, "");
    assert_messages("\xEF\xBB\xBFnme: x\r\n",
                    "lab.yaml:1:1: error: unknown key \"nme\" in lab.yaml; did you mean 'name'?\n"
                    "lab.yaml:1:1: error: 'name' is missing in lab.yaml (Name of the lab: a-z, 0-9 "
                    "and '-', at most 32 characters)\n"
                    "lab.yaml:1:1: error: 'networks' is missing in lab.yaml (Networks by name)\n"
                    "lab.yaml:1:1: error: 'nodes' is missing in lab.yaml (The virtual machines)\n");
    struct lab_spec *spec = spec_good("name: demo\r\nimage_url: a.raw\r\nnetworks:\r\n"
                                      "  lan: {ipam: {range: 10.0.0.0/24}}\r\n"
                                      "nodes:\r\n  - name: web\r\n"
                                      "    cloud_init: |\r\n      #!/bin/sh\r\n      true\r\n",
                                      &spec_no_files);
    assert_string_equal(spec->name, "demo");
    assert_string_equal(spec->nodes.items[0].cloud_init->text, "#!/bin/sh\ntrue\n");
    lab_spec_free(spec);
}

/* Columns count characters: an editor with a Korean comment shows the same number. */
static void test_columns_count_characters(void **state)
{
    (void)state;
    assert_messages(
        "{name: demo, \"\xED\x95\x9C\xEA\xB8\x80\": 1, image_url: x, nodes: [], wait: no}\n",
        "lab.yaml:1:1: error: 'networks' is missing in lab.yaml (Networks by name)\n"
        "lab.yaml:1:14: error: unknown key \"\xED\x95\x9C\xEA\xB8\x80\" in lab.yaml; known "
        "are name, provider, timezone, auth, image_url, sha256, networks, nodes, cloud_init, "
        "payload, registry, airgap, wait, firmware, disk_bus, cd_bus, libvirt, vm_dir\n"
        "lab.yaml:1:44: error: 'nodes' is empty; a lab has at least one node\n"
        "lab.yaml:1:54: error: 'wait' is \"no\"; it must be a mapping (lines of \"key: "
        "value\")\n");
}

static void test_too_large(void **state)
{
    (void)state;
    size_t n = 10u << 20;
    char *text = lab_alloc(n + 1);
    memset(text, '#', n);
    assert_messages_n(
        text, n, "lab.yaml:1:1: error: the file is larger than 1 MiB; is this the right file?\n");
    free(text);
}

/* An alias is the value that it names, errors included, and each error is said once. */
static void test_alias(void **state)
{
    (void)state;
    struct lab_spec *spec = spec_good(
        "name: demo\nimage_url: &image ./disk.qcow2\n"
        "networks:\n  default: {ipam: {range: 10.0.0.0/16, gateway: 10.0.0.1}}\n"
        "nodes:\n"
        "  - {name: a, networks: &nets [default], memory: &mem 3Gi}\n"
        "  - {name: \"b%d\", start: 10.0.1.0, networks: *nets, memory: *mem, image_url: *image}\n",
        &spec_no_files);
    assert_int_equal(spec->images.len, 1);
    assert_int_equal(spec->nodes.items[1].memory_mib, 3072);
    lab_spec_free(spec);
    assert_messages(
        SPEC_HEAD "nodes:\n  - {name: a, memory: &m 4}\n  - {name: b, memory: *m, start: "
                  "10.0.0.9}\n",
        "lab.yaml:6:23: error: 'memory' is \"4\"; the unit is missing: write for example "
        "4Gi\n");
}

/* A long text aliased many times must not unfold either. */
static void test_long_text_and_many_aliases(void **state)
{
    (void)state;
    struct lab_str text = LAB_STR_INIT;
    lab_str_add(&text, SPEC_HEAD "nodes: [{name: web}]\ncloud_init:\n  a: &a \"");
    for (int i = 0; i < 500000; i++)
        lab_str_addc(&text, 'x');
    lab_str_add(&text, "\"\n  b: [");
    for (int i = 0; i < 1000; i++)
        lab_str_add(&text, "*a,");
    lab_str_add(&text, "]\n");
    struct lab_spec *spec;
    char *messages = spec_messages("lab.yaml", lab_str_get(&text), text.len, &spec_no_files, &spec);
    assert_null(spec);
    assert_non_null(strstr(messages, "more than 20000 values up to here"));
    free(messages);
    lab_str_clear(&text);
}

static void assert_json(const char *yaml, const char *json)
{
    const struct lab_yaml_source source = {.text = yaml, .len = strlen(yaml), .about = ""};
    struct lab_problems problems = {.errors = 0};
    struct lab_yaml_doc doc = {.root = NULL};
    struct lab_str out = LAB_STR_INIT;
    assert_int_equal(lab_yaml_read(&doc, &source, &problems), 0);
    assert_int_equal(problems.errors, 0);
    lab_yaml_put_json(&out, doc.root);
    assert_string_equal(lab_str_get(&out), json);
    lab_str_clear(&out);
    lab_yaml_doc_clear(&doc);
}

/* Scalars mean what cloud-init's reader takes them for. */
static void test_json(void **state)
{
    (void)state;
    assert_json("{}", "{}");
    assert_json(
        "a: [1, -1.5, 01, 1., .5, 1e3, 0x10, 1_000, 12:30]",
        "{\"a\": [1, -1.5, \"01\", \"1.\", \".5\", \"1e3\", \"0x10\", \"1_000\", \"12:30\"]}");
    assert_json("[yes, No, ON, off, true, 'true', y, ~, null, '', \"~\"]",
                "[true, false, true, false, true, \"true\", \"y\", null, null, \"\", \"~\"]");
    assert_json("\"a\\nb\\t\\\"\\\\\\e\\x85\\L\\u00e9\"",
                "\"a\\nb\\t\\\"\\\\\\u001b\\u0085\\u2028\xC3\xA9\"");
    assert_json("- !!str 5\n- !!int 5\n- ! 5\n", "[\"5\", 5, \"5\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_marks_and_line_ends_of_other_systems),
        cmocka_unit_test(test_columns_count_characters),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_alias),
        cmocka_unit_test(test_long_text_and_many_aliases),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
