/* SQLite with labctl's habits: errors in our words and codes, statements whose first error sticks
 * until they are ended, transactions that say whether they must survive a power cut.
 *
 * Write-ahead log instead of a rollback journal, for three reasons. FULL with a rollback journal
 * does not sync the folder after the journal is unlinked, so a power cut can bring the journal back
 * and undo an intent that was reported as written; FULL with a log does not. A durable commit costs
 * one fsync of the loop's thread instead of four, and one that need not be durable costs none
 * without risking the file. And a reader neither waits for the writer nor makes it wait. */
#ifndef LAB_STATE_DB_H
#define LAB_STATE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

struct lab_db {
    struct sqlite3 *handle;
    char *path;
    bool relaxed;   /* commits are not synced just now */
    unsigned depth; /* of transactions within transactions */
    bool spoiled;   /* one within has failed: none of them happens */
};

/* Opens an existing file. It may be anything: see schema.h. */
int lab_db_open(struct lab_db *db, const char *path, bool writable, struct lab_error *err)
    LAB_MUST_CHECK;
/* An empty one in memory. */
int lab_db_open_memory(struct lab_db *db, struct lab_error *err) LAB_MUST_CHECK;
void lab_db_close(struct lab_db *db); /* may be repeated */

/* Sets LAB_INTEGRITY with the file's name, why, and what to do. Returns -1. */
int lab_db_fail_damaged(const struct lab_db *db, const char *why, struct lab_error *err);

int lab_db_exec(struct lab_db *db, const char *sql, struct lab_error *err) LAB_MUST_CHECK;
/* The value of a one-value query, such as a PRAGMA. */
int lab_db_int(struct lab_db *db, const char *sql, int64_t *out, struct lab_error *err)
    LAB_MUST_CHECK;

/* One transaction. durable: it has reached the disk when end() returns. end() commits when rc is 0,
 * else takes everything back; it returns rc, or -1 when the commit failed. One within another
 * becomes a part of that. */
int lab_db_begin(struct lab_db *db, bool durable, struct lab_error *err) LAB_MUST_CHECK;
int lab_db_end(struct lab_db *db, int rc, struct lab_error *err) LAB_MUST_CHECK;

/* One statement: parameters are bound in order, then rows are taken, then it is ended. */
struct lab_query {
    struct lab_db *db;
    struct sqlite3_stmt *stmt;
    int rc, bound;
};
struct lab_query lab_query(struct lab_db *db, const char *sql);
void lab_query_text(struct lab_query *q, const char *text); /* NULL binds NULL; copied */
void lab_query_int(struct lab_query *q, int64_t number);
bool lab_query_row(struct lab_query *q);                   /* false at the end and after an error */
char *lab_query_get_text(struct lab_query *q, int column); /* caller frees; NULL for NULL */
int64_t lab_query_get_int(struct lab_query *q, int column);
/* Releases the statement and reports the first error. Must be called once. */
int lab_query_end(struct lab_query *q, struct lab_error *err) LAB_MUST_CHECK;
/* For statements without rows: runs and ends it. */
int lab_query_run(struct lab_query *q, struct lab_error *err) LAB_MUST_CHECK;

#endif
