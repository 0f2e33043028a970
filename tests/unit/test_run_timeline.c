/* Timelines from events: bars, who waited for whom, the chain that decided the end; and the
 * pictures of it, as files. */
#include "media_golden.h"
#include "run_timeline_events.h"

static void make(struct lab_timeline *t,
                 struct lab_events *events,
                 struct lab_node_records *records,
                 const struct lab_run_entry *entry)
{
    sort_events(events);
    lab_timeline_fill(t, "airgap", entry, events, records);
    lab_events_clear(events);
    lab_node_records_clear(records);
}

static void
make_lab(struct lab_timeline *t, int64_t id, unsigned workers, double setup, double image)
{
    struct lab_events events = {0};
    struct lab_node_records records = {0};
    add_lab(&events, workers, setup, image);
    add_lab_nodes(&records, workers);
    const struct lab_run_entry entry = entry_of(id, 205000, 0);
    make(t, &events, &records, &entry);
}

/* --- bars ---------------------------------------------------------------------------------------
 */

static void bars_come_from_events(void **state)
{
    (void)state;
    struct lab_timeline t;
    make_lab(&t, 1, 2, 1, 2);
    assert_int_equal(t.rows.len, 4);
    assert_string_equal(lab_row_name(&t.rows.items[0]), "lab");
    assert_string_equal(t.rows.items[1].role, "master");
    assert_true(t.rows.items[3].done);
    assert_int_equal(t.bars.len, 4 + 3 * 16);
    const struct lab_bar *copy = bar_at(&t, "k3s-worker2", "iso-copy");
    assert_int_equal(copy->phase, LAB_PHASE_SETUP);
    assert_int_equal(copy->end, LAB_BAR_PASSED);
    assert_string_equal(copy->evidence, "1.2 GiB verified");
    assert_int_equal(copy->end_ms - copy->begin_ms, 38000);
    for (size_t i = 1; i < t.bars.len; i++) {
        const struct lab_bar *a = &t.bars.items[i - 1], *b = &t.bars.items[i];
        assert_true(a->row < b->row || (a->row == b->row && a->begin_ms <= b->begin_ms));
    }
    lab_timeline_clear(&t);
}

static void what_never_ended_ends_with_the_run(void **state)
{
    (void)state;
    struct lab_timeline t;
    struct lab_events events = {0};
    struct lab_node_records records = {0};
    add_node(&records, "a", LAB_ROLE_NONE);
    add_bar(&events, 1, 0, "a", "address", "open", "");
    add_bar(&events, 2, 3, "b", "address", "passed", "");
    const struct lab_run_entry killed = entry_of(3, 0, 0);
    make(&t, &events, &records, &killed);
    assert_int_equal(bar_at(&t, "a", "address")->end, LAB_BAR_LEFT);
    assert_int_equal(bar_at(&t, "a", "address")->end_ms, 3000); /* the last that is known */
    assert_int_equal(t.length_ms, 3000);
    assert_false(t.run.ended);
    lab_timeline_clear(&t);

    add_bar(&events, 1, 0, "a", "address", "open", "");
    add_event(&events, 4, "a", "powered-on", "waiting", ""); /* it went another way */
    const struct lab_run_entry ended = entry_of(3, 9000, 130);
    make(&t, &events, &records, &ended);
    assert_int_equal(bar_at(&t, "a", "address")->end_ms, 4000);
    assert_int_equal(bar_at(&t, "a", "powered-on")->end_ms, 9000);
    lab_timeline_clear(&t);
}

static void a_clock_that_was_set_back_does_no_harm(void **state)
{
    (void)state;
    struct lab_timeline t;
    struct lab_events events = {0};
    const struct lab_node_records none = {0};
    add_event(&events, 5, "a", "defined", "waiting", "");
    add_event(&events, 7, "a", "defined", "passed", "");
    add_event(&events, -3600, "a", "address", "waiting", "");
    add_event(&events, -3590, "a", "address", "passed", "");
    const struct lab_run_entry entry = entry_of(1, 17000, 0);
    lab_timeline_fill(&t, "airgap", &entry, &events, &none);
    assert_int_equal(bar_at(&t, "a", "address")->begin_ms, 7000);
    assert_int_equal(bar_at(&t, "a", "address")->end_ms, 7000);
    assert_int_equal(t.length_ms, 17000);
    lab_events_clear(&events);
    lab_timeline_clear(&t);
}

