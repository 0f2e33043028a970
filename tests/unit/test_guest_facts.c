/* The fact stream: parsing, limits, ends and restarts. Scripts run in a real sshd's shell. */
#include "../guest/proxy.h"
#include "../guest/rig.h"

struct fixture {
    struct rig rig;
    struct rig_guest guest;
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
    rig_clear(&f->rig);
    free(f);
    return 0;
}

static void
start_with(struct fixture *f, const char *script, const char *command, uint64_t step_timeout_ms)
{
    rig_start(&f->rig);
    struct lab_guest_target target = rig_target(&f->rig);
    target.facts_command = command;
    target.step_timeout_ms = step_timeout_ms;
    rig_open(&f->rig, &f->guest, &target, script);
}

#define START(script)                                                                              \
    struct fixture *f = *state;                                                                    \
    RIG_NEEDS_SSHD();                                                                              \
    start_with(f, script, "sh -s", 10000)

struct facts_wanted {
    const struct rig_guest *guest;
    const char *text;
};

static bool has_fact(void *arg)
{
    const struct facts_wanted *w = arg;
    return strstr(lab_str_get(&w->guest->facts), w->text) != NULL;
}

static void expect_fact(struct fixture *f, const char *text, uint64_t ms)
{
    struct facts_wanted wanted = {&f->guest, text};
    if (rig_until(&f->rig, has_fact, &wanted, ms))
        return;
    rig_dump(&f->guest);
    fail_msg("no fact '%s' among:\n%s", text, lab_str_get(&f->guest.facts));
}

/* A function called on the last line, as seeds/guest/facts is: its commands cannot eat the script.
 */
static void keys_and_values(void **state)
{
    START("main() {\n"
          "  cat > /dev/null\n" /* stdin has ended */
          "  echo LABCTL1 boot_id 8c1e\n"
          "  echo 'LABCTL1 units a.service=active  b=failed'\n"
          "  echo LABCTL1 empty\n"
          "  printf 'LABCTL1 dos line\\r\\n'\n"
          "  while sleep 1; do echo LABCTL1 tick 1 2; done\n"
          "}\n"
          "main \"$@\"\n");
    expect_fact(f, "tick=1 2\n", 10000);
    assert_string_equal(
        lab_str_get(&f->guest.facts),
        "boot_id=8c1e\nunits=a.service=active  b=failed\nempty=\ndos=line\ntick=1 2\n");
}

static void what_is_no_fact_is_passed_over(void **state)
{
    START(
        "echo Welcome to the lab; echo 'LABCTL2 x y'; echo 'LABCTL1'; echo 'LABCTL1 Bad key'\n"
        "echo 'LABCTL1 ../x y'; printf 'LABCTL1 nul a\\0b\\n'; printf '\\n\\n'\n"
        "head -c 3000 /dev/urandom | tr '\\n' x; echo\n"
        "printf 'LABCTL1 escape \\033[31mred\\033[0m\\tand \\377\\n'; echo LABCTL1 last 1; sleep 9\n");
    expect_fact(f, "last=1\n", 10000);
    assert_string_equal(lab_str_get(&f->guest.facts), "escape=red and \xef\xbf\xbd\nlast=1\n");
}

static void long_lines_are_bounded(void **state)
{
    START("x=$(head -c 8000 /dev/zero | tr '\\0' v); echo \"LABCTL1 long $x\"\n"
          "printf 'LABCTL1 toolong '; head -c 200000 /dev/zero | tr '\\0' w; echo\n"
          "echo LABCTL1 after 1; sleep 9\n");
    expect_fact(f, "after=1\n", 10000);
    assert_int_equal(f->guest.facts_count, 2);
    assert_int_equal(f->guest.facts_longest, 8000);
    assert_null(strstr(lab_str_get(&f->guest.facts), "toolong"));
}

/* No newline for ever: nothing grows, the stream is given up, the node stays logged in. */
static void a_line_without_end(void **state)
{
    START("printf 'LABCTL1 x '; tr '\\0' y < /dev/zero");
    rig_expect(&f->rig, &f->guest, LAB_LINK_LOGIN, "poured out more than", 20000);
    assert_int_equal(f->guest.facts_count, 0);
    struct rig_exec e;
    rig_exec(&f->rig, &f->guest, &e, "echo alive");
    assert_string_equal(e.out, "alive\n");
    rig_exec_clear(&e);
}

static void endless_facts_are_throttled(void **state)
{
    START("yes LABCTL1 tick 1");
    rig_expect(&f->rig, &f->guest, LAB_LINK_LOGIN, "poured out more than", 20000);
    size_t after_first = f->guest.facts_count;
    assert_true(after_first > 0);
    rig_sleep(&f->rig, 2000);
    /* Streams of at most 500 lines a second and one read, with growing pauses between them. */
    assert_true(f->guest.facts_count < 30000);
    assert_int_equal(rig_saw(&f->guest, LAB_LINK_DOWN, ""), 0);
}

