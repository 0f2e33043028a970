#include "state/db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/log.h"
#include "platform.h"

/* Readers never block a writer and the lab's lock allows only one writer, so that only a stranger
 * (the sqlite3 shell, a backup program) can make us wait. */
#define BUSY_TIMEOUT_MS 2000
/* Of one value. Ours are texts of some lines; SQLite's own bound is 1 GB. */
#define VALUE_MAX (16 << 20)

/* EXTRA is FULL where there is a write-ahead log; where the file system cannot have one SQLite
 * keeps its rollback journal, and EXTRA then syncs the folder too. */
#define SYNC_DURABLE "PRAGMA synchronous=EXTRA"
#define SYNC_RELAXED "PRAGMA synchronous=NORMAL"

int lab_db_fail_damaged(const struct lab_db *db, const char *why, struct lab_error *err)
{
    lab_fail(err, LAB_INTEGRITY, "the ledger '%s' is damaged: %s", db->path, lab_tr(why));
    return lab_error_hint(err,
                          "put the file back from a backup; without one, `labctl up --adopt` moves "
                          "it aside and takes the lab's VMs up again by their tags, and `labctl "
                          "teardown --orphans` removes them");
}

static int fail(const struct lab_db *db, int rc, const char *doing, struct lab_error *err)
{
    const char *why = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
    /* SQLite's "disk I/O error" leaves out what the system said. */
    int system = db->handle ? sqlite3_system_errno(db->handle) : 0;
    if ((rc & 0xff) == SQLITE_IOERR && system) {
        why = uv_strerror(uv_translate_sys_error(system));
        rc = uv_translate_sys_error(system) == UV_ENOSPC ? SQLITE_FULL : rc;
    }
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:      /* the statements are right, so the file is wrong */
    case SQLITE_CONSTRAINT: /* an index says other than its table */
    case SQLITE_TOOBIG:
        return lab_db_fail_damaged(db, why, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        lab_fail(err, LAB_CONFLICT, "cannot %s the ledger '%s': %s", doing, db->path, why);
        return lab_error_hint(err, "close the program that has this file open, then try again");
    case SQLITE_FULL:
        lab_fail(err, LAB_HOST, "cannot %s the ledger '%s': %s", doing, db->path, why);
        return lab_error_hint(err, "free some disk space, then run the same command again");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        lab_fail(err, LAB_HOST, "cannot %s the ledger '%s': %s", doing, db->path, why);
        return lab_error_hint(err, "check that the disk is sound and that its folder is yours");
    default:
        return lab_fail(err, LAB_INTERNAL, "cannot %s the ledger '%s': %s", doing, db->path, why);
    }
}

/* A file that came from elsewhere must not make us run what stands in its schema. */
static void distrust(struct sqlite3 *handle)
{
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, VALUE_MAX);
}

int lab_db_open(struct lab_db *db, const char *path, bool writable, struct lab_error *err)
{
    *db = (struct lab_db){.path = lab_strdup(path)};
    int flags = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    LAB_AUTOFREE char *name = plat_any_length(path);
    int rc = sqlite3_open_v2(name, &db->handle, flags, NULL);
    if (rc != SQLITE_OK) {
        fail(db, rc, "open", err);
        lab_db_close(db);
        return -1;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    distrust(db->handle);
    if (writable && lab_db_exec(db, SYNC_DURABLE, err)) {
        lab_db_close(db);
        return -1;
    }
    return 0;
}

int lab_db_open_memory(struct lab_db *db, struct lab_error *err)
{
    *db = (struct lab_db){.path = lab_strdup(":memory:")};
    int rc = sqlite3_open(db->path, &db->handle);
    if (rc == SQLITE_OK)
        return 0;
    fail(db, rc, "make", err);
    lab_db_close(db);
    return -1;
}

void lab_db_close(struct lab_db *db)
{
    if (db->handle && sqlite3_close(db->handle) != SQLITE_OK)
        lab_log("ledger '%s' not closed: %s", db->path, sqlite3_errmsg(db->handle));
    free(db->path);
    *db = (struct lab_db){0};
}

int lab_db_exec(struct lab_db *db, const char *sql, struct lab_error *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : fail(db, rc, "use", err);
}

int lab_db_int(struct lab_db *db, const char *sql, int64_t *out, struct lab_error *err)
{
    struct lab_query q = lab_query(db, sql);
    *out = lab_query_row(&q) ? lab_query_get_int(&q, 0) : 0;
    return lab_query_end(&q, err);
}

int lab_db_begin(struct lab_db *db, bool durable, struct lab_error *err)
{
    if (db->depth) {
        db->depth++;
        return 0;
    }
    if (durable == db->relaxed) {
        if (lab_db_exec(db, durable ? SYNC_DURABLE : SYNC_RELAXED, err))
            return -1;
        db->relaxed = !durable;
    }
    if (lab_db_exec(db, "BEGIN IMMEDIATE", err))
        return -1;
    db->depth = 1;
    db->spoiled = false;
    return 0;
}

int lab_db_end(struct lab_db *db, int rc, struct lab_error *err)
{
    db->spoiled = db->spoiled || rc;
    if (--db->depth)
        return rc;
    if (rc == 0 && db->spoiled)
        rc = lab_fail(err, LAB_INTERNAL, "a part of a change of '%s' had failed", db->path);
    if (rc == 0)
        rc = lab_db_exec(db, "COMMIT", err);
    /* Some errors (disk full, I/O) have rolled back by themselves already. */
    if (rc && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

struct lab_query lab_query(struct lab_db *db, const char *sql)
{
    struct lab_query q = {.db = db};
    q.rc = sqlite3_prepare_v2(db->handle, sql, -1, &q.stmt, NULL);
    return q;
}

void lab_query_text(struct lab_query *q, const char *text)
{
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_text(q->stmt, ++q->bound, text, -1, SQLITE_TRANSIENT);
}

void lab_query_int(struct lab_query *q, int64_t number)
{
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_int64(q->stmt, ++q->bound, number);
}

bool lab_query_row(struct lab_query *q)
{
    if (q->rc != SQLITE_OK && q->rc != SQLITE_ROW)
        return false;
    q->rc = sqlite3_step(q->stmt);
    return q->rc == SQLITE_ROW;
}

char *lab_query_get_text(struct lab_query *q, int column)
{
    return lab_strdup((const char *)sqlite3_column_text(q->stmt, column));
}

int64_t lab_query_get_int(struct lab_query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

int lab_query_end(struct lab_query *q, struct lab_error *err)
{
    bool fine = q->rc == SQLITE_OK || q->rc == SQLITE_ROW || q->rc == SQLITE_DONE;
    int rc = fine ? 0 : fail(q->db, q->rc, "use", err);
    sqlite3_finalize(q->stmt);
    q->stmt = NULL;
    return rc;
}

int lab_query_run(struct lab_query *q, struct lab_error *err)
{
    while (lab_query_row(q))
        ;
    return lab_query_end(q, err);
}
