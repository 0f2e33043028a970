#include "base_scratch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/work.h"

static void shell(struct lab_child *c, const char *script)
{
    lab_child_init(c, "sh");
    lab_child_args(c, "-c", script, (const char *)NULL);
}

struct writer {
    const char *path;
    unsigned hold_ms; /* 0: as long as it is tried */
    uv_sem_t open, tried;
};

/* Nothing can be started while somebody writes to it (ETXTBSY), as under a virus scanner. */
static void *hold(void *arg)
{
    struct writer *w = arg;
    FILE *f = fopen(w->path, "ab");
    uv_sem_post(&w->open);
    if (w->hold_ms)
        uv_sleep(w->hold_ms);
    else
        uv_sem_wait(&w->tried);
    fclose(f);
    return NULL;
}

static int run_while_held(const char *path, unsigned hold_ms, struct lab_error *err)
{
    struct writer w = {.path = path, .hold_ms = hold_ms};
    pthread_t thread;
    assert_int_equal(uv_sem_init(&w.open, 0), 0);
    assert_int_equal(uv_sem_init(&w.tried, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, hold, &w), 0);
    uv_sem_wait(&w.open);
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, path);
    int rc = lab_child_run(&c, err);
    uv_sem_post(&w.tried);
    pthread_join(thread, NULL);
    uv_sem_destroy(&w.open);
    uv_sem_destroy(&w.tried);
    return rc;
}

static char *busy_program(void **state)
{
    char *path = lab_path_join(*state, "busy");
    scratch_write(path, "#!/bin/sh\nexit 0\n");
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static void what_cannot_start_just_now_is_tried_again(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = busy_program(state);
    assert_ok(run_while_held(path, 500, &err), err);
    assert_int_equal(err.code, LAB_OK);
}

static void what_cannot_start_at_all_is_given_up(void **state)
{
    if (getenv("LABCTL_VALGRIND")) /* says only in the child that it could not start */
        skip();
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = busy_program(state);
    assert_refused(run_while_held(path, 0, &err), err, LAB_HOST, "text file is busy");
}

static void results_come_back(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "printf 'out $1'; printf err >&2; exit 7");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "out $1");
    assert_string_equal(lab_str_get(&c.errout), "err");
    assert_int_equal(c.status, 7);
    assert_int_equal(c.signal, 0);
    assert_int_equal(err.code, LAB_OK);
    /* Again with the same struct: nothing of the first run is left. */
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "out $1");
}

static void a_signal_is_told_from_a_status(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "kill -9 $$");
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.status, -1);
    assert_int_equal(c.signal, 9);
}

/* Arguments reach the program byte for byte; no shell is between. */
static void arguments_pass_unchanged(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "printf");
    lab_child_args(&c, "%s|", "a b", "", "$HOME `id` \"'\\", (const char *)NULL);
    lab_child_argf(&c, "%d-%s", 5, "x");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "a b||$HOME `id` \"'\\|5-x|");
}

static void a_missing_program_is_the_hosts_lack(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_child c;
    lab_child_init(&c, "labctl-no-such-program");
    assert_int_equal(lab_child_run(&c, &err), -1);
    assert_int_equal(err.code, LAB_HOST);
    assert_string_equal(err.message, "cannot run 'labctl-no-such-program': not found in PATH");
    assert_non_null(err.hint);
    lab_error_clear(&err);
    lab_child_clear(&c);

    LAB_AUTOFREE char *path = lab_path_join(*state, "not-executable");
    scratch_write(path, "#!/bin/sh\n");
    lab_child_init(&c, path);
    assert_refused(lab_child_run(&c, &err), err, LAB_HOST, "permission denied");
    lab_child_clear(&c);
    lab_child_init(&c, "/nonexistent/virsh");
    assert_refused(lab_child_run(&c, &err), err, LAB_HOST, "'/nonexistent/virsh'");
    lab_child_clear(&c);
}

static void input_is_given(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    enum { N = 3 << 20 };
    LAB_AUTOFREE char *bytes = lab_alloc(N);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "cat");
    c.input = bytes;
    c.input_len = N;
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.out.len, N);
    assert_memory_equal(c.out.ptr, bytes, N);
}

static void no_input_is_an_empty_one(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "cat; readlink /proc/self/fd/0");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "/dev/null\n");
    struct lab_child empty;
    lab_child_init(&empty, "cat");
    empty.input = "";
    assert_ok(lab_child_run(&empty, &err), err);
    assert_int_equal(empty.status, 0);
    assert_int_equal(empty.out.len, 0);
    lab_child_clear(&empty);
}

