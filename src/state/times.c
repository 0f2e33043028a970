#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "state/internal.h"

/* More than any lab has; what was not renewed for so long tells nothing. */
#define ROWS_MAX "5000"
#define KEPT_MS  (INT64_C(180) * 24 * 3600 * 1000)

void lab_times_of(const char *lab, struct lab_times *out)
{
    LAB_AUTOFREE char *path = lab_cache_db_path();
    struct lab_db db;
    if (!lab_file_exists(path) || lab_cache_db_open(&db, path, false, NULL))
        return;
    struct lab_query q =
        lab_query(&db, "SELECT node, work, took FROM times WHERE lab=? LIMIT " ROWS_MAX);
    lab_query_text(&q, lab);
    while (lab_query_row(&q)) {
        struct lab_times_row *row = lab_vec_push(&out->list);
        row->node = lab_query_get_text(&q, 0);
        row->work = lab_query_get_text(&q, 1);
        row->took = lab_query_get_text(&q, 2);
    }
    if (lab_query_end(&q, NULL)) /* also a cache of an earlier labctl, which has no such table */
        lab_times_clear(out);
    lab_db_close(&db);
}

static int
put_row(struct lab_db *db, const char *lab, const struct lab_times_row *row, struct lab_error *err)
{
    struct lab_query q = lab_query(
        db, "INSERT OR REPLACE INTO times(lab, node, work, took, at_ms) VALUES(?, ?, ?, ?, ?)");
    lab_query_text(&q, lab);
    lab_query_text(&q, row->node);
    lab_query_text(&q, row->work);
    lab_query_text(&q, row->took);
    lab_query_int(&q, plat_wall_ms());
    return lab_query_run(&q, err);
}

static int
put_all(struct lab_db *db, const char *lab, const struct lab_times *times, struct lab_error *err)
{
    if (lab_db_begin(db, false, err))
        return -1;
    struct lab_query old = lab_query(db, "DELETE FROM times WHERE at_ms < ?");
    lab_query_int(&old, plat_wall_ms() - KEPT_MS);
    int rc = lab_query_run(&old, err);
    for (size_t i = 0; rc == 0 && i < times->list.len; i++)
        rc = put_row(db, lab, &times->list.items[i], err);
    return lab_db_end(db, rc, err);
}

void lab_times_put(const char *lab, const struct lab_times *times)
{
    LAB_AUTOFREE char *path = lab_cache_db_path();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_db db;
    int rc = lab_cache_db_open(&db, path, true, &err);
    if (rc == 0) {
        rc = put_all(&db, lab, times, &err);
        lab_db_close(&db);
    }
    if (rc)
        lab_log("the times of '%s' are not remembered: %s", lab, err.message);
}

void lab_times_clear(struct lab_times *times)
{
    LAB_VEC_FOREACH (row, &times->list) {
        free(row->node);
        free(row->work);
        free(row->took);
    }
    lab_vec_clear(&times->list);
}
