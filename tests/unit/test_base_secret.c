#include "base_scratch.h"

#include <sys/stat.h>

#include "base/secret.h"
#include "platform.h"

static struct lab_error err;

static void first_line_is_read(void **state)
{
    static const struct {
        const char *text, *secret;
    } cases[] = {
        {"one", "one"},
        {"one\n", "one"},
        {"one\r\ntwo\r\n", "one"},
        {" a b \n", " a b "},
        {"\xef\xbb\xbfone\r\n", "one"},
        {"\xeb\xb9\x84", "\xeb\xb9\x84"},
    };
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_SECRET char *secret = NULL;
        scratch_write(path, cases[i].text);
        assert_ok(lab_secret_read(&secret, path, &err), err);
        assert_string_equal(secret, cases[i].secret);
    }
}

static void none_is_refused(void **state)
{
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing");
    const char *const empty[] = {"", "\n", "\r\n", "\nsecond", "\xef\xbb\xbf\r\n"};
    char *secret = NULL;
    for (size_t i = 0; i < LAB_ARRAY_LEN(empty); i++) {
        scratch_write(path, empty[i]);
        assert_refused(lab_secret_read(&secret, path, &err), err, LAB_USAGE, path);
    }
    assert_refused(lab_secret_read(&secret, missing, &err), err, LAB_HOST, missing);
    assert_null(secret);
}

static void other_files_are_refused(void **state)
{
    static const char utf16[] = "\xff\xfeo\0n\0e\0\r\0\n"; /* its last NUL is the string's */
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    char long_line[1025], *secret = NULL;
    assert_ok(lab_file_replace(path, utf16, sizeof(utf16), 0600, &err), err);
    assert_refused(lab_secret_read(&secret, path, &err), err, LAB_USAGE, "is no plain text");
    memset(long_line, 'x', sizeof(long_line));
    assert_ok(lab_file_replace(path, long_line, 1024, 0600, &err), err);
    assert_refused(lab_secret_read(&secret, path, &err), err, LAB_USAGE, "longer than 1023");
    assert_null(secret);
    assert_ok(lab_file_replace(path, long_line, 1023, 0600, &err), err);
    assert_ok(lab_secret_read(&secret, path, &err), err);
    assert_int_equal(strlen(secret), 1023);
    lab_secret_free(secret);
}

static void what_others_can_read_is_said(void **state)
{
    static const struct {
        unsigned mode;
        bool exposed;
    } cases[] = {{0600, false}, {0400, false}, {0622, false},
                 {0644, true},  {0640, true},  {0604, true}};
    if (plat_is_separator('\\')) /* Windows: chmod() gives nothing away; test_win32 looks at ACLs */
        skip();
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTOFREE char *mend = lab_format("chmod 600 '%s'", path);
    assert_null(lab_secret_exposed(path));
    scratch_write(path, "one\n");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_SECRET char *secret = NULL;
        assert_int_equal(chmod(path, (mode_t)cases[i].mode), 0);
        LAB_AUTOFREE char *warning = lab_secret_exposed(path);
        assert_int_equal(warning != NULL, cases[i].exposed);
        assert_true(!warning || strstr(warning, mend));
        assert_ok(lab_secret_read(&secret, path, &err), err); /* never refused */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(first_line_is_read),
        scratch_test(none_is_refused),
        scratch_test(other_files_are_refused),
        scratch_test(what_others_can_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
