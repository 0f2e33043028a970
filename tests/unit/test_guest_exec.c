/* Commands over a real session: status, signals, output, input, limits, and connections that drop.
 */
#include "../guest/proxy.h"
#include "../guest/rig.h"

struct fixture {
    struct rig rig;
    struct rig_guest guest;
    struct proxy proxy;
};

static int setup(void **state)
{
    struct fixture *f = lab_alloc(sizeof(*f));
    rig_init(&f->rig);
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
    free(f);
    return 0;
}

static void start(struct fixture *f, const char *config, const char *facts)
{
    f->rig.config = lab_strdup(config);
    rig_start(&f->rig);
    proxy_start(&f->proxy, &f->rig, true);
    struct lab_guest_target target = rig_target(&f->rig);
    target.port = f->proxy.port;
    rig_open(&f->rig, &f->guest, &target, facts);
}

#define START(config, facts)                                                                       \
    struct fixture *f = *state;                                                                    \
    struct rig_exec e;                                                                             \
    RIG_NEEDS_SSHD();                                                                              \
    start(f, config, facts)

static void status_and_both_outputs(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "echo out; echo err >&2; exit 7");
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.status, 7);
    assert_null(e.signal);
    assert_string_equal(e.out, "out\n");
    assert_string_equal(e.errout, "err\n");
    rig_exec_clear(&e);
    rig_exec(&f->rig, &f->guest, &e, "true");
    assert_int_equal(e.status, 0);
    assert_int_equal(e.out_len, 0);
    rig_exec_clear(&e);
}

/* libssh2's exit status is 0 here. */
static void death_by_signal_is_not_success(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "kill -KILL $$");
    assert_int_equal(e.err.code, LAB_OK);
    assert_string_equal(e.signal, "KILL");
    assert_int_equal(e.status, 128 + 9);
    rig_exec_clear(&e);
}

/* stderr first and a lot of it: with stdout alone read, the end never comes. */
static void much_on_stderr_alone(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "head -c 900000 /dev/zero | tr '\\0' e >&2; echo done");
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.errout_len, 900000);
    assert_string_equal(e.out, "done\n");
    rig_exec_clear(&e);
}

static void exactly_the_limit_passes_and_more_does_not(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "head -c 1048576 /dev/zero | tr '\\0' x");
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.status, 0);
    assert_int_equal(e.out_len, 1048576);
    rig_exec_clear(&e);
    rig_exec(&f->rig, &f->guest, &e, "cat /dev/zero | tr '\\0' x");
    assert_int_equal(e.err.code, LAB_GUEST);
    assert_non_null(strstr(e.err.message, "more than 1 MiB"));
    assert_non_null(strstr(e.err.message, "web-01"));
    assert_int_equal(e.out_len, 1048576);
    assert_int_equal(e.out[1048575], 'x');
    rig_exec_clear(&e);
    /* The session goes on. */
    rig_exec(&f->rig, &f->guest, &e, "echo still here");
    assert_string_equal(e.out, "still here\n");
    assert_int_equal(f->proxy.accepted, 1);
    rig_exec_clear(&e);
}

static void input_is_fed_whole_and_ended(void **state)
{
    START("", NULL);
    size_t n = 5 * 1024 * 1024 + 17;
    LAB_AUTOFREE char *input = lab_alloc(n);
    for (size_t i = 0; i < n; i++)
        input[i] = (char)(i * 2654435761u >> 13);
    struct lab_exec exec = {
        .command = "cksum", .input = input, .input_len = n, .done = rig_on_done, .arg = &e};
    memset(&e, 0, sizeof(e));
    lab_guest_exec(f->guest.guest, &exec);
    rig_write(&f->rig, "input", "", 0600);
    LAB_AUTOFREE char *path = rig_path(&f->rig, "input");
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(input, 1, n, file), n);
    fclose(file);
    memset(input, 0, n); /* it was copied */
    rig_exec_wait(&f->rig, &e);
    const char *argv[] = {"/bin/sh", "-c", "cksum < \"$1\"", "sh", path, NULL};
    LAB_AUTOFREE char *out = rig_path(&f->rig, "cksum");
    assert_int_equal(rig_wait(rig_spawn(argv, out)), 0);
    LAB_AUTOFREE char *expected = rig_read(&f->rig, "cksum");
    assert_string_equal(e.out, expected);
    rig_exec_clear(&e);
}