static void an_odd_end_is_no_bar(void **state)
{
    (void)state;
    struct lab_timeline t;
    struct lab_events events = {0};
    struct lab_node_records records = {0};
    add_event(&events, 1, "a", "login", "passed", "that never began");
    add_event(&events, 2, "a", "", "", "");
    add_event(&events, 3, "", "warning", "warning", "the clock of this host is wrong");
    const struct lab_run_entry entry = entry_of(1, 4000, 0);
    make(&t, &events, &records, &entry);
    assert_int_equal(t.bars.len, 0);
    assert_int_equal(t.path.len, 0);
    assert_int_equal(t.warnings.len, 1);
    lab_timeline_clear(&t);
}

/* --- the chain ----------------------------------------------------------------------------------
 */

static void workers_wait_for_the_master(void **state)
{
    (void)state;
    struct lab_timeline t;
    make_lab(&t, 1, 2, 1, 2);
    const struct lab_bar *restarted = bar_at(&t, "k3s-worker2", "restarted");
    const struct lab_bar *api = bar_at(&t, "k3s-master1", "k3s");
    assert_int_equal(restarted->holder, api - t.bars.items);
    assert_int_equal(restarted->held_ms, api->end_ms);
    LAB_AUTOFREE char *path = path_words(&t);
    assert_string_equal(
        path,
        "lab image > lab import > lab network > lab payload > k3s-master1 defined > "
        "k3s-master1 powered-on > k3s-master1 address > k3s-master1 port > k3s-master1 host-key "
        "> k3s-master1 login > k3s-master1 clock > k3s-master1 iso-copy > k3s-master1 packages > "
        "k3s-master1 cloud-init > k3s-master1 off > k3s-master1 detached > k3s-master1 restarted "
        "> k3s-master1 ssh-again > k3s-master1 k3s > k3s-worker2 restarted > k3s-worker2 "
        "ssh-again > k3s-worker2 k3s > k3s-worker2 ready");
    lab_timeline_clear(&t);
}

static void a_slow_worker_decides_alone(void **state)
{
    (void)state;
    struct lab_timeline t;
    make_lab(&t, 1, 2, 4, 2);
    LAB_AUTOFREE char *path = path_words(&t);
    assert_int_equal(bar_at(&t, "k3s-worker2", "restarted")->holder, LAB_NO_BAR);
    assert_null(strstr(path, "k3s-master1"));
    assert_null(strstr(path, "k3s-worker1"));
    assert_non_null(strstr(path, "lab payload > k3s-worker2 defined"));
    assert_non_null(strstr(path, "k3s-worker2 iso-copy"));
    lab_timeline_clear(&t);
}

static void masters_wait_for_the_one_before(void **state)
{
    (void)state;
    struct lab_timeline t;
    struct lab_events events = {0};
    struct lab_node_records records = {0};
    add_node(&records, "m1", LAB_ROLE_MASTER);
    add_node(&records, "m2", LAB_ROLE_MASTER);
    add_bar(&events, 0, 10, "m1", "k3s", "passed", "");
    add_bar(&events, 10, 20, "m1", "ready", "passed", "");
    add_bar(&events, 0, 5, "m2", "detached", "passed", "");
    add_bar(&events, 5, 30, "m2", "restarted", "passed", "");
    add_bar(&events, 30, 41, "m2", "ready", "passed", "");
    const struct lab_run_entry entry = entry_of(1, 41000, 0);
    make(&t, &events, &records, &entry);
    LAB_AUTOFREE char *path = path_words(&t);
    assert_string_equal(path, "m1 k3s > m1 ready > m2 restarted > m2 ready");
    assert_int_equal(lab_bar_own_ms(bar_at(&t, "m2", "restarted")), 20000);
    lab_timeline_clear(&t);
}

