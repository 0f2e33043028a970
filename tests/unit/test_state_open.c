#include "test_state_fixture.h"

static void makes_and_finds_again(void **state)
{
    (void)state;
    open_refused("airgap", LAB_STATE_READ, NULL, LAB_USAGE, "no lab 'airgap'", "labctl up");
    open_refused("airgap", LAB_STATE_WRITE, NULL, LAB_USAGE, "no lab 'airgap'", NULL);
    LAB_AUTOFREE char *dir = lab_home_of("airgap");
    assert_false(exists(dir)); /* asking does not make */

    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    LAB_AUTOFREE char *id = lab_strdup(lab_state_id(st));
    assert_int_equal(strlen(id), 36);
    assert_string_equal(lab_state_name(st), "airgap");
    assert_string_equal(lab_state_dir(st), dir);
    assert_string_equal(lab_state_get(st, "source"), SOURCE);
    lab_state_close(st);

    const enum lab_state_mode modes[] = {LAB_STATE_READ, LAB_STATE_WRITE, LAB_STATE_CREATE};
    for (size_t i = 0; i < LAB_ARRAY_LEN(modes); i++) {
        st = open_fine("airgap", modes[i]);
        assert_string_equal(lab_state_id(st), id);
        lab_state_close(st);
    }
    open_refused("airgab", LAB_STATE_READ, NULL, LAB_USAGE, "no lab 'airgab'", "'airgap'");
}

static void is_private(void **state)
{
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_set(st, "provider", "libvirt", &err), &err);
    const char *names[] = {"", "state.db", "state.db-wal", "lock"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        LAB_AUTOFREE char *path = lab_file("airgap", names[i]);
        struct plat_stat seen;
        assert_int_equal(plat_lstat(path, &seen), 0);
        assert_int_equal(seen.mode, seen.is_dir ? 0700 : 0600);
    }
    lab_state_close(st);
    struct plat_stat seen;
    assert_int_equal(plat_lstat(*state, &seen), 0);
    assert_int_equal(seen.mode, 0700);
}

static void names_are_checked_before_they_are_paths(void **state)
{
    const char *bad[] = {"..", "a/b", "", "A", "-a", "a b"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        open_refused(bad[i], LAB_STATE_CREATE, SOURCE, LAB_USAGE, "is not a name", "a-z");
    assert_false(exists(*state));
}

static void another_source_is_a_conflict(void **state)
{
    (void)state;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    const enum lab_state_mode modes[] = {LAB_STATE_READ, LAB_STATE_WRITE, LAB_STATE_CREATE};
    for (size_t i = 0; i < LAB_ARRAY_LEN(modes); i++) {
        open_refused("airgap", modes[i], "/home/kim/lab.yaml", LAB_CONFLICT, SOURCE, "is gone");
        open_refused("airgap", modes[i], "/home/kim/lab.yaml", LAB_CONFLICT, "/home/kim/lab.yaml",
                     "teardown --lab airgap");
    }
    struct lab_state *st = NULL;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_open(&st, "airgap", LAB_STATE_WRITE, NULL, "stop", &err), &err);
    lab_state_close(st);
}

static void the_same_file_by_another_path_is_no_conflict(void **state)
{
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *real = lab_path_join(*state, "lab.yaml");
    LAB_AUTOFREE char *dotted = lab_format("%s/./lab.yaml", home);
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(plat_mkdirs(home, 0700, &err), &err);
    write_file(real, "name: airgap\n");
    struct lab_state *st = NULL;
    assert_fine(lab_state_open(&st, "airgap", LAB_STATE_CREATE, real, "up", &err), &err);
    lab_state_close(st);
    assert_fine(lab_state_open(&st, "airgap", LAB_STATE_WRITE, dotted, "up", &err), &err);
    lab_state_close(st);
    /* The file of the other lab still exists: the hint must not say that it is gone. */
    open_refused("airgap", LAB_STATE_WRITE, "/x/lab.yaml", LAB_CONFLICT, real, "another name");
}

