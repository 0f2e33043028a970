/* The logs of a guest: the table, what is asked for, and the asking itself against a real sshd that
 * is lost and comes back. */
#include "../guest/proxy.h"
#include "../guest/rig.h"

#include "run/gate.h"
#include "run/logs.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
    struct rig rig;
    struct rig_guest guest;
    struct proxy proxy;
    struct lab_log_reader reader;
    struct lab_guest_log log;
    char *file;
    struct lab_str seen;
    const char *wanted;
    unsigned again;
};

static int setup(void **state)
{
    struct fixture *f = lab_alloc(sizeof(*f));
    rig_init(&f->rig);
    f->file = rig_path(&f->rig, "the.log");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->guest.guest)
        rig_close(&f->guest);
    lab_log_reader_clear(&f->reader);
    if (f->proxy.rig)
        proxy_stop(&f->proxy);
    rig_clear(&f->rig);
    lab_str_clear(&f->seen);
    free(f->file);
    free(f);
    return 0;
}

static void on_line(void *arg, const char *text, size_t n)
{
    struct fixture *f = arg;
    assert_int_equal(strlen(text), n);
    lab_str_addf(&f->seen, "%s\n", text);
}

static void on_again(void *arg)
{
    ((struct fixture *)arg)->again++;
}

static void start(struct fixture *f, uint64_t lines, bool follow)
{
    rig_start(&f->rig);
    proxy_start(&f->proxy, &f->rig, true);
    struct lab_guest_target target = rig_target(&f->rig);
    target.port = f->proxy.port;
    rig_open(&f->rig, &f->guest, &target, NULL);
    f->log = (struct lab_guest_log){.name = "test", .files = f->file};
    f->reader = (struct lab_log_reader){
        .guest = f->guest.guest,
        .query = {.log = &f->log, .gate = -1, .lines = lines, .follow = follow},
        .is_root = true, /* the test's user needs no sudo for its own file */
        .line = on_line,
        .again = on_again,
        .arg = f};
    lab_log_reader_start(&f->reader);
}

static void append(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->file, "ab");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static bool has_ended(void *arg)
{
    return ((struct fixture *)arg)->reader.ended;
}

static bool has_seen(void *arg)
{
    struct fixture *f = arg;
    return strstr(lab_str_get(&f->seen), f->wanted) != NULL;
}

static void expect(struct fixture *f, const char *text)
{
    f->wanted = text;
    if (!rig_until(&f->rig, has_seen, f, 30000))
        fail_msg("'%s' never came: %s", text, lab_str_get(&f->seen));
}

/* Processes of the "guest" that have the file's name in their command line. */
static bool nobody_reads(void *arg)
{
    struct fixture *f = arg;
    LAB_AUTOFREE char *pattern = lab_format("tail .*%s", f->file);
    const char *argv[] = {"/usr/bin/pgrep", "-f", pattern, NULL};
    return WEXITSTATUS(rig_wait(rig_spawn(argv, NULL))) == 1;
}

static void the_last_lines_without_tokens(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    append(f, "first\nsecond\nthe token is K10" TOKEN "::server:" TOKEN "\nand " TOKEN " alone\n");
    start(f, 3, false);
    assert_true(rig_until(&f->rig, has_ended, f, 30000));
    assert_int_equal(f->reader.error.code, LAB_OK);
    assert_string_equal(lab_str_get(&f->seen), "second\nthe token is ***\nand *** alone\n");
}

static void a_log_that_is_not_there_is_said(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    start(f, 3, false);
    assert_true(rig_until(&f->rig, has_ended, f, 30000));
    assert_non_null(strstr(lab_str_get(&f->seen), "No such file"));
}

