#include "base_scratch.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/i18n.h"

/* What the reading process does after it has asked. */
static void ask(int result)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    int rc = plat_read_secret("Password: ", &out, &err);
    FILE *f = fdopen(result, "w");
    if (rc == 0)
        fprintf(f, "got '%s'", lab_str_get(&out));
    else
        fprintf(f, "code %d", (int)err.code);
    fclose(f);
    _exit(0);
}

static void on_interrupt(int number)
{
    (void)number; /* like the handler of labctl's loop: the process goes on */
}

struct session {
    int terminal, result;
    pid_t pid;
    char screen[2000];
    size_t len;
};

static void start(struct session *s, bool handle_interrupt)
{
    int result[2];
    assert_int_equal(pipe(result), 0);
    *s = (struct session){.terminal = -1};
    s->pid = forkpty(&s->terminal, NULL, NULL, NULL);
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        close(result[0]);
        signal(SIGINT, handle_interrupt ? on_interrupt : SIG_DFL);
        ask(result[1]);
    }
    close(result[1]);
    s->result = result[0];
}

static void wait_for(struct session *s, const char *text)
{
    for (int i = 0; i < 100; i++) {
        struct pollfd p = {.fd = s->terminal, .events = POLLIN};
        if (poll(&p, 1, 100) > 0) {
            ssize_t n = read(s->terminal, s->screen + s->len, sizeof(s->screen) - 1 - s->len);
            s->len += n > 0 ? (size_t)n : 0;
        }
        if (strstr(s->screen, text))
            return;
    }
    fail_msg("'%s' is not on the screen: %s", text, s->screen);
}

static bool echoes(const struct session *s)
{
    struct termios t;
    assert_int_equal(tcgetattr(s->terminal, &t), 0);
    return t.c_lflag & ECHO;
}

static void type(const struct session *s, const char *text)
{
    assert_int_equal(write(s->terminal, text, strlen(text)), (ssize_t)strlen(text));
}

/* Gives what the process said, and its wait status. */
static int finish(struct session *s, char said[200])
{
    int status;
    ssize_t n = read(s->result, said, 199);
    said[n > 0 ? n : 0] = '\0';
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    close(s->result);
    close(s->terminal);
    return status;
}

static void secrets_are_not_echoed(void **state)
{
    (void)state;
    struct session s;
    char said[200];
    start(&s, false);
    wait_for(&s, "Password: ");
    assert_false(echoes(&s));
    type(&s, "hunter2 \xed\x95\x9c\n");
    wait_for(&s, "\n");
    assert_int_equal(finish(&s, said), 0);
    assert_string_equal(said, "got 'hunter2 \xed\x95\x9c'");
    assert_null(strstr(s.screen, "hunter2"));
}

static void ctrl_c_restores_the_echo_and_ends(void **state)
{
    (void)state;
    struct session s;
    char said[200];
    start(&s, false);
    wait_for(&s, "Password: ");
    int keep = dup(s.terminal);
    type(&s, "half\x03");
    int status = finish(&s, said);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    struct termios t;
    assert_int_equal(tcgetattr(keep, &t), 0);
    assert_true(t.c_lflag & ECHO);
    close(keep);
}

static void ctrl_c_with_a_handler_is_a_cancellation(void **state)
{
    (void)state;
    struct session s;
    char said[200], expected[20];
    start(&s, true);
    wait_for(&s, "Password: ");
    type(&s, "\x03");
    assert_int_equal(finish(&s, said), 0);
    snprintf(expected, sizeof(expected), "code %d", (int)LAB_CANCELLED);
    assert_string_equal(said, expected);
}

static void too_long_a_secret_is_refused(void **state)
{
    (void)state;
    struct session s;
    char said[200], line[1500], expected[20];
    memset(line, 'x', sizeof(line));
    snprintf(line + 1400, 3, "\n");
    start(&s, false);
    wait_for(&s, "Password: ");
    type(&s, line);
    assert_int_equal(finish(&s, said), 0);
    snprintf(expected, sizeof(expected), "code %d", (int)LAB_USAGE);
    assert_string_equal(said, expected);
}

