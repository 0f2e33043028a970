#include "base_scratch.h"

#include "bundle/parts_priv.h"

#define SUM  "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define HEAD "format: 1\nbundle_bytes: 1\nfiles: 1\n"

static void an_index_survives(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_PARTS struct lab_parts parts = {.bundle_bytes = 5000000000, .files = 3}, back = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    (void)state;
    for (size_t i = 1; i <= 2; i++)
        *lab_vec_push(&parts.list) = (struct lab_part){lab_part_name(i), 4000000000, SUM};
    lab_parts_put(&text, &parts);
    assert_ok(lab_parts_parse(&back, "i", lab_str_get(&text), text.len, &err), err);
    assert_int_equal(back.bundle_bytes, 5000000000);
    assert_int_equal(back.list.len, 2);
    assert_string_equal(back.list.items[1].name, "bundle.tar.0002");
    assert_int_equal(back.list.items[1].size, 4000000000);
}

static const struct {
    const char *text, *part;
} hostile[] = {
    {HEAD "parts: []\n", "there are 0 parts"},
    {HEAD "parts: {}\n", "must be a list"},
    {HEAD "parts: [x]\n", "a part must be a mapping"},
    {HEAD "parts: [{file: /etc/shadow, size: 1, sha256: " SUM "}]\n",
     "'/etc/shadow' and should be 'bundle.tar.0001'"},
    {HEAD "parts: [{file: bundle.tar.0002, size: 1, sha256: " SUM "}]\n", "should be"},
    {HEAD "parts: [{file: bundle.tar.0001, size: -1, sha256: " SUM "}]\n", "whole number"},
    {HEAD "parts: [{file: bundle.tar.0001, size: 1, sha256: x}]\n", "64 lower-case"},
    {HEAD "parts: [{file: bundle.tar.0001, size: 1, sha256: " SUM ", more: 1}]\n", "unknown key"},
    {"format: 2\n", "not known to this labctl"},
    {"", "i"},
};

static void hostile_indexes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(hostile); i++) {
        struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTO_PARTS struct lab_parts parts = {0};
        int rc = lab_parts_parse(&parts, "i", hostile[i].text, strlen(hostile[i].text), &err);
        assert_refused(rc, err, LAB_INTEGRITY, hostile[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_survives),
        cmocka_unit_test(hostile_indexes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
