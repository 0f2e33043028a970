#include "base_scratch.h"

#include <sys/stat.h>
#include <unistd.h>

static void paths_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *path, *dir, *base;
    } cases[] = {
        {"/a/b", "/a", "b"}, {"a/b", "a", "b"}, {"a", ".", "a"},
        {"/a", "/", "a"},    {"/", "/", ""},    {"a//b", "a", "b"},
        {"a/b/", "a/b", ""}, {"", ".", ""},     {"C:x/y", "C:x", "y"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *dir = lab_path_dir(cases[i].path);
        assert_string_equal(dir, cases[i].dir);
        assert_string_equal(lab_path_base(cases[i].path), cases[i].base);
    }
}

static void paths_are_joined(void **state)
{
    (void)state;
    static const struct {
        const char *dir, *name, *path;
    } cases[] = {{"/a", "b", "/a/b"}, {"/a/", "b", "/a/b"}, {"/", "b", "/b"},
                 {"/a", "/b", "/b"},  {".", "b", "./b"},    {"", "b", "b"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *path = lab_path_join(cases[i].dir, cases[i].name);
        assert_string_equal(path, cases[i].path);
    }
    assert_true(lab_path_is_absolute("/a"));
    assert_false(lab_path_is_absolute("a/b"));
    assert_false(lab_path_is_absolute(""));
}

static void paths_become_absolute(void **state)
{
    static const struct {
        const char *path, *tail;
    } cases[] = {
        {"x", "/real/x"},
        {"./x//y/.", "/real/x/y"},
        {".", "/real"},
        {"../x", "/x"},
        {"x/../y", "/real/y"},
        {"", "/real"},
        {"../link/../x", "/real/x"}, /* link leads to real/deep */
    };
    char here[4096];
    assert_non_null(getcwd(here, sizeof(here)));
    LAB_AUTOFREE char *real = lab_path_join(*state, "real");
    LAB_AUTOFREE char *deep = lab_path_join(*state, "real/deep");
    LAB_AUTOFREE char *link = lab_path_join(*state, "link");
    assert_int_equal(mkdir(real, 0700), 0);
    assert_int_equal(mkdir(deep, 0700), 0);
    assert_int_equal(symlink("real/deep", link), 0);
    assert_int_equal(chdir(real), 0);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *got = plat_absolute(cases[i].path);
        LAB_AUTOFREE char *expected = lab_format("%s%s", (char *)*state, cases[i].tail);
        assert_string_equal(got, expected);
    }
    static const char *const fixed[][2] = {
        {"/", "/"}, {"/..", "/"}, {"/../..", "/"}, {"//a/./b/", "/a/b"}, {"/nowhere/../a", "/a"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(fixed); i++) {
        LAB_AUTOFREE char *got = plat_absolute(fixed[i][0]);
        assert_string_equal(got, fixed[i][1]);
    }
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_taken_apart),
        cmocka_unit_test(paths_are_joined),
        scratch_test(paths_become_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
