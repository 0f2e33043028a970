/* What platform.h promises on every system, with names beyond ASCII. */
#include "base_scratch.h"

#include "base/child.h"

static char *in(void **state, const char *name)
{
    return lab_format("%s/%s", (const char *)*state, name);
}

static void a_rename_replaces(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *from = in(state, "새 것"), *to = in(state, "옛 것");
    assert_ok(lab_file_replace(from, "new", 3, 0600, &err), err);
    assert_ok(lab_file_replace(to, "old", 3, 0600, &err), err);
    assert_ok(plat_rename(from, to, &err), err);
    assert_file(to, "new");
    assert_false(lab_file_exists(from));
    assert_refused(plat_rename(from, to, &err), err, LAB_HOST, "새 것");
}

static void a_file_is_created_once(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    uv_fs_t req;
    LAB_AUTOFREE char *path = in(state, "열쇠");
    int fd = plat_create(path, 0600, &err);
    assert_true(fd >= 0);
    uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    assert_refused(plat_create(path, 0600, &err), err, LAB_HOST, "열쇠");
    assert_ok(plat_fsync_file(path, &err), err);
    assert_ok(plat_fsync_file(*state, &err), err);
}

static void stat_tells_files_from_folders(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = in(state, "파일");
    assert_int_equal(plat_stat(path, &st), -1);
    assert_ok(lab_file_replace(path, "12345", 5, 0644, &err), err);
    assert_int_equal(plat_stat(path, &st), 0);
    assert_true(st.is_file && !st.is_dir && !st.is_link && st.size == 5 && st.mode & 0400);
    assert_true(plat_wall_ms() - st.mtime_ns / 1000000 < 60000);
    assert_int_equal(plat_lstat(*state, &st), 0);
    assert_true(st.is_dir && !st.is_file && !st.is_link);
}

/* Modes on one system, access lists on the other. */
static void private_files_are_told_from_others(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *mine = in(state, "비밀"), *shared = in(state, "공개");
    LAB_AUTOFREE char *folder = in(state, "방");
    assert_ok(lab_file_replace(mine, "", 0, 0600, &err), err);
    assert_ok(lab_file_replace(shared, "", 0, 0644, &err), err);
    assert_ok(plat_mkdirs(folder, 0700, &err), err);
    assert_int_equal(plat_stat(mine, &st), 0);
    assert_int_equal(st.mode, 0600);
    assert_int_equal(plat_stat(shared, &st), 0);
    assert_int_equal(st.mode, 0644);
    assert_int_equal(plat_stat(folder, &st), 0);
    assert_int_equal(st.mode, 0700);
}

static void the_same_place_has_many_names(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *file = in(state, "여기"), *round = in(state, "./a/../여기");
    LAB_AUTOFREE char *folder = in(state, "a"), *gone = in(state, "a/없음");
    LAB_AUTOFREE char *gone_too = in(state, "a/.//없음"), *other = in(state, "a/여기");
    assert_ok(plat_mkdirs(folder, 0700, &err), err);
    assert_ok(lab_file_replace(file, "", 0, 0600, &err), err);
    assert_true(plat_same_path(file, round));
    assert_true(plat_same_path(gone, gone_too));
    assert_false(plat_same_path(file, other));
    assert_false(plat_same_path(gone, folder));
    LAB_AUTOFREE char *native = plat_native(file);
    assert_true(plat_same_path(file, native));
}

static int join(void *arg, const char *name)
{
    lab_str_addf(arg, "%s;", name);
    return 0;
}

static void a_folder_is_listed_and_removed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    LAB_AUTOFREE char *top = in(state, "나무"), *deep = in(state, "나무/가지/b");
    LAB_AUTOFREE char *leaf = in(state, "나무/Z"), *below = in(state, "나무/가지/b/잎");
    assert_ok(plat_mkdirs(deep, 0700, &err), err);
    assert_ok(plat_mkdirs(deep, 0700, &err), err);
    assert_ok(lab_file_replace(leaf, "", 0, 0444, &err), err);
    assert_ok(lab_file_replace(below, "", 0, 0600, &err), err);
    assert_ok(plat_list_dir(top, join, &names, &err), err);
    assert_string_equal(lab_str_get(&names), "Z;가지;");
    assert_refused(plat_mkdirs(leaf, 0700, &err), err, LAB_HOST, "Z");
    assert_refused(plat_remove(deep, &err), err, LAB_HOST, "cannot remove");
    assert_ok(plat_remove_tree(top, &err), err);
    assert_ok(plat_remove_tree(top, &err), err);
    assert_ok(plat_remove(leaf, &err), err);
    assert_false(lab_file_exists(top));
}

/* Beyond the 260 characters of old Windows. */
static void a_long_path_is_no_obstacle(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    char part[121];
    memset(part, 'x', sizeof(part));
    part[120] = '\0';
    LAB_AUTOFREE char *deep = lab_format("%s/%s/%s/%s", (char *)*state, part, part, part);
    LAB_AUTOFREE char *file = lab_format("%s/file", deep);
    assert_ok(plat_mkdirs(deep, 0700, &err), err);
    assert_ok(lab_file_replace(file, "far", 3, 0600, &err), err);
    assert_file(file, "far");
}