/* Nobody waits for the API before it goes down, unless the whole lab is restarted. */
static void only_a_restart_holds_workers_on_their_way_down(void **state)
{
    (void)state;
    const char *const commands[] = {"up", "restart"};
    for (size_t i = 0; i < 2; i++) {
        struct lab_timeline t;
        struct lab_events events = {0};
        struct lab_node_records records = {0};
        add_node(&records, "m", LAB_ROLE_MASTER);
        add_node(&records, "w", LAB_ROLE_WORKER);
        add_bar(&events, 0, 4, "m", "k3s", "passed", "");
        add_bar(&events, 0, 6, "w", "off", "passed", "");
        struct lab_run_entry entry = entry_of(1, 6000, 0);
        entry.command = (char *)commands[i];
        make(&t, &events, &records, &entry);
        assert_int_equal(bar_at(&t, "w", "off")->holder == LAB_NO_BAR, i == 0);
        lab_timeline_clear(&t);
    }
}

/* --- against the run before ----------------------------------------------------------------------
 */

static void gates_are_compared(void **state)
{
    (void)state;
    struct lab_timeline t, before;
    make_lab(&before, 11, 2, 1, 20);
    make_lab(&t, 12, 2, 2, 2);
    lab_timeline_compare(&t, &before);
    assert_int_equal(t.before, 11);
    assert_int_equal(t.gates.len, 4 + 16);
    LAB_VEC_FOREACH (gate, &t.gates) {
        assert_true(gate->has_before);
        if (strcmp(gate->gate, "image") == 0) {
            assert_int_equal(gate->took_ms, 2000);
            assert_int_equal(gate->before_ms, 20000);
        } else if (strcmp(gate->gate, "iso-copy") == 0) {
            assert_string_equal(gate->node, "k3s-worker2");
            assert_int_equal(gate->took_ms, 76000);
            assert_in_range(gate->before_ms, 40000, 42000); /* of worker1, then the slowest */
        }
    }
    lab_timeline_clear(&t);
    lab_timeline_clear(&before);
}

/* --- from a ledger ------------------------------------------------------------------------------
 */

struct ledger {
    char *home;
    struct lab_run run;
    struct lab_run_options options;
    struct lab_listener listener;
};

static int ledger_setup(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct ledger *l = lab_alloc(sizeof(*l));
    char name[17];
    lab_random_hex(name, 16);
    LAB_AUTOFREE char *temp = plat_temp_dir();
    l->home = lab_format("%s/labctl-test-%s", temp, name);
    assert_int_equal(uv_os_setenv("LABCTL_HOME", l->home), 0);
    l->options = (struct lab_run_options){.command = "up", .mode = LAB_STATE_CREATE};
    l->run.options = &l->options;
    l->run.listener = &l->listener;
    assert_ok(
        lab_state_open(&l->run.state, "airgap", LAB_STATE_CREATE, "/srv/lab.yaml", "up", &err),
        err);
    add_lab_nodes(&l->run.records, 1);
    *state = l;
    return 0;
}

static int ledger_teardown(void **state)
{
    struct ledger *l = *state;
    lab_state_close(l->run.state);
    lab_node_records_clear(&l->run.records);
    int rc = plat_remove_tree(l->home, NULL);
    free(l->home);
    free(l);
    return rc;
}

static void run_lab(struct ledger *l, const char *command, int status, const char *const *gates)
{
    struct lab_error err = LAB_ERROR_INIT;
    assert_ok(lab_state_run_begin(l->run.state, command, &err), err);
    for (; gates && *gates; gates++) {
        lab_run_event(&l->run, "k3s-master1", *gates, "waiting", "");
        lab_run_event(&l->run, "k3s-master1", *gates, "passed", "fine");
    }
    if (status >= 0)
        assert_ok(lab_state_run_end(l->run.state, status, &err), err);
}

