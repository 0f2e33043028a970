/* console, logs, cp as they are typed, on a lab that is known from its ledger alone. */
#include "cli_fixture.h"

static void make_lab_with_console(const char *text)
{
    struct lab_error err = LAB_ERROR_INIT;
    cli_make_lab();
    LAB_AUTOFREE char *dir = cli_path("home/labs/airgap/console");
    assert_ok(plat_mkdirs(dir, 0700, &err), err);
    cli_write("home/labs/airgap/console/web-01.log", text);
}

#define expect_fails(want, words, ...)                                                             \
    do {                                                                                           \
        struct cli_said said_ = cli(__VA_ARGS__, "--lab", "airgap");                               \
        assert_has(said_.err, words);                                                              \
        assert_int_equal(said_.status, want);                                                      \
        cli_forget(&said_);                                                                        \
    } while (0)

static void the_console_is_made_printable(void **state)
{
    (void)state;
    make_lab_with_console("\x1b[2J[  0.1] Linux version 6.1\r\nweb-01 login: ");
    cli_rules(""); /* no hypervisor is asked */
    struct cli_said said = cli("console", "web-01", "--lab", "airgap");
    assert_string_equal(said.out, "[  0.1] Linux version 6.1\nweb-01 login:\n");
    assert_int_equal(said.status, 0);
    cli_forget(&said);
    said = cli("console", "web-01", "--lab", "airgap", "--lines", "1");
    assert_string_equal(said.out, "web-01 login:\n");
    cli_forget(&said);
    said = cli("console", "web-01", "--lab", "airgap", "--raw");
    assert_string_equal(said.out, "\x1b[2J[  0.1] Linux version 6.1\r\nweb-01 login: ");
    cli_forget(&said);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    make_lab_with_console("x\n");
    expect_fails(LAB_USAGE, "did you mean 'web-01'", "console", "wev-01");
    expect_fails(LAB_USAGE, "no console log", "console", "web-02");
    expect_fails(LAB_USAGE, "is not a number", "console", "web-01", "--lines", "many");
    expect_fails(LAB_USAGE, "takes no --follow", "console", "web-01", "--attach", "--follow");
    expect_fails(LAB_USAGE, "needs a terminal", "console", "web-01", "--attach");
    expect_fails(LAB_USAGE, "did you mean 'packages'", "logs", "web-01", "pakages");
    expect_fails(LAB_USAGE, "there are cloud-init,", "logs", "web-01", "pakages");
    expect_fails(LAB_USAGE, "of which node", "logs", "k3s");
    expect_fails(LAB_USAGE, "did you mean 'web-01'", "logs", "wev-01");
    expect_fails(LAB_USAGE, "neither side of the copy is a node", "cp", "/tmp/a", "/tmp/b");
    expect_fails(LAB_USAGE, "both sides", "cp", "web-01:/tmp/a", "web-01:/tmp/b");
    expect_fails(LAB_USAGE, "one node, not 'web-01' and 'web-02'", "cp", "web-01:a", "web-02:b");
    expect_fails(LAB_USAGE, "to this host, then to the other", "cp", "web-01:a", "web-02:b");
    expect_fails(LAB_USAGE, "partly here", "cp", "web-01:a", "./b", "./c");
    expect_fails(LAB_USAGE, "'./wev-01:a'", "cp", "wev-01:a", "./b");
}

/* Nobody is at 192.0.2.1 (RFC 5737). */
static void a_guest_that_does_not_answer(void **state)
{
    (void)state;
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    struct lab_error err = LAB_ERROR_INIT;
    make_lab_with_console("x\n");
    LAB_AUTOFREE char *path = cli_path("home/labs/airgap/keys/web-01");
    LAB_AUTOFREE char *file = cli_path("lab.yaml");
    scratch_write(file, "x");
    assert_ok(lab_sshkey_ensure(&key, path, "web-01", &err), err);
    expect_fails(LAB_GUEST, "console web-01", "logs", "web-01", "--timeout", "300ms");
    expect_fails(LAB_GUEST, "last seen:", "logs", "web-01", "--follow", "--timeout", "300ms");
    expect_fails(LAB_GUEST, "console web-01", "cp", file, "web-01:/tmp/", "--timeout", "300ms");
}

/* --- with a terminal ----------------------------------------------------------------------------
 */

/* What labctl shows on a terminal until `until` is seen, when the key is struck; its exit status.
 */
static int
in_terminal(const char *const *args, const char *until, const char *key, struct lab_str *seen)
{
    int fd, status = -1;
    char bytes[4096];
    fflush(NULL);
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    if (pid == 0)
        cli_become(args);
    assert_true(pid > 0);
    bool struck = false;
    for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) > 0;) {
        lab_str_addn(seen, bytes, (size_t)n);
        if (!struck && until && strstr(lab_str_get(seen), until))
            struck = write(fd, key, 1) == 1;
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void following_ends_with_ctrl_c(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str seen = LAB_STR_INIT;
    const char *args[] = {"console", "web-01", "--lab", "airgap", "--follow", NULL};
    make_lab_with_console("booted\nweb-01 login: ");
    /* the prompt has no end of line, and is shown all the same */
    assert_int_equal(in_terminal(args, "login:", "\x03", &seen), LAB_CANCELLED);
    assert_has(lab_str_get(&seen), "booted");
}

static void attaching_hands_the_terminal_over(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str seen = LAB_STR_INIT;
    const char *args[] = {"console", "web-01", "--lab", "airgap", "--attach", NULL};
    make_lab_with_console("");
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_ON, CLI_OFF);
    LAB_AUTOFREE char *rules = cli_read("rules");
    LAB_AUTOFREE char *more = lab_format("console*\tsay\tthe guest itself\n%s", rules);
    cli_rules(more);
    assert_int_equal(in_terminal(args, NULL, "", &seen), 0);
    assert_has(lab_str_get(&seen), "leave it with Ctrl-]");
    assert_has(lab_str_get(&seen), "the guest itself");
    LAB_AUTOFREE char *log = cli_read("log");
    assert_has(log, "console --domain web-01");
    args[1] = "web-02";
    lab_str_truncate(&seen, 0);
    assert_int_equal(in_terminal(args, NULL, "", &seen), LAB_HYPERVISOR);
    assert_has(lab_str_get(&seen), "is off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(the_console_is_made_printable),     cli_test(what_cannot_be_is_said),
        cli_test(a_guest_that_does_not_answer),      cli_test(following_ends_with_ctrl_c),
        cli_test(attaching_hands_the_terminal_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
