/* The ledger as text. */
#include <jansson.h>
#include <sqlite3.h>
#include <string.h>

#include "base/text.h"
#include "state/internal.h"

/* NULL: what SQLite has here is no text, or no UTF-8. */
static json_t *value_at(sqlite3_stmt *stmt, int column)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(stmt, column));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(stmt, column));
    default:
        return NULL;
    }
}

static void put_row(struct lab_str *out, const char *table, sqlite3_stmt *stmt)
{
    json_t *row = json_pack("{s:s}", "table", table);
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        json_t *value = value_at(stmt, i);
        json_object_set_new(row, sqlite3_column_name(stmt, i), value ? value : json_null());
    }
    char *text = json_dumps(row, JSON_COMPACT);
    lab_str_addf(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(row);
}

static int
put_table(struct lab_state *st, const char *table, struct lab_str *out, struct lab_error *err)
{
    LAB_AUTOFREE char *sql = lab_format("SELECT * FROM \"%s\"", table);
    struct lab_query q = lab_query(&st->db, sql);
    while (lab_query_row(&q))
        put_row(out, table, q.stmt);
    return lab_query_end(&q, err);
}

int lab_state_dump(struct lab_state *st, struct lab_str *out, struct lab_error *err)
{
    LAB_VEC(char *) tables = {0};
    struct lab_query q =
        lab_query(&st->db, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE "
                           "'sqlite_%' AND name<>'event' ORDER BY name");
    while (lab_query_row(&q))
        *lab_vec_push(&tables) = lab_query_get_text(&q, 0);
    int rc = lab_query_end(&q, err);
    LAB_VEC_FOREACH (table, &tables) {
        if (rc == 0)
            rc = put_table(st, *table, out, err);
        free(*table);
    }
    lab_vec_clear(&tables);
    return rc;
}
