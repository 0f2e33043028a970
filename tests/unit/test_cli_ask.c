/* Questions on a terminal: answered, refused, interrupted. */
#include "cli_fixture.h"

#include <poll.h>

struct terminal {
    int fd;
    pid_t pid;
    struct lab_str screen;
};

/* false: labctl is gone. */
static bool look(struct terminal *t)
{
    char bytes[512];
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (poll(&p, 1, 100) <= 0)
        return true;
    ssize_t n = read(t->fd, bytes, sizeof(bytes));
    if (n <= 0)
        return false;
    lab_str_addn(&t->screen, bytes, (size_t)n);
    return true;
}

static void open_question(struct terminal *t)
{
    *t = (struct terminal){.fd = -1};
    fflush(NULL);
    t->pid = forkpty(&t->fd, NULL, NULL, NULL);
    assert_true(t->pid >= 0);
    if (t->pid == 0)
        cli_become((const char *const[]){"teardown", "--lab", "airgap", NULL});
    while (!strstr(lab_str_get(&t->screen), "[y/N]"))
        if (!look(t))
            fail_msg("no question: %s", lab_str_get(&t->screen));
}

/* Types this and nothing more; gives the exit status. */
static int answer(struct terminal *t, const char *keys)
{
    int status;
    assert_int_equal(write(t->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
    while (look(t))
        ;
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    close(t->fd);
    if (!WIFEXITED(status))
        fail_msg("labctl died of %d: %s", WTERMSIG(status), lab_str_get(&t->screen));
    return WEXITSTATUS(status);
}

static void ctrl_c_ends_the_question_at_once(void **state)
{
    (void)state;
    struct terminal t;
    cli_make_lab();
    open_question(&t);
    assert_int_equal(answer(&t, "\x03"), LAB_CANCELLED);
    assert_has(lab_str_get(&t.screen), "interrupted");
    assert_has(lab_str_get(&t.screen), "'labctl --lab airgap teardown' goes on from here");
    assert_lacks(lab_str_get(&t.screen), "wants a yes");
    lab_str_clear(&t.screen);
}

static void the_end_of_input_is_a_no(void **state)
{
    (void)state;
    struct terminal t;
    cli_make_lab();
    open_question(&t);
    assert_int_equal(answer(&t, "\x04"), LAB_USAGE);
    assert_has(lab_str_get(&t.screen), "wants a yes");
    lab_str_clear(&t.screen);
}

static void enter_alone_is_a_no(void **state)
{
    (void)state;
    struct terminal t;
    cli_make_lab();
    open_question(&t);
    assert_int_equal(answer(&t, "\n"), LAB_USAGE);
    lab_str_clear(&t.screen);
}

static void y_goes_on(void **state)
{
    (void)state;
    struct terminal t;
    cli_make_lab();
    open_question(&t);
    answer(&t, "y\n");
    /* the fake hypervisor has no rule for what comes next, which is how far a yes has to get */
    assert_lacks(lab_str_get(&t.screen), "wants a yes");
    assert_has(lab_str_get(&t.screen), "fake virsh has no rule");
    lab_str_clear(&t.screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(ctrl_c_ends_the_question_at_once),
        cli_test(the_end_of_input_is_a_no),
        cli_test(enter_alone_is_a_no),
        cli_test(y_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
