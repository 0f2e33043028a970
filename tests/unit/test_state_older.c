/* Ledgers that earlier labctls wrote, kept as SQL in tests/golden/state/: each is understood and
 * can be worked with, and what is new in the schema does not need what they lack. */
#include "test_state_fixture.h"

static void put_ledger(const char *golden)
{
    LAB_AUTOFREE char *sql_path = lab_format(LABCTL_TEST_DIR "/golden/state/%s", golden);
    LAB_AUTOFREE char *dir = lab_home_of("airgap");
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    LAB_AUTO_STR struct lab_str sql = LAB_STR_INIT;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(plat_mkdirs(dir, 0700, &err), &err);
    assert_fine(lab_file_read(sql_path, 1 << 20, &sql, &err), &err);
    raw_sql(path, lab_str_get(&sql));
}

static int format_of(const char *path)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int format = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return format;
}

static void assert_nodes(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_node_records nodes;
    assert_fine(lab_state_nodes(st, &nodes, &err), &err);
    assert_int_equal(nodes.list.len, 2);
    const struct lab_node_record *master = &nodes.list.items[0], *worker = &nodes.list.items[1];
    assert_string_equal(master->name, "k3s-master1");
    assert_int_equal(master->role, 1);
    assert_true(master->provisioned && master->detached && master->restarted);
    assert_int_equal(master->nics.len, 2);
    assert_string_equal(master->nics.items[0].ip, "192.168.6.10");
    assert_null(master->nics.items[1].ip);
    assert_string_equal(worker->group, "k3s-worker%d");
    assert_int_equal(worker->role, 2);
    assert_false(worker->provisioned);
    assert_null(worker->boot_id);
    assert_int_equal(worker->disk_bytes, 42949672960);
    lab_node_records_clear(&nodes);
}

static void assert_objects(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_objects objects;
    assert_fine(lab_state_objects(st, &objects, &err), &err);
    assert_int_equal(objects.list.len, 7);
    assert_int_equal(objects.list.items[1].kind, LAB_OBJECT_REGISTRY);
    assert_string_equal(objects.list.items[1].detail, "192.168.6.1:5000");
    assert_int_equal(objects.list.items[6].state, LAB_OBJECT_MAKING);
    lab_objects_clear(&objects);
}

static void assert_history(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_events gates;
    assert_fine(lab_state_gates(st, "k3s-worker1", &gates, &err), &err);
    assert_int_equal(gates.list.len, 2);
    assert_string_equal(gates.list.items[1].evidence, "192.168.6.11:22 refuses");
    lab_events_clear(&gates);
    assert_int_equal(lab_state_last_run_ms(st, "up"), 184398);
}

static void assert_no_snapshots(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_snapshots snapshots;
    assert_fine(lab_state_snapshots(st, &snapshots, &err), &err);
    assert_int_equal(snapshots.list.len, 0);
}

/* Whoever only looks takes it as it is, and leaves it so; whoever may write adds what it lacks. */
static void format_1_is_read(void **state)
{
    (void)state;
    put_ledger("format-1.sql");
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_FILLED);
    for (int i = 0; i < 3; i++) {
        enum lab_state_mode mode = i == 1 ? LAB_STATE_WRITE : LAB_STATE_READ;
        LAB_AUTOFREE char *lab = lab_state_lab_of_id("6aaa9a19-0d8f-435b-9e6b-79e6d0ee0dd9", NULL);
        assert_string_equal(lab, "airgap");
        struct lab_state *st = open_fine("airgap", mode);
        assert_string_equal(lab_state_id(st), "6aaa9a19-0d8f-435b-9e6b-79e6d0ee0dd9");
        assert_string_equal(lab_state_get(st, "datastore"), "sqlite");
        assert_nodes(st);
        assert_objects(st);
        assert_history(st);
        assert_no_snapshots(st);
        lab_state_close(st);
        LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
        assert_int_equal(format_of(path), i == 0 ? 1 : 2);
    }
}

