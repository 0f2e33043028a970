/* start, stop, restart, wait: one node's trouble is that node's alone. */
#include "cli_fixture.h"

static json_t *node_of(json_t *v, size_t i)
{
    json_t *row = json_array_get(json_object_get(v, "nodes"), i);
    assert_non_null(row);
    return row;
}

static void one_absent_vm_does_not_keep_the_others_off(void **state)
{
    (void)state;
    cli_make_lab();
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_GONE, CLI_OFF);
    struct cli_said said = cli("start", "--lab", "airgap", "--timeout", "1s", "-o", "json");
    LAB_AUTOFREE char *log = cli_read("log");
    json_t *v = cli_json(&said);
    assert_string_equal(cli_text(node_of(v, 0), "state"), "failed");
    assert_has(cli_text(node_of(v, 0), "reason"), "no VM 'web-01' any more");
    assert_has(cli_text(node_of(v, 0), "hint"), "labctl --lab airgap up");
    assert_has(log, "start --domain");                               /* web-02 was powered on */
    assert_string_equal(cli_text(node_of(v, 1), "gate"), "address"); /* and goes on from there */
    assert_int_equal(said.status, LAB_HYPERVISOR);
    json_decref(v);
    cli_forget(&said);
}

static void wait_and_restart_say_which_vm_is_gone(void **state)
{
    (void)state;
    static const char *const commands[] = {"wait", "restart"};
    cli_make_lab();
    cli_rules(CLI_ABSENT);
    for (size_t i = 0; i < 2; i++) {
        struct cli_said said = cli(commands[i], "--lab", "airgap", "-o", "json");
        json_t *v = cli_json(&said);
        for (size_t k = 0; k < 2; k++)
            assert_has(cli_text(node_of(v, k), "reason"), k ? "no VM 'web-02'" : "no VM 'web-01'");
        assert_int_equal(said.status, LAB_HYPERVISOR);
        json_decref(v);
        cli_forget(&said);
    }
}

static void stop_is_done_with_a_vm_that_is_gone(void **state)
{
    (void)state;
    cli_make_lab();
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_GONE, CLI_OFF);
    struct cli_said said = cli("stop", "--lab", "airgap");
    assert_int_equal(said.status, 0);
    assert_has(said.err, "no VM 'web-01' any more");
    assert_lacks(said.err, "no VM 'web-02'");
    cli_forget(&said);
}

static void a_strangers_vm_is_left_alone_and_said(void **state)
{
    (void)state;
    cli_make_lab();
    cli_hypervisor("5f0c9c1e-0000-4000-8000-0000000000aa", CLI_GONE, CLI_OFF);
    struct cli_said said = cli("stop", "--lab", "airgap", "-o", "json");
    json_t *v = cli_json(&said);
    assert_string_equal(cli_text(node_of(v, 0), "state"), "done");
    assert_has(cli_text(node_of(v, 1), "reason"), "does not belong to this lab");
    assert_int_equal(said.status, LAB_CONFLICT);
    json_decref(v);
    cli_forget(&said);
}

static void dry_runs_touch_nothing(void **state)
{
    (void)state;
    cli_make_lab();
    LAB_AUTOFREE char *id = cli_lab_id();
    LAB_AUTOFREE char *host_key = cli_path("home/labs/airgap/keys/web-01");
    static const struct {
        const char *command, *actions[2];
    } cases[] = {{"start", {"follow", "start"}}, {"stop", {"stop", "leave"}}};
    cli_hypervisor(id, CLI_ON, CLI_OFF);
    for (size_t i = 0; i < 2; i++) {
        struct cli_said said = cli(cases[i].command, "--lab", "airgap", "--dry-run", "-o", "json");
        json_t *v = cli_json(&said);
        for (size_t k = 0; k < 2; k++)
            assert_string_equal(cli_text(node_of(v, k), "action"), cases[i].actions[k]);
        assert_true(json_is_true(json_object_get(v, "dry_run")));
        assert_int_equal(said.status, 0);
        json_decref(v);
        cli_forget(&said);
    }
    LAB_AUTOFREE char *log = cli_read("log");
    assert_lacks(log, "start --domain");
    assert_lacks(log, "shutdown");
    assert_false(lab_file_exists(host_key));
}

static void a_dry_run_names_what_would_fail(void **state)
{
    (void)state;
    cli_make_lab();
    LAB_AUTOFREE char *id = cli_lab_id();
    cli_hypervisor(id, CLI_GONE, CLI_OFF);
    struct cli_said said = cli("start", "--lab", "airgap", "-n", "--target", "web-01");
    assert_int_equal(said.status, 0);
    assert_has(said.out, "web-01  fail    the hypervisor has no VM 'web-01' any more; 'labctl");
    assert_lacks(said.out, "web-02");
    assert_has(said.out, "nothing was touched");
    cli_forget(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(one_absent_vm_does_not_keep_the_others_off),
        cli_test(wait_and_restart_say_which_vm_is_gone),
        cli_test(stop_is_done_with_a_vm_that_is_gone),
        cli_test(a_strangers_vm_is_left_alone_and_said),
        cli_test(dry_runs_touch_nothing),
        cli_test(a_dry_run_names_what_would_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
