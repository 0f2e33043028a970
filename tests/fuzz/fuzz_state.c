/* A ledger that is damaged, or was made by somebody else. The input "SQL ..." is run on a fresh
 * one; any other is a list of changes to its bytes: three bytes where, one how many, and the bytes.
 */
#include <sqlite3.h>

#include "fuzz.h"
#include "state/schema.h"
#include "state/state.h"

static struct lab_str fresh; /* a ledger with something in it */
static char *ledger;

static void fill(struct lab_state *st)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    char name[] = "web-01", group[] = "web", network[] = "default", mac[] = "52:54:00:00:00:01",
         gate[] = "vm", word[] = "passed", evidence[] = "it runs";
    struct lab_node_record node = {
        .name = name, .group = group, .number = 1, .cpu = 2, .memory_mib = 1024};
    struct lab_event event = {.node = name, .gate = gate, .state = word, .evidence = evidence};
    *lab_vec_push(&node.nics) = (struct lab_nic_record){.network = network, .mac = mac};
    fuzz_check(lab_state_run_begin(st, "up", &err) == 0);
    fuzz_check(lab_state_object_put(st, LAB_OBJECT_VM, name, LAB_OBJECT_PRESENT, "ref", &err) == 0);
    fuzz_check(lab_state_node_put(st, &node, &err) == 0);
    fuzz_check(lab_state_event(st, &event, &err) == 0);
    fuzz_check(lab_state_run_end(st, 0, &err) == 0);
    lab_vec_clear(&node.nics);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    (void)argc, (void)argv;
    setenv("LABCTL_HOME", fuzz_folder(), 1);
    fuzz_check(lab_state_open(&st, "lab", LAB_STATE_CREATE, "/lab.yaml", "up", &err) == 0);
    fill(st);
    ledger = lab_path_join(lab_state_dir(st), "state.db");
    lab_state_close(st);
    fuzz_check(lab_file_read(ledger, 1 << 20, &fresh, &err) == 0);
    return 0;
}

static void put_ledger(const char *bytes, size_t n)
{
    static const char *const beside[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(beside); i++) {
        LAB_AUTOFREE char *path = lab_format("%s%s", ledger, beside[i]);
        remove(path);
    }
    FILE *f = fopen(ledger, "wb");
    fuzz_check(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static void change_bytes(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *bytes = lab_alloc(fresh.len);
    memcpy(bytes, fresh.ptr, fresh.len);
    size_t len = fresh.len;
    while (size > 4) {
        size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % len, n = data[3];
        data += 4;
        size -= 4;
        if (n == 255) /* the end is cut off */
            len = at + 1;
        n = n < size ? n : size;
        n = n < len - at ? n : len - at;
        memcpy(bytes + at, data, n);
        data += n;
        size -= n;
    }
    put_ledger(bytes, len);
}

static int tick(void *arg)
{
    return --*(int *)arg < 0;
}

/* Only the file counts: what a stranger's program does while it makes it does not. */
static void run_sql(const char *sql)
{
    sqlite3 *db;
    int steps = 2000;
    put_ledger(fresh.ptr, fresh.len);
    fuzz_check(sqlite3_open(ledger, &db) == SQLITE_OK);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
    sqlite3_progress_handler(db, 1000, tick, &steps);
    (void)sqlite3_exec(db, sql, NULL, NULL, NULL);
    fuzz_check(sqlite3_close(db) == SQLITE_OK);
}

static void read_all(struct lab_state *st)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, other = LAB_ERROR_INIT,
                                    third = LAB_ERROR_INIT, fourth = LAB_ERROR_INIT;
    struct lab_objects objects = {{0}};
    struct lab_node_records nodes = {{0}};
    struct lab_events events = {{0}}, gates = {{0}};
    fuzz_answer(lab_state_objects(st, &objects, &err), &err);
    fuzz_answer(lab_state_nodes(st, &nodes, &other), &other);
    fuzz_answer(lab_state_events(st, 0, &events, &third), &third);
    fuzz_answer(lab_state_gates(st, "web-01", &gates, &fourth), &fourth);
    LAB_VEC_FOREACH (object, &objects.list)
        fuzz_check(object->name && *lab_object_kind_name(object->kind));
    LAB_VEC_FOREACH (node, &nodes.list)
        fuzz_check(node->name);
    LAB_VEC_FOREACH (event, &events.list)
        fuzz_check(event->node && event->gate && event->state && event->evidence);
    (void)lab_state_get(st, "provider");
    (void)lab_state_last_run_ms(st, "up");
    lab_objects_clear(&objects);
    lab_node_records_clear(&nodes);
    lab_events_clear(&events);
    lab_events_clear(&gates);
}

static void open_it(enum lab_state_mode mode)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    int rc = lab_state_open(&st, "lab", mode, NULL, "status", &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(lab_state_id(st) != NULL);
    read_all(st);
    if (mode == LAB_STATE_WRITE) {
        LAB_AUTO_ERROR struct lab_error set = LAB_ERROR_INIT;
        fuzz_answer(lab_state_set(st, "key", "value", &set), &set);
    }
    lab_state_close(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 4 && memcmp(data, "SQL ", 4) == 0) {
        LAB_AUTOFREE char *sql = fuzz_text(data + 4, size - 4);
        run_sql(sql);
    } else {
        change_bytes(data, size);
    }
    open_it(LAB_STATE_READ);
    open_it(LAB_STATE_WRITE);
    return 0;
}