/* Writing to it would raise SIGPIPE, whose default is to end us. */
static void a_child_that_reads_nothing_does_no_harm(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *bytes = lab_alloc(3 << 20);
    LAB_AUTO_CHILD struct lab_child c;
    signal(SIGPIPE, SIG_DFL);
    shell(&c, "exec <&-; echo closed; exit 3");
    c.input = bytes;
    c.input_len = 3 << 20;
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.status, 3);
    assert_string_equal(lab_str_get(&c.out), "closed\n");
}

/* SIGPIPE is ignored here, but `child | head` must end as everywhere. */
static void children_have_default_signals(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "grep -E '^Sig(Ign|Blk):' /proc/self/status");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out),
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void big_output_is_read(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "head -c 8000000 /dev/zero; head -c 8000000 /dev/zero >&2");
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.out.len, 8000000);
    assert_int_equal(c.errout.len, 8000000);
}

static void endless_output_is_refused(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "exec cat /dev/zero");
    assert_refused(lab_child_run(&c, &err), err, LAB_HOST, "16 MiB");
    assert_true(c.duration_ms < 20000);
    assert_true(c.out.len <= 16 << 20);
}

static bool runs(pid_t pid)
{
    char stat[300] = "";
    LAB_AUTOFREE char *path = lab_format("/proc/%ld/stat", (long)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    size_t n = fread(stat, 1, sizeof(stat) - 1, f);
    fclose(f);
    const char *after = n ? strrchr(stat, ')') : NULL;
    return after && after[2] != 'Z'; /* a zombie has ended; its parent is late */
}

/* The pids that a script printed, one a line; all must have ended. */
static void assert_all_gone(const struct lab_str *out, int expected)
{
    int n = 0;
    for (const char *s = lab_str_get(out); *s; s++) {
        char *end;
        pid_t pid = (pid_t)strtol(s, &end, 10);
        assert_true(pid > 1);
        /* SIGKILL was sent; the kernel may need a moment. */
        for (int i = 0; i < 100 && runs(pid); i++)
            usleep(10000);
        if (runs(pid))
            fail_msg("process %ld still runs", (long)pid);
        n++;
        s = end;
    }
    assert_int_equal(n, expected);
}

static void a_timeout_ends_the_whole_tree(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "sleep 100 & echo $!; sh -c 'echo $$; sleep 100; :' & echo $$; wait");
    c.timeout_ms = 400;
    assert_refused(lab_child_run(&c, &err), err, LAB_TIMEOUT, "'sh' did not end within 400ms");
    assert_true(c.duration_ms >= 400);
    assert_true(c.duration_ms < 2000); /* none needed SIGKILL */
    assert_int_equal(c.signal, SIGTERM);
    assert_all_gone(&c.out, 3);
}

/* We are the init of what the child leaves, and reap nothing until it is over. */
static void zombies_are_not_waited_for(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    shell(&c, "sleep 100 & wait");
    c.timeout_ms = 300;
    assert_refused(lab_child_run(&c, &err), err, LAB_TIMEOUT, "300ms");
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    assert_true(waitpid(-1, NULL, 0) > 0); /* there was one */
    assert_true(c.duration_ms < 2000);
}

static void who_ignores_sigterm_is_killed(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "trap '' TERM; echo $$; while :; do sleep 0.1; done");
    c.timeout_ms = 300;
    assert_refused(lab_child_run(&c, &err), err, LAB_TIMEOUT, "300ms");
    assert_int_equal(c.signal, SIGKILL);
    assert_true(c.duration_ms >= 2000);
    assert_all_gone(&c.out, 1);
}

/* The child obeys, but what it started does not, and holds no pipe of ours. */
static void a_stubborn_grandchild_is_killed(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; while :; do sleep 0.1; done' &"
              "sleep 100");
    c.timeout_ms = 500;
    assert_refused(lab_child_run(&c, &err), err, LAB_TIMEOUT, "500ms");
    assert_all_gone(&c.out, 1);
}

/* virsh may start a daemon: it must neither hold us up nor be killed. */
static void a_daemon_that_keeps_the_output_is_left_alone(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    shell(&c, "sleep 30 & echo $!; exit 4");
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.status, 4);
    assert_true(c.duration_ms >= 900);
    assert_true(c.duration_ms < 10000);
    pid_t pid = (pid_t)strtol(lab_str_get(&c.out), NULL, 10);
    assert_true(pid > 1 && runs(pid));
    kill(pid, SIGKILL);
}

static void *cancel_soon(void *arg)
{
    (void)arg;
    usleep(300 * 1000);
    lab_work_cancel_all(true);
    return NULL;
}

