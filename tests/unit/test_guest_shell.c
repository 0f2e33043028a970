/* Interactive sessions: this test's own descriptors 0 to 2 become a terminal, pipes or files. */
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "../guest/proxy.h"
#include "../guest/rig.h"

struct fixture {
    struct rig rig;
    struct rig_guest guest;
    struct proxy proxy;
    int saved[3];
    bool borrowed;
    int master;       /* of the pseudo terminal, or -1 */
    int in, out, err; /* our ends of the pipes, or -1 */
    struct lab_str seen, seen_err;
    bool read_paused;
};

struct shell_result {
    bool done;
    int status;
    struct lab_error err;
};

static int setup(void **state)
{
    struct fixture *f = lab_alloc(sizeof(*f));
    rig_init(&f->rig);
    f->master = f->in = f->out = f->err = -1;
    *state = f;
    return 0;
}

/* cmocka writes to these too, so they are borrowed as briefly as can be. */
static void give_back(struct fixture *f)
{
    if (!f->borrowed)
        return;
    for (int fd = 0; fd < 3; fd++) {
        dup2(f->saved[fd], fd);
        close(f->saved[fd]);
    }
    f->borrowed = false;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    give_back(f);
    if (f->guest.guest)
        rig_close(&f->guest);
    if (f->proxy.rig)
        proxy_stop(&f->proxy);
    close_one(&f->master);
    close_one(&f->in);
    close_one(&f->out);
    close_one(&f->err);
    lab_str_clear(&f->seen);
    lab_str_clear(&f->seen_err);
    rig_clear(&f->rig);
    free(f);
    return 0;
}

static void lend(struct fixture *f, int in, int out, int err)
{
    fflush(NULL);
    int fds[3] = {in, out, err};
    for (int fd = 0; fd < 3; fd++) {
        f->saved[fd] = dup(fd);
        dup2(fds[fd], fd);
    }
    f->borrowed = true;
}