static void assert_snapshots(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_snapshots snapshots;
    assert_fine(lab_state_snapshots(st, &snapshots, &err), &err);
    assert_int_equal(snapshots.list.len, 2);
    const struct lab_snapshot *whole = &snapshots.list.items[0];
    assert_string_equal(whole->name, "before-upgrade");
    assert_string_equal(whole->token, "0a1b2c3d");
    assert_int_equal(whole->state, LAB_SNAPSHOT_PRESENT);
    assert_int_equal(whole->nodes.len, 1);
    assert_true(whole->nodes.items[0].ran);
    assert_true(whole->nodes.items[0].cut);
    assert_int_equal(snapshots.list.items[1].state, LAB_SNAPSHOT_MAKING);
    lab_snapshots_clear(&snapshots);
}

static void format_2_is_read(void **state)
{
    (void)state;
    put_ledger("format-2.sql");
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_FILLED);
    LAB_AUTOFREE char *lab = lab_state_lab_of_id("6aaa9a19-0d8f-435b-9e6b-79e6d0ee0dd9", NULL);
    assert_string_equal(lab, "airgap");
    struct lab_state *st = open_fine("airgap", LAB_STATE_READ);
    assert_string_equal(lab_state_id(st), "6aaa9a19-0d8f-435b-9e6b-79e6d0ee0dd9");
    assert_string_equal(lab_state_get(st, "datastore"), "sqlite");
    assert_nodes(st);
    assert_objects(st);
    assert_history(st);
    assert_snapshots(st);
    lab_state_close(st);
}

/* What `up` and then `teardown` do with it. */
static void format_1_is_worked_with(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    put_ledger("format-1.sql");
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    assert_nodes(st);
    struct lab_node_records nodes;
    assert_fine(lab_state_run_begin(st, "up", &err), &err);
    assert_fine(lab_state_nodes(st, &nodes, &err), &err);
    nodes.list.items[1].provisioned = true;
    assert_fine(lab_state_node_put(st, &nodes.list.items[1], &err), &err);
    lab_node_records_clear(&nodes);
    const struct lab_event event = {0, (char *)"k3s-worker1", (char *)"port", (char *)"passed",
                                    (char *)"open"};
    assert_fine(lab_state_event(st, &event, &err), &err);
    assert_fine(lab_state_run_end(st, 0, &err), &err);
    lab_state_close(st);

    st = open_fine("airgap", LAB_STATE_WRITE);
    assert_fine(lab_state_nodes(st, &nodes, &err), &err);
    assert_true(nodes.list.items[1].provisioned);
    lab_node_records_clear(&nodes);
    assert_fine(
        lab_state_object_put(st, LAB_OBJECT_VM, "k3s-worker1", LAB_OBJECT_REMOVING, NULL, &err),
        &err);
    assert_fine(lab_state_object_gone(st, LAB_OBJECT_VM, "k3s-worker1", &err), &err);
    assert_fine(lab_state_node_gone(st, "k3s-worker1", &err), &err);
    LAB_AUTOFREE char *dir = lab_strdup(lab_state_dir(st));
    assert_fine(lab_state_destroy(st, &err), &err);
    assert_false(exists(dir));
}

/* A ledger that is made now can be read by the labctl that wrote the newest file here: whoever
 * changes the schema adds a format, a migration and such a file. */
static void the_schema_is_that_of_the_newest_file(void **state)
{
    (void)state;
    static const char sql[] = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master "
                              "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name)";
    char *text[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
        sqlite3_stmt *stmt = NULL;
        sqlite3 *db = NULL;
        struct lab_error err = LAB_ERROR_INIT;
        if (i == 0) {
            struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
            lab_state_close(st);
        } else {
            assert_fine(plat_remove(path, &err), &err);
            put_ledger("format-2.sql");
        }
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        text[i] = lab_strdup((const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
        sqlite3_close(db);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(format_1_is_read),
        CASE(format_2_is_read),
        CASE(format_1_is_worked_with),
        CASE(the_schema_is_that_of_the_newest_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
