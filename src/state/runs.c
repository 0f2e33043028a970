#include "state/internal.h"

/* Many times a week for years: the oldest history goes. */
#define RUNS_KEPT "200"

static int put_run(struct lab_state *st, const char *command, struct lab_error *err)
{
    struct lab_query q = lab_query(&st->db, "INSERT INTO run(command, began_ms) VALUES(?, ?)");
    lab_query_text(&q, command);
    lab_query_int(&q, plat_wall_ms());
    if (lab_query_run(&q, err))
        return -1;
    if (lab_db_int(&st->db, "SELECT last_insert_rowid()", &st->run, err))
        return -1;
    return lab_db_exec(&st->db,
                       "DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - " RUNS_KEPT ";"
                       "DELETE FROM event WHERE run < (SELECT min(id) FROM run)",
                       err);
}

int lab_state_run_begin(struct lab_state *st, const char *command, struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    int rc = lab_db_end(&st->db, put_run(st, command, err), err);
    st->run_began_ms = plat_now_ms();
    if (rc)
        st->run = 0;
    return rc;
}

int lab_state_run_end(struct lab_state *st, int exit_status, struct lab_error *err)
{
    if (!st->run)
        return 0;
    if (lab_state_begin(st, true, err))
        return -1;
    struct lab_query q =
        lab_query(&st->db, "UPDATE run SET duration_ms=?, exit_status=? WHERE id=?");
    lab_query_int(&q, (int64_t)(plat_now_ms() - st->run_began_ms));
    lab_query_int(&q, exit_status);
    lab_query_int(&q, st->run);
    st->run = 0;
    return lab_db_end(&st->db, lab_query_run(&q, err), err);
}

uint64_t lab_state_last_run_ms(struct lab_state *st, const char *command)
{
    struct lab_query q =
        lab_query(&st->db, "SELECT duration_ms FROM run WHERE command=? AND exit_status=0 "
                           "ORDER BY id DESC LIMIT 1");
    lab_query_text(&q, command);
    int64_t ms = lab_query_row(&q) ? lab_query_get_int(&q, 0) : 0;
    return lab_query_end(&q, NULL) ? 0 : (uint64_t)ms;
}

bool lab_state_run_is_open(const struct lab_state *st)
{
    return st->run != 0;
}

int lab_state_runs(struct lab_state *st, struct lab_run_entries *out, struct lab_error *err)
{
    *out = (struct lab_run_entries){0};
    struct lab_query q =
        lab_query(&st->db, "SELECT id, command, began_ms, duration_ms IS NOT NULL, duration_ms, "
                           "exit_status FROM run ORDER BY id DESC");
    while (lab_query_row(&q)) {
        struct lab_run_entry *run = lab_vec_push(&out->list);
        run->id = lab_query_get_int(&q, 0);
        run->command = lab_query_get_text(&q, 1);
        run->began_ms = lab_query_get_int(&q, 2);
        run->ended = lab_query_get_int(&q, 3) != 0;
        run->took_ms = (uint64_t)lab_query_get_int(&q, 4);
        run->exit_status = (int)lab_query_get_int(&q, 5);
    }
    if (lab_query_end(&q, err) == 0)
        return 0;
    lab_run_entries_clear(out);
    return -1;
}

void lab_run_entries_clear(struct lab_run_entries *runs)
{
    LAB_VEC_FOREACH (run, &runs->list)
        free(run->command);
    lab_vec_clear(&runs->list);
}