static void lists_labs(void **state)
{
    struct lab_names names;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_labs(&names, &err), &err);
    assert_int_equal(names.list.len, 0);

    lab_state_close(open_fine("zeta", LAB_STATE_CREATE));
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    LAB_AUTOFREE char *half = lab_format("%s/labs/half", (char *)*state);
    LAB_AUTOFREE char *file = lab_format("%s/labs/file", (char *)*state);
    LAB_AUTOFREE char *link = lab_format("%s/labs/linked", (char *)*state);
    assert_fine(plat_mkdirs(half, 0700, &err), &err);
    write_file(file, "");
    uv_fs_t req;
    assert_int_equal(uv_fs_symlink(NULL, &req, "airgap", link, UV_FS_SYMLINK_DIR, NULL), 0);
    assert_fine(lab_state_labs(&names, &err), &err);
    assert_int_equal(names.list.len, 2);
    assert_string_equal(names.list.items[0], "airgap");
    assert_string_equal(names.list.items[1], "zeta");
    lab_names_clear(&names);
}

static void finds_the_lab_of_a_file(void **state)
{
    (void)state;
    struct lab_state *st = NULL;
    struct lab_error err = LAB_ERROR_INIT;
    assert_null(lab_state_lab_of_source(SOURCE));
    assert_fine(lab_state_open(&st, "other", LAB_STATE_CREATE, "/x/lab.yaml", "up", &err), &err);
    lab_state_close(st);
    lab_state_close(open_fine("zeta", LAB_STATE_CREATE));
    LAB_AUTOFREE char *lab = lab_state_lab_of_source(SOURCE);
    assert_string_equal(lab, "zeta");
    assert_null(lab_state_lab_of_source("/y/lab.yaml"));
}

static void symlinks_are_refused(void **state)
{
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    LAB_AUTOFREE char *link = lab_format("%s/labs/linked", (char *)*state);
    uv_fs_t req;
    assert_int_equal(uv_fs_symlink(NULL, &req, "airgap", link, UV_FS_SYMLINK_DIR, NULL), 0);
    const enum lab_state_mode modes[] = {LAB_STATE_READ, LAB_STATE_WRITE, LAB_STATE_CREATE};
    for (size_t i = 0; i < LAB_ARRAY_LEN(modes); i++)
        open_refused("linked", modes[i], SOURCE, LAB_CONFLICT, "symbolic link", "LABCTL_HOME");

    LAB_AUTOFREE char *dir = lab_home_of("inner");
    LAB_AUTOFREE char *inner = lab_file("inner", "state.db");
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(plat_mkdirs(dir, 0700, &err), &err);
    assert_int_equal(uv_fs_symlink(NULL, &req, "../airgap/state.db", inner, 0, NULL), 0);
    open_refused("inner", LAB_STATE_WRITE, SOURCE, LAB_CONFLICT, "is not a file", NULL);
}

static void lock_names_its_holder(void **state)
{
    (void)state;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    LAB_AUTOFREE char *user = plat_user_name();
    LAB_AUTOFREE char *who = lab_format("labctl up (pid %lu, user %s) since 20", plat_pid(), user);
    open_refused("airgap", LAB_STATE_WRITE, SOURCE, LAB_CONFLICT, who, "wait");
    open_refused("airgap", LAB_STATE_CREATE, SOURCE, LAB_CONFLICT, "lab 'airgap' is in use",
                 "wait");
    struct lab_state *reader = open_fine("airgap", LAB_STATE_READ); /* needs no lock */
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_set(st, "provider", "vmware", &err), &err);
    assert_string_equal(lab_state_get(reader, "provider"), "vmware");
    lab_state_close(reader);
    lab_state_close(st);
    lab_state_close(open_fine("airgap", LAB_STATE_WRITE));
}

static void reading_changes_nothing(void **state)
{
    (void)state;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    char before[LAB_SHA256_HEX], after[LAB_SHA256_HEX];
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_sha256_file(path, before, NULL, &err), &err);
    struct lab_state *st = open_fine("airgap", LAB_STATE_READ);
    assert_int_equal(lab_state_set(st, "provider", "vmware", &err), -1);
    assert_int_equal(err.code, LAB_INTERNAL);
    lab_error_clear(&err);
    assert_null(lab_state_get(st, "provider"));
    assert_int_equal(lab_state_destroy(st, &err), -1);
    assert_int_equal(err.code, LAB_INTERNAL);
    lab_error_clear(&err);
    assert_fine(lab_sha256_file(path, after, NULL, &err), &err);
    assert_string_equal(before, after);
}