/* A process without a controlling terminal. */
static void without_a_terminal_it_says_so(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct lab_error err = LAB_ERROR_INIT;
        struct lab_str out = LAB_STR_INIT;
        setsid();
        int rc = plat_read_secret("Password: ", &out, &err);
        _exit(rc == -1 && err.code == LAB_HOST && strstr(err.message, "no terminal") && err.hint
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void raw_mode_comes_and_goes(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct termios t;
    struct winsize size = {.ws_row = 50, .ws_col = 132};
    int master, slave, columns, rows;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    assert_true(plat_is_terminal(slave));
    plat_terminal_size(slave, &columns, &rows);
    assert_int_equal(columns, 132);
    assert_int_equal(rows, 50);
    assert_ok(plat_raw_begin(slave, &err), err);
    assert_int_equal(tcgetattr(slave, &t), 0);
    assert_false(t.c_lflag & (ECHO | ICANON | ISIG));
    assert_ok(plat_raw_begin(slave, &err), err); /* twice must not forget what was before */
    plat_raw_end();
    plat_raw_end();
    assert_int_equal(tcgetattr(slave, &t), 0);
    assert_true((t.c_lflag & (ECHO | ICANON | ISIG)) == (ECHO | ICANON | ISIG));
    close(master);
    close(slave);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_false(plat_is_terminal(fds[0]));
    plat_terminal_size(fds[0], &columns, &rows);
    assert_int_equal(columns, 80);
    assert_int_equal(rows, 24);
    assert_refused(plat_raw_begin(fds[0], &err), err, LAB_HOST, "terminal");
    close(fds[0]);
    close(fds[1]);
}

static void utf8_is_told_by_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *all, *ctype, *lang;
        bool utf8;
    } cases[] = {
        {NULL, NULL, NULL, false},          {NULL, NULL, "ko_KR.UTF-8", true},
        {NULL, NULL, "ko_KR.euckr", false}, {NULL, "C.utf8", "C", true},
        {"C", "C.UTF-8", "C.UTF-8", false}, {"", NULL, "en_US.UTF-8", true},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        cases[i].all ? setenv("LC_ALL", cases[i].all, 1) : unsetenv("LC_ALL");
        cases[i].ctype ? setenv("LC_CTYPE", cases[i].ctype, 1) : unsetenv("LC_CTYPE");
        cases[i].lang ? setenv("LANG", cases[i].lang, 1) : unsetenv("LANG");
        assert_int_equal(plat_terminal_utf8(), cases[i].utf8);
    }
}

static void the_users_language_wants_a_terminal_that_shows_it(void **state)
{
    (void)state;
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LC_CTYPE");
    setenv("LANG", "ko_KR.UTF-8", 1);
    assert_true(lab_language_set(NULL));
    assert_string_equal(lab_language(), "ko");
    setenv("LANG", "ko_KR.EUC-KR", 1);
    lab_language_set(NULL);
    assert_string_equal(lab_language(), "en");
    setenv("LC_ALL", "C", 1);
    setenv("LANG", "ko_KR.UTF-8", 1);
    lab_language_set(NULL);
    assert_string_equal(lab_language(), "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_not_echoed),
        cmocka_unit_test(ctrl_c_restores_the_echo_and_ends),
        cmocka_unit_test(ctrl_c_with_a_handler_is_a_cancellation),
        cmocka_unit_test(too_long_a_secret_is_refused),
        cmocka_unit_test(without_a_terminal_it_says_so),
        cmocka_unit_test(raw_mode_comes_and_goes),
        cmocka_unit_test(utf8_is_told_by_the_environment),
        cmocka_unit_test(the_users_language_wants_a_terminal_that_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
