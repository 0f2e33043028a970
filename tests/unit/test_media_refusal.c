/* What must not become an image, and what is left behind when one fails: nothing. */
#include "media_trees.h"

#include <unistd.h>

#if __has_include(<sys/resource.h>)
#include <signal.h>
#include <sys/resource.h>
#define HAVE_FILE_LIMIT 1
#else
#define HAVE_FILE_LIMIT 0
#endif

#include "base/work.h"

/* --- names and kinds -------------------------------------------------------------------------- */

static void assert_path_refused(const char *path, const char *part)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    lab_iso_add_bytes(&iso, path, "x", 1, 0644);
    assert_refused(lab_iso_write(&iso, "/nonexistent/x.iso", NULL, NULL, &err), err, LAB_USAGE,
                   part);
}

static void bad_paths(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str name = LAB_STR_INIT;
    for (int i = 0; i < 256; i++)
        lab_str_addc(&name, 'n');
    assert_path_refused("이미지.tar", "printable ASCII");
    assert_path_refused("caf\xe9", "printable ASCII");
    assert_path_refused("a\nb", "'a b'");
    assert_path_refused("a\\b", "backslash");
    assert_path_refused("/etc/passwd", "empty");
    assert_path_refused("a//b", "a//b");
    assert_path_refused("a/", "empty");
    assert_path_refused("", "empty");
    assert_path_refused("../x", "'..'");
    assert_path_refused("a/./x", "'.'");
    assert_path_refused("rr_moved/x", "rr_moved");
    assert_path_refused(lab_str_get(&name), "255");
    assert_path_refused("1/2/3/4/5/6/7/8/x", "7 folders");
    for (int i = 0; i < 4; i++) {
        lab_str_truncate(&name, 250);
        lab_str_addf(&name, "%s", "/");
    }
    LAB_AUTOFREE char *path =
        lab_format("%s%s%s%s%s", name.ptr, name.ptr, name.ptr, name.ptr, name.ptr);
    assert_path_refused(path, "1023");
}

static void bad_labels(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "",         "has space", "ü",   "a.b",
        "cidata\n", "a,b",       "a=b", "a_label_of_more_than_32_characters"};
    struct lab_error err = LAB_ERROR_INIT;
    for (size_t i = 0; i < LAB_ARRAY_LEN(labels); i++) {
        LAB_AUTO_ISO struct lab_iso iso = {.label = labels[i]};
        lab_iso_add_bytes(&iso, "x", "x", 1, 0644);
        assert_refused(lab_iso_write(&iso, "/nonexistent/x.iso", NULL, NULL, &err), err, LAB_USAGE,
                       labels[i]);
    }
}

static void clashes(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_ISO struct lab_iso twice = {.label = "X"};
    lab_iso_add_bytes(&twice, "a", "1", 1, 0644);
    lab_iso_add_bytes(&twice, "b", "2", 1, 0644);
    lab_iso_add_bytes(&twice, "a", "3", 1, 0644);
    assert_refused(lab_iso_write(&twice, "/nonexistent/x", NULL, NULL, &err), err, LAB_USAGE,
                   "'a' twice");
    LAB_AUTO_ISO struct lab_iso both = {.label = "X"};
    lab_iso_add_bytes(&both, "a", "1", 1, 0644);
    lab_iso_add_bytes(&both, "a-b", "1", 1, 0644);
    lab_iso_add_bytes(&both, "a/b", "2", 1, 0644);
    assert_refused(lab_iso_write(&both, "/nonexistent/x", NULL, NULL, &err), err, LAB_USAGE,
                   "'a' would be a file and a folder");
}

static void links_and_pipes_in_a_tree(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    static const char *const targets[] = {"file", "/etc/passwd", "missing"};
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *link = lab_path_join(dir, "sub/link");
    tree_put(dir, "file", "x", 0644);
    tree_put(dir, "sub/file", "x", 0644);
    for (size_t i = 0; i < LAB_ARRAY_LEN(targets); i++) {
        LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
        assert_int_equal(symlink(targets[i], link), 0);
        assert_refused(lab_iso_add_tree(&iso, dir, &err), err, LAB_USAGE, link);
        assert_ok(plat_remove(link, &err), err);
    }
    assert_int_equal(mkfifo(link, 0600), 0);
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    assert_refused(lab_iso_add_tree(&iso, dir, &err), err, LAB_USAGE, link);
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing");
    assert_refused(lab_iso_add_tree(&iso, missing, &err), err, LAB_HOST, missing);
}

/* --- failures while writing ------------------------------------------------------------------- */

struct trouble {
    const char *path;
    const char *bytes;
    uint64_t after;
    bool cancel;
};

static void make_trouble(void *arg, uint64_t done, uint64_t total)
{
    struct trouble *t = arg;
    (void)total;
    if (done < t->after || t->after == UINT64_MAX)
        return;
    t->after = UINT64_MAX;
    if (t->cancel)
        lab_work_cancel_all(true);
    else
        scratch_write(t->path, t->bytes);
}

static void changing_sources(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *big = lab_path_join(dir, "big");
    LAB_AUTOFREE char *later = lab_path_join(dir, "later");
    struct trouble cases[] = {
        {big, "shorter while it is read", 1 << 20, false},
        {later, "changed before its turn", 1 << 20, false},
        {later, "same siz", 1 << 20, false},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
        const struct lab_iso_progress progress = {make_trouble, &cases[i]};
        tree_put_pattern(dir, "big", 8u << 20);
        tree_put(dir, "later", "original", 0644);
        assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
        uv_sleep(20); /* file systems tell times of the same tick alike */
        assert_refused(lab_iso_write(&iso, path, &progress, NULL, &err), err, LAB_HOST,
                       cases[i].path);
        assert_nothing_left(path);
    }
}

