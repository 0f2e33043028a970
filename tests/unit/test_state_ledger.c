#include "test_state_fixture.h"

static struct lab_state *reopen(struct lab_state *st)
{
    lab_state_close(st);
    return open_fine("airgap", LAB_STATE_WRITE);
}

static void facts(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    assert_null(lab_state_get(st, "uri"));
    assert_fine(lab_state_set(st, "uri", "qemu:///system", &err), &err);
    assert_fine(lab_state_set(st, "provider", "libvirt", &err), &err);
    const char *uri = lab_state_get(st, "uri");
    lab_state_get(st, "provider");
    assert_string_equal(uri, "qemu:///system"); /* lent until asked for again */
    assert_fine(lab_state_set(st, "uri", "it's \"quoted\"", &err), &err);
    st = reopen(st);
    assert_string_equal(lab_state_get(st, "uri"), "it's \"quoted\"");
    assert_fine(lab_state_set(st, "uri", NULL, &err), &err);
    st = reopen(st);
    assert_null(lab_state_get(st, "uri"));
    assert_string_equal(lab_state_get(st, "provider"), "libvirt");
    lab_state_close(st);
}

static void objects_keep_order_and_detail(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    const struct {
        enum lab_object_kind kind;
        const char *name;
        enum lab_object_state state;
        const char *detail;
    } puts[] = {
        {LAB_OBJECT_NETWORK, "x", LAB_OBJECT_MAKING, NULL},
        {LAB_OBJECT_VM, "x", LAB_OBJECT_MAKING, NULL}, /* the same name, another kind */
        {LAB_OBJECT_MEDIUM, "seed", LAB_OBJECT_PRESENT, "pool/seed.iso"},
        {LAB_OBJECT_VM, "x", LAB_OBJECT_PRESENT, "domain x"},
        {LAB_OBJECT_VM, "x", LAB_OBJECT_REMOVING, NULL},
        {LAB_OBJECT_LAB, "airgap", LAB_OBJECT_PRESENT, NULL},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(puts); i++)
        assert_fine(lab_state_object_put(st, puts[i].kind, puts[i].name, puts[i].state,
                                         puts[i].detail, &err),
                    &err);
    st = reopen(st);
    struct lab_objects objects;
    assert_fine(lab_state_objects(st, &objects, &err), &err);
    const struct lab_object *o = objects.list.items;
    assert_int_equal(objects.list.len, 4);
    assert_int_equal(o[0].kind, LAB_OBJECT_NETWORK);
    assert_int_equal(o[0].state, LAB_OBJECT_MAKING);
    assert_null(o[0].detail);
    assert_int_equal(o[1].kind, LAB_OBJECT_VM);
    assert_int_equal(o[1].state, LAB_OBJECT_REMOVING);
    assert_string_equal(o[1].detail, "domain x");
    assert_string_equal(o[2].name, "seed");
    assert_string_equal(o[2].detail, "pool/seed.iso");
    assert_int_equal(o[3].kind, LAB_OBJECT_LAB);
    lab_objects_clear(&objects);

    assert_fine(lab_state_object_gone(st, LAB_OBJECT_VM, "x", &err), &err);
    assert_fine(lab_state_object_gone(st, LAB_OBJECT_VM, "never", &err), &err);
    assert_fine(lab_state_objects(st, &objects, &err), &err);
    assert_int_equal(objects.list.len, 3);
    assert_int_equal(objects.list.items[0].kind, LAB_OBJECT_NETWORK);
    lab_objects_clear(&objects);
    lab_state_close(st);
}

static void unknown_kind_is_damage(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    raw_sql(path, "INSERT INTO object(kind, name, state) VALUES('moon', 'x', 'present')");
    struct lab_state *st = open_fine("airgap", LAB_STATE_READ);
    struct lab_objects objects;
    assert_int_equal(lab_state_objects(st, &objects, &err), -1);
    assert_int_equal(err.code, LAB_INTEGRITY);
    assert_int_equal(objects.list.len, 0);
    lab_error_clear(&err);
    lab_state_close(st);
}