static void paths_become_absolute(void **state)
{
    LAB_AUTOFREE char *a = lab_format("%s/./a//b/", (const char *)*state);
    LAB_AUTOFREE char *whole = plat_absolute(a), *root = plat_absolute(*state);
    LAB_AUTOFREE char *wanted = lab_format("%s/a/b", root);
    LAB_AUTOFREE char *again = plat_absolute(whole), *relative = plat_absolute("x");
    assert_string_equal(whole, wanted);
    assert_string_equal(again, whole);
    assert_true(plat_path_is_absolute(whole) && plat_path_is_absolute(relative));
    assert_false(plat_path_is_absolute("x"));
}

static void a_lock_has_one_holder(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *lock, *second;
    LAB_AUTOFREE char *path = in(state, "자물쇠");
    assert_ok(plat_lock_take(&lock, path, "labctl up (pid 1)", &err), err);
    assert_refused(plat_lock_take(&second, path, "me", &err), err, LAB_CONFLICT,
                   "held by labctl up (pid 1)");
    plat_lock_drop(lock);
    assert_ok(plat_lock_take(&lock, path, "me", &err), err);
    plat_lock_drop(lock);
}

static void the_host_is_known(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    uint64_t bytes = 0;
    LAB_AUTOFREE char *data = plat_data_dir(), *temp = plat_temp_dir(), *user = plat_user_name();
    LAB_AUTOFREE char *missing = in(state, "not/yet/made");
    struct plat_route *routes = NULL;
    struct plat_neighbour *neighbours = NULL;
    size_t n = 0;
    assert_true(plat_path_is_absolute(data) && plat_path_is_absolute(temp) && *user);
    assert_ok(plat_free_space(missing, &bytes, &err), err);
    assert_true(bytes > 0);
    assert_in_range(plat_random_free_port(), 1, 65535);
    assert_ok(plat_routes(&routes, &n, &err), err);
    for (size_t i = 0; i < n; i++)
        assert_true(routes[i].prefix > 0 && routes[i].prefix <= 32);
    free(routes);
    if (plat_neighbours(&neighbours, &n, &err) < 0) /* some sandboxes and Wine do not tell */
        lab_error_clear(&err);
    free(neighbours);
}

static void the_environment_is_utf8(void **state)
{
    (void)state;
    assert_int_equal(uv_os_setenv("LABCTL_TEST", "가나다"), 0);
    const char *value = plat_getenv("LABCTL_TEST");
    assert_string_equal(value, "가나다");
    assert_int_equal(uv_os_setenv("LABCTL_TEST", ""), 0);
    assert_null(plat_getenv("LABCTL_TEST"));
    assert_null(plat_getenv("LABCTL_TEST_UNSET"));
}

static char *self;

/* What this program does as its own child. */
static int as_child(int argc, char **argv)
{
    if (strcmp(argv[1], "sleep") == 0)
        uv_sleep(60000);
    fprintf(stderr, "%d", getchar());
    for (int i = 1; i < argc; i++)
        printf("[%s]", argv[i]);
    return 7;
}

static void assert_arguments(bool breakaway)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, self);
    lab_child_args(&c, "two words", "\"quoted\\\"", "*", "한글", "", "C:\\a b\\", "c\\\"d", NULL);
    c.breakaway = breakaway;
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.status, 7);
    assert_string_equal(lab_str_get(&c.out),
                        "[two words][\"quoted\\\"][*][한글][][C:\\a b\\][c\\\"d]");
    assert_string_equal(lab_str_get(&c.errout), "-1"); /* its stdin is empty */
}

static void assert_ended(bool breakaway)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, self);
    lab_child_args(&c, "sleep", NULL);
    c.breakaway = breakaway;
    c.timeout_ms = 500;
    uint64_t start = plat_now_ms();
    assert_refused(lab_child_run(&c, &err), err, LAB_TIMEOUT, "did not end within 500ms");
    assert_int_not_equal(c.status, 0);
    assert_true(plat_now_ms() - start < 20000);
}

static void a_child_gets_its_arguments(void **state)
{
    (void)state;
    assert_arguments(false);
}

static void a_child_that_hangs_is_ended(void **state)
{
    (void)state;
    assert_ended(false);
}

/* The same of one that leaves our job, where there are jobs. */
static void a_child_that_breaks_away_is_a_child_like_others(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    assert_arguments(true);
    assert_ended(true);
    lab_child_init(&c, "/nowhere/vmrun");
    c.breakaway = true;
    assert_refused(lab_child_run(&c, &err), err, LAB_HOST, "cannot run '/nowhere/vmrun'");
}

int main(int argc, char **argv)
{
    char exe[4096];
    size_t size = sizeof(exe);
    plat_console_init();
    argv = plat_arguments(&argc, argv);
    if (argc > 1)
        return as_child(argc, argv);
    if (uv_exepath(exe, &size) != 0)
        return 1;
    self = exe;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rename_replaces, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_file_is_created_once, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(stat_tells_files_from_folders, scratch_setup,
                                        scratch_teardown),
        scratch_test(private_files_are_told_from_others),
        scratch_test(the_same_place_has_many_names),
        cmocka_unit_test_setup_teardown(a_folder_is_listed_and_removed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_long_path_is_no_obstacle, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(paths_become_absolute, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_lock_has_one_holder, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_host_is_known, scratch_setup, scratch_teardown),
        cmocka_unit_test(the_environment_is_utf8),
        cmocka_unit_test(a_child_gets_its_arguments),
        cmocka_unit_test(a_child_that_hangs_is_ended),
        cmocka_unit_test(a_child_that_breaks_away_is_a_child_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
