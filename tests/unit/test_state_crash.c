/* labctl killed at any instant (SIGKILL, many times, at random moments), and what reaches the disk.
 * A kill leaves the page cache, a power cut does not: therefore the calls that push it out are
 * counted too. */
#include "test_state_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* SQLite's calls come here first. */
static unsigned syncs;

int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fdatasync, fd);
}

enum { ROUNDS_MS = 2000, WINDOW_US = 60000, MAX_WINDOW_US = 2000000 };

/* Runs child(arg, fd) in a process that is killed after at most max_us; gives what it wrote to fd.
 */
static void run_and_kill(void (*child)(int fd), unsigned max_us, struct lab_str *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        child(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    unsigned us;
    lab_random(&us, sizeof(us));
    usleep(us % max_us);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    char bytes[4096];
    for (ssize_t n; (n = read(ends[0], bytes, sizeof(bytes))) > 0;)
        lab_str_addn(out, bytes, (size_t)n);
    close(ends[0]);
}

static void must(int rc)
{
    if (rc)
        _exit(1);
}

/* Writes object after object, each acknowledged on fd only after the call returned. */
static void write_objects(int fd)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st;
    must(lab_state_open(&st, "airgap", LAB_STATE_CREATE, SOURCE, "up", &err));
    must(lab_state_run_begin(st, "up", &err));
    for (unsigned i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%ld-%u", (long)getpid(), i);
        struct lab_event event = {0, name, (char *)"gate", (char *)"passed", (char *)"evidence"};
        struct lab_node_record node = {.name = name, .generation = name, .order = i};
        lab_vec_push(&node.nics)->network = name;
        must(lab_state_object_put(st, LAB_OBJECT_VM, name, LAB_OBJECT_MAKING, NULL, &err));
        must(lab_state_node_put(st, &node, &err));
        must(lab_state_event(st, &event, &err));
        lab_vec_clear(&node.nics);
        char line[40];
        int n = snprintf(line, sizeof(line), "%s\n", name);
        must(write(fd, line, (size_t)n) != n);
    }
}

static bool has_object(struct lab_objects *objects, const char *name)
{
    LAB_VEC_FOREACH (object, &objects->list)
        if (strcmp(object->name, name) == 0)
            return true;
    return false;
}

static void assert_sound(void)
{
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    sqlite3 *db = NULL;
    sqlite3_stmt *check = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(check), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(check, 0), "ok");
    sqlite3_finalize(check);
    sqlite3_close(db);
}

/* Every acknowledged name is there, whole: object, node with its NIC, gate. */
static size_t assert_recorded(char *acks)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = open_fine("airgap", LAB_STATE_WRITE);
    struct lab_objects objects;
    struct lab_node_records records;
    assert_fine(lab_state_objects(st, &objects, &err), &err);
    assert_fine(lab_state_nodes(st, &records, &err), &err);
    size_t n = 0;
    char *save = NULL;
    for (char *name = strtok_r(acks, "\n", &save); name; name = strtok_r(NULL, "\n", &save), n++) {
        assert_true(has_object(&objects, name));
        struct lab_node_record *record = lab_node_records_find(&records, name);
        assert_non_null(record);
        assert_int_equal(record->nics.len, 1);
        struct lab_events gates;
        assert_fine(lab_state_gates(st, name, &gates, &err), &err);
        assert_int_equal(gates.list.len, 1);
        lab_events_clear(&gates);
    }
    /* A node half put would be one without its NIC. */
    LAB_VEC_FOREACH (record, &records.list)
        assert_int_equal(record->nics.len, 1);
    lab_objects_clear(&objects);
    lab_node_records_clear(&records);
    lab_state_close(st);
    return n;
}

static void killed_while_writing(void **state)
{
    (void)state;
    size_t acknowledged = 0, rounds = 0;
    unsigned window_us = WINDOW_US;
    uint64_t end = plat_now_ms() + ROUNDS_MS;
    for (; rounds <= 5 || acknowledged == 0 || plat_now_ms() < end; rounds++) {
        LAB_AUTO_STR struct lab_str acks = LAB_STR_INIT;
        run_and_kill(write_objects, window_us, &acks);
        LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
        if (!acks.len && window_us < MAX_WINDOW_US)
            window_us *= 2; /* a busy machine, or a slow disk */
        if (!exists(path))  /* killed before the first ledger was complete */
            continue;
        struct lab_state *reader = open_fine("airgap", LAB_STATE_READ); /* the lock died with it */
        assert_non_null(lab_state_get(reader, "id"));
        lab_state_close(reader);
        LAB_AUTOFREE char *names = lab_str_detach(&acks);
        acknowledged += assert_recorded(names);
        assert_sound();
    }
    print_message("%zu rounds, %zu acknowledged\n", rounds, acknowledged);
    assert_true(rounds > 5);
    assert_true(acknowledged > 0);
}