static struct lab_node_record worker(const char *name, unsigned order)
{
    struct lab_node_record node = {
        .name = lab_strdup(name),
        .group = lab_strdup("k3s-worker%d"),
        .number = order,
        .role = 2,
        .order = order,
        .generation = lab_strdup("g-1"),
        .provision_hash = lab_strdup("image=1;role=2"),
        .cpu = 2,
        .memory_mib = 4096,
        .disk_bytes = 40ULL << 30,
        .provisioned = true,
        .restarted = true,
        .boot_id = lab_strdup("b-1"),
    };
    struct lab_nic_record *nic = lab_vec_push(&node.nics);
    *nic = (struct lab_nic_record){lab_strdup("default"), lab_strdup("10.0.0.7"),
                                   lab_strdup("52:54:00:00:00:01")};
    nic = lab_vec_push(&node.nics);
    *nic = (struct lab_nic_record){lab_strdup("dhcp"), NULL, lab_strdup("52:54:00:00:00:02")};
    return node;
}

static void nodes_come_back_whole(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_node_record b = worker("b", 1), a = worker("a", 2);
    struct lab_node_record bare = {.name = lab_strdup("bare"), .order = 0};
    assert_fine(lab_state_node_put(st, &a, &err), &err);
    assert_fine(lab_state_node_put(st, &b, &err), &err);
    assert_fine(lab_state_node_put(st, &bare, &err), &err);
    st = reopen(st);
    struct lab_node_records records;
    assert_fine(lab_state_nodes(st, &records, &err), &err);
    assert_int_equal(records.list.len, 3);
    const struct lab_node_record *n = &records.list.items[0];
    assert_string_equal(n->name, "bare"); /* by order, not by name */
    assert_null(n->group);
    assert_null(n->generation);
    assert_null(n->provision_hash);
    assert_null(n->boot_id);
    assert_int_equal(n->nics.len, 0);
    n = &records.list.items[1];
    assert_string_equal(n->name, "b");
    assert_string_equal(n->group, "k3s-worker%d");
    assert_string_equal(n->generation, "g-1");
    assert_string_equal(n->provision_hash, "image=1;role=2");
    assert_string_equal(n->boot_id, "b-1");
    assert_int_equal(n->number, 1);
    assert_int_equal(n->role, 2);
    assert_int_equal(n->cpu, 2);
    assert_int_equal(n->memory_mib, 4096);
    assert_true(n->disk_bytes == 40ULL << 30);
    assert_true(n->provisioned);
    assert_false(n->detached);
    assert_true(n->restarted);
    assert_int_equal(n->nics.len, 2);
    assert_string_equal(n->nics.items[0].ip, "10.0.0.7");
    assert_string_equal(n->nics.items[1].network, "dhcp");
    assert_null(n->nics.items[1].ip);
    assert_string_equal(n->nics.items[1].mac, "52:54:00:00:00:02");
    assert_ptr_equal(lab_node_records_find(&records, "a"), &records.list.items[2]);
    assert_null(lab_node_records_find(&records, "c"));
    lab_node_records_clear(&records);

    /* Put again: replaced, the lost NIC too. */
    free(b.nics.items[1].network);
    free(b.nics.items[1].mac);
    b.nics.len = 1;
    b.detached = true;
    b.order = 9;
    assert_fine(lab_state_node_put(st, &b, &err), &err);
    assert_fine(lab_state_nodes(st, &records, &err), &err);
    assert_int_equal(records.list.len, 3);
    n = lab_node_records_find(&records, "b");
    assert_ptr_equal(n, &records.list.items[2]);
    assert_int_equal(n->nics.len, 1);
    assert_true(n->detached);
    lab_node_records_clear(&records);
    lab_node_record_clear(&a);
    lab_node_record_clear(&b);
    lab_node_record_clear(&bare);
    lab_state_close(st);
}

static void say(struct lab_state *st,
                const char *node,
                const char *gate,
                const char *word,
                const char *evidence)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_event event = {0, (char *)node, (char *)gate, (char *)word, (char *)evidence};
    assert_fine(lab_state_event(st, &event, &err), &err);
}

/* "gate=state:evidence …" */
static void assert_events(struct lab_events *events, const char *expected)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (e, &events->list) {
        assert_true(e->at_ms > 1500000000000);
        lab_str_addf(&text, "%s%s/%s=%s:%s", text.len ? " " : "", e->node, e->gate, e->state,
                     e->evidence);
    }
    assert_string_equal(lab_str_get(&text), expected);
    lab_events_clear(events);
}