/* A command that does not read its input ends all the same. */
static void unread_input_does_not_hang(void **state)
{
    START("", NULL);
    size_t n = 4 * 1024 * 1024;
    LAB_AUTOFREE char *input = lab_alloc(n);
    struct lab_exec exec = {
        .command = "exit 5", .input = input, .input_len = n, .done = rig_on_done, .arg = &e};
    memset(&e, 0, sizeof(e));
    lab_guest_exec(f->guest.guest, &exec);
    rig_exec_wait(&f->rig, &e);
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.status, 5);
    rig_exec_clear(&e);
}

/* Outputs closed early, status much later: the end of output is not the end of the command. */
static void status_is_waited_for_after_the_output(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "exec >&- 2>&-; sleep 0.5; exit 3");
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.status, 3);
    rig_exec_clear(&e);
}

static bool all_done(void *arg)
{
    struct rig_exec *e = arg;
    for (int i = 0; i < 40; i++)
        if (!e[i].done)
            return false;
    return true;
}

/* More than sshd's MaxSessions, beside the facts. */
static void many_at_once(void **state)
{
    struct fixture *f = *state;
    struct rig_exec e[40];
    RIG_NEEDS_SSHD();
    start(f, "", "while sleep 0.05; do echo LABCTL1 tick 1 2; done");
    for (int i = 0; i < 40; i++) {
        LAB_AUTOFREE char *command =
            lab_format("head -c 50000 /dev/zero | tr '\\0' %c; exit %d", 'a' + i % 26, i);
        rig_exec_start(&f->guest, &e[i], command, 0);
    }
    assert_true(rig_until(&f->rig, all_done, e, 60000));
    for (int i = 0; i < 40; i++) {
        assert_int_equal(e[i].err.code, LAB_OK);
        assert_int_equal(e[i].status, i);
        assert_int_equal(e[i].out_len, 50000);
        for (int k = 0; k < 50000; k += 777)
            assert_int_equal(e[i].out[k], 'a' + i % 26);
        rig_exec_clear(&e[i]);
    }
    assert_int_equal(f->proxy.accepted, 1);
    assert_true(f->guest.facts_count > 0);
}

/* The stream starts over and over while commands start: a long queue does not keep it out, and no
 * answer is taken for another's. */
static void restarts_beside_commands(void **state)
{
    struct fixture *f = *state;
    struct rig_exec e[40];
    RIG_NEEDS_SSHD();
    rig_start(&f->rig);
    proxy_start(&f->proxy, &f->rig, true);
    struct lab_guest_target target = rig_target(&f->rig);
    target.port = f->proxy.port;
    target.retry_ms = 1;
    rig_open(&f->rig, &f->guest, &target, "echo LABCTL1 run 1");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            rig_exec_start(&f->guest, &e[i], "echo $$", 0);
        assert_true(rig_until(&f->rig, all_done, e, 60000));
        for (int i = 0; i < 40; i++) {
            assert_int_equal(e[i].err.code, LAB_OK);
            assert_true(e[i].out_len > 0);
            rig_exec_clear(&e[i]);
        }
    }
    assert_true(f->guest.facts_count > 5);
    assert_int_equal(f->proxy.accepted, 1);
}

static void max_sessions_is_named(void **state)
{
    START("MaxSessions 1\n", "while sleep 0.05; do echo LABCTL1 tick 1 2; done");
    for (int i = 0; i < 400 && !f->guest.facts_count; i++)
        rig_sleep(&f->rig, 10);
    rig_exec(&f->rig, &f->guest, &e, "true");
    assert_int_equal(e.err.code, LAB_GUEST);
    assert_non_null(strstr(e.err.message, "refused another session"));
    assert_non_null(strstr(e.err.hint, "MaxSessions"));
    assert_int_equal(f->guest.link, LAB_LINK_LOGIN);
    rig_exec_clear(&e);
}