static void make_and_destroy(int fd)
{
    (void)fd;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st;
    for (;;) {
        must(lab_state_open(&st, "airgap", LAB_STATE_CREATE, SOURCE, "up", &err));
        must(lab_state_object_put(st, LAB_OBJECT_VM, "x", LAB_OBJECT_PRESENT, NULL, &err));
        for (int i = 0; i < 5; i++) {
            LAB_AUTOFREE char *sub = lab_format("%s/sub%d/deep", lab_state_dir(st), i);
            must(plat_mkdirs(sub, 0700, &err));
        }
        must(lab_state_destroy(st, &err));
    }
}

/* Whatever is left: `up` completes it, or `teardown` removes all of it. Never a folder that neither
 * can handle, and never a file beside a ledger that is gone. */
static void killed_while_making_and_destroying(void **state)
{
    (void)state;
    LAB_AUTOFREE char *dir = lab_home_of("airgap");
    unsigned seen[2] = {0, 0};
    unsigned round = 0;
    uint64_t end = plat_now_ms() + ROUNDS_MS;
    for (; round <= 5 || plat_now_ms() < end; round++) {
        LAB_AUTO_STR struct lab_str none = LAB_STR_INIT;
        run_and_kill(make_and_destroy, WINDOW_US, &none);
        struct lab_error err = LAB_ERROR_INIT;
        struct lab_state *st = NULL;
        enum lab_state_mode mode = round % 2 ? LAB_STATE_CREATE : LAB_STATE_WRITE;
        int rc = lab_state_open(&st, "airgap", mode, SOURCE, "teardown", &err);
        seen[rc == 0]++;
        if (mode == LAB_STATE_CREATE || rc == 0)
            assert_fine(rc, &err);
        else
            assert_int_equal(err.code, LAB_USAGE);
        lab_error_clear(&err);
        if (st)
            assert_fine(lab_state_destroy(st, &err), &err);
        assert_false(exists(dir));
    }
    print_message("%u rounds, %u with a ledger\n", round, seen[1]);
    assert_true(round > 5);
}

static void hold(int fd)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st;
    must(lab_state_open(&st, "airgap", LAB_STATE_CREATE, SOURCE, "up", &err));
    must(lab_state_set(st, "step", "1", &err));
    must(write(fd, "x", 1) != 1);
    for (unsigned i = 0;; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%u", i);
        must(lab_state_set(st, "step", text, &err));
    }
}

/* Readers and a writer at full speed in two processes: neither is refused, and the second writer is
 * told who holds the lab. */
static void reading_beside_a_writer(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        hold(ends[1]);
        _exit(1);
    }
    char byte;
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    LAB_AUTOFREE char *who = lab_format("labctl up (pid %ld, ", (long)pid);
    open_refused("airgap", LAB_STATE_WRITE, NULL, LAB_CONFLICT, who, "wait");
    struct lab_state *st = open_fine("airgap", LAB_STATE_READ);
    LAB_AUTOFREE char *first = lab_strdup(lab_state_get(st, "step"));
    bool moved = false;
    for (uint64_t end = plat_now_ms() + 300; plat_now_ms() < end;) {
        struct lab_state *other = open_fine("airgap", LAB_STATE_READ);
        const char *step = lab_state_get(other, "step");
        assert_non_null(step);
        moved = moved || strcmp(step, first) != 0;
        lab_state_close(other);
    }
    assert_true(moved);
    lab_state_close(st);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* the writer was never refused */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ends[0]);
    lab_state_close(open_fine("airgap", LAB_STATE_WRITE));
}

static unsigned syncs_of_event(struct lab_state *st, const char *word)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_event event = {0, (char *)"a", (char *)"ssh", (char *)word, (char *)""};
    unsigned before = syncs;
    assert_fine(lab_state_event(st, &event, &err), &err);
    return syncs - before;
}

static void what_must_survive_a_power_cut_is_synced(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    unsigned before = syncs;
    struct lab_state *st = open_fine("airgap", LAB_STATE_CREATE);
    assert_true(syncs - before >= 4); /* the file, its folder, and the folders above */
    assert_true(syncs_of_event(st, "waiting") > 0); /* the head of a new log, once */
    assert_int_equal(syncs_of_event(st, "waiting"), 0);
    assert_true(syncs_of_event(st, "passed") > 0);
    assert_int_equal(syncs_of_event(st, "waiting"), 0);
    assert_true(syncs_of_event(st, "failed") > 0);
    assert_true(syncs_of_event(st, "blocked") > 0);

    struct lab_node_record node = {.name = (char *)"a"};
    assert_int_equal(syncs_of_event(st, "waiting"), 0);
    before = syncs;
    assert_fine(lab_state_object_put(st, LAB_OBJECT_VM, "a", LAB_OBJECT_MAKING, NULL, &err), &err);
    assert_true(syncs > before);
    before = syncs;
    assert_fine(lab_state_node_put(st, &node, &err), &err);
    assert_true(syncs > before);
    before = syncs;
    assert_fine(lab_state_set(st, "provider", "libvirt", &err), &err);
    assert_true(syncs > before);
    before = syncs;
    assert_fine(lab_state_object_gone(st, LAB_OBJECT_VM, "a", &err), &err);
    assert_true(syncs > before);
    lab_state_close(st);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(killed_while_writing),
        CASE(killed_while_making_and_destroying),
        CASE(reading_beside_a_writer),
        CASE(what_must_survive_a_power_cut_is_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
