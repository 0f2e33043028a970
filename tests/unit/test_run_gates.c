/* Checks and holds of the ladder without a guest: facts in, answer out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "run/climb.h"

struct bench {
    struct lab_run run;
    struct lab_run_options options;
    struct lab_listener listener;
    struct lab_ladder ladder;
    struct lab_node_record records[3];
};

static int setup(void **state)
{
    struct bench *b = lab_alloc(sizeof(*b));
    static const char *const names[] = {"m1", "w1", "w2"};
    b->run.options = &b->options;
    b->run.listener = &b->listener;
    lab_ladder_init(&b->ladder, &b->run, LAB_LADDER_UP, 3);
    for (size_t i = 0; i < 3; i++) {
        b->records[i].name = (char *)names[i];
        b->records[i].generation = (char *)"g2";
        b->records[i].role = i ? LAB_ROLE_WORKER : LAB_ROLE_MASTER;
        b->ladder.climbs[i].ladder = &b->ladder;
        b->ladder.climbs[i].record = &b->records[i];
        b->ladder.climbs[i].link = LAB_LINK_LOGIN;
        /* any non-NULL guest: checks then do not connect; never dereferenced here */
        b->ladder.climbs[i].guest = (struct lab_guest *)b;
        b->ladder.climbs[i].step_ms = plat_now_ms();
    }
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < 3; i++)
        b->ladder.climbs[i].guest = NULL;
    lab_ladder_clear(&b->ladder);
    free(b);
    return 0;
}

static void fact(struct lab_climb *c, const char *key, const char *value)
{
    struct lab_fact *f = lab_vec_push(&c->facts);
    f->key = lab_strdup(key);
    f->value = lab_strdup(value);
}

static void copy_of_this_generation_passes(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy", "generation=g2 node=w1 boot_id=x files=7 bytes=1 manifest_sha256=y time=1");
    assert_int_equal(lab_check_copy(c), LAB_PASS);
    assert_string_equal(lab_str_get(&c->evidence), "7 files verified");
}

static void stale_copy_waits_and_says_so(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy", "generation=g1 node=w1 files=7");
    fact(c, "ci_stage", "modules-final");
    assert_int_equal(lab_check_copy(c), LAB_WAIT);
    assert_non_null(strstr(lab_str_get(&c->evidence), "another generation"));
}

/* "generation=g2" must be a whole word: a longer generation that begins alike is another one. */
static void longer_generation_is_another(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy", "generation=g22 files=7");
    assert_int_equal(lab_check_copy(c), LAB_WAIT);
}

static void failed_copy_names_file_and_reason(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy_failed", "generation=g2 node=w1 file=k3s/k3s reason=the sum differs time=12");
    assert_int_equal(lab_check_copy(c), LAB_FAILED);
    assert_int_equal(c->error.code, LAB_GUEST);
    assert_string_equal(c->error.message,
                        "copying the ISO failed in the guest: the sum differs (file k3s/k3s)");
}

static void failed_copy_without_a_file_names_none(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy_failed", "generation=g2 node=w1 file= reason=no medium appeared time=12");
    assert_int_equal(lab_check_copy(c), LAB_FAILED);
    assert_string_equal(c->error.message,
                        "copying the ISO failed in the guest: no medium appeared");
}

static void failed_copy_of_another_generation_is_ignored(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "copy_failed", "generation=g1 file=a reason=b time=1");
    assert_int_equal(lab_check_copy(c), LAB_WAIT);
}

static void disabled_cloud_init_fails_the_copy(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "ci_installed", "yes");
    fact(c, "ci_enabled", "disabled");
    assert_int_equal(lab_check_copy(c), LAB_FAILED);
    assert_non_null(strstr(c->error.message, "cidata"));
}

static void clock_within_limits_passes(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    assert_int_equal(lab_check_clock(c), LAB_WAIT);
    c->skew_known = true;
    c->skew_ms = -4900;
    assert_int_equal(lab_check_clock(c), LAB_PASS);
    c->ladder->observe = true; /* else it would be set */
    c->skew_ms = 3600000;
    assert_int_equal(lab_check_clock(c), LAB_WAIT);
    assert_non_null(strstr(lab_str_get(&c->evidence), "+3600.0 s"));
}