static void cancelling_ends_the_tree(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    pthread_t thread;
    shell(&c, "sleep 100 & echo $!; echo $$; wait");
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    assert_refused(lab_child_run(&c, &err), err, LAB_CANCELLED, "interrupted");
    pthread_join(thread, NULL);
    assert_true(c.duration_ms < 2000);
    assert_all_gone(&c.out, 2);
    /* Later ones are refused. */
    assert_refused(lab_child_run(&c, &err), err, LAB_CANCELLED, "not run");
    assert_int_equal(c.out.len, 0);
    lab_work_cancel_all(false);
    struct lab_child again;
    shell(&again, "echo again");
    assert_ok(lab_child_run(&again, &err), err);
    assert_string_equal(lab_str_get(&again.out), "again\n");
    lab_child_clear(&again);
}

static void children_speak_english(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_child c;
    setenv("LC_ALL", "ko_KR.UTF-8", 1);
    setenv("LANGUAGE", "ko", 1);
    setenv("LABCTL_TEST_KEPT", "kept", 1);
    shell(&c, "echo \"$LC_ALL,$LANGUAGE,$LABCTL_TEST_KEPT,$ADDED\"; env | grep -c ^LC_ALL=");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "C,,kept,\n1\n");
    static const char *const env[] = {"LC_ALL=de_DE", "LABCTL_TEST_KEPT=other", "ADDED=a=b", NULL};
    c.env = env;
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "de_DE,,other,a=b\n1\n");
    lab_child_clear(&c);
    assert_string_equal(getenv("LC_ALL"), "ko_KR.UTF-8");
    unsetenv("LC_ALL");
    unsetenv("LANGUAGE");
    unsetenv("LABCTL_TEST_KEPT");
}

static void passwords_are_not_inherited(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_child c;
    setenv("LABCTL_PASSWORD", "secret-1", 1);
    setenv("LABCTL_REGISTRY_PASSWORD", "secret-2", 1);
    setenv("LABCTL_TEST_HIDDEN", "secret-3", 1);
    lab_child_hide("LABCTL_TEST_HIDDEN");
    shell(&c, "env | grep secret- || echo none");
    assert_ok(lab_child_run(&c, &err), err);
    assert_string_equal(lab_str_get(&c.out), "none\n");
    lab_child_clear(&c);
    unsetenv("LABCTL_PASSWORD");
    unsetenv("LABCTL_REGISTRY_PASSWORD");
    unsetenv("LABCTL_TEST_HIDDEN");
}

static void calls_are_logged(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "log");
    LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    assert_ok(lab_log_open(path, &err), err);
    shell(&c, "exit 5");
    lab_child_arg(&c, "it's");
    assert_ok(lab_child_run(&c, &err), err);
    lab_log_close();
    assert_ok(lab_file_read(path, 1000, &log, &err), err);
    assert_non_null(strstr(log.ptr, "sh -c 'exit 5' 'it'\\''s': exit status 5 after "));
}

enum { THREADS = 8, EACH = 13 };

static void *run_many(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        struct lab_error err = LAB_ERROR_INIT;
        struct lab_child c;
        LAB_AUTOFREE char *script = lab_format("cat; echo %p-%d; exit %d", arg, i, i);
        LAB_AUTOFREE char *expected = lab_format("in%p-%d\n", arg, i);
        shell(&c, script);
        c.input = "in";
        c.input_len = 2;
        int rc = lab_child_run(&c, &err);
        bool good = rc == 0 && c.status == i && strcmp(lab_str_get(&c.out), expected) == 0;
        lab_child_clear(&c);
        lab_error_clear(&err);
        if (!good)
            return arg;
    }
    return NULL;
}

static void many_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    char marks[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &marks[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    /* No zombie is left, and no descriptor. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    int fd = dup(0);
    assert_true(fd >= 0 && fd < 20);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_back),
        scratch_test(what_cannot_start_at_all_is_given_up),
        cmocka_unit_test_setup_teardown(what_cannot_start_just_now_is_tried_again, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(a_signal_is_told_from_a_status),
        cmocka_unit_test(arguments_pass_unchanged),
        scratch_test(a_missing_program_is_the_hosts_lack),
        cmocka_unit_test(input_is_given),
        cmocka_unit_test(no_input_is_an_empty_one),
        cmocka_unit_test(a_child_that_reads_nothing_does_no_harm),
        cmocka_unit_test(children_have_default_signals),
        cmocka_unit_test(big_output_is_read),
        cmocka_unit_test(endless_output_is_refused),
        cmocka_unit_test(a_timeout_ends_the_whole_tree),
        cmocka_unit_test(zombies_are_not_waited_for),
        cmocka_unit_test(who_ignores_sigterm_is_killed),
        cmocka_unit_test(a_stubborn_grandchild_is_killed),
        cmocka_unit_test(a_daemon_that_keeps_the_output_is_left_alone),
        cmocka_unit_test(cancelling_ends_the_tree),
        cmocka_unit_test(children_speak_english),
        cmocka_unit_test(passwords_are_not_inherited),
        scratch_test(calls_are_logged),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
