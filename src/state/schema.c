#include "state/schema.h"

#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "platform.h"
#include "state/state.h"

#ifndef LABCTL_VERSION
#define LABCTL_VERSION "unknown"
#endif

#define APPLICATION_ID 1279345219 /* "LABC" */

/* migrations[i] leads from format i to i + 1; a new file starts at 0. Never change one that was
 * released. The table `fact` must stay as it is for ever: a newer file is read only for its entry
 * "labctl", to name who made it. */
static const char *const migrations[] = {
    "CREATE TABLE fact(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE object("
    "  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
    "  state TEXT NOT NULL, detail TEXT, UNIQUE(kind, name));"
    "CREATE TABLE node("
    "  name TEXT PRIMARY KEY, grp TEXT, number INTEGER NOT NULL, role INTEGER NOT NULL,"
    "  ord INTEGER NOT NULL, generation TEXT, provision_hash TEXT, cpu INTEGER NOT NULL,"
    "  memory_mib INTEGER NOT NULL, disk_bytes INTEGER NOT NULL, provisioned INTEGER NOT NULL,"
    "  detached INTEGER NOT NULL, restarted INTEGER NOT NULL, boot_id TEXT);"
    "CREATE TABLE nic("
    "  node TEXT NOT NULL, idx INTEGER NOT NULL, network TEXT NOT NULL, ip TEXT, mac TEXT,"
    "  PRIMARY KEY(node, idx));"
    "CREATE TABLE run("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, began_ms INTEGER NOT NULL,"
    "  duration_ms INTEGER, exit_status INTEGER);"
    "CREATE TABLE event("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER, at_ms INTEGER NOT NULL,"
    "  node TEXT NOT NULL, gate TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL);"
    "CREATE INDEX event_of_run ON event(run);"
    "CREATE TABLE gate("
    "  node TEXT NOT NULL, gate TEXT NOT NULL, event INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    "  state TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY(node, gate));",
    "CREATE TABLE snapshot("
    "  name TEXT PRIMARY KEY, token TEXT NOT NULL, state TEXT NOT NULL, made_ms INTEGER NOT NULL);"
    "CREATE TABLE snapshot_node("
    "  snapshot TEXT NOT NULL, idx INTEGER NOT NULL, node TEXT NOT NULL, generation TEXT,"
    "  state TEXT NOT NULL, ran INTEGER NOT NULL, cut INTEGER NOT NULL,"
    "  PRIMARY KEY(snapshot, node));",
};
#define FORMAT ((int64_t)LAB_ARRAY_LEN(migrations))

const char *const lab_schema_suffixes[] = {".new", ".new-journal", ".new-wal", ".new-shm",
                                           "-wal", "-shm",         "-journal", NULL};

/* 200 runs with their events are kept, some MiB in all. */
#define LEDGER_MAX ((int64_t)1 << 30)

static int set_pragma(struct lab_db *db, const char *name, int64_t value, struct lab_error *err)
{
    LAB_AUTOFREE char *sql = lab_format("PRAGMA %s=%lld", name, (long long)value);
    return lab_db_exec(db, sql, err);
}

static int migrate(struct lab_db *db, int64_t from, int64_t to, struct lab_error *err)
{
    for (int64_t format = from; format < to; format++)
        if (lab_db_exec(db, migrations[format], err))
            return -1;
    return set_pragma(db, "user_version", to, err);
}

static int put_fact(struct lab_db *db, const char *key, const char *value, struct lab_error *err)
{
    struct lab_query q = lab_query(db, "INSERT OR REPLACE INTO fact(key, value) VALUES(?, ?)");
    lab_query_text(&q, key);
    lab_query_text(&q, value);
    return lab_query_run(&q, err);
}

static int
fill(struct lab_db *db, const char *name, const char *id, const char *source, struct lab_error *err)
{
    char fresh[LAB_UUID_TEXT];
    lab_uuid_random(fresh);
    if (set_pragma(db, "application_id", APPLICATION_ID, err) || migrate(db, 0, FORMAT, err))
        return -1;
    if (put_fact(db, "id", id ? id : fresh, err) || put_fact(db, "name", name, err))
        return -1;
    LAB_AUTOFREE char *home = lab_home_tag(); /* to know by, should the folder move */
    if (put_fact(db, "homes", home, err))
        return -1;
    if (source && put_fact(db, "source", source, err))
        return -1;
    return put_fact(db, "labctl", LABCTL_VERSION, err);
}

static int make_file(
    const char *path, const char *name, const char *id, const char *source, struct lab_error *err)
{
    struct lab_db db;
    if (lab_db_open(&db, path, true, err))
        return -1;
    int rc = lab_db_begin(&db, true, err);
    if (rc == 0)
        rc = lab_db_end(&db, fill(&db, name, id, source, err), err);
    if (rc == 0)
        rc = lab_db_exec(&db, "PRAGMA journal_mode=WAL", err);
    lab_db_close(&db);
    return rc;
}

int lab_schema_create(
    const char *path, const char *name, const char *id, const char *source, struct lab_error *err)
{
    for (const char *const *s = lab_schema_suffixes; *s; s++) {
        LAB_AUTOFREE char *rest = lab_format("%s%s", path, *s);
        if (plat_remove(rest, err))
            return -1;
    }
    LAB_AUTOFREE char *fresh = lab_format("%s.new", path);
    /* SQLite would make it with the umask's mode; what it makes beside it follows this one. */
    int fd = plat_create(fresh, 0600, err);
    if (fd < 0)
        return -1;
    close(fd);
    if (make_file(fresh, name, id, source, err) || plat_fsync_file(fresh, err))
        return -1;
    return plat_rename(fresh, path, err);
}