static void clock_is_measured_anew_after_it_was_set(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    c->clock_setting = c->exec_pending = c->skew_known = true;
    c->clock_sets = 1;
    c->skew_ms = c->clock_was_ms = -3600000;
    assert_int_equal(lab_check_clock(c), LAB_WAIT); /* under way */
    c->exec_pending = false;
    assert_int_equal(lab_check_clock(c), LAB_WAIT);
    assert_false(c->skew_known);
    c->skew_known = true;
    c->skew_ms = 200;
    assert_int_equal(lab_check_clock(c), LAB_PASS);
    assert_string_equal(lab_str_get(&c->evidence),
                        "+0.2 s from this host's clock; it was -3600.0 s and has been set");
}

static void clock_that_cannot_be_set_fails_with_the_guests_words(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    c->clock_setting = c->exec_failed = c->skew_known = true;
    c->clock_sets = 3;
    c->skew_ms = 3600000;
    lab_climb_see(c, "exit status 3: k3s has certificates from that time");
    assert_int_equal(lab_check_clock(c), LAB_FAILED);
    assert_int_equal(c->error.code, LAB_GUEST);
    assert_non_null(strstr(c->error.message, "+3600.0 s"));
    assert_non_null(strstr(c->error.message, "certificates from that time"));
    assert_non_null(strstr(c->error.hint, "--recreate w1"));
}

static void packages_of_this_generation_pass(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "packages", "generation=g1 node=w1 set=bookworm-amd64 packages=3 set_sha256=x time=1");
    assert_int_equal(lab_check_packages(c), LAB_WAIT);
    fact(c, "ci_stage", "modules-final");
    assert_int_equal(lab_check_packages(c), LAB_WAIT);
    lab_assign(&c->facts.items[0].value,
               "generation=g2 node=w1 set=bookworm-amd64 packages=3 set_sha256=x time=1");
    assert_int_equal(lab_check_packages(c), LAB_PASS);
    assert_string_equal(lab_str_get(&c->evidence), "3 seen installed, of bookworm-amd64");
}

static void progress_is_told_in_words(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "progress", "step=copy-payload done_bytes=1536 total_bytes=4096 file=debs/a b.deb");
    assert_int_equal(lab_check_copy(c), LAB_WAIT);
    assert_string_equal(lab_str_get(&c->evidence), "copying, 1.5 KiB of 4 KiB: debs/a b.deb");
    lab_assign(&c->facts.items[0].value,
               "step=packages done_bytes=0 total_bytes=0 file=apt-get install");
    assert_int_equal(lab_check_packages(c), LAB_WAIT);
    assert_string_equal(lab_str_get(&c->evidence), "packages: apt-get install");
}

static void failed_packages_name_the_package(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "packages_failed", "generation=g2 node=w1 time=1 package=skopeo reason=no luck");
    assert_int_equal(lab_check_packages(c), LAB_FAILED);
    assert_string_equal(c->error.message,
                        "installing the packages failed in the guest: skopeo: no luck");
    lab_error_clear(&c->error);
    lab_assign(&c->facts.items[0].value, "generation=g2 package= reason=no apt");
    assert_int_equal(lab_check_packages(c), LAB_FAILED);
    assert_string_equal(c->error.message, "installing the packages failed in the guest: no apt");
}

static void packages_not_asked_for_pass_when_the_first_boot_is_over(void **state)
{
    struct lab_climb *c = &((struct bench *)*state)->ladder.climbs[1];
    fact(c, "first_boot", "generation=g1 time=1");
    assert_int_equal(lab_check_packages(c), LAB_WAIT);
    lab_assign(&c->facts.items[0].value, "generation=g2 time=1");
    assert_int_equal(lab_check_packages(c), LAB_PASS);
}

static void workers_wait_for_the_master(void **state)
{
    struct lab_ladder *l = &((struct bench *)*state)->ladder;
    bool dead;
    l->climbs[0].gate = LAB_GATE_CLOUD_INIT;
    assert_null(lab_hold_restart(&l->climbs[0], &dead));
    assert_non_null(lab_hold_restart(&l->climbs[1], &dead));
    assert_false(dead);
    l->climbs[0].gate = LAB_GATE_READY; /* past the k3s gate */
    assert_null(lab_hold_restart(&l->climbs[1], &dead));
    assert_null(lab_hold_k3s(&l->climbs[1], &dead));
}

/* A failed master must not leave the workers powered off; they come up and then say why not more.
 */
static void failed_master_frees_the_restart_and_blocks_k3s(void **state)
{
    struct lab_ladder *l = &((struct bench *)*state)->ladder;
    bool dead;
    l->climbs[0].end = LAB_CLIMB_FAILED;
    assert_null(lab_hold_restart(&l->climbs[1], &dead));
    assert_non_null(lab_hold_k3s(&l->climbs[1], &dead));
    assert_true(dead);
}

