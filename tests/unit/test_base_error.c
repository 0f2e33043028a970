#include "base_scratch.h"

static void the_first_error_wins(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_fail(&err, LAB_GUEST, "node '%s' failed", "web-01"), -1);
    assert_int_equal(lab_fail(&err, LAB_HOST, "another"), -1);
    assert_int_equal(lab_error_hint(&err, "run %s", "labctl logs"), -1);
    lab_error_hint(&err, "second hint");
    lab_error_wrap(&err, "cannot start lab '%s'", "a");
    assert_int_equal(err.code, LAB_GUEST);
    assert_string_equal(err.message, "cannot start lab 'a': node 'web-01' failed");
    assert_string_equal(err.hint, "run labctl logs");
    struct lab_error copy = LAB_ERROR_INIT, moved = LAB_ERROR_INIT;
    lab_error_copy(&copy, &err);
    lab_error_move(&moved, &err);
    assert_int_equal(err.code, LAB_OK);
    assert_null(err.message);
    assert_string_equal(moved.message, copy.message);
    assert_ptr_not_equal(moved.message, copy.message);
    lab_error_clear(&copy);
    lab_error_clear(&moved);
    assert_int_equal(lab_fail(NULL, LAB_HOST, "nobody listens"), -1);
}

static void the_systems_words_are_added(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(plat_fsync_file("/no/such/file", &err), -1);
    assert_int_equal(err.code, LAB_HOST);
    assert_non_null(strstr(err.message, "'/no/such/file'"));
    const char *words = strstr(err.message, ": ");
    assert_non_null(words);
    assert_true(strlen(words) > strlen(": no"));
    lab_error_clear(&err);
}

static void the_worse_code_is_the_exit_status(void **state)
{
    (void)state;
    static const enum lab_code cases[][3] = {
        {LAB_OK, LAB_OK, LAB_OK},
        {LAB_OK, LAB_TIMEOUT, LAB_TIMEOUT},
        {LAB_GUEST, LAB_INTEGRITY, LAB_INTEGRITY},
        {LAB_CONFLICT, LAB_HYPERVISOR, LAB_CONFLICT},
        {LAB_HYPERVISOR, LAB_TIMEOUT, LAB_HYPERVISOR},
        {LAB_GUEST, LAB_TIMEOUT, LAB_GUEST},
        {LAB_INTEGRITY, LAB_CONFLICT, LAB_INTEGRITY},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        assert_int_equal(lab_code_worse(cases[i][0], cases[i][1]), cases[i][2]);
        assert_int_equal(lab_code_worse(cases[i][1], cases[i][0]), cases[i][2]);
    }
}

static void strings_keep_their_limit(void **state)
{
    (void)state;
    struct lab_str s = LAB_STR_MAX(5);
    assert_string_equal(lab_str_get(&s), "");
    lab_str_add(&s, "abc");
    lab_str_addc(&s, 'd');
    lab_str_addf(&s, "%d", 5);
    assert_true(lab_str_ok(&s));
    assert_string_equal(s.ptr, "abcd5");
    lab_str_add(&s, "");
    assert_true(lab_str_ok(&s));
    lab_str_add(&s, "x");
    assert_false(lab_str_ok(&s));
    lab_str_truncate(&s, 1);
    lab_str_add(&s, "y"); /* sticky */
    assert_string_equal(s.ptr, "a");
    lab_str_clear(&s);
    assert_true(lab_str_ok(&s));
    assert_int_equal(s.max, 5);
    lab_str_add(&s, "new");
    char *taken = lab_str_detach(&s);
    assert_string_equal(taken, "new");
    assert_string_equal(lab_str_get(&s), "");
    free(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(the_systems_words_are_added),
        cmocka_unit_test(the_worse_code_is_the_exit_status),
        cmocka_unit_test(strings_keep_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
