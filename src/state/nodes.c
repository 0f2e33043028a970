#include <string.h>

#include "base/text.h"
#include "state/internal.h"

#define ROLE_MAX 2 /* enum lab_role */

static int put_node(struct lab_state *st, const struct lab_node_record *node, struct lab_error *err)
{
    struct lab_query q = lab_query(
        &st->db,
        "INSERT OR REPLACE INTO node(name, grp, number, role, ord, generation, provision_hash, cpu, "
        "memory_mib, disk_bytes, provisioned, detached, restarted, boot_id) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    lab_query_text(&q, node->name);
    lab_query_text(&q, node->group);
    lab_query_int(&q, node->number);
    lab_query_int(&q, node->role);
    lab_query_int(&q, node->order);
    lab_query_text(&q, node->generation);
    lab_query_text(&q, node->provision_hash);
    lab_query_int(&q, node->cpu);
    lab_query_int(&q, (int64_t)node->memory_mib);
    lab_query_int(&q, (int64_t)node->disk_bytes);
    lab_query_int(&q, node->provisioned);
    lab_query_int(&q, node->detached);
    lab_query_int(&q, node->restarted);
    lab_query_text(&q, node->boot_id);
    return lab_query_run(&q, err);
}

static int put_nic(struct lab_state *st,
                   const char *node,
                   size_t index,
                   const struct lab_nic_record *nic,
                   struct lab_error *err)
{
    struct lab_query q =
        lab_query(&st->db, "INSERT INTO nic(node, idx, network, ip, mac) VALUES(?, ?, ?, ?, ?)");
    lab_query_text(&q, node);
    lab_query_int(&q, (int64_t)index);
    lab_query_text(&q, nic->network);
    lab_query_text(&q, nic->ip);
    lab_query_text(&q, nic->mac);
    return lab_query_run(&q, err);
}

/* sql has one parameter: the node's name. */
static int run_for(struct lab_state *st, const char *sql, const char *node, struct lab_error *err)
{
    struct lab_query q = lab_query(&st->db, sql);
    lab_query_text(&q, node);
    return lab_query_run(&q, err);
}

static int put_all(struct lab_state *st, const struct lab_node_record *node, struct lab_error *err)
{
    if (put_node(st, node, err) || run_for(st, "DELETE FROM nic WHERE node=?", node->name, err))
        return -1;
    for (size_t i = 0; i < node->nics.len; i++)
        if (put_nic(st, node->name, i, &node->nics.items[i], err))
            return -1;
    return 0;
}

int lab_state_node_put(struct lab_state *st,
                       const struct lab_node_record *node,
                       struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, put_all(st, node, err), err);
}

static int forget(struct lab_state *st, const char *name, struct lab_error *err)
{
    static const char *const sql[] = {
        "DELETE FROM node WHERE name=?",
        "DELETE FROM nic WHERE node=?",
        "DELETE FROM gate WHERE node=?",
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(sql); i++)
        if (run_for(st, sql[i], name, err))
            return -1;
    return 0;
}

int lab_state_node_gone(struct lab_state *st, const char *name, struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, forget(st, name, err), err);
}

static void take_node(struct lab_query *q, struct lab_node_record *node)
{
    node->name = lab_query_get_text(q, 0);
    node->group = lab_query_get_text(q, 1);
    node->number = (unsigned)lab_query_get_int(q, 2);
    node->role = (int)lab_query_get_int(q, 3);
    node->order = (unsigned)lab_query_get_int(q, 4);
    node->generation = lab_query_get_text(q, 5);
    node->provision_hash = lab_query_get_text(q, 6);
    node->cpu = (unsigned)lab_query_get_int(q, 7);
    node->memory_mib = (uint64_t)lab_query_get_int(q, 8);
    node->disk_bytes = (uint64_t)lab_query_get_int(q, 9);
    node->provisioned = lab_query_get_int(q, 10);
    node->detached = lab_query_get_int(q, 11);
    node->restarted = lab_query_get_int(q, 12);
    node->boot_id = lab_query_get_text(q, 13);
}

static bool in_range(struct lab_query *q, int column, int64_t max)
{
    int64_t n = lab_query_get_int(q, column);
    return n >= 0 && n <= max;
}

/* Names become parts of paths, a role the place in a table. */
static int take_row(const struct lab_state *st,
                    struct lab_query *q,
                    struct lab_node_records *out,
                    struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_query_get_text(q, 0);
    if (lab_state_check_node(st, name, err))
        return -1;
    if (!in_range(q, 2, UINT32_MAX) || !in_range(q, 3, ROLE_MAX) || !in_range(q, 4, UINT32_MAX) ||
        !in_range(q, 7, UINT32_MAX) || !in_range(q, 8, INT64_MAX) || !in_range(q, 9, INT64_MAX))
        return lab_db_fail_damaged(q->db, "it lists a node that cannot be", err);
    struct lab_node_record *last = out->list.len ? &out->list.items[out->list.len - 1] : NULL;
    if (!last || strcmp(last->name, name) != 0) {
        last = lab_vec_push(&out->list);
        take_node(q, last);
    }
    LAB_AUTOFREE char *network = lab_query_get_text(q, 14);
    if (!network)
        return 0;
    struct lab_nic_record *nic = lab_vec_push(&last->nics);
    nic->network = lab_steal(&network);
    nic->ip = lab_query_get_text(q, 15);
    nic->mac = lab_query_get_text(q, 16);
    return 0;
}

int lab_state_nodes(struct lab_state *st, struct lab_node_records *out, struct lab_error *err)
{
    *out = (struct lab_node_records){0};
    /* One statement, so that a reader sees nodes and their NICs of the same instant. */
    struct lab_query q = lab_query(
        &st->db,
        "SELECT name, grp, number, role, ord, generation, provision_hash, cpu, memory_mib, "
        "disk_bytes, provisioned, detached, restarted, boot_id, network, ip, mac "
        "FROM node LEFT JOIN nic ON nic.node=node.name ORDER BY ord, name, idx");
    int rc = 0;
    while (rc == 0 && lab_query_row(&q))
        rc = take_row(st, &q, out, err);
    if (lab_query_end(&q, rc ? NULL : err) == 0 && rc == 0)
        return 0;
    lab_node_records_clear(out);
    return -1;
}

struct lab_node_record *lab_node_records_find(struct lab_node_records *records, const char *name)
{
    LAB_VEC_FOREACH (record, &records->list)
        if (strcmp(record->name, name) == 0)
            return record;
    return NULL;
}

void lab_node_record_clear(struct lab_node_record *record)
{
    free(record->name);
    free(record->group);
    free(record->generation);
    free(record->provision_hash);
    free(record->boot_id);
    LAB_VEC_FOREACH (nic, &record->nics) {
        free(nic->network);
        free(nic->ip);
        free(nic->mac);
    }
    lab_vec_clear(&record->nics);
    *record = (struct lab_node_record){0};
}

void lab_node_records_clear(struct lab_node_records *records)
{
    LAB_VEC_FOREACH (record, &records->list)
        lab_node_record_clear(record);
    lab_vec_clear(&records->list);
}