static void following_survives_a_restart(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    append(f, "old\nnewest\n");
    start(f, 1, true);
    expect(f, "newest\n");
    append(f, "while it runs, K10" TOKEN "::x\n");
    expect(f, "while it runs, ***\n"); /* at once, not when a buffer is full */
    assert_null(strstr(lab_str_get(&f->seen), "old"));
    proxy_unlisten(&f->proxy); /* off, … */
    proxy_drop_all(&f->proxy);
    rig_sleep(&f->rig, 300);
    append(f, "while it was away\n");
    proxy_listen(&f->proxy); /* … and on again */
    expect(f, "while it was away\n");
    append(f, "and after\n");
    expect(f, "and after\n");
    assert_int_equal(f->again, 1);
    assert_false(nobody_reads(f));
    lab_log_reader_stop(&f->reader);
    assert_true(rig_until(&f->rig, has_ended, f, 30000));
    assert_int_equal(f->reader.error.code, LAB_OK);
    assert_true(rig_until(&f->rig, nobody_reads, f, 30000));
}

static void nothing_stays_in_the_guest_when_we_are_gone(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    append(f, "one\n");
    start(f, 1, true);
    expect(f, "one\n");
    assert_false(nobody_reads(f));
    f->reader.stopping = true;
    rig_close(&f->guest);
    assert_true(rig_until(&f->rig, nobody_reads, f, 30000));
}

/* --- the table ----------------------------------------------------------------------------------
 */

static char *command(const struct lab_guest_log_query *query, bool is_root)
{
    struct lab_str out = LAB_STR_INIT;
    lab_guest_log_command(&out, query, is_root);
    return lab_str_detach(&out);
}

#define assert_asks(which, has, lacks)                                                             \
    do {                                                                                           \
        const struct lab_guest_log_query query_ = {.gate = (which), .lines = 15};                  \
        LAB_AUTOFREE char *text_ = command(&query_, false);                                        \
        assert_non_null(strstr(text_, has));                                                       \
        assert_null(strstr(text_, lacks));                                                         \
        assert_non_null(strstr(text_, "sudo -n sh -c '"));                                         \
    } while (0)

static void a_gate_is_explained_by_its_logs(void **state)
{
    (void)state;
    assert_asks(LAB_GATE_K3S, "-u k3s -u k3s-agent", "cloud-init");
    assert_asks(LAB_GATE_PACKAGES, "/var/log/labctl-packages.log", "journalctl");
    assert_asks(LAB_GATE_COPY, "/var/lib/iso-copy-failed", "k3s");
    assert_asks(LAB_GATE_COPY, "/var/log/cloud-init-output.log", "k3s");
    assert_asks(LAB_GATE_ADDRESS, "journalctl --no-pager", "-u ");
    assert_asks(-1, "journalctl --no-pager", "-u ");
    assert_false(lab_guest_log_explains(-1));
    assert_false(lab_guest_log_explains(LAB_GATE_ADDRESS));
    assert_true(lab_guest_log_explains(LAB_GATE_READY));
}

static void names_are_found_and_suggested(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    const struct lab_guest_log *log;
    for (size_t i = 0; (log = lab_guest_log_at(i)); i++) {
        assert_ptr_equal(lab_guest_log_by_name(log->name), log);
        assert_true(!log->files != !log->journal);
    }
    assert_null(lab_guest_log_by_name("cloudinit"));
    assert_int_equal(lab_guest_log_unknown("cloudinit", &err), -1);
    assert_int_equal(err.code, LAB_USAGE);
    assert_non_null(strstr(err.message, "there are cloud-init, copy, packages, k3s"));
    assert_non_null(strstr(err.hint, "'cloud-init'"));
    lab_error_clear(&err);
}

#define log_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        log_test(the_last_lines_without_tokens),
        log_test(a_log_that_is_not_there_is_said),
        log_test(following_survives_a_restart),
        log_test(nothing_stays_in_the_guest_when_we_are_gone),
        cmocka_unit_test(a_gate_is_explained_by_its_logs),
        cmocka_unit_test(names_are_found_and_suggested),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