static void damage_is_named(void **state)
{
    (void)state;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    LAB_AUTO_STR struct lab_str whole = LAB_STR_INIT;
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_file_read(path, 1 << 20, &whole, &err), &err);
    assert_true(whole.len > 9 * 4096);

    struct {
        size_t len;      /* how much is left */
        size_t at, wipe; /* what is overwritten */
    } cases[] = {{0, 0, 0},
                 {10, 0, 0},
                 {4096, 0, 0},
                 {whole.len - 4096, 0, 0},
                 {whole.len, 0, 100},
                 {whole.len, 4096, 8192},
                 {whole.len, 8 * 4096, 4096}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *bytes = lab_alloc(whole.len);
        memcpy(bytes, whole.ptr, whole.len);
        memset(bytes + cases[i].at, 'x', cases[i].wipe);
        assert_fine(lab_file_replace(path, bytes, cases[i].len, 0600, &err), &err);
        open_refused("airgap", LAB_STATE_READ, SOURCE, LAB_INTEGRITY, path, "backup");
        open_refused("airgap", LAB_STATE_WRITE, SOURCE, LAB_INTEGRITY, path, "backup");
        open_refused("airgap", LAB_STATE_CREATE, SOURCE, LAB_INTEGRITY, path, "backup");
    }
    assert_fine(lab_file_replace(path, whole.ptr, whole.len, 0600, &err), &err);
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
}

static void lost_id_and_format_are_damage(void **state)
{
    (void)state;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    raw_sql(path, "DELETE FROM fact WHERE key='id'");
    open_refused("airgap", LAB_STATE_READ, SOURCE, LAB_INTEGRITY, path, NULL);
    raw_sql(path, "INSERT INTO fact VALUES('id', 'x'); PRAGMA user_version=0");
    open_refused("airgap", LAB_STATE_WRITE, SOURCE, LAB_INTEGRITY, path, NULL);
}

/* Edited by hand, or made by somebody who wants labctl to run his tables. */
static void other_tables_are_damage(void **state)
{
    static const char *const edits[] = {
        "DROP TABLE node",
        "DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT "
        "x + 1 FROM n) SELECT x AS id, x AS run, x AS at_ms, '' AS node, '' AS gate, '' AS state, "
        "'' AS evidence FROM n",
        "CREATE TRIGGER t AFTER INSERT ON fact BEGIN DELETE FROM object; END",
        "ALTER TABLE fact ADD COLUMN big AS (hex(zeroblob(300000000)))",
    };
    (void)state;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    for (size_t i = 0; i < LAB_ARRAY_LEN(edits); i++) {
        remove(path);
        lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
        raw_sql(path, edits[i]);
        open_refused("airgap", LAB_STATE_READ, SOURCE, LAB_INTEGRITY, "its tables are not",
                     "backup");
        open_refused("airgap", LAB_STATE_WRITE, SOURCE, LAB_INTEGRITY, "its tables are not",
                     "backup");
    }
}

static void nodes_that_cannot_be_are_damage(void **state)
{
    static const char *const edits[] = {"name=NULL", "name='../../etc'", "role=3", "role=-1",
                                        "cpu=-1"};
    static const char *const said[] = {"names a node ''", "names a node '../../etc'",
                                       "a node that cannot be", "a node that cannot be",
                                       "a node that cannot be"};
    (void)state;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_node_record node = {.name = (char *)"a"};
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_node_put(st, &node, &err), &err);
    lab_state_close(st);
    for (size_t i = 0; i < LAB_ARRAY_LEN(edits); i++) {
        struct lab_node_records nodes;
        LAB_AUTOFREE char *sql = lab_format("UPDATE node SET name='a', role=0, cpu=0; "
                                            "UPDATE node SET %s",
                                            edits[i]);
        raw_sql(path, sql);
        st = open_fine("airgap", LAB_STATE_READ);
        assert_int_equal(lab_state_nodes(st, &nodes, &err), -1);
        assert_int_equal(err.code, LAB_INTEGRITY);
        assert_non_null(strstr(err.message, said[i]));
        lab_error_clear(&err);
        lab_state_close(st);
    }
}

