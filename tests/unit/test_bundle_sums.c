#include "bundle_case.h"

#define SUM "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static void a_list_survives(void **state)
{
    (void)state;
    LAB_AUTO_SUMS struct lab_sums sums = {{0}}, back = {{0}};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_sums_add(&sums, "k3s/k3s", SUM);
    lab_sums_add(&sums, "a b", SUM);
    lab_sums_add(&sums, "a+b", SUM);
    lab_sums_sort(&sums);
    lab_sums_put(&text, &sums);
    assert_string_equal(lab_str_get(&text), SUM "  a b\n" SUM "  a+b\n" SUM "  k3s/k3s\n");
    assert_null(lab_sums_parse(&back, lab_str_get(&text), text.len));
    assert_int_equal(back.list.len, 3);
    assert_non_null(lab_sums_find(&back, "a+b"));
    assert_null(lab_sums_find(&back, "a"));
}

static const struct {
    const char *text, *part;
    size_t len; /* 0: the whole text */
} hostile[] = {
    {"", "empty", 0},
    {SUM "  a", "cut off", 0},
    {SUM " *a\n", "line 1", 0},
    {SUM "  ./a\n", "'.' or '..'", 0},
    {SUM "  ../a\n", "'.' or '..'", 0},
    {SUM "  /etc/passwd\n", "is absolute", 0},
    {SUM "  a\r\n", "CR LF", 0},
    {SUM "  a\\b\n", "not every medium", 0},
    {SUM "  a\n\n", "line 2", 0},
    {SUM "  b\n" SUM "  a\n", "line 2", 0},
    {SUM "  a\n" SUM "  a\n", "line 2", 0},
    {SUM "  SHA256SUMS\n", "cannot be in this list", 0},
    {SUM "  SHA256SUMS.sig\n", "cannot be in this list", 0},
    {SUM "  \n", "two blanks and a path", 0},
    {SUM "  a\0b\n", "NUL", 64 + 2 + 4},
    {"CA978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n", "64 digits", 0},
    {"\\" SUM "  a\n", "64 digits", 0},
};

static void hostile_lists_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(hostile); i++) {
        LAB_AUTO_SUMS struct lab_sums sums = {{0}};
        size_t len = hostile[i].len ? hostile[i].len : strlen(hostile[i].text);
        LAB_AUTOFREE char *why = lab_sums_parse(&sums, hostile[i].text, len);
        assert_non_null(why);
        if (!strstr(why, hostile[i].part))
            fail_msg("'%s' is not in: %s", hostile[i].part, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_survives),
        cmocka_unit_test(hostile_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