static void assert_gates(struct lab_state *st, const char *node, const char *expected)
{
    struct lab_events events;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_gates(st, node, &events, &err), &err);
    assert_events(&events, expected);
}

static void assert_history(struct lab_state *st, unsigned runs, const char *expected)
{
    struct lab_events events;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_events(st, runs, &events, &err), &err);
    assert_events(&events, expected);
}

static void gates_are_the_newest_word(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    say(st, "a", "ssh", "waiting", "refused");
    say(st, "a", "boot", "passed", "on");
    say(st, "b", "ssh", "failed", "no route");
    say(st, "", "network", "passed", "made");
    say(st, "a", "ssh", "waiting", "timed out");
    st = reopen(st);
    assert_gates(st, "a", "a/boot=passed:on a/ssh=waiting:timed out");
    assert_gates(st, "", "/network=passed:made");
    assert_gates(st, "c", "");
    assert_fine(lab_state_gates_forget(st, "a", &err), &err);
    assert_gates(st, "a", "");
    assert_gates(st, "b", "b/ssh=failed:no route");

    /* A node that is gone takes its gates along; its events stay. */
    struct lab_node_record b = worker("b", 1);
    assert_fine(lab_state_node_put(st, &b, &err), &err);
    assert_fine(lab_state_node_gone(st, "b", &err), &err);
    lab_node_record_clear(&b);
    assert_gates(st, "b", "");
    struct lab_node_records records;
    assert_fine(lab_state_nodes(st, &records, &err), &err);
    assert_int_equal(records.list.len, 0);
    assert_history(st, 0,
                   "a/ssh=waiting:refused a/boot=passed:on b/ssh=failed:no route "
                   "/network=passed:made a/ssh=waiting:timed out");
    lab_state_close(st);
}

static void run(struct lab_state *st, const char *command, int status, const char *gate)
{
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_run_begin(st, command, &err), &err);
    if (gate)
        say(st, "a", gate, "passed", "");
    if (status >= 0)
        assert_fine(lab_state_run_end(st, status, &err), &err);
}

static void runs_are_listed_with_their_events(void **state)
{
    (void)state;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_run_entries runs;
    struct lab_events events;
    assert_false(lab_state_run_is_open(st));
    run(st, "up", 5, "one");
    run(st, "up", -1, "two"); /* killed */
    st = reopen(st);
    run(st, "stop", 0, "three");
    assert_fine(lab_state_runs(st, &runs, &err), &err);
    assert_int_equal(runs.list.len, 3);
    assert_string_equal(runs.list.items[0].command, "stop");
    assert_true(runs.list.items[0].ended);
    assert_false(runs.list.items[1].ended);
    assert_int_equal(runs.list.items[2].exit_status, 5);
    assert_true(runs.list.items[0].began_ms >= runs.list.items[2].began_ms);
    assert_fine(lab_state_run_events(st, runs.list.items[1].id, &events, &err), &err);
    assert_int_equal(events.list.len, 1);
    assert_string_equal(events.list.items[0].gate, "two");
    lab_events_clear(&events);
    lab_run_entries_clear(&runs);
    lab_state_close(st);
}

static void events_belong_to_runs(void **state)
{
    (void)state;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    assert_int_equal(lab_state_last_run_ms(st, "up"), 0);
    say(st, "a", "before", "passed", "");
    run(st, "up", 5, "one");
    run(st, "up", -1, "two"); /* killed */
    st = reopen(st);
    assert_int_equal(lab_state_last_run_ms(st, "up"), 0); /* none ended with 0 */
    say(st, "a", "between", "passed", "");
    run(st, "stop", 0, "three");
    assert_history(st, 1, "a/three=passed:");
    assert_history(st, 2, "a/two=passed: a/three=passed:");
    assert_history(st, 0,
                   "a/before=passed: a/one=passed: a/two=passed: a/between=passed: "
                   "a/three=passed:");

    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_run_begin(st, "up", &err), &err);
    uv_sleep(30);
    assert_fine(lab_state_run_end(st, 0, &err), &err);
    run(st, "up", 6, NULL);
    uint64_t ms = lab_state_last_run_ms(st, "up");
    assert_in_range(ms, 30, 5000);
    lab_state_close(st);
}

