#include "base_scratch.h"

#include <sys/stat.h>
#include <unistd.h>

static void folders_are_made(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(*state, "a/b//c/");
    LAB_AUTOFREE char *file = lab_path_join(*state, "file");
    LAB_AUTOFREE char *below = lab_path_join(*state, "file/x");
    assert_ok(plat_mkdirs(path, 0700, &err), err);
    assert_int_equal(plat_stat(path, &st), 0);
    assert_true(st.is_dir);
    assert_int_equal(st.mode, 0700);
    assert_ok(plat_mkdirs(path, 0700, &err), err);
    scratch_write(file, "");
    assert_refused(plat_mkdirs(file, 0700, &err), err, LAB_HOST, file);
    assert_refused(plat_mkdirs(below, 0700, &err), err, LAB_HOST, file);
}

struct names {
    char text[100];
    int stop_after;
};

static int add_name(void *arg, const char *name)
{
    struct names *n = arg;
    size_t len = strlen(n->text);
    snprintf(n->text + len, sizeof(n->text) - len, "%s ", name);
    return --n->stop_after == 0;
}

static void folders_are_listed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    static const char *const made[] = {"b", "a10", "a9", ".hidden", "B"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(made); i++) {
        LAB_AUTOFREE char *path = lab_path_join(*state, made[i]);
        scratch_write(path, "");
    }
    struct names all = {"", 0}, two = {"", 2};
    assert_ok(plat_list_dir(*state, add_name, &all, &err), err);
    assert_string_equal(all.text, ".hidden B a10 a9 b ");
    assert_ok(plat_list_dir(*state, add_name, &two, &err), err);
    assert_string_equal(two.text, ".hidden B ");
    assert_refused(plat_list_dir("/nonexistent", add_name, &two, &err), err, LAB_HOST,
                   "'/nonexistent'");
}

static void trees_are_removed_links_are_not_followed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *tree = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *deep = lab_path_join(*state, "tree/a/b/c");
    LAB_AUTOFREE char *file = lab_path_join(*state, "tree/a/b/c/file");
    LAB_AUTOFREE char *outside = lab_path_join(*state, "outside");
    LAB_AUTOFREE char *kept = lab_path_join(*state, "outside/kept");
    LAB_AUTOFREE char *to_folder = lab_path_join(*state, "tree/a/to-folder");
    LAB_AUTOFREE char *dangling = lab_path_join(*state, "tree/dangling");
    LAB_AUTOFREE char *itself = lab_path_join(*state, "itself");
    assert_ok(plat_mkdirs(deep, 0700, &err), err);
    assert_ok(plat_mkdirs(outside, 0700, &err), err);
    scratch_write(file, "x");
    scratch_write(kept, "kept");
    assert_int_equal(symlink(outside, to_folder), 0);
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_int_equal(symlink(outside, itself), 0);
    for (int i = 0; i < 300; i++) {
        LAB_AUTOFREE char *many = lab_format("%s/n%d", deep, i);
        scratch_write(many, "");
    }
    assert_ok(plat_remove_tree(tree, &err), err);
    assert_false(lab_file_exists(tree));
    assert_ok(plat_remove_tree(itself, &err), err);
    assert_file(kept, "kept");
    assert_ok(plat_remove_tree(tree, &err), err); /* missing is fine */
    assert_ok(plat_remove_tree(kept, &err), err); /* a file is a small tree */
    assert_false(lab_file_exists(kept));
    assert_refused(plat_remove_tree("/proc/self/task", &err), err, LAB_HOST, "/proc/self/task");
}

static void files_are_removed_and_renamed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *a = lab_path_join(*state, "a");
    LAB_AUTOFREE char *b = lab_path_join(*state, "b");
    scratch_write(a, "a");
    scratch_write(b, "b");
    assert_ok(plat_rename(a, b, &err), err);
    assert_file(b, "a");
    assert_refused(plat_rename(a, b, &err), err, LAB_HOST, "No such file");
    assert_ok(plat_fsync_file(b, &err), err);
    assert_refused(plat_fsync_file(a, &err), err, LAB_HOST, a);
    assert_ok(plat_remove(b, &err), err);
    assert_ok(plat_remove(b, &err), err);
    assert_false(lab_file_exists(b));
    assert_refused(plat_remove(*state, &err), err, LAB_HOST, (char *)*state);
}

static void stats_tell_links_from_files(void **state)
{
    struct plat_stat st, again;
    LAB_AUTOFREE char *file = lab_path_join(*state, "file");
    LAB_AUTOFREE char *link = lab_path_join(*state, "link");
    scratch_write(file, "12345");
    assert_int_equal(chmod(file, 0640), 0);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(plat_stat(link, &st), 0);
    assert_true(st.is_file && !st.is_dir && !st.is_link);
    assert_int_equal(st.size, 5);
    assert_int_equal(st.mode, 0640);
    assert_true(llabs(st.mtime_ns / 1000000 - plat_wall_ms()) < 3600 * 1000);
    assert_int_equal(plat_stat(file, &again), 0);
    assert_int_equal(st.inode, again.inode);
    assert_int_equal(plat_lstat(link, &st), 0);
    assert_true(st.is_link && !st.is_file);
    assert_int_equal(plat_stat("/nonexistent", &st), -1);
    assert_int_equal(plat_lstat("/nonexistent", &st), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(folders_are_made),
        scratch_test(folders_are_listed),
        scratch_test(trees_are_removed_links_are_not_followed),
        scratch_test(files_are_removed_and_renamed),
        scratch_test(stats_tell_links_from_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
