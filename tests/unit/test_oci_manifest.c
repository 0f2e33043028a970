/* Manifests, indexes and configs from strangers. */
#include "base_scratch.h"
#include "oci/manifest.h"

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX
#define BLOB   "{\"mediaType\": \"application/x\", \"digest\": \"" DIGEST "\", \"size\": 5}"
#define CHILD(os, arch)                                                                            \
    "{\"mediaType\": \"" LAB_TYPE_OCI_MANIFEST "\", \"digest\": \"" DIGEST                         \
    "\", \"size\": 7, \"platform\": {\"os\": \"" os "\", \"architecture\": \"" arch "\"}}"

static struct lab_error err;
static char os[] = "linux", x86[] = "amd64", arm[] = "arm64", ibm[] = "s390x";
static const struct lab_platform amd64 = {os, x86}, arm64 = {os, arm}, s390x = {os, ibm};

static int parse(struct lab_oci_manifest *out, const char *text, const char *type)
{
    return lab_oci_manifest_parse(out, text, strlen(text), type, &err);
}

static void test_manifest(void **state)
{
    (void)state;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    assert_ok(parse(&m,
                    "{\"schemaVersion\": 2, \"mediaType\": \"" LAB_TYPE_DOCKER_MANIFEST
                    "\", \"config\": " BLOB ", \"layers\": [" BLOB ", " BLOB "]}",
                    NULL),
              err);
    assert_false(m.index);
    assert_string_equal(m.type, LAB_TYPE_DOCKER_MANIFEST);
    assert_int_equal(m.list.len, 2);
    assert_string_equal(m.config.digest, DIGEST);
    assert_int_equal(m.list.items[1].size, 5);
}

static void test_type_by_content(void **state)
{
    (void)state;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    assert_ok(
        parse(&m, "{\"schemaVersion\": 2, \"config\": " BLOB ", \"layers\": []}", "text/plain"),
        err);
    assert_string_equal(m.type, LAB_TYPE_OCI_MANIFEST);
    lab_oci_manifest_clear(&m);
    assert_ok(parse(&m, "{\"schemaVersion\": 2, \"manifests\": []}", NULL), err);
    assert_true(m.index);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum lab_code code;
        const char *why;
    } bad[] = {
        {"", LAB_INTEGRITY, "no JSON"},
        {"[]", LAB_INTEGRITY, "schemaVersion"},
        {"{\"schemaVersion\": 1}", LAB_USAGE, "schema 1"},
        {"{\"schemaVersion\": \"2\"}", LAB_INTEGRITY, "schemaVersion"},
        {"{\"schemaVersion\": 2, \"schemaVersion\": 2}", LAB_INTEGRITY, "duplicate"},
        {"{\"schemaVersion\": 2, \"mediaType\": \"text/html\"}", LAB_INTEGRITY, "unknown type"},
        {"{\"schemaVersion\": 2, \"layers\": []}", LAB_INTEGRITY, "config"},
        {"{\"schemaVersion\": 2, \"config\": " BLOB "}", LAB_INTEGRITY, "list of layers"},
        {"{\"schemaVersion\": 2, \"config\": " BLOB ", \"layers\": {}}", LAB_INTEGRITY,
         "list of layers"},
        {"{\"schemaVersion\": 2, \"config\": " BLOB ", \"layers\": [7]}", LAB_INTEGRITY,
         "layers[0]"},
        {"{\"schemaVersion\": 2, \"config\": " BLOB ", \"layers\": [" BLOB "], \"config\": " BLOB
         "}",
         LAB_INTEGRITY, "duplicate"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        struct lab_oci_manifest m;
        assert_refused(parse(&m, bad[i].text, NULL), err, bad[i].code, bad[i].why);
    }
}