/* After a teardown that was cut off, the master is a new one. */
static void a_worker_of_a_cluster_that_is_gone_joins_the_new_one(void **state)
{
    struct bench *b = *state;
    struct lab_climb *c = &b->ladder.climbs[1];
    struct lab_error err = LAB_ERROR_INIT;
    char ca[65];
    uv_fs_t made;
    memset(ca, 'a', 64);
    ca[64] = '\0';
    LAB_AUTOFREE char *temp = plat_temp_dir();
    LAB_AUTOFREE char *pattern = lab_format("%s/labctl-test-XXXXXX", temp);
    assert_int_equal(uv_fs_mkdtemp(NULL, &made, pattern, NULL), 0);
    LAB_AUTOFREE char *home = lab_strdup(made.path);
    uv_fs_req_cleanup(&made);
    uv_os_setenv("LABCTL_HOME", home);
    assert_int_equal(lab_state_open(&b->run.state, "x", LAB_STATE_CREATE, home, "up", &err), 0);
    assert_int_equal(lab_state_set(b->run.state, "cluster:w1", ca, &err), 0);
    fact(c, "k3s_done", "generation=g2 time=1");
    c->link = LAB_LINK_DOWN; /* nothing is sent */
    lab_enter_k3s(c);
    assert_int_equal(lab_check_k3s(c), LAB_WAIT);
    assert_string_equal(lab_str_get(&c->evidence), "waits for the master's API");
    b->ladder.k3s.api = true;
    memcpy(b->ladder.k3s.ca, ca, sizeof(ca));
    assert_int_equal(lab_check_k3s(c), LAB_WAIT);
    assert_false(c->rejoins);
    memset(b->ladder.k3s.ca, 'b', 64);
    assert_int_equal(lab_check_k3s(c), LAB_WAIT);
    assert_true(c->rejoins);
    assert_true(c->exec_dropped); /* k3s-start is due as soon as there is a session */
    assert_int_equal(lab_check_k3s(c), LAB_WAIT);
    lab_state_close(b->run.state);
    assert_int_equal(plat_remove_tree(home, &err), 0);
}

static void masters_go_down_last(void **state)
{
    struct lab_ladder *l = &((struct bench *)*state)->ladder;
    bool dead;
    assert_null(lab_hold_off(&l->climbs[0], &dead));
    l->kind = LAB_LADDER_STOP;
    assert_non_null(lab_hold_off(&l->climbs[0], &dead));
    assert_null(lab_hold_off(&l->climbs[1], &dead));
    l->climbs[1].end = LAB_CLIMB_DONE;
    l->climbs[2].end = LAB_CLIMB_FAILED;
    assert_null(lab_hold_off(&l->climbs[0], &dead));
}

static void ready_is_a_whole_word(void **state)
{
    (void)state;
    struct lab_k3s k = {.nodes = (char *)"m1:Ready,w1:NotReady,w11:Ready"};
    assert_true(lab_k3s_is_ready(&k, "m1"));
    assert_false(lab_k3s_is_ready(&k, "w1"));
    assert_true(lab_k3s_is_ready(&k, "w11"));
    assert_false(lab_k3s_is_ready(&k, "w2"));
}

static void every_gate_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < LAB_GATE_COUNT; i++) {
        assert_non_null(lab_gates[i].name);
        assert_non_null(lab_gates[i].title);
        assert_non_null(lab_gates[i].check);
        assert_int_equal(lab_gate_by_name(lab_gates[i].name), i);
    }
    assert_int_equal(lab_gate_by_name("nothing"), -1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(copy_of_this_generation_passes),
        CASE(stale_copy_waits_and_says_so),
        CASE(longer_generation_is_another),
        CASE(failed_copy_names_file_and_reason),
        CASE(failed_copy_without_a_file_names_none),
        CASE(failed_copy_of_another_generation_is_ignored),
        CASE(disabled_cloud_init_fails_the_copy),
        CASE(clock_within_limits_passes),
        CASE(clock_is_measured_anew_after_it_was_set),
        CASE(clock_that_cannot_be_set_fails_with_the_guests_words),
        CASE(packages_of_this_generation_pass),
        CASE(progress_is_told_in_words),
        CASE(failed_packages_name_the_package),
        CASE(packages_not_asked_for_pass_when_the_first_boot_is_over),
        CASE(workers_wait_for_the_master),
        CASE(failed_master_frees_the_restart_and_blocks_k3s),
        CASE(a_worker_of_a_cluster_that_is_gone_joins_the_new_one),
        CASE(masters_go_down_last),
        cmocka_unit_test(ready_is_a_whole_word),
        cmocka_unit_test(every_gate_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
