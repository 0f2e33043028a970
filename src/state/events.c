#include <string.h>

#include "state/internal.h"

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static int put_event(struct lab_state *st, const struct lab_event *event, struct lab_error *err)
{
    struct lab_query q =
        lab_query(&st->db, "INSERT INTO event(run, at_ms, node, gate, state, evidence) "
                           "VALUES(nullif(?, 0), ?, ?, ?, ?, ?)");
    lab_query_int(&q, st->run);
    lab_query_int(&q, event->at_ms ? event->at_ms : plat_wall_ms());
    lab_query_text(&q, or_empty(event->node));
    lab_query_text(&q, or_empty(event->gate));
    lab_query_text(&q, or_empty(event->state));
    lab_query_text(&q, or_empty(event->evidence));
    return lab_query_run(&q, err);
}

/* The event that was just put becomes its gate's newest word. */
static int put_gate(struct lab_state *st, struct lab_error *err)
{
    struct lab_query q =
        lab_query(&st->db, "INSERT OR REPLACE INTO gate(node, gate, event, at_ms, state, "
                           "evidence) SELECT node, gate, id, at_ms, state, evidence "
                           "FROM event WHERE id=last_insert_rowid()");
    return lab_query_run(&q, err);
}

int lab_state_event(struct lab_state *st, const struct lab_event *event, struct lab_error *err)
{
    bool durable = strcmp(or_empty(event->state), "waiting") != 0;
    if (lab_state_begin(st, durable, err))
        return -1;
    int rc = put_event(st, event, err);
    if (rc == 0)
        rc = put_gate(st, err);
    return lab_db_end(&st->db, rc, err);
}

/* Takes rows of (at_ms, node, gate, state, evidence) and ends the query. */
static int take_events(struct lab_query *q, struct lab_events *out, struct lab_error *err)
{
    *out = (struct lab_events){0};
    while (lab_query_row(q)) {
        struct lab_event *event = lab_vec_push(&out->list);
        event->at_ms = lab_query_get_int(q, 0);
        event->node = lab_query_get_text(q, 1);
        event->gate = lab_query_get_text(q, 2);
        event->state = lab_query_get_text(q, 3);
        event->evidence = lab_query_get_text(q, 4);
    }
    if (lab_query_end(q, err) == 0)
        return 0;
    lab_events_clear(out);
    return -1;
}

/* Time order is the order of writing: the wall clock may be set back in the middle. */

int lab_state_gates(struct lab_state *st,
                    const char *node,
                    struct lab_events *out,
                    struct lab_error *err)
{
    struct lab_query q = lab_query(&st->db, "SELECT at_ms, node, gate, state, evidence FROM gate "
                                            "WHERE node=? ORDER BY event");
    lab_query_text(&q, node);
    return take_events(&q, out, err);
}

int lab_state_events(struct lab_state *st,
                     unsigned runs,
                     struct lab_events *out,
                     struct lab_error *err)
{
    struct lab_query q =
        lab_query(&st->db, "SELECT at_ms, node, gate, state, evidence FROM event WHERE ?1=0 "
                           "OR run IN (SELECT id FROM run ORDER BY id DESC LIMIT ?1) ORDER BY id");
    lab_query_int(&q, runs);
    return take_events(&q, out, err);
}

int lab_state_run_events(struct lab_state *st,
                         int64_t run,
                         struct lab_events *out,
                         struct lab_error *err)
{
    struct lab_query q = lab_query(&st->db, "SELECT at_ms, node, gate, state, evidence FROM event "
                                            "WHERE run=? ORDER BY id");
    lab_query_int(&q, run);
    return take_events(&q, out, err);
}

int lab_state_gates_forget(struct lab_state *st, const char *node, struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    struct lab_query q = lab_query(&st->db, "DELETE FROM gate WHERE node=?");
    lab_query_text(&q, node);
    return lab_db_end(&st->db, lab_query_run(&q, err), err);
}

void lab_event_clear(struct lab_event *event)
{
    free(event->node);
    free(event->gate);
    free(event->state);
    free(event->evidence);
    *event = (struct lab_event){0};
}

void lab_events_clear(struct lab_events *events)
{
    LAB_VEC_FOREACH (event, &events->list)
        lab_event_clear(event);
    lab_vec_clear(&events->list);
}