static void old_history_goes(void **state)
{
    (void)state;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    run(st, "up", 0, "oldest");
    run(st, "up", 0, "second");
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    raw_sql(path, "UPDATE sqlite_sequence SET seq=200 WHERE name='run'");
    run(st, "up", 0, "newest"); /* number 201: 200 are kept */
    assert_history(st, 0, "a/second=passed: a/newest=passed:");
    assert_gates(st, "a", "a/oldest=passed: a/second=passed: a/newest=passed:");
    lab_state_close(st);
}

/* --- digests ------------------------------------------------------------------------------------
 */

static const char HELLO[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

static void set_age(const char *path, double seconds)
{
    double then = (double)plat_wall_ms() / 1000 - seconds;
    uv_fs_t req;
    assert_int_equal(uv_fs_utime(NULL, &req, path, then, then, NULL), 0);
    uv_fs_req_cleanup(&req);
}

static char *image(void **state, double age)
{
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(plat_mkdirs(*state, 0700, &err), &err);
    char *path = lab_path_join(*state, "image.qcow2");
    write_file(path, "hello");
    set_age(path, age);
    return path;
}

static void digests_are_remembered(void **state)
{
    char hex[LAB_SHA256_HEX] = "untouched";
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = image(state, 60);
    assert_false(lab_digest_get(path, hex));
    assert_string_equal(hex, "untouched");
    assert_fine(lab_digest_file(path, hex, &err), &err);
    assert_string_equal(hex, HELLO);

    /* From the cache indeed: another answer is planted there. */
    LAB_AUTOFREE char *cache = lab_path_join(*state, "digests.db");
    char planted[LAB_SHA256_HEX];
    memset(planted, 'a', 64);
    planted[64] = '\0';
    lab_digest_put(path, planted);
    assert_fine(lab_digest_file(path, hex, &err), &err);
    assert_string_equal(hex, planted);
    struct plat_stat seen;
    assert_int_equal(plat_lstat(cache, &seen), 0);
    assert_int_equal(seen.mode, 0600);

    /* Another size, another time, another inode: each alone is a miss. */
    write_file(path, "hello!");
    set_age(path, 60);
    assert_false(lab_digest_get(path, hex));
    write_file(path, "hello");
    set_age(path, 50);
    assert_false(lab_digest_get(path, hex));
    lab_digest_put(path, HELLO);
    assert_true(lab_digest_get(path, hex));
    assert_false(lab_digest_get(*state, hex)); /* a folder */
    lab_digest_put(path, "not a digest");
    assert_true(lab_digest_get(path, hex));
    assert_string_equal(hex, HELLO);
}

static void fresh_files_are_not_remembered(void **state)
{
    char hex[LAB_SHA256_HEX];
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = image(state, 0);
    assert_fine(lab_digest_file(path, hex, &err), &err);
    assert_string_equal(hex, HELLO);
    assert_false(lab_digest_get(path, hex));
}

static void damaged_cache_is_made_anew(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *path = image(state, 60);
    LAB_AUTOFREE char *cache = lab_path_join(*state, "digests.db");
    write_file(cache,
               "this is not a database, but long enough to be looked at as one ..............");
    assert_false(lab_digest_get(path, hex));
    lab_digest_put(path, HELLO);
    assert_true(lab_digest_get(path, hex));
    raw_sql(cache, "UPDATE digest SET sha256='short'");
    assert_false(lab_digest_get(path, hex));
}

static void missing_file_is_an_error(void **state)
{
    char hex[LAB_SHA256_HEX];
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "none");
    assert_int_equal(lab_digest_file(path, hex, &err), -1);
    assert_int_equal(err.code, LAB_HOST);
    lab_error_clear(&err);
}

static void assert_a_name(const char *name, bool good)
{
    if (lab_is_snapshot_name(name) != good)
        fail_msg("'%s' should be %s", name, good ? "a name" : "refused");
}

static void names_of_snapshots(void **state)
{
    (void)state;
    const char *good[] = {"a", "before-upgrade", "v1.2", "20261122-021103",
                          "0123456789012345678901234567890123456789"};
    const char *bad[] = {
        "",    "-x",  "x.",  ".",           "A",
        "a b", "a/b", "a_b", "caf\xc3\xa9", "01234567890123456789012345678901234567890"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++)
        assert_a_name(good[i], true);
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_a_name(bad[i], false);
}