static void a_newer_labctl_is_named(void **state)
{
    (void)state;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    raw_sql(path, "PRAGMA user_version=9; UPDATE fact SET value='7.5.3' WHERE key='labctl';"
                  "DROP TABLE node");
    open_refused("airgap", LAB_STATE_READ, SOURCE, LAB_CONFLICT, "labctl 7.5.3 (format 9)",
                 "labctl 7.5.3 or newer");
    open_refused("airgap", LAB_STATE_CREATE, SOURCE, LAB_CONFLICT, path, NULL);
}

static void a_strangers_database_is_refused(void **state)
{
    (void)state;
    LAB_AUTOFREE char *dir = lab_home_of("airgap");
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(plat_mkdirs(dir, 0700, &err), &err);
    raw_sql(path, "CREATE TABLE recipes(name)");
    open_refused("airgap", LAB_STATE_CREATE, SOURCE, LAB_CONFLICT, "not one of labctl", "move it");
    open_refused("airgap", LAB_STATE_READ, SOURCE, LAB_CONFLICT, path, NULL);
}

/* What a kill in the middle of CREATE leaves, file by file. */
static void half_made_is_completed(void **state)
{
    (void)state;
    const char *left[] = {"lock", "state.db.new", "state.db.new-journal", "state.db-wal"};
    LAB_AUTOFREE char *dir = lab_home_of("airgap");
    struct lab_error err = LAB_ERROR_INIT;
    for (size_t n = 0; n <= LAB_ARRAY_LEN(left); n++) {
        assert_fine(plat_mkdirs(dir, 0700, &err), &err);
        for (size_t i = 0; i < n; i++) {
            LAB_AUTOFREE char *path = lab_file("airgap", left[i]);
            write_file(path, "half a page");
        }
        open_refused("airgap", LAB_STATE_READ, NULL, LAB_USAGE, "no lab", NULL);
        if (n % 2) { /* teardown sweeps it */
            open_refused("airgap", LAB_STATE_WRITE, NULL, LAB_USAGE, "no lab", NULL);
            assert_false(exists(dir));
            continue;
        }
        struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
        LAB_AUTOFREE char *fresh = lab_file("airgap", "state.db.new");
        assert_false(exists(fresh));
        assert_fine(lab_state_destroy(st, &err), &err);
    }
}

static void destroy_leaves_nothing(void **state)
{
    (void)state;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    struct lab_error err = LAB_ERROR_INIT;
    assert_fine(lab_state_set(st, "provider", "vmware", &err), &err);
    LAB_AUTOFREE char *sub = lab_file("airgap", "seed/web-01");
    LAB_AUTOFREE char *file = lab_file("airgap", "seed/web-01/user-data");
    assert_fine(plat_mkdirs(sub, 0700, &err), &err);
    write_file(file, "x");
    LAB_AUTOFREE char *dir = lab_strdup(lab_state_dir(st));
    assert_fine(lab_state_destroy(st, &err), &err);
    assert_false(exists(dir));
    open_refused("airgap", LAB_STATE_WRITE, NULL, LAB_USAGE, "no lab", NULL);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(makes_and_finds_again),
        CASE(is_private),
        CASE(names_are_checked_before_they_are_paths),
        CASE(another_source_is_a_conflict),
        CASE(the_same_file_by_another_path_is_no_conflict),
        CASE(lists_labs),
        CASE(finds_the_lab_of_a_file),
        CASE(symlinks_are_refused),
        CASE(lock_names_its_holder),
        CASE(reading_changes_nothing),
        CASE(damage_is_named),
        CASE(lost_id_and_format_are_damage),
        CASE(other_tables_are_damage),
        CASE(nodes_that_cannot_be_are_damage),
        CASE(a_newer_labctl_is_named),
        CASE(a_strangers_database_is_refused),
        CASE(half_made_is_completed),
        CASE(destroy_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
