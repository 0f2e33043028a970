#include "base_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

static void files_are_read(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    scratch_write(path, "12345");
    lab_str_add(&out, "0");
    assert_ok(lab_file_read(path, 5, &out, &err), err);
    assert_string_equal(lab_str_get(&out), "012345");
    assert_refused(lab_file_read(path, 4, &out, &err), err, LAB_USAGE, path);
    LAB_AUTO_STR struct lab_str little = LAB_STR_MAX(3);
    assert_refused(lab_file_read(path, 5, &little, &err), err, LAB_INTERNAL, path);
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing");
    assert_refused(lab_file_read(missing, 5, &out, &err), err, LAB_HOST, missing);
    assert_refused(lab_file_read(*state, 5, &out, &err), err, LAB_HOST, "directory");
    assert_true(lab_file_exists(path));
    assert_false(lab_file_exists(missing));
}

static void files_are_replaced(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTOFREE char *part = lab_path_join(*state, "f.part");
    mode_t before = umask(077);
    assert_ok(lab_file_replace(path, "one", 3, 0644, &err), err);
    umask(before);
    assert_file(path, "one");
    assert_int_equal(plat_stat(path, &st), 0);
    assert_int_equal(st.mode, 0644); /* not what the umask says */
    scratch_write(part, "left over from a run that was killed, and longer");
    assert_ok(lab_file_replace(path, "two", 3, 0600, &err), err);
    assert_file(path, "two");
    assert_int_equal(plat_stat(path, &st), 0);
    assert_int_equal(st.mode, 0600);
    assert_false(lab_file_exists(part));
    assert_ok(lab_file_replace(path, "", 0, 0600, &err), err);
    assert_file(path, "");
}

/* A link where the file or its .part should be must not lead anywhere else. */
static void links_are_replaced_not_followed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTOFREE char *part = lab_path_join(*state, "f.part");
    LAB_AUTOFREE char *victim = lab_path_join(*state, "victim");
    scratch_write(victim, "safe");
    assert_int_equal(symlink(victim, path), 0);
    assert_int_equal(symlink(victim, part), 0);
    assert_ok(lab_file_replace(path, "new", 3, 0600, &err), err);
    assert_file(path, "new");
    assert_file(victim, "safe");
    assert_int_equal(plat_lstat(path, &st), 0);
    assert_true(st.is_file && !st.is_link);
}

/* In a child, because it gives up being root: root may write into a read-only folder. */
static void a_read_only_folder_keeps_the_old_file(void **state)
{
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    scratch_write(path, "old");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chmod(*state, 0555), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lab_error err = LAB_ERROR_INIT;
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(77);
        int rc = lab_file_replace(path, "new", 3, 0644, &err);
        _exit(rc == -1 && err.code == LAB_HOST && strstr(err.message, path) &&
                      strstr(err.message, "Permission denied")
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(status, 0);
    assert_file(path, "old");
}

/* In a child with a mount namespace of its own. Exit 77: no tmpfs here. */
static int fill_a_tiny_disk(const char *dir)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(dir, "f");
    LAB_AUTOFREE char *part = lab_path_join(dir, "f.part");
    LAB_AUTOFREE char *big = lab_alloc(1 << 20);
    LAB_AUTO_STR struct lab_str got = LAB_STR_INIT;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
        return 77;
    if (lab_file_replace(path, "old", 3, 0600, &err) < 0)
        return 1;
    if (lab_file_replace(path, big, 1 << 20, 0600, &err) != -1 || err.code != LAB_HOST)
        return 2;
    if (!strstr(err.message, path) || !strstr(err.message, "no space left"))
        return 3;
    lab_error_clear(&err);
    if (lab_file_exists(part) || lab_file_read(path, 100, &got, &err) < 0)
        return 4;
    return strcmp(lab_str_get(&got), "old") == 0 ? 0 : 5;
}

static void a_full_disk_keeps_the_old_file(void **state)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(fill_a_tiny_disk(*state));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("skipped: no tiny tmpfs can be mounted here (it needs root)\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void tails_are_read(void **state)
{
    LAB_AUTOFREE char *path = lab_path_join(*state, "log");
    static const struct {
        const char *text;
        size_t max;
        const char *tail;
    } cases[] = {
        {"one\ntwo\nthree\n", 100, "one\ntwo\nthree\n"},
        {"one\ntwo\nthree\n", 14, "one\ntwo\nthree\n"},
        {"one\ntwo\nthree\n", 12, "two\nthree\n"},
        {"one\ntwo\nthree\n", 6, "three\n"},
        {"one\ntwo\nthree\n", 3, "ee\n"},
        {"onelongline", 4, "line"},
        {"one\ntwo", 5, "two"},
        {"", 10, ""},
        {"text", 0, ""},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        scratch_write(path, cases[i].text);
        lab_file_tail(path, cases[i].max, &out);
        assert_string_equal(lab_str_get(&out), cases[i].tail);
    }
    LAB_AUTO_STR struct lab_str none = LAB_STR_INIT;
    lab_file_tail("/nonexistent/log", 100, &none);
    assert_int_equal(none.len, 0);
}

static void no_descriptor_stays_open(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "f");
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    int first = dup(0);
    close(first);
    assert_ok(lab_file_replace(path, "x", 1, 0600, &err), err);
    assert_ok(lab_file_read(path, 10, &out, &err), err);
    lab_file_tail(path, 10, &out);
    assert_refused(lab_file_read(path, 0, &out, &err), err, LAB_USAGE, path);
    int again = dup(0);
    close(again);
    assert_int_equal(first, again);
    int fd = plat_create("/dev/null/x", 0600, &err);
    assert_refused(fd, err, LAB_HOST, "/dev/null/x");
    LAB_AUTOFREE char *other = lab_path_join(*state, "other");
    fd = plat_create(other, 0600, &err);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    assert_refused(plat_create(other, 0600, &err), err, LAB_HOST, "exists");
}

/* A pipe of packets gives its bytes piece by piece, and has no offsets but its own. */
static void pieces_follow_the_files_own_position(void **state)
{
    (void)state;
    int ends[2];
    char bytes[8];
    assert_int_equal(pipe2(ends, O_DIRECT), 0);
    assert_int_equal(lab_io_write_all(ends[1], "abcd", 4, -1), 0);
    assert_int_equal(lab_io_write_all(ends[1], "efgh", 4, -1), 0);
    assert_int_equal(lab_io_read_all(ends[0], bytes, 8, -1), 0);
    assert_memory_equal(bytes, "abcdefgh", 8);
    lab_io_close(ends[0]);
    lab_io_close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(files_are_read),
        scratch_test(files_are_replaced),
        scratch_test(links_are_replaced_not_followed),
        scratch_test(a_read_only_folder_keeps_the_old_file),
        scratch_test(a_full_disk_keeps_the_old_file),
        scratch_test(tails_are_read),
        scratch_test(no_descriptor_stays_open),
        scratch_test(pieces_follow_the_files_own_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