static void runs_of_a_ledger_are_compared(void **state)
{
    struct ledger *l = *state;
    struct lab_timeline t;
    struct lab_error err = LAB_ERROR_INIT;
    const char *const all[] = {"defined", "powered-on", "address", "port", NULL};
    const char *const some[] = {"port", NULL};
    assert_refused(lab_timeline_gather(&l->run, 0, &t, &err), err, LAB_USAGE,
                   "nothing has happened");
    run_lab(l, "up", 0, all);
    run_lab(l, "up", 5, all);  /* failed: no measure */
    run_lab(l, "up", 0, some); /* only mended */
    run_lab(l, "stop", 0, some);
    run_lab(l, "up", 0, all);
    run_lab(l, "up", 0, NULL); /* nothing to do */
    assert_ok(lab_timeline_gather(&l->run, 0, &t, &err), err);
    assert_int_equal(t.run.id, 5);
    assert_int_equal(t.before, 1);
    assert_int_equal(t.runs.len, 4); /* of this command, not newer */
    assert_int_equal(t.runs.items[0].id, 5);
    assert_int_equal(t.runs.items[3].id, 1);
    assert_int_equal(t.gates.len, 4);
    assert_int_equal(t.bars.len, 4);
    assert_string_equal(t.bars.items[0].evidence, "fine");
    lab_timeline_clear(&t);
    assert_ok(lab_timeline_gather(&l->run, 4, &t, &err), err);
    assert_string_equal(t.run.command, "stop");
    assert_int_equal(t.before, 0);
    lab_timeline_clear(&t);
    assert_refused(lab_timeline_gather(&l->run, 7, &t, &err), err, LAB_USAGE, "no run 7");
}

static void warnings_of_a_run_are_kept(void **state)
{
    struct ledger *l = *state;
    struct lab_timeline t;
    struct lab_error err = LAB_ERROR_INIT;
    const char *const some[] = {"port", NULL};
    lab_run_warning(&l->run, "before any run");
    run_lab(l, "up", -1, some);
    lab_run_warning(&l->run, "%s ignores its power button", "k3s-master1");
    assert_ok(lab_state_run_end(l->run.state, 0, &err), err);
    lab_run_warning(&l->run, "behind it");
    assert_ok(lab_timeline_gather(&l->run, 0, &t, &err), err);
    assert_int_equal(t.warnings.len, 1);
    assert_string_equal(t.warnings.items[0].text, "k3s-master1 ignores its power button");
    lab_timeline_clear(&t);
}

/* --- pictures -----------------------------------------------------------------------------------
 */

static void add_past(struct lab_timeline *t, int64_t id, uint64_t took_ms, bool ended, int status)
{
    *lab_vec_push(&t->runs) = (struct lab_past_run){.id = id,
                                                    .began_ms = BEGAN - (12 - id) * 86400000 * 2,
                                                    .command = lab_strdup("up"),
                                                    .ended = ended,
                                                    .exit_status = status,
                                                    .took_ms = took_ms};
}

static void draw(const struct lab_timeline *t, const char *name)
{
    LAB_AUTOFREE char *svg = lab_format("picture/%s.svg", name),
                      *html = lab_format("picture/%s.html", name);
    LAB_AUTOFREE char *wide = lab_format("picture/%s.80.txt", name);
    LAB_AUTOFREE char *narrow = lab_format("picture/%s.40-ascii.txt", name);
    LAB_AUTO_STR struct lab_str a = LAB_STR_INIT, b = LAB_STR_INIT, c = LAB_STR_INIT,
                                d = LAB_STR_INIT;
    lab_timeline_svg(&a, t);
    lab_timeline_html(&b, t);
    lab_timeline_text(&c, t, 80, true);
    lab_timeline_text(&d, t, 40, false);
    assert_golden(svg, &a);
    assert_golden(html, &b);
    assert_golden(wide, &c);
    assert_golden(narrow, &d);
    for (const char *at = lab_str_get(&d); *at; at++)
        assert_in_range((unsigned char)*at, '\n', '~');
}