static void changed_since_it_was_listed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *file = lab_path_join(dir, "f");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    tree_put(dir, "f", "one", 0644);
    assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
    tree_put(dir, "f", "other", 0644);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_HOST, "changed");
    assert_ok(plat_remove(file, &err), err);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_HOST, file);
    assert_nothing_left(path);
}

/* At any byte: while spooling, while the image is written, while it is read back. */
static void interrupted(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    tree_put_pattern(dir, "big", 8u << 20);
    for (uint64_t mib = 1; mib < 24; mib += 4) {
        struct trouble t = {NULL, NULL, mib << 20, true};
        const struct lab_iso_progress progress = {make_trouble, &t};
        LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
        assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
        assert_refused(lab_iso_write(&iso, path, &progress, NULL, &err), err, LAB_CANCELLED, path);
        lab_work_cancel_all(false);
        assert_nothing_left(path);
    }
}

static void old_image_survives_a_failure(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *part = lab_path_join(*state, "x.iso.part");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    scratch_write(path, "the old one");
    scratch_write(part, "left by a run that was killed");
    lab_iso_add_bytes(&iso, "x", "x", 1, 0644);
    memcpy(iso.files.items[0].sha256, "00", 3);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_INTEGRITY, "'x' is 2d71");
    assert_file(path, "the old one");
    assert_false(lab_file_exists(part));
}

static void no_folder(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "missing/x.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    lab_iso_add_bytes(&iso, "x", "x", 1, 0644);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_HOST, path);
}

static void folder_without_permission(void **state)
{
    if (plat_is_admin()) {
        print_message("permissions do not stop an administrator\n");
        skip();
    }
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    lab_iso_add_bytes(&iso, "x", "x", 1, 0644);
    assert_int_equal(chmod(*state, 0500), 0);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_HOST, path);
    assert_int_equal(chmod(*state, 0700), 0);
}

static void spool_folder(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *spool = lab_path_join(*state, "spool");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    lab_iso_add_bytes(&iso, "x", "x", 1, 0644);
    assert_ok(lab_iso_spool_dir(spool, &err), err);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_HOST, spool);
    assert_nothing_left(path);
    assert_ok(plat_mkdirs(spool, 0700, &err), err);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    uv_os_unsetenv("TMPDIR");
    uv_os_unsetenv("TMP");
}

/* A limit on file sizes fails like a full disk: first the spool, then, with a little more room, the
 * image inside archive_write_close(). */
static void out_of_room(void **state)
{
#if HAVE_FILE_LIMIT
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "x.iso");
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    static const rlim_t limits[] = {1u << 20, (4u << 20) + 100000};
    struct rlimit old;
    tree_put_pattern(dir, "big", 4u << 20);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < LAB_ARRAY_LEN(limits); i++) {
        LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
        struct rlimit limit = {limits[i], old.rlim_max};
        assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        int rc = lab_iso_write(&iso, path, NULL, NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_refused(rc, err, LAB_HOST, path);
        assert_nothing_left(path);
    }
#else
    (void)state;
    skip();
#endif
}

/* --- on a small file system, which tests/media/check mounts -------------------------------------
 */

static void small_disk(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    const char *dir = plat_getenv("LABCTL_TEST_SMALL_DIR");
    if (!dir) {
        print_message("no small file system given: tests/media/check does\n");
        skip();
    }
    uint64_t room;
    LAB_AUTOFREE char *path = lab_path_join(dir, "x.iso");
    LAB_AUTOFREE char *filler = lab_path_join(dir, "filler");
    LAB_AUTOFREE char *bytes = lab_alloc(16u << 20);
    assert_ok(plat_free_space(dir, &room, &err), err);
    assert_in_range(room, 12u << 20, 30u << 20);

    /* Known beforehand: with the spool on the same disk half of the room is too much. */
    assert_ok(lab_iso_spool_dir(dir, &err), err);
    LAB_AUTO_ISO struct lab_iso large = {.label = "X"};
    lab_iso_add_bytes(&large, "big", bytes, (size_t)room / 2, 0644);
    assert_refused(lab_iso_write(&large, path, NULL, NULL, &err), err, LAB_HOST, "are free");
    assert_nothing_left(path);

    /* Not known beforehand: somebody else fills the disk meanwhile. */
    LAB_AUTOFREE char *text = lab_alloc((size_t)room);
    memset(text, 'x', (size_t)room - 1 - (7u << 20));
    struct trouble t = {filler, text, 1 << 20, false};
    const struct lab_iso_progress progress = {make_trouble, &t};
    LAB_AUTO_ISO struct lab_iso iso = {.label = "X"};
    lab_iso_add_bytes(&iso, "a", bytes, 2u << 20, 0644);
    lab_iso_add_bytes(&iso, "b", bytes, 2u << 20, 0644);
    assert_int_equal(lab_iso_write(&iso, path, &progress, NULL, &err), -1);
    print_message("%s\n", err.message);
    assert_int_equal(err.code, LAB_HOST);
    assert_non_null(strstr(err.message, "o space left"));
    assert_non_null(strstr(err.hint, dir));
    lab_error_clear(&err);
    assert_nothing_left(path);
    assert_ok(plat_remove(filler, &err), err);
    uv_os_unsetenv("TMPDIR");
    uv_os_unsetenv("TMP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_paths),    cmocka_unit_test(bad_labels),
        cmocka_unit_test(clashes),      scratch_test(links_and_pipes_in_a_tree),
        scratch_test(changing_sources), scratch_test(changed_since_it_was_listed),
        scratch_test(interrupted),      scratch_test(old_image_survives_a_failure),
        scratch_test(no_folder),        scratch_test(folder_without_permission),
        scratch_test(spool_folder),     scratch_test(out_of_room),
        scratch_test(small_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