static void running_too_long(void **state)
{
    START("", NULL);
    rig_expect_login(&f->rig, &f->guest, 20000);
    uint64_t from = plat_now_ms();
    rig_exec_start(&f->guest, &e, "echo begun; sleep 20", 700);
    rig_exec_wait(&f->rig, &e);
    assert_in_range(plat_now_ms() - from, 690, 5000);
    assert_int_equal(e.err.code, LAB_TIMEOUT);
    assert_non_null(strstr(e.err.message, "'echo begun; sleep 20' on 'web-01' was still running"));
    assert_string_equal(e.out, "begun\n");
    rig_exec_clear(&e);
    rig_exec(&f->rig, &f->guest, &e, "echo next");
    assert_string_equal(e.out, "next\n");
    assert_int_equal(f->proxy.accepted, 1);
    rig_exec_clear(&e);
}

static void no_login_in_time_names_the_evidence(void **state)
{
    struct fixture *f = *state;
    struct rig_exec e;
    struct lab_guest_target target = rig_target(&f->rig);
    rig_open(&f->rig, &f->guest, &target, NULL);
    rig_exec_start(&f->guest, &e, "uptime", 600);
    rig_exec_wait(&f->rig, &e);
    assert_int_equal(e.err.code, LAB_TIMEOUT);
    assert_non_null(strstr(e.err.message, "uptime"));
    assert_non_null(strstr(e.err.message, "connection refused"));
    assert_non_null(strstr(e.err.hint, "console log of web-01"));
    rig_exec_clear(&e);
}

/* sshd's own process for the connection is killed under the command: no status ever arrives, and
 * libssh2 would give 0 for it. */
static void dropped_before_the_status(void **state)
{
    START("", NULL);
    rig_exec(&f->rig, &f->guest, &e, "echo last words; sleep 0.2; kill -KILL $PPID; sleep 1");
    assert_int_equal(e.err.code, LAB_GUEST);
    assert_int_equal(e.status, -1);
    assert_non_null(strstr(e.err.message, "the connection to 'web-01' dropped before the command's "
                                          "status arrived"));
    assert_string_equal(e.out, "last words\n");
    rig_exec_clear(&e);
    /* It comes back, and commands go on. */
    rig_exec(&f->rig, &f->guest, &e, "echo again");
    assert_string_equal(e.out, "again\n");
    assert_int_equal(rig_saw(&f->guest, LAB_LINK_DOWN, "closed the connection"), 1);
    rig_exec_clear(&e);
}

/* Everything had arrived when the connection ended, in one piece with its end. */
static void status_and_end_together(void **state)
{
    START("", NULL);
    for (int i = 0; i < 5; i++) {
        rig_exec_start(&f->guest, &e, "(sleep 0.3; kill -KILL $PPID) & echo data; exit 4", 0);
        rig_exec_wait(&f->rig, &e);
        /* The background child keeps the channel open until the connection dies, or sshd is
         * quicker. */
        if (e.err.code == LAB_OK)
            assert_int_equal(e.status, 4);
        assert_string_equal(e.out, "data\n");
        rig_exec_clear(&e);
    }
}