static void lab_that_went_well(void **state)
{
    (void)state;
    struct lab_timeline t, before;
    make_lab(&before, 11, 3, 1, 20);
    make_lab(&t, 12, 3, 1.6, 2);
    lab_timeline_compare(&t, &before);
    add_past(&t, 12, t.run.took_ms, true, 0);
    add_past(&t, 11, 251000, true, 0);
    add_past(&t, 9, 118000, true, 5);
    add_past(&t, 8, 61000, false, 0);
    add_past(&t, 5, 904000, true, 0);
    draw(&t, "timeline-well");
    lab_timeline_clear(&t);
    lab_timeline_clear(&before);
}

/* What a guest says, and what a lab may be called, is anybody's. */
static void lab_that_failed(void **state)
{
    (void)state;
    struct lab_timeline t;
    struct lab_events events = {0};
    struct lab_node_records records = {0};
    add_node(&records, "seoul-gangnam-customer-database-worker-with-a-long-name-017",
             LAB_ROLE_WORKER);
    add_node(&records, "web-01", LAB_ROLE_NONE);
    add_node(&records, "web-02", LAB_ROLE_NONE);
    add_lab_steps(&events, 9);
    add_bar(&events, 12, 30, "-", "images", "passed", "9 images");
    add_climb(&events, 31, "web-01", 0.7, 1);
    const char *names[] = {"seoul-gangnam-customer-database-worker-with-a-long-name-017", "web-02"};
    for (size_t i = 0; i < 2; i++) {
        add_bar(&events, 31, 33, names[i], "defined", "passed", "");
        add_bar(&events, 33, 34, names[i], "powered-on", "passed", "");
    }
    add_bar(&events, 34, 96, names[0], "address", "blocked",
            "no master came up, so this worker cannot join");
    add_bar(&events, 34, 128, "web-02", "cloud-init", "failed",
            "cloud-init failed: </title></svg><script>alert(1)</script>\x1b[31m \"quoted\" &amp; "
            "\xff\xfe 한국어 오류 메시지: 디스크 공간이 부족합니다 \xe2\x80\xae"
            "desrever");
    add_event(&events, 40, "-", "warning", "warning", "web-01's clock was 3 h slow; it was set");
    add_event(&events, 41, "-", "warning", "warning",
              "<img src=http://example.com/x onerror=alert(1)> 한국어 경고");
    const struct lab_run_entry entry = entry_of(7, 140000, 5);
    make(&t, &events, &records, &entry);
    lab_timeline_compare(&t, NULL);
    add_past(&t, 7, 140000, true, 5);
    draw(&t, "timeline-failed");
    lab_timeline_clear(&t);
}

static void lab_of_thirty(void **state)
{
    (void)state;
    struct lab_timeline t;
    make_lab(&t, 1, 29, 1, 2);
    LAB_AUTO_STR struct lab_str svg = LAB_STR_INIT;
    lab_timeline_compare(&t, NULL);
    add_past(&t, 1, t.run.took_ms, true, 0);
    lab_timeline_svg(&svg, &t);
    assert_golden("picture/timeline-thirty.svg", &svg);
    lab_timeline_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_come_from_events),
        cmocka_unit_test(what_never_ended_ends_with_the_run),
        cmocka_unit_test(a_clock_that_was_set_back_does_no_harm),
        cmocka_unit_test(an_odd_end_is_no_bar),
        cmocka_unit_test(workers_wait_for_the_master),
        cmocka_unit_test(a_slow_worker_decides_alone),
        cmocka_unit_test(masters_wait_for_the_one_before),
        cmocka_unit_test(only_a_restart_holds_workers_on_their_way_down),
        cmocka_unit_test(gates_are_compared),
        cmocka_unit_test_setup_teardown(runs_of_a_ledger_are_compared, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(warnings_of_a_run_are_kept, ledger_setup, ledger_teardown),
        cmocka_unit_test(lab_that_went_well),
        cmocka_unit_test(lab_that_failed),
        cmocka_unit_test(lab_of_thirty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
