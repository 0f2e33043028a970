/* cp against a real sshd, through connections that break in the middle. */
#include "../guest/proxy.h"
#include "../guest/rig.h"

#include "base/crypto.h"
#include "run/copy_priv.h"

enum { BIG = 6 * 1024 * 1024 + 12345 };

struct fixture {
    struct rig rig;
    struct rig_guest guest;
    struct proxy proxy;
    struct lab_copier copier;
    char *host, *there; /* folders of both sides */
    uint64_t drop_at;   /* the connection breaks when that much was on its way; 0: never */
    uint64_t stop_at;   /* Ctrl-C */
    bool stopped;
    uint64_t resumed_at;
    bool was_there;
    unsigned copied;
    struct lab_str skipped;
};

static void on_progress(void *arg, const char *name, uint64_t done, uint64_t total)
{
    struct fixture *f = arg;
    assert_non_null(name);
    assert_true(done <= total);
    f->stopped = f->stopped || (f->stop_at && done >= f->stop_at);
    if (!f->drop_at || done < f->drop_at)
        return;
    f->drop_at = 0;
    proxy_drop_all(&f->proxy);
}

static bool on_stop(void *arg, struct lab_error *err)
{
    const struct fixture *f = arg;
    if (f->stopped)
        lab_fail(err, LAB_CANCELLED, "interrupted");
    return f->stopped;
}

static void on_copied(void *arg, const struct lab_copied *file)
{
    struct fixture *f = arg;
    f->copied++;
    if (file->resumed_at > f->resumed_at)
        f->resumed_at = file->resumed_at;
    f->was_there = file->was_there;
    assert_int_equal(strlen(file->sha256), 64);
}

static void on_skipped(void *arg, const char *path, const char *why)
{
    struct fixture *f = arg;
    lab_str_addf(&f->skipped, "%s: %s\n", lab_path_base(path), why);
}

static int setup(void **state)
{
    struct fixture *f = lab_alloc(sizeof(*f));
    lab_work_init();
    rig_init(&f->rig);
    f->host = rig_path(&f->rig, "here");
    f->there = rig_path(&f->rig, "there");
    assert_int_equal(mkdir(f->host, 0755), 0);
    assert_int_equal(mkdir(f->there, 0755), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->guest.guest)
        rig_close(&f->guest);
    if (f->proxy.rig)
        proxy_stop(&f->proxy);
    rig_clear(&f->rig);
    lab_str_clear(&f->skipped);
    free(f->host);
    free(f->there);
    free(f);
    return 0;
}

static void start(struct fixture *f, const char *config)
{
    f->rig.config = lab_strdup(config);
    rig_start(&f->rig);
    proxy_start(&f->proxy, &f->rig, true);
    struct lab_guest_target target = rig_target(&f->rig);
    target.port = f->proxy.port;
    rig_open(&f->rig, &f->guest, &target, NULL);
    f->copier = (struct lab_copier){.loop = &f->rig.loop,
                                    .guest = f->guest.guest,
                                    .stop = on_stop,
                                    .progress = on_progress,
                                    .copied = on_copied,
                                    .skipped = on_skipped,
                                    .arg = f};
}

#define START(config)                                                                              \
    struct fixture *f = *state;                                                                    \
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;                                          \
    RIG_NEEDS_SSHD();                                                                              \
    start(f, config)

/* --- files --------------------------------------------------------------------------------------
 */

static char *in(const char *dir, const char *name)
{
    return lab_format("%s/%s", dir, name);
}