static void test_descriptors(void **state)
{
    (void)state;
    static const struct {
        const char *descriptor, *why;
    } bad[] = {
        {"{\"digest\": \"" DIGEST "\", \"size\": 5}", "mediaType is missing"},
        {"{\"mediaType\": \"a\\r\\nX: y\", \"digest\": \"" DIGEST "\", \"size\": 5}",
         "mediaType is not allowed"},
        {"{\"mediaType\": \"a\", \"size\": 5}", "digest is missing"},
        {"{\"mediaType\": \"a\", \"digest\": \"sha256:../../../etc/passwd\", \"size\": 5}",
         "digest is not allowed"},
        {"{\"mediaType\": \"a\", \"digest\": \"SHA256:" HEX "\", \"size\": 5}",
         "digest is not allowed"},
        {"{\"mediaType\": \"a\", \"digest\": \"sha256:"
         "0123456789ABCDEF"
         "0123456789abcdef0123456789abcdef0123456789abcdef\", \"size\": 5}",
         "digest is not allowed"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\"}", "size is missing"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": \"5\"}", "size is missing"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": 5.5}", "size is missing"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": -1}", "size is -1"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": 9223372036854775807}",
         "size is 9223372036854775807"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": 99999999999999999999999}",
         "too big"},
        {"{\"mediaType\": \"a\", \"digest\": \"" DIGEST "\", \"size\": 1e300}", "size is missing"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        struct lab_oci_manifest m;
        LAB_AUTOFREE char *text =
            lab_format("{\"schemaVersion\": 2, \"config\": %s, \"layers\": []}", bad[i].descriptor);
        assert_refused(parse(&m, text, NULL), err, LAB_INTEGRITY, bad[i].why);
    }
}

static void test_type_must_agree(void **state)
{
    (void)state;
    struct lab_oci_manifest m;
    assert_refused(parse(&m,
                         "{\"schemaVersion\": 2, \"mediaType\": \"" LAB_TYPE_OCI_INDEX
                         "\", \"manifests\": []}",
                         LAB_TYPE_OCI_MANIFEST),
                   err, LAB_INTEGRITY, "but came as");
}

static void test_foreign_layers(void **state)
{
    (void)state;
    struct lab_oci_manifest m;
    assert_refused(parse(&m,
                         "{\"schemaVersion\": 2, \"config\": " BLOB
                         ", \"layers\": [{\"mediaType\": "
                         "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\", "
                         "\"digest\": \"" DIGEST "\", \"size\": 5}]}",
                         NULL),
                   err, LAB_USAGE, "does not let others keep");
}

static void test_bounds(void **state)
{
    (void)state;
    struct lab_oci_manifest m;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (int i = 0; i < 65; i++)
        lab_str_add(&text, "[");
    assert_refused(parse(&m, lab_str_get(&text), NULL), err, LAB_INTEGRITY,
                   "nested deeper than 64");
    lab_str_truncate(&text, 0);
    lab_str_add(&text, "{\"schemaVersion\": 2, \"x\": \"[[[[[[[\\\"[[[[[\", \"config\": " BLOB
                       ", \"layers\": []}");
    assert_ok(parse(&m, lab_str_get(&text), NULL), err); /* brackets in a text are none */
    lab_oci_manifest_clear(&m);
    lab_str_truncate(&text, 0);
    lab_str_add(&text, "{\"schemaVersion\": 2, \"config\": " BLOB ", \"layers\": [" BLOB);
    for (int i = 0; i < 4096; i++)
        lab_str_add(&text, "," BLOB);
    lab_str_add(&text, "]}");
    assert_refused(parse(&m, lab_str_get(&text), NULL), err, LAB_INTEGRITY, "lists 4097 layers");
    while (text.len <= LAB_MANIFEST_MAX)
        lab_str_add(&text, "                                                                ");
    assert_refused(parse(&m, lab_str_get(&text), NULL), err, LAB_INTEGRITY, "are allowed");
}

static void test_platforms(void **state)
{
    (void)state;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    assert_ok(
        parse(
            &m,
            "{\"schemaVersion\": 2, \"manifests\": [" CHILD("unknown", "unknown") ", " CHILD(
                "windows", "amd64") ", " CHILD("linux", "arm64") ", " CHILD("linux", "amd64") "]}",
            LAB_TYPE_OCI_INDEX),
        err);
    assert_ptr_equal(lab_oci_manifest_choose(&m, &amd64, &err), &m.list.items[3]);
    assert_null(lab_oci_manifest_choose(&m, &s390x, &err));
    assert_refused(-1, err, LAB_USAGE,
                   "not for linux/s390x, but for windows/amd64, linux/arm64, linux/amd64");
}

static void test_platform_not_said(void **state)
{
    (void)state;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    assert_ok(parse(&m,
                    "{\"schemaVersion\": 2, \"manifests\": [" BLOB
                    ", " CHILD("unknown", "unknown") "]}",
                    NULL),
              err);
    assert_ptr_equal(lab_oci_manifest_choose(&m, &amd64, &err), &m.list.items[0]);
    lab_oci_manifest_clear(&m);
    assert_ok(parse(&m, "{\"schemaVersion\": 2, \"manifests\": [" BLOB ", " BLOB "]}", NULL), err);
    assert_null(lab_oci_manifest_choose(&m, &amd64, &err));
    assert_refused(-1, err, LAB_USAGE, "no named platform");
}

static void test_config(void **state)
{
    (void)state;
    struct lab_config config;
    static const char text[] =
        "{\"os\": \"linux\", \"architecture\": \"amd64\", \"rootfs\": {\"diff_ids\": [\"" DIGEST
        "\"]}}";
    assert_ok(lab_config_parse(&config, text, strlen(text), &err), err);
    assert_int_equal(config.diff_ids.len, 1);
    assert_ok(lab_config_check(&config, &amd64, &err), err);
    assert_refused(lab_config_check(&config, &arm64, &err), err, LAB_USAGE,
                   "is for linux/amd64; wanted is linux/arm64");
    lab_config_clear(&config);
    static const char bad[] = "{\"rootfs\": {\"diff_ids\": [\"sha256:1\"]}}";
    assert_refused(lab_config_parse(&config, bad, strlen(bad), &err), err, LAB_INTEGRITY,
                   "diff_ids[0]");
}

static void test_platform_words(void **state)
{
    (void)state;
    struct lab_platform p;
    assert_ok(lab_platform_parse(&p, "linux/amd64", &err), err);
    assert_string_equal(p.os, "linux");
    assert_string_equal(p.arch, "amd64");
    lab_platform_clear(&p);
    static const char *const bad[] = {
        "", "linux", "linux/", "/amd64", "linux/arm/v7", "Linux/amd64", "a b/c"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_refused(lab_platform_parse(&p, bad[i], &err), err, LAB_USAGE, "no platform");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_type_by_content),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_type_must_agree),
        cmocka_unit_test(test_foreign_layers),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_platforms),
        cmocka_unit_test(test_platform_not_said),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_platform_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