static void an_ended_stream_starts_again(void **state)
{
    START("echo LABCTL1 run $$; exit 0");
    for (int i = 0; i < 1000 && f->guest.facts_count < 4; i++)
        rig_sleep(&f->rig, 10);
    assert_true(f->guest.facts_count >= 4);
    assert_int_equal(rig_saw(&f->guest, LAB_LINK_DOWN, ""), 0);
    assert_true(rig_saw(&f->guest, LAB_LINK_LOGIN, "the facts ended with status 0") > 0);
}

static void the_last_words_are_evidence(void **state)
{
    START("echo 'sh: 3: findmnt: not found' >&2; exit 127");
    rig_expect(&f->rig, &f->guest, LAB_LINK_LOGIN,
               "the facts ended with status 127: sh: 3: findmnt: not found", 10000);
}

static void sudo_that_refuses_is_named(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    rig_write(&f->rig, "sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n",
              0755);
    LAB_AUTOFREE char *command = lab_format("%s/sudo -n sh -s", f->rig.dir);
    start_with(f, "echo LABCTL1 never 1", command, 10000);
    LAB_AUTOFREE char *expected = lab_format(
        "user '%s' may not use sudo without a password: sudo: a password is required", f->rig.user);
    rig_expect(&f->rig, &f->guest, LAB_LINK_LOGIN, expected, 10000);
    assert_int_equal(f->guest.facts_count, 0);
}

static void root_needs_no_sudo(void **state)
{
    struct lab_guest g = {.user = (char *)(uintptr_t) "root"};
    (void)state;
    lab_facts_init(&g, "x", NULL);
    assert_string_equal(g.facts.command, "sh -s");
    lab_facts_clear(&g.facts);
    g.user = (char *)(uintptr_t) "ubuntu";
    lab_facts_init(&g, "x", NULL);
    assert_string_equal(g.facts.command, "sudo -n sh -s");
    lab_facts_clear(&g.facts);
}

/* The script hangs and the session lives: first the stream is renewed, then the connection. */
static void a_hanging_script_is_renewed(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    start_with(f, "echo LABCTL1 pid $$; exec sleep 30", "sh -s", 1000);
    rig_expect(&f->rig, &f->guest, LAB_LINK_LOGIN, "the facts ended: nothing came for 4 s", 10000);
    for (int i = 0; i < 500 && f->guest.facts_count < 2; i++)
        rig_sleep(&f->rig, 10);
    assert_true(f->guest.facts_count >= 2);
    assert_int_equal(rig_saw(&f->guest, LAB_LINK_DOWN, ""), 0);
}

static void a_mute_script_costs_the_connection(void **state)
{
    struct fixture *f = *state;
    RIG_NEEDS_SSHD();
    start_with(f, "exec sleep 20", "sh -s", 1000);
    rig_expect(&f->rig, &f->guest, LAB_LINK_DOWN, "answers, but no fact comes from it", 20000);
    rig_expect_login(&f->rig, &f->guest, 10000);
}

static void close_in_fact(void *arg, const char *key, const char *value)
{
    struct rig_guest *s = arg;
    (void)key;
    (void)value;
    s->facts_count++;
    lab_guest_close(s->guest);
}

static bool one_fact(void *arg)
{
    return ((struct rig_guest *)arg)->facts_count > 0;
}

static void closed_from_the_fact_callback(void **state)
{
    struct fixture *f = *state;
    static const struct lab_guest_events events = {rig_on_link, close_in_fact};
    RIG_NEEDS_SSHD();
    rig_start(&f->rig);
    struct lab_guest_target target = rig_target(&f->rig);
    struct rig_guest *s = &f->guest;
    s->guest = lab_guest_open(&f->rig.loop, &target, "yes LABCTL1 tick 1 | head -100", &events, s);
    assert_true(rig_until(&f->rig, one_fact, s, 20000));
    rig_sleep(&f->rig, 300);
    assert_int_equal(s->facts_count, 1);
    s->guest = NULL;
    rig_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_and_values),
        TEST(what_is_no_fact_is_passed_over),
        TEST(long_lines_are_bounded),
        TEST(a_line_without_end),
        TEST(endless_facts_are_throttled),
        TEST(an_ended_stream_starts_again),
        TEST(the_last_words_are_evidence),
        TEST(sudo_that_refuses_is_named),
        cmocka_unit_test(root_needs_no_sudo),
        TEST(a_hanging_script_is_renewed),
        TEST(a_mute_script_costs_the_connection),
        TEST(closed_from_the_fact_callback),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