/* Waiting commands survive a drop; a command that may have run is not run twice. */
static void queued_commands_survive_a_drop(void **state)
{
    START("", NULL);
    struct rig_exec running, queued;
    rig_expect_login(&f->rig, &f->guest, 20000);
    LAB_AUTOFREE char *file = rig_path(&f->rig, "ran");
    LAB_AUTOFREE char *command = lab_format("echo x >> %s; sleep 30", file);
    rig_exec_start(&f->guest, &running, command, 0);
    rig_sleep(&f->rig, 500);
    proxy_unlisten(&f->proxy);
    proxy_drop_all(&f->proxy);
    rig_exec_wait(&f->rig, &running);
    assert_int_equal(running.err.code, LAB_GUEST);
    rig_exec_start(&f->guest, &queued, "echo late", 20000);
    rig_sleep(&f->rig, 300);
    assert_false(queued.done);
    proxy_listen(&f->proxy);
    rig_exec_wait(&f->rig, &queued);
    assert_string_equal(queued.out, "late\n");
    LAB_AUTOFREE char *ran = rig_read(&f->rig, "ran");
    assert_string_equal(ran, "x\n");
    rig_exec_clear(&running);
    rig_exec_clear(&queued);
    (void)e;
}

/* --- streaming and callbacks that call back
 * ------------------------------------------------------------ */

struct stream {
    struct fixture *f;
    uint64_t bytes[3];
    bool close_now;
    unsigned done;
    int status;
    enum lab_code code;
    unsigned left;
};

static void on_stream(void *arg, int fd, const char *bytes, size_t n)
{
    struct stream *s = arg;
    (void)bytes;
    s->bytes[fd] += n;
    if (s->close_now) {
        lab_guest_close(s->f->guest.guest);
        assert_int_equal(s->done, 1);
    }
}

static void
on_stream_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct stream *s = arg;
    s->done++;
    s->status = result->status;
    s->code = err ? err->code : LAB_OK;
    assert_int_equal(result->out_len, 0);
}

static bool stream_is_done(void *arg)
{
    return ((struct stream *)arg)->done > 0;
}

static void streamed_output_has_no_limit(void **state)
{
    START("", NULL);
    struct stream s = {.f = f};
    struct lab_exec exec = {.command = "head -c 30000000 /dev/zero; exit 2",
                            .data = on_stream,
                            .done = on_stream_done,
                            .arg = &s};
    lab_guest_exec(f->guest.guest, &exec);
    assert_true(rig_until(&f->rig, stream_is_done, &s, 60000));
    assert_int_equal(s.bytes[1], 30000000);
    assert_int_equal(s.status, 2);
    (void)e;
}

/* sshd asks for new keys in the middle, again and again. */
static void new_keys_on_the_way(void **state)
{
    START("RekeyLimit 300K\n", "while sleep 0.02; do echo LABCTL1 tick 1 2; done");
    struct stream s = {.f = f};
    struct lab_exec exec = {.command = "head -c 3000000 /dev/zero; exit 2",
                            .data = on_stream,
                            .done = on_stream_done,
                            .arg = &s};
    lab_guest_exec(f->guest.guest, &exec);
    size_t n = 3 * 1024 * 1024;
    LAB_AUTOFREE char *input = lab_alloc(n);
    struct lab_exec other = {
        .command = "wc -c", .input = input, .input_len = n, .done = rig_on_done, .arg = &e};
    memset(&e, 0, sizeof(e));
    lab_guest_exec(f->guest.guest, &other);
    assert_true(rig_until(&f->rig, stream_is_done, &s, 60000));
    rig_exec_wait(&f->rig, &e);
    assert_int_equal(s.code, LAB_OK);
    assert_int_equal(s.bytes[1], 3000000);
    assert_int_equal(s.status, 2);
    assert_string_equal(e.out, "3145728\n");
    assert_int_equal(f->proxy.accepted, 1);
    rig_exec_clear(&e);
    LAB_AUTOFREE char *log = rig_read(&f->rig, "sshd.log");
    unsigned keys = 0;
    for (const char *at = log; (at = strstr(at, "SSH2_MSG_NEWKEYS received")); at++)
        keys++;
    assert_true(keys > 3);
}