static void lend_pipes(struct fixture *f)
{
    int in[2], out[2], err[2];
    assert_int_equal(pipe(in) | pipe(out) | pipe(err), 0);
    lend(f, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    f->in = in[1];
    f->out = out[0];
    f->err = err[0];
    fcntl(f->out, F_SETFL, O_NONBLOCK);
    fcntl(f->err, F_SETFL, O_NONBLOCK);
}

static void lend_terminal(struct fixture *f, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    int slave;
    assert_int_equal(openpty(&f->master, &slave, NULL, NULL, &size), 0);
    lend(f, slave, slave, slave);
    close(slave);
    fcntl(f->master, F_SETFL, O_NONBLOCK);
}

static void start(struct fixture *f)
{
    rig_start(&f->rig);
    proxy_start(&f->proxy, &f->rig, true);
    struct lab_guest_target target = rig_target(&f->rig);
    target.port = f->proxy.port;
    rig_open(&f->rig, &f->guest, &target, NULL);
    rig_expect_login(&f->rig, &f->guest, 20000);
}

static void on_shell_done(void *arg, int status, const struct lab_error *err)
{
    struct shell_result *r = arg;
    assert_false(r->done);
    r->done = true;
    r->status = status;
    if (err)
        lab_error_copy(&r->err, err);
}

static void drain(int fd, struct lab_str *to)
{
    char bytes[65536];
    ssize_t n;
    while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
        lab_str_addn(to, bytes, (size_t)n);
}

static void drain_all(struct fixture *f)
{
    if (f->read_paused)
        return;
    drain(f->master >= 0 ? f->master : f->out, &f->seen);
    drain(f->err, &f->seen_err);
}

struct wanted {
    struct fixture *f;
    struct shell_result *r;
    const char *text;
};

static bool shell_done(void *arg)
{
    struct wanted *w = arg;
    drain_all(w->f);
    return w->r->done;
}

static bool text_seen(void *arg)
{
    struct wanted *w = arg;
    drain_all(w->f);
    return strstr(lab_str_get(&w->f->seen), w->text) != NULL;
}

static void expect_text(struct fixture *f, struct shell_result *r, const char *text)
{
    struct wanted w = {f, r, text};
    if (rig_until(&f->rig, text_seen, &w, 20000))
        return;
    give_back(f);
    fail_msg("never saw '%s' in '%s'", text, lab_str_get(&f->seen));
}

static void expect_done(struct fixture *f, struct shell_result *r)
{
    struct wanted w = {f, r, NULL};
    bool done = rig_until(&f->rig, shell_done, &w, 20000);
    drain_all(f);
    give_back(f);
    if (!done)
        fail_msg("the shell did not end; seen: '%s'", lab_str_get(&f->seen));
}

static void type(struct fixture *f, const char *text)
{
    int fd = f->master >= 0 ? f->master : f->in;
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

#define START()                                                                                    \
    struct fixture *f = *state;                                                                    \
    struct shell_result r = {.err = LAB_ERROR_INIT};                                               \
    RIG_NEEDS_SSHD();                                                                              \
    start(f)

static void pipes_keep_both_outputs_apart(void **state)
{
    START();
    lend_pipes(f);
    lab_guest_shell(f->guest.guest, "read x; echo got $x; echo problem >&2; exit 42", false,
                    on_shell_done, &r);
    type(f, "hello\n");
    expect_done(f, &r);
    assert_int_equal(r.err.code, LAB_OK);
    assert_int_equal(r.status, 42);
    assert_string_equal(lab_str_get(&f->seen), "got hello\n");
    assert_string_equal(lab_str_get(&f->seen_err), "problem\n");
    /* The pipes are as they were: not marked "non-blocking" for whoever shares them. */
    assert_int_equal(fcntl(f->in, F_GETFL) & O_NONBLOCK, 0);
}

static void end_of_stdin_is_passed_on(void **state)
{
    START();
    lend_pipes(f);
    lab_guest_shell(f->guest.guest, "wc -c", false, on_shell_done, &r);
    type(f, "abc\n");
    close_one(&f->in);
    expect_done(f, &r);
    assert_int_equal(r.status, 0);
    assert_string_equal(lab_str_get(&f->seen), "4\n");
}

static void files_as_stdin_and_stdout(void **state)
{
    START();
    LAB_AUTOFREE char *in = rig_path(&f->rig, "in"), *out = rig_path(&f->rig, "out");
    FILE *file = fopen(in, "w");
    for (int i = 0; i < 200000; i++)
        fprintf(file, "line %d\n", i);
    fclose(file);
    int from = open(in, O_RDONLY), to = open(out, O_WRONLY | O_CREAT, 0600);
    int null = open("/dev/null", O_RDWR);
    lend(f, from, to, null);
    close(from);
    close(to);
    close(null);
    lab_guest_shell(f->guest.guest, "cat", false, on_shell_done, &r);
    expect_done(f, &r);
    assert_int_equal(r.status, 0);
    LAB_AUTOFREE char *a = rig_read(&f->rig, "in"), *b = rig_read(&f->rig, "out");
    assert_true(strlen(a) > 1000000);
    assert_int_equal(strcmp(a, b), 0);
}

/* A pager that is not read on: the guest waits, nothing piles up here, nothing is lost. */
static void slow_reader_holds_the_guest_back(void **state)
{
    START();
    lend_pipes(f);
    f->read_paused = true;
    lab_guest_shell(f->guest.guest, "head -c 20000000 /dev/zero | tr '\\0' z", false, on_shell_done,
                    &r);
    rig_sleep(&f->rig, 1500);
    bool early = r.done;
    uint64_t passed = f->proxy.passed;
    f->read_paused = false;
    expect_done(f, &r);
    assert_false(early);
    assert_true(passed < 2000000);
    assert_int_equal(r.status, 0);
    assert_int_equal(f->seen.len, 20000000);
}

/* "| head -1" */
static void reader_that_leaves_ends_it(void **state)
{
    START();
    lend_pipes(f);
    lab_guest_shell(f->guest.guest, "yes", false, on_shell_done, &r);
    expect_text(f, &r, "y\n");
    close_one(&f->out);
    expect_done(f, &r);
    assert_int_equal(r.err.code, LAB_HOST);
    assert_non_null(strstr(r.err.message, "stdout"));
    lab_error_clear(&r.err);
}

static void terminal_is_raw_sized_and_restored(void **state)
{
    START();
    setenv("TERM", "xterm-mono", 1);
    lend_terminal(f, 101, 37);
    struct termios before, during, after;
    tcgetattr(f->master, &before);
    lab_guest_shell(f->guest.guest,
                    "echo TERM=$TERM $(stty size) tty=$(tty | cut -c1-8); read x; "
                    "stty size; read y; exit 6",
                    true, on_shell_done, &r);
    expect_text(f, &r, "TERM=xterm-mono 37 101 tty=/dev/pts");
    tcgetattr(f->master, &during);
    struct winsize size = {.ws_col = 90, .ws_row = 20};
    ioctl(f->master, TIOCSWINSZ, &size);
    kill(getpid(), SIGWINCH); /* the kernel tells only a controlling terminal's group */
    rig_sleep(&f->rig, 300);
    type(f, "\r");
    expect_text(f, &r, "20 90");
    type(f, "\r");
    expect_done(f, &r);
    tcgetattr(f->master, &after);
    assert_int_equal(r.err.code, LAB_OK);
    assert_int_equal(r.status, 6);
    assert_true(before.c_lflag & ICANON);
    assert_false(during.c_lflag & (ICANON | ISIG | ECHO));
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
}

/* Ctrl-C is a byte for the guest, not a signal for labctl. */
static void ctrl_c_goes_to_the_guest(void **state)
{
    START();
    lend_terminal(f, 80, 24);
    lab_guest_shell(f->guest.guest, "trap 'echo caught; exit 11' INT; echo ready; sleep 20 & wait",
                    true, on_shell_done, &r);
    expect_text(f, &r, "ready");
    type(f, "\003");
    expect_done(f, &r);
    assert_non_null(strstr(lab_str_get(&f->seen), "caught"));
    assert_int_equal(r.status, 11);
}

static void login_shell_without_a_command(void **state)
{
    START();
    lend_terminal(f, 80, 24);
    lab_guest_shell(f->guest.guest, NULL, true, on_shell_done, &r);
    type(f, "echo $((6*7))x; exit 9\r");
    expect_done(f, &r);
    assert_non_null(strstr(lab_str_get(&f->seen), "42x"));
    assert_int_equal(r.status, 9);
}

static void signal_becomes_a_shell_status(void **state)
{
    START();
    lend_pipes(f);
    lab_guest_shell(f->guest.guest, "kill -TERM $$", false, on_shell_done, &r);
    expect_done(f, &r);
    assert_int_equal(r.err.code, LAB_OK);
    assert_int_equal(r.status, 128 + 15);
}

static void dropped_shell_restores_the_terminal(void **state)
{
    START();
    lend_terminal(f, 80, 24);
    struct termios before, after;
    tcgetattr(f->master, &before);
    lab_guest_shell(f->guest.guest, "echo ready; sleep 20", true, on_shell_done, &r);
    expect_text(f, &r, "ready");
    proxy_unlisten(&f->proxy);
    proxy_drop_all(&f->proxy);
    expect_done(f, &r);
    tcgetattr(f->master, &after);
    assert_int_equal(r.err.code, LAB_GUEST);
    assert_int_equal(r.status, 255);
    assert_non_null(strstr(r.err.message, "the connection to 'web-01' dropped"));
    assert_int_equal(after.c_lflag, before.c_lflag);
    lab_error_clear(&r.err);
}

static void closed_in_the_middle(void **state)
{
    START();
    lend_terminal(f, 80, 24);
    lab_guest_shell(f->guest.guest, "echo ready; cat /dev/zero", true, on_shell_done, &r);
    expect_text(f, &r, "ready");
    rig_close(&f->guest);
    bool done = r.done;
    give_back(f);
    assert_true(done);
    assert_int_equal(r.err.code, LAB_CANCELLED);
    lab_error_clear(&r.err);
}

static void one_shell_at_a_time(void **state)
{
    START();
    struct shell_result second = {.err = LAB_ERROR_INIT};
    lend_pipes(f);
    lab_guest_shell(f->guest.guest, "read x; exit 1", false, on_shell_done, &r);
    lab_guest_shell(f->guest.guest, "exit 2", false, on_shell_done, &second);
    struct wanted w = {f, &second, NULL};
    rig_until(&f->rig, shell_done, &w, 20000);
    type(f, "\n");
    expect_done(f, &r);
    assert_true(second.done);
    assert_int_equal(second.err.code, LAB_INTERNAL);
    assert_int_equal(r.status, 1);
    lab_error_clear(&second.err);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pipes_keep_both_outputs_apart), TEST(end_of_stdin_is_passed_on),
        TEST(files_as_stdin_and_stdout),     TEST(slow_reader_holds_the_guest_back),
        TEST(reader_that_leaves_ends_it),    TEST(terminal_is_raw_sized_and_restored),
        TEST(ctrl_c_goes_to_the_guest),      TEST(login_shell_without_a_command),
        TEST(signal_becomes_a_shell_status), TEST(dropped_shell_restores_the_terminal),
        TEST(closed_in_the_middle),          TEST(one_shell_at_a_time),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
