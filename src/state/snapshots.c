#include <string.h>

#include "base/text.h"
#include "state/internal.h"
#include "state/schema.h"

static const char *const state_names[] = {
    [LAB_SNAPSHOT_MAKING] = "making",
    [LAB_SNAPSHOT_PRESENT] = "present",
    [LAB_SNAPSHOT_RESTORING] = "restoring",
    [LAB_SNAPSHOT_REMOVING] = "removing",
};

const char *lab_snapshot_state_name(enum lab_snapshot_state state)
{
    return state_names[state];
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool lab_is_snapshot_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > LAB_SNAPSHOT_NAME_MAX || !is_alnum(name[0]) || !is_alnum(name[n - 1]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_alnum(name[i]) && name[i] != '.' && name[i] != '-')
            return false;
    return true;
}

static bool is_token(const char *token)
{
    return strlen(token) == LAB_SNAPSHOT_TOKEN &&
           strspn(token, "0123456789abcdef") == LAB_SNAPSHOT_TOKEN;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int run_for(struct lab_state *st, const char *sql, const char *name, struct lab_error *err)
{
    struct lab_query q = lab_query(&st->db, sql);
    lab_query_text(&q, name);
    return lab_query_run(&q, err);
}

static int forget(struct lab_state *st, const char *name, struct lab_error *err)
{
    return run_for(st, "DELETE FROM snapshot_node WHERE snapshot=?", name, err) ||
                   run_for(st, "DELETE FROM snapshot WHERE name=?", name, err)
               ? -1
               : 0;
}

static int
put_node(struct lab_state *st, const struct lab_snapshot *s, size_t index, struct lab_error *err)
{
    const struct lab_snapshot_node *node = &s->nodes.items[index];
    struct lab_query q =
        lab_query(&st->db, "INSERT INTO snapshot_node(snapshot, idx, node, generation, state, ran, "
                           "cut) VALUES(?, ?, ?, ?, ?, ?, ?)");
    lab_query_text(&q, s->name);
    lab_query_int(&q, (int64_t)index);
    lab_query_text(&q, node->node);
    lab_query_text(&q, node->generation);
    lab_query_text(&q, state_names[node->state]);
    lab_query_int(&q, node->ran);
    lab_query_int(&q, node->cut);
    return lab_query_run(&q, err);
}

static int put_all(struct lab_state *st, const struct lab_snapshot *s, struct lab_error *err)
{
    if (forget(st, s->name, err))
        return -1;
    struct lab_query q =
        lab_query(&st->db, "INSERT INTO snapshot(name, token, state, made_ms) VALUES(?, ?, ?, ?)");
    lab_query_text(&q, s->name);
    lab_query_text(&q, s->token);
    lab_query_text(&q, state_names[s->state]);
    lab_query_int(&q, s->made_ms);
    if (lab_query_run(&q, err))
        return -1;
    for (size_t i = 0; i < s->nodes.len; i++)
        if (put_node(st, s, i, err))
            return -1;
    return 0;
}

int lab_state_snapshot_put(struct lab_state *st,
                           const struct lab_snapshot *snapshot,
                           struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, put_all(st, snapshot, err), err);
}

int lab_state_snapshot_mark(struct lab_state *st,
                            const char *name,
                            const char *node,
                            enum lab_snapshot_state state,
                            struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    struct lab_query q =
        lab_query(&st->db, node ? "UPDATE snapshot_node SET state=? WHERE snapshot=? AND node=?"
                                : "UPDATE snapshot SET state=? WHERE name=?");
    lab_query_text(&q, state_names[state]);
    lab_query_text(&q, name);
    if (node)
        lab_query_text(&q, node);
    return lab_db_end(&st->db, lab_query_run(&q, err), err);
}

int lab_state_snapshot_gone(struct lab_state *st, const char *name, struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, forget(st, name, err), err);
}

/* --- reading ---------------------------------------------------------------------------------- */