static void put(const char *dir, const char *name, size_t n, mode_t mode)
{
    LAB_AUTOFREE char *path = in(dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        putc((int)(i * 2654435761u >> 13 & 0xff), file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    const struct timespec times[2] = {{1700000000, 0}, {1700000000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool there_is(const char *dir, const char *name)
{
    LAB_AUTOFREE char *path = in(dir, name);
    struct plat_stat st;
    return plat_lstat(path, &st) == 0;
}

static uint64_t size_of(const char *dir, const char *name)
{
    LAB_AUTOFREE char *path = in(dir, name);
    struct plat_stat st;
    assert_int_equal(plat_lstat(path, &st), 0);
    return st.size;
}

/* The same bytes, mode and time, and nothing half-made beside it. */
static void assert_same(const char *a_dir, const char *a, const char *b_dir, const char *b)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *one = in(a_dir, a);
    LAB_AUTOFREE char *other = in(b_dir, b);
    LAB_AUTOFREE char *part = lab_format("%s" LAB_COPY_PART, b);
    char hex[2][LAB_SHA256_HEX];
    struct plat_stat st[2];
    assert_int_equal(lab_sha256_file(one, hex[0], NULL, &err), 0);
    assert_int_equal(lab_sha256_file(other, hex[1], NULL, &err), 0);
    assert_string_equal(hex[0], hex[1]);
    assert_int_equal(plat_stat(one, &st[0]), 0);
    assert_int_equal(plat_stat(other, &st[1]), 0);
    assert_int_equal(st[0].mode, st[1].mode);
    assert_int_equal(st[0].mtime_ns / 1000000000, st[1].mtime_ns / 1000000000);
    assert_false(there_is(b_dir, part));
}

static int up(struct fixture *f, const char *name, const char *to, struct lab_error *err)
{
    LAB_AUTOFREE char *from = in(f->host, name);
    const char *list[] = {from};
    return lab_copy_up(&f->copier, list, 1, to, err);
}

static int down(struct fixture *f, const char *name, const char *to, struct lab_error *err)
{
    LAB_AUTOFREE char *from = in(f->there, name);
    const char *list[] = {from};
    return lab_copy_down(&f->copier, list, 1, to, err);
}

static void must(int rc, const struct lab_error *err)
{
    if (rc)
        fail_msg("%d: %s (%s)", (int)err->code, err->message, err->hint ? err->hint : "-");
}

static void
must_fail(int rc, struct lab_error *err, enum lab_code code, const char *words, const char *hint)
{
    assert_int_equal(rc, -1);
    if (err->code != code || !strstr(err->message, words) ||
        (hint && (!err->hint || !strstr(err->hint, hint))))
        fail_msg("%d: %s (%s)", (int)err->code, err->message, err->hint ? err->hint : "-");
    lab_error_clear(err);
}

/* --- one file -----------------------------------------------------------------------------------
 */

static void up_and_down_again(void **state)
{
    START("");
    static const size_t sizes[] = {0, 1, 32768, BIG};
    for (size_t i = 0; i < LAB_ARRAY_LEN(sizes); i++) {
        LAB_AUTOFREE char *named = in(f->there, "it's named");
        put(f->host, "file", sizes[i], 0640);
        must(up(f, "file", f->there, &err), &err);
        assert_same(f->host, "file", f->there, "file");
        must(up(f, "file", named, &err), &err);
        assert_same(f->host, "file", f->there, "it's named");
        LAB_AUTOFREE char *back = in(f->host, "back");
        must(down(f, "it's named", back, &err), &err);
        assert_same(f->there, "it's named", f->host, "back");
    }
    assert_int_equal(f->copied, 12);
    /* the same once more: nothing is sent */
    must(up(f, "file", f->there, &err), &err);
    assert_true(f->was_there);
}

static void paths_of_the_guest(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"~", "."},       {"~/", "."},    {"", "."},
                                           {"~/a/b", "a/b"}, {"-x", "./-x"}, {"~/-x", "./-x"},
                                           {"/a", "/a"},     {"a b", "a b"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *path = lab_copy_guest_path(cases[i][0]);
        assert_string_equal(path, cases[i][1]);
    }
}

static void an_upload_that_breaks_off_is_gone_on_with(void **state)
{
    START("");
    LAB_AUTOFREE char *to = in(f->there, "file");
    put(f->host, "file", BIG, 0755);
    f->drop_at = BIG / 2;
    must_fail(up(f, "file", to, &err), &err, LAB_GUEST, "dropped", "goes on from there");
    assert_false(there_is(f->there, "file"));
    must(up(f, "file", to, &err), &err);
    assert_true(f->resumed_at > 0 && f->resumed_at < BIG);
    assert_same(f->host, "file", f->there, "file");
}

static void a_download_that_breaks_off_is_gone_on_with(void **state)
{
    START("");
    LAB_AUTOFREE char *to = in(f->host, "file");
    put(f->there, "file", BIG, 0755);
    f->drop_at = BIG / 2;
    must_fail(down(f, "file", to, &err), &err, LAB_GUEST, "dropped", "goes on from there");
    assert_false(there_is(f->host, "file"));
    uint64_t kept = size_of(f->host, "file" LAB_COPY_PART);
    assert_true(kept >= BIG / 2 && kept < BIG);
    must(down(f, "file", to, &err), &err);
    assert_int_equal(f->resumed_at, kept);
    assert_same(f->there, "file", f->host, "file");
}

static void ctrl_c_keeps_what_came(void **state)
{
    START("");
    LAB_AUTOFREE char *to = in(f->host, "file");
    put(f->there, "file", BIG, 0600);
    f->stop_at = BIG / 3;
    must_fail(down(f, "file", to, &err), &err, LAB_CANCELLED, "interrupted", "goes on from there");
    assert_false(there_is(f->host, "file"));
    f->stopped = false;
    f->stop_at = 0;
    must(down(f, "file", to, &err), &err);
    assert_true(f->resumed_at >= BIG / 3);
    assert_same(f->there, "file", f->host, "file");
}

/* Of another file, or of this one before it was changed; or longer than it. */
static void a_part_that_is_no_prefix_is_written_anew(void **state)
{
    START("");
    static const size_t parts[] = {4096, BIG + 1};
    LAB_AUTOFREE char *up_to = in(f->there, "file");
    LAB_AUTOFREE char *down_to = in(f->host, "back");
    put(f->host, "file", BIG, 0600);
    for (size_t i = 0; i < LAB_ARRAY_LEN(parts); i++) {
        LAB_AUTOFREE char *part = in(f->there, "file" LAB_COPY_PART);
        LAB_AUTOFREE char *other = in(f->host, "back" LAB_COPY_PART);
        unlink(up_to);
        put(f->there, "file" LAB_COPY_PART, parts[i], 0600);
        put(f->host, "back" LAB_COPY_PART, parts[i], 0600);
        for (int k = 0; k < 2; k++) {
            FILE *file = fopen(k ? other : part, "r+b");
            assert_non_null(file);
            fputs("not this", file);
            assert_int_equal(fclose(file), 0);
        }
        must(up(f, "file", up_to, &err), &err);
        assert_int_equal(f->resumed_at, 0);
        assert_same(f->host, "file", f->there, "file");
        must(down(f, "file", down_to, &err), &err);
        assert_int_equal(f->resumed_at, 0);
        assert_same(f->there, "file", f->host, "back");
    }
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static void what_is_not_there_is_said(void **state)
{
    START("");
    put(f->host, "file", 10, 0600);
    must_fail(up(f, "nothing", f->there, &err), &err, LAB_USAGE, "no file", NULL);
    must_fail(down(f, "nothing", f->host, &err), &err, LAB_USAGE, "no file", NULL);
    must_fail(up(f, "file", "nowhere/", &err), &err, LAB_USAGE, "no folder", NULL);
    must_fail(up(f, "file", "/dev/null/x", &err), &err, LAB_GUEST, "/dev/null/x", NULL);
    must_fail(down(f, ".", f->host, &err), &err, LAB_USAGE, "is a folder", "-r");
    must_fail(up(f, ".", f->there, &err), &err, LAB_USAGE, "is a folder", "-r");
    LAB_AUTOFREE char *taken = in(f->there, "file");
    assert_int_equal(mkdir(taken, 0755), 0);
    must_fail(up(f, "file", f->there, &err), &err, LAB_USAGE, "is a folder", NULL);
}

static void two_copies_to_one_target(void **state)
{
    START("");
    LAB_AUTOFREE char *part = in(f->there, "file" LAB_COPY_PART);
    const char *argv[] = {"/usr/bin/flock", "-o", part, "/bin/sleep", "30", NULL};
    put(f->host, "file", 10, 0600);
    pid_t pid = rig_spawn(argv, NULL);
    while (!there_is(f->there, "file" LAB_COPY_PART))
        usleep(10000);
    usleep(100000);
    must_fail(up(f, "file", f->there, &err), &err, LAB_CONFLICT, "another copy", NULL);
    assert_false(there_is(f->there, "file"));
    kill(pid, SIGKILL);
    rig_wait(pid);
    must(up(f, "file", f->there, &err), &err);
}

/* A PATH in the guest whose first folder is the test's own. */
static void start_with_program(struct fixture *f, const char *name, const char *text)
{
    LAB_AUTOFREE char *bin = rig_path(&f->rig, "bin");
    LAB_AUTOFREE char *program = lab_format("bin/%s", name);
    LAB_AUTOFREE char *config =
        lab_format("SetEnv PATH=%s:/usr/bin:/bin HOME=%s\n", bin, f->rig.dir);
    assert_int_equal(mkdir(bin, 0755), 0);
    rig_write(&f->rig, program, text, 0755);
    start(f, config);
}

static void bytes_that_differ_leave_nothing(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    RIG_NEEDS_SSHD();
    start_with_program(f, "sha256sum", "#!/bin/sh\ncat >/dev/null\nprintf '%064d  -\\n' 0\n");
    put(f->host, "file", 1000, 0600);
    put(f->there, "other", 1000, 0600);
    must_fail(up(f, "file", f->there, &err), &err, LAB_INTEGRITY, "SHA-256", "nothing was left");
    assert_false(there_is(f->there, "file"));
    assert_false(there_is(f->there, "file" LAB_COPY_PART));
    must_fail(down(f, "other", f->host, &err), &err, LAB_INTEGRITY, "SHA-256", "nothing was left");
    assert_false(there_is(f->host, "other"));
    assert_false(there_is(f->host, "other" LAB_COPY_PART));
}

static void a_guest_that_sends_too_much(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    RIG_NEEDS_SSHD();
    start_with_program(f, "head", "#!/bin/sh\nexec cat /dev/zero\n");
    put(f->there, "file", 1000, 0600);
    must_fail(down(f, "file", f->host, &err), &err, LAB_INTEGRITY, "sends more", NULL);
    assert_false(there_is(f->host, "file"));
}

static void a_guest_that_names_files_elsewhere(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    RIG_NEEDS_SSHD();
    start_with_program(f, "find", "#!/bin/sh\nprintf 'f 4 1700000000.0 644 ../../evil\\0'\n");
    f->copier.recursive = true;
    must_fail(down(f, ".", f->host, &err), &err, LAB_USAGE, "no name", NULL);
    LAB_AUTOFREE char *to = in(f->host, "tree");
    must_fail(down(f, "", to, &err), &err, LAB_INTEGRITY, "../../evil", NULL);
    assert_false(there_is(f->rig.dir, "evil"));
}

static void names(void **state)
{
    (void)state;
    static const char *const safe[] = {"a", "a/b", ".hidden", "...", "a b", "é", "-x", "a/..b"};
    static const char *const unsafe[] = {"",     "/a",   "a/",    "..",   "../a", "a/../b",  ".",
                                         "a//b", "a\nb", "a/./b", "\x7f", "\xff", "a\x1b[2J"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(safe); i++)
        assert_true(lab_copy_name_is_safe(safe[i]));
    for (size_t i = 0; i < LAB_ARRAY_LEN(unsafe); i++)
        assert_false(lab_copy_name_is_safe(unsafe[i]));
}

/* --- folders ------------------------------------------------------------------------------------
 */

static void make_tree(const char *dir)
{
    static const char *const folders[] = {"tree", "tree/sub", "tree/sub/deep", "tree/empty"};
    LAB_AUTOFREE char *link = in(dir, "tree/link");
    for (size_t i = 0; i < LAB_ARRAY_LEN(folders); i++) {
        LAB_AUTOFREE char *path = in(dir, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    put(dir, "tree/one", 100, 0644);
    put(dir, "tree/sub/two words", 200, 0700);
    put(dir, "tree/sub/deep/three", BIG, 0600);
    assert_int_equal(symlink("/etc/passwd", link), 0);
}

static void assert_same_tree(const char *a, const char *b)
{
    assert_same(a, "tree/one", b, "tree/one");
    assert_same(a, "tree/sub/two words", b, "tree/sub/two words");
    assert_same(a, "tree/sub/deep/three", b, "tree/sub/deep/three");
    assert_true(there_is(b, "tree/empty"));
    assert_false(there_is(b, "tree/link"));
}

static void folders_up(void **state)
{
    START("");
    f->copier.recursive = true;
    make_tree(f->host);
    f->drop_at = BIG / 2;
    must_fail(up(f, "tree", f->there, &err), &err, LAB_GUEST, "dropped", NULL);
    must(up(f, "tree", f->there, &err), &err);
    assert_true(f->resumed_at > 0);
    assert_same_tree(f->host, f->there);
    assert_non_null(strstr(lab_str_get(&f->skipped), "link: a symbolic link\n"));
}

static void folders_down(void **state)
{
    START("");
    f->copier.recursive = true;
    make_tree(f->there);
    f->drop_at = BIG / 2;
    must_fail(down(f, "tree", f->host, &err), &err, LAB_GUEST, "dropped", NULL);
    must(down(f, "tree", f->host, &err), &err);
    assert_true(f->resumed_at >= BIG / 2);
    assert_same_tree(f->there, f->host);
    assert_non_null(strstr(lab_str_get(&f->skipped), "link: a symbolic link\n"));
}

/* A link in the target that leads elsewhere is not written through. */
static void links_in_the_target(void **state)
{
    START("");
    const char *sides[] = {f->there, f->host};
    f->copier.recursive = true;
    for (int k = 0; k < 2; k++) {
        LAB_AUTOFREE char *tree = in(sides[k], "t2");
        LAB_AUTOFREE char *link = in(sides[k], "t2/sub");
        assert_int_equal(mkdir(tree, 0755), 0);
        assert_int_equal(symlink(f->rig.dir, link), 0);
        make_tree(sides[!k]);
        LAB_AUTOFREE char *moved = in(sides[!k], "tree");
        LAB_AUTOFREE char *source = in(sides[!k], "t2");
        assert_int_equal(rename(moved, source), 0);
        int rc = k ? down(f, "t2", f->host, &err) : up(f, "t2", f->there, &err);
        must_fail(rc, &err, k ? LAB_HOST : LAB_GUEST, "symbolic link", NULL);
        assert_false(there_is(f->rig.dir, "two words"));
        assert_int_equal(plat_remove_tree(f->host, &err), 0);
        assert_int_equal(plat_remove_tree(f->there, &err), 0);
        assert_int_equal(mkdir(f->host, 0755), 0);
        assert_int_equal(mkdir(f->there, 0755), 0);
    }
}

#define copy_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        copy_test(up_and_down_again),
        cmocka_unit_test(paths_of_the_guest),
        copy_test(an_upload_that_breaks_off_is_gone_on_with),
        copy_test(a_download_that_breaks_off_is_gone_on_with),
        copy_test(ctrl_c_keeps_what_came),
        copy_test(a_part_that_is_no_prefix_is_written_anew),
        copy_test(what_is_not_there_is_said),
        copy_test(two_copies_to_one_target),
        copy_test(bytes_that_differ_leave_nothing),
        copy_test(a_guest_that_sends_too_much),
        copy_test(a_guest_that_names_files_elsewhere),
        cmocka_unit_test(names),
        copy_test(folders_up),
        copy_test(folders_down),
        copy_test(links_in_the_target),
    };
    struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return rc;
}
