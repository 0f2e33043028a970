#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "state/internal.h"

static const char *const kind_names[] = {
    [LAB_OBJECT_VM] = "vm",   [LAB_OBJECT_NETWORK] = "network",   [LAB_OBJECT_MEDIUM] = "medium",
    [LAB_OBJECT_LAB] = "lab", [LAB_OBJECT_REGISTRY] = "registry",
};
static const char *const state_names[] = {
    [LAB_OBJECT_MAKING] = "making",
    [LAB_OBJECT_PRESENT] = "present",
    [LAB_OBJECT_REMOVING] = "removing",
};

const char *lab_object_kind_name(enum lab_object_kind kind)
{
    return kind_names[kind];
}

/* Index of the name, or -1. */
static int index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

int lab_state_object_put(struct lab_state *st,
                         enum lab_object_kind kind,
                         const char *name,
                         enum lab_object_state state,
                         const char *detail,
                         struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    /* A detail once known stays until another one is given: REMOVING needs no reference. */
    struct lab_query q =
        lab_query(&st->db, "INSERT INTO object(kind, name, state, detail) "
                           "VALUES(?, ?, ?, ?) ON CONFLICT(kind, name) DO UPDATE SET "
                           "state=excluded.state, detail=coalesce(excluded.detail, detail)");
    lab_query_text(&q, kind_names[kind]);
    lab_query_text(&q, name);
    lab_query_text(&q, state_names[state]);
    lab_query_text(&q, detail);
    return lab_db_end(&st->db, lab_query_run(&q, err), err);
}

int lab_state_object_gone(struct lab_state *st,
                          enum lab_object_kind kind,
                          const char *name,
                          struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    struct lab_query q = lab_query(&st->db, "DELETE FROM object WHERE kind=? AND name=?");
    lab_query_text(&q, kind_names[kind]);
    lab_query_text(&q, name);
    return lab_db_end(&st->db, lab_query_run(&q, err), err);
}

/* The names of nodes become parts of paths. */
int lab_state_check_node(const struct lab_state *st, const char *name, struct lab_error *err)
{
    if (name && lab_is_label(name))
        return 0;
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, name ? name : "", name ? strlen(name) : 0, 100);
    LAB_AUTOFREE char *why =
        lab_format(lab_tr("it names a node '%s', which labctl never does"), lab_str_get(&shown));
    return lab_db_fail_damaged(&st->db, why, err);
}

static int take_object(struct lab_state *st,
                       struct lab_query *q,
                       struct lab_objects *out,
                       struct lab_error *err)
{
    LAB_AUTOFREE char *kind = lab_query_get_text(q, 0);
    LAB_AUTOFREE char *state = lab_query_get_text(q, 2);
    int k = index_of(kind_names, LAB_ARRAY_LEN(kind_names), kind);
    int s = index_of(state_names, LAB_ARRAY_LEN(state_names), state);
    if (k < 0 || s < 0)
        return lab_db_fail_damaged(&st->db, "it lists an object of an unknown kind or state", err);
    LAB_AUTOFREE char *name = lab_query_get_text(q, 1);
    if ((k == LAB_OBJECT_VM || k == LAB_OBJECT_MEDIUM) && lab_state_check_node(st, name, err))
        return -1;
    struct lab_object *object = lab_vec_push(&out->list);
    object->kind = (enum lab_object_kind)k;
    object->state = (enum lab_object_state)s;
    object->name = lab_steal(&name);
    object->detail = lab_query_get_text(q, 3);
    return 0;
}

int lab_state_objects(struct lab_state *st, struct lab_objects *out, struct lab_error *err)
{
    *out = (struct lab_objects){0};
    struct lab_query q =
        lab_query(&st->db, "SELECT kind, name, state, detail FROM object ORDER BY seq");
    int rc = 0;
    while (rc == 0 && lab_query_row(&q))
        rc = take_object(st, &q, out, err);
    if (lab_query_end(&q, rc ? NULL : err))
        rc = -1;
    if (rc)
        lab_objects_clear(out);
    return rc;
}

void lab_objects_clear(struct lab_objects *objects)
{
    LAB_VEC_FOREACH (object, &objects->list) {
        free(object->name);
        free(object->detail);
    }
    lab_vec_clear(&objects->list);
}