static struct lab_snapshots snapshots_now(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_snapshots snapshots;
    assert_fine(lab_state_snapshots(st, &snapshots, &err), &err);
    return snapshots;
}

static void snapshots_go_through_their_states(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_snapshot_node nodes[] = {
        {(char *)"b", (char *)"one", LAB_SNAPSHOT_MAKING, true, false},
        {(char *)"a", NULL, LAB_SNAPSHOT_MAKING, false, true},
    };
    struct lab_snapshot s = {.name = (char *)"x", .token = (char *)"0123abcd", .made_ms = 7};
    s.nodes.items = nodes;
    s.nodes.len = 2;
    assert_fine(lab_state_snapshot_put(st, &s, &err), &err);
    assert_fine(lab_state_snapshot_put(st, &s, &err), &err); /* replaces */
    s.name = (char *)"w";
    s.made_ms = 8;
    s.nodes.len = 0;
    assert_fine(lab_state_snapshot_put(st, &s, &err), &err);
    assert_fine(lab_state_snapshot_mark(st, "x", "a", LAB_SNAPSHOT_PRESENT, &err), &err);
    assert_fine(lab_state_snapshot_mark(st, "x", NULL, LAB_SNAPSHOT_RESTORING, &err), &err);
    st = reopen(st);
    struct lab_snapshots now = snapshots_now(st);
    assert_int_equal(now.list.len, 2);
    struct lab_snapshot *x = lab_snapshots_find(&now, "x");
    assert_ptr_equal(x, &now.list.items[0]); /* the older */
    assert_int_equal(x->state, LAB_SNAPSHOT_RESTORING);
    assert_int_equal(x->nodes.len, 2);
    assert_string_equal(x->nodes.items[0].node, "b"); /* as given */
    assert_string_equal(x->nodes.items[0].generation, "one");
    assert_int_equal(x->nodes.items[0].state, LAB_SNAPSHOT_MAKING);
    assert_true(x->nodes.items[0].ran && !x->nodes.items[0].cut);
    assert_true(!x->nodes.items[1].ran && x->nodes.items[1].cut);
    assert_null(x->nodes.items[1].generation);
    assert_int_equal(x->nodes.items[1].state, LAB_SNAPSHOT_PRESENT);
    lab_snapshots_clear(&now);
    assert_fine(lab_state_snapshot_gone(st, "x", &err), &err);
    assert_fine(lab_state_snapshot_gone(st, "x", &err), &err);
    now = snapshots_now(st);
    assert_int_equal(now.list.len, 1);
    lab_snapshots_clear(&now);
    lab_state_close(st);
}

/* What somebody else wrote there must not reach a hypervisor's command line. */
static void a_snapshot_that_cannot_be_is_damage(void **state)
{
    (void)state;
    static const char *const sql[] = {
        "INSERT INTO snapshot VALUES('../x', '0123abcd', 'present', 1)",
        "INSERT INTO snapshot VALUES('x', '--help00', 'present', 1)",
        "INSERT INTO snapshot VALUES('x', '0123abcd', 'nonsense', 1)",
        ("INSERT INTO snapshot VALUES('x', '0123abcd', 'present', 1);"
         "INSERT INTO snapshot_node VALUES('x', 0, 'a;b', NULL, 'present', 1, 0)"),
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(sql); i++) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
        lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
        raw_sql(path, "DELETE FROM snapshot; DELETE FROM snapshot_node");
        raw_sql(path, sql[i]);
        struct lab_state *st = open_fine("airgap", LAB_STATE_WRITE);
        struct lab_snapshots snapshots;
        assert_int_equal(lab_state_snapshots(st, &snapshots, &err), -1);
        assert_int_equal(err.code, LAB_INTEGRITY);
        lab_state_close(st);
    }
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(facts),
        CASE(names_of_snapshots),
        CASE(snapshots_go_through_their_states),
        CASE(a_snapshot_that_cannot_be_is_damage),
        CASE(objects_keep_order_and_detail),
        CASE(unknown_kind_is_damage),
        CASE(nodes_come_back_whole),
        CASE(gates_are_the_newest_word),
        CASE(runs_are_listed_with_their_events),
        CASE(events_belong_to_runs),
        CASE(old_history_goes),
        CASE(digests_are_remembered),
        CASE(fresh_files_are_not_remembered),
        CASE(damaged_cache_is_made_anew),
        CASE(missing_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