static int fail_newer(struct lab_db *db, int64_t format, struct lab_error *err)
{
    struct lab_query q = lab_query(db, "SELECT value FROM fact WHERE key='labctl'");
    LAB_AUTOFREE char *maker = lab_query_row(&q) ? lab_query_get_text(&q, 0) : NULL;
    if (lab_query_end(&q, NULL))
        lab_assign(&maker, NULL);
    lab_fail(
        err, LAB_CONFLICT,
        "the ledger '%s' was written by labctl %s (format %lld); this is labctl %s, which knows "
        "format %lld",
        db->path, maker ? maker : lab_tr("of a later version"), (long long)format, LABCTL_VERSION,
        (long long)FORMAT);
    return lab_error_hint(err, "use labctl %s or newer for this lab",
                          maker ? maker : lab_tr("of that version"));
}

/* Everything in the file that has a definition, in one text. SQLite's own are left out. */
static int describe(struct lab_db *db, struct lab_str *out, struct lab_error *err)
{
    struct lab_query q =
        lab_query(db, "SELECT type || ' ' || name || ' ' || sql FROM sqlite_master "
                      "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                      "ORDER BY type, name");
    while (lab_query_row(&q)) {
        LAB_AUTOFREE char *line = lab_query_get_text(&q, 0);
        lab_str_add(out, line ? line : "");
        lab_str_addc(out, '\n');
    }
    return lab_query_end(&q, err);
}

/* Whether the tables are those of this format: what is read from others may be anything, and a
 * check or a computed column in them would be run by whoever reads. */
static int check_tables(struct lab_db *db, int64_t format, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str there = LAB_STR_INIT, ours = LAB_STR_INIT;
    struct lab_db model;
    if (describe(db, &there, err) || lab_db_open_memory(&model, err))
        return -1;
    int rc = migrate(&model, 0, format, err) || describe(&model, &ours, err) ? -1 : 0;
    lab_db_close(&model);
    if (rc == 0 && strcmp(lab_str_get(&there), lab_str_get(&ours)) != 0)
        return lab_db_fail_damaged(db, "its tables are not those that labctl makes", err);
    return rc;
}

static int check_sound(struct lab_db *db, struct lab_error *err)
{
    struct lab_query q = lab_query(db, "PRAGMA quick_check(1)");
    LAB_AUTOFREE char *word = lab_query_row(&q) ? lab_query_get_text(&q, 0) : NULL;
    if (lab_query_end(&q, err))
        return -1;
    if (word && strcmp(word, "ok") == 0)
        return 0;
    return lab_db_fail_damaged(db, word ? word : "no answer", err);
}

static int check_format(struct lab_db *db, int64_t format, bool writable, struct lab_error *err)
{
    if (format > FORMAT)
        return fail_newer(db, format, err);
    if (format < 1)
        return lab_db_fail_damaged(db, "it has lost its format number", err);
    if (format == FORMAT || !writable)
        return 0;
    if (lab_db_begin(db, true, err))
        return -1;
    return lab_db_end(db, migrate(db, format, FORMAT, err), err);
}

static int check(struct lab_db *db, bool writable, struct lab_error *err)
{
    int64_t application, format, pages, page;
    if (lab_db_int(db, "PRAGMA page_count", &pages, err) ||
        lab_db_int(db, "PRAGMA page_size", &page, err) ||
        lab_db_int(db, "PRAGMA application_id", &application, err) ||
        lab_db_int(db, "PRAGMA user_version", &format, err))
        return -1;
    if (pages == 0)
        return lab_db_fail_damaged(db, "it is empty", err);
    if (pages > LEDGER_MAX / page)
        return lab_db_fail_damaged(db, "it is larger than 1 GiB", err);
    if (application != APPLICATION_ID) {
        lab_fail(err, LAB_CONFLICT, "'%s' is a database, but not one of labctl", db->path);
        return lab_error_hint(err, "move it away, or give the lab another name");
    }
    if (format >= 1 && format <= FORMAT && check_tables(db, format, err))
        return -1;
    if (check_sound(db, err))
        return -1;
    return check_format(db, format, writable, err);
}

/* Who only reads holds no lock of the lab: the file must not get another format between the
 * questions.
 */
int lab_schema_check(struct lab_db *db, bool writable, struct lab_error *err)
{
    if (writable)
        return check(db, true, err);
    if (lab_db_exec(db, "BEGIN", err))
        return -1;
    int rc = check(db, false, err);
    if (lab_db_exec(db, "ROLLBACK", rc ? NULL : err))
        return -1;
    return rc;
}

int lab_schema_has(struct lab_db *db, const char *table, bool *out, struct lab_error *err)
{
    struct lab_query q = lab_query(db, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
    lab_query_text(&q, table);
    *out = lab_query_row(&q);
    return lab_query_end(&q, err);
}

int lab_schema_sign(struct lab_db *db, struct lab_error *err)
{
    struct lab_query q =
        lab_query(db, "INSERT INTO fact(key, value) VALUES('labctl', ?1) ON CONFLICT(key) "
                      "DO UPDATE SET value=?1 WHERE value<>?1");
    lab_query_text(&q, LABCTL_VERSION);
    return lab_query_run(&q, err);
}