static int
read_state(struct lab_query *q, int column, enum lab_snapshot_state *out, struct lab_error *err)
{
    LAB_AUTOFREE char *word = lab_query_get_text(q, column);
    for (size_t i = 0; word && i < LAB_ARRAY_LEN(state_names); i++)
        if (strcmp(word, state_names[i]) == 0) {
            *out = (enum lab_snapshot_state)i;
            return 0;
        }
    return lab_db_fail_damaged(q->db, "it lists a snapshot in an unknown state", err);
}

static struct lab_snapshot *last_of(struct lab_snapshots *out)
{
    return out->list.len ? &out->list.items[out->list.len - 1] : NULL;
}

/* Names become parts of what the hypervisor is asked for. */
static int take_snapshot(struct lab_query *q, struct lab_snapshots *out, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_query_get_text(q, 0);
    LAB_AUTOFREE char *token = lab_query_get_text(q, 1);
    enum lab_snapshot_state state = LAB_SNAPSHOT_MAKING;
    if (last_of(out) && name && strcmp(last_of(out)->name, name) == 0)
        return 0;
    if (!name || !lab_is_snapshot_name(name) || !token || !is_token(token))
        return lab_db_fail_damaged(q->db, "it names a snapshot as labctl never does", err);
    if (read_state(q, 2, &state, err))
        return -1;
    struct lab_snapshot *s = lab_vec_push(&out->list);
    s->name = lab_steal(&name);
    s->token = lab_steal(&token);
    s->state = state;
    s->made_ms = lab_query_get_int(q, 3);
    return 0;
}

static int take_row(const struct lab_state *st,
                    struct lab_query *q,
                    struct lab_snapshots *out,
                    struct lab_error *err)
{
    enum lab_snapshot_state state = LAB_SNAPSHOT_MAKING;
    if (take_snapshot(q, out, err))
        return -1;
    LAB_AUTOFREE char *node = lab_query_get_text(q, 4);
    if (!node)
        return 0;
    if (lab_state_check_node(st, node, err) || read_state(q, 6, &state, err))
        return -1;
    struct lab_snapshot_node *n = lab_vec_push(&last_of(out)->nodes);
    n->node = lab_steal(&node);
    n->generation = lab_query_get_text(q, 5);
    n->state = state;
    n->ran = lab_query_get_int(q, 7);
    n->cut = lab_query_get_int(q, 8);
    return 0;
}

static int read_all(struct lab_state *st, struct lab_snapshots *out, struct lab_error *err)
{
    struct lab_query q = lab_query(
        &st->db,
        "SELECT name, token, s.state, made_ms, node, generation, n.state, ran, cut FROM snapshot "
        "AS s LEFT JOIN snapshot_node AS n ON n.snapshot=s.name ORDER BY made_ms, name, idx");
    int rc = 0;
    while (rc == 0 && lab_query_row(&q))
        rc = take_row(st, &q, out, err);
    if (lab_query_end(&q, rc ? NULL : err) == 0 && rc == 0)
        return 0;
    lab_snapshots_clear(out);
    return -1;
}

int lab_state_snapshots(struct lab_state *st, struct lab_snapshots *out, struct lab_error *err)
{
    *out = (struct lab_snapshots){0};
    bool there;
    if (lab_schema_has(&st->db, "snapshot", &there, err))
        return -1;
    return there ? read_all(st, out, err) : 0;
}

struct lab_snapshot *lab_snapshots_find(struct lab_snapshots *snapshots, const char *name)
{
    LAB_VEC_FOREACH (s, &snapshots->list)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

void lab_snapshot_clear(struct lab_snapshot *snapshot)
{
    LAB_VEC_FOREACH (node, &snapshot->nodes) {
        free(node->node);
        free(node->generation);
    }
    lab_vec_clear(&snapshot->nodes);
    free(snapshot->name);
    free(snapshot->token);
    *snapshot = (struct lab_snapshot){0};
}

void lab_snapshots_clear(struct lab_snapshots *snapshots)
{
    LAB_VEC_FOREACH (s, &snapshots->list)
        lab_snapshot_clear(s);
    lab_vec_clear(&snapshots->list);
}