static void closed_from_the_data_callback(void **state)
{
    START("", NULL);
    struct stream s = {.f = f, .close_now = true};
    struct lab_exec exec = {
        .command = "cat /dev/zero", .data = on_stream, .done = on_stream_done, .arg = &s};
    rig_exec_start(&f->guest, &e, "sleep 20", 0);
    lab_guest_exec(f->guest.guest, &exec);
    assert_true(rig_until(&f->rig, stream_is_done, &s, 20000));
    assert_int_equal(s.code, LAB_CANCELLED);
    assert_int_equal(e.err.code, LAB_CANCELLED);
    uint64_t seen = s.bytes[1];
    rig_sleep(&f->rig, 100);
    assert_int_equal(s.bytes[1], seen);
    assert_int_equal(s.done, 1);
    rig_exec_clear(&e);
    f->guest.guest = NULL;
    rig_close(&f->guest);
}

static void on_chain(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct stream *s = arg;
    assert_null(err);
    s->done++;
    s->status = result->status;
    if (--s->left == 0)
        return;
    struct lab_exec next = {.command = "exit 9", .done = on_chain, .arg = s};
    lab_guest_exec(s->f->guest.guest, &next);
}

static bool chain_is_done(void *arg)
{
    return ((struct stream *)arg)->left == 0;
}

/* Each command is started by the end of the one before it, promptly. */
static void started_from_the_done_callback(void **state)
{
    START("", NULL);
    struct stream s = {.f = f, .left = 20};
    rig_expect_login(&f->rig, &f->guest, 20000);
    struct lab_exec first = {.command = "exit 9", .done = on_chain, .arg = &s};
    lab_guest_exec(f->guest.guest, &first);
    assert_true(rig_until(&f->rig, chain_is_done, &s, 20000));
    assert_int_equal(s.done, 20);
    assert_int_equal(s.status, 9);
    (void)e;
}

static void
on_done_close(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct stream *s = arg;
    (void)result;
    s->done++;
    s->code = err ? err->code : LAB_OK;
    lab_guest_close(s->f->guest.guest);
}

static void closed_from_the_done_callback(void **state)
{
    START("", "while sleep 0.05; do echo LABCTL1 tick 1 2; done");
    struct stream s = {.f = f};
    struct lab_exec exec = {.command = "exit 0", .done = on_done_close, .arg = &s};
    lab_guest_exec(f->guest.guest, &exec);
    rig_exec_start(&f->guest, &e, "sleep 20", 0);
    assert_true(rig_until(&f->rig, stream_is_done, &s, 20000));
    assert_int_equal(s.code, LAB_OK);
    assert_int_equal(e.err.code, LAB_CANCELLED);
    size_t facts = f->guest.facts_count;
    rig_sleep(&f->rig, 200);
    assert_int_equal(f->guest.facts_count, facts);
    rig_exec_clear(&e);
    f->guest.guest = NULL;
    rig_close(&f->guest);
}

static void a_command_that_is_too_long(void **state)
{
    START("", NULL);
    LAB_AUTOFREE char *command = lab_alloc(40001);
    memset(command, 'x', 40000);
    rig_exec(&f->rig, &f->guest, &e, command);
    assert_int_equal(e.err.code, LAB_INTERNAL);
    assert_true(strlen(e.err.message) < 300);
    rig_exec_clear(&e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_and_both_outputs),
        TEST(death_by_signal_is_not_success),
        TEST(much_on_stderr_alone),
        TEST(exactly_the_limit_passes_and_more_does_not),
        TEST(input_is_fed_whole_and_ended),
        TEST(unread_input_does_not_hang),
        TEST(status_is_waited_for_after_the_output),
        TEST(many_at_once),
        TEST(restarts_beside_commands),
        TEST(max_sessions_is_named),
        TEST(running_too_long),
        TEST(no_login_in_time_names_the_evidence),
        TEST(dropped_before_the_status),
        TEST(status_and_end_together),
        TEST(queued_commands_survive_a_drop),
        TEST(streamed_output_has_no_limit),
        TEST(new_keys_on_the_way),
        TEST(closed_from_the_data_callback),
        TEST(started_from_the_done_callback),
        TEST(closed_from_the_done_callback),
        TEST(a_command_that_is_too_long),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
