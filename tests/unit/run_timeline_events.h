/* Events of made-up runs; the node "-" is the lab itself. */
#ifndef TEST_RUN_TIMELINE_EVENTS_H
#define TEST_RUN_TIMELINE_EVENTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/timeline.h"

#define BEGAN 1786698303000 /* 2026-08-14 09:05:03 UTC */

static inline void add_event(struct lab_events *events,
                             double seconds,
                             const char *node,
                             const char *gate,
                             const char *state,
                             const char *evidence)
{
    struct lab_event *e = lab_vec_push(&events->list);
    e->at_ms = BEGAN + (int64_t)(seconds * 1000 + 0.5);
    e->node = lab_strdup(strcmp(node, "-") == 0 ? "" : node);
    e->gate = lab_strdup(gate);
    e->state = lab_strdup(state);
    e->evidence = lab_strdup(evidence);
}

/* A bar: two events; state "open" leaves the second out. Events are sorted afterwards. */
static inline void add_bar(struct lab_events *events,
                           double from,
                           double to,
                           const char *node,
                           const char *gate,
                           const char *state,
                           const char *evidence)
{
    add_event(events, from, node, gate, "waiting", "");
    if (strcmp(state, "open") != 0)
        add_event(events, to, node, gate, state, evidence);
}

/* Stable: what was added first stays first. */
static inline void sort_events(struct lab_events *events)
{
    for (size_t i = 1; i < events->list.len; i++)
        for (size_t k = i; k > 0 && events->list.items[k - 1].at_ms > events->list.items[k].at_ms;
             k--) {
            struct lab_event keep = events->list.items[k];
            events->list.items[k] = events->list.items[k - 1];
            events->list.items[k - 1] = keep;
        }
}

static inline void add_node(struct lab_node_records *records, const char *name, enum lab_role role)
{
    struct lab_node_record *record = lab_vec_push(&records->list);
    record->name = lab_strdup(name);
    record->role = (int)role;
}

/* A node's gates one after the other, each as long as it says; ends when the last of them ends. */
static inline double
add_climb(struct lab_events *events, double at, const char *node, double setup, double slow)
{
    static const struct {
        const char *gate;
        double takes;
        const char *evidence;
    } gates[] = {
        {"defined", 2.2, "VM made"},
        {"powered-on", 0.8, ""},
        {"address", 21, "192.168.6.10"},
        {"port", 4, ""},
        {"host-key", 0.1, ""},
        {"login", 0.6, "lab"},
        {"clock", 0.4, "+0.1 s"},
        {"iso-copy", 38, "1.2 GiB verified"},
        {"packages", 24, "jq, tree"},
        {"cloud-init", 11, "status: done"},
        {"off", 6, "powered off by itself"},
        {"detached", 0.9, "both ISOs are out"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(gates); i++) {
        double takes = gates[i].takes * (strcmp(gates[i].gate, "iso-copy") == 0 ? setup : slow);
        add_bar(events, at, at + takes, node, gates[i].gate, "passed", gates[i].evidence);
        at += takes;
    }
    return at;
}

static inline void add_lab_steps(struct lab_events *events, double image)
{
    add_bar(events, 0.2, 0.2 + image, "-", "image", "passed",
            "debian12.qcow2, known by its digest");
    add_bar(events, 0.2 + image, 6 + image, "-", "import", "passed", "debian12.qcow2, 512 MiB");
    add_bar(events, 6 + image, 7 + image, "-", "network", "passed", "default: made");
    add_bar(events, 7 + image, 12 + image, "-", "payload", "passed", "1.2 GiB");
}

/* A master and workers; setup: how much slower the copy of the last worker is. */
static inline void add_lab(struct lab_events *events, unsigned workers, double setup, double image)
{
    double begin = 12.2 + image, at = add_climb(events, begin, "k3s-master1", 1, 1);
    add_lab_steps(events, image);
    add_bar(events, at, at + 9, "k3s-master1", "restarted", "passed", "a new boot");
    add_bar(events, at + 9, at + 12, "k3s-master1", "ssh-again", "passed", "");
    add_bar(events, at + 12, at + 45, "k3s-master1", "k3s", "passed", "the API answers");
    add_bar(events, at + 45, at + 58, "k3s-master1", "ready", "passed", "Ready");
    add_event(events, at + 58, "k3s-master1", "done", "passed", "");
    double api = at + 45;
    for (unsigned i = 1; i <= workers; i++) {
        char name[32];
        snprintf(name, sizeof(name), "k3s-worker%u", i);
        double down =
            add_climb(events, begin, name, i == workers ? setup : 1 + i * 0.07, 1 + i * 0.01);
        double up = (down > api ? down : api) + 10;
        add_bar(events, down, up, name, "restarted", "passed", "a new boot");
        add_bar(events, up, up + 3, name, "ssh-again", "passed", "");
        add_bar(events, up + 3, up + 14, name, "k3s", "passed", "joined");
        add_bar(events, up + 14, up + 23 + i, name, "ready", "passed", "Ready");
        add_event(events, up + 23 + i, name, "done", "passed", "");
    }
}

static inline void add_lab_nodes(struct lab_node_records *records, unsigned workers)
{
    add_node(records, "k3s-master1", LAB_ROLE_MASTER);
    for (unsigned i = 1; i <= workers; i++) {
        char name[32];
        snprintf(name, sizeof(name), "k3s-worker%u", i);
        add_node(records, name, LAB_ROLE_WORKER);
    }
}

static inline struct lab_run_entry entry_of(int64_t id, uint64_t took_ms, int status)
{
    return (struct lab_run_entry){.id = id,
                                  .command = (char *)"up",
                                  .began_ms = BEGAN,
                                  .ended = took_ms != 0,
                                  .took_ms = took_ms,
                                  .exit_status = status};
}

/* The bar of this node and gate, which must be there. */
static inline struct lab_bar *bar_at(struct lab_timeline *t, const char *node, const char *gate)
{
    LAB_VEC_FOREACH (bar, &t->bars)
        if (strcmp(lab_row_name(&t->rows.items[bar->row]), node) == 0 &&
            strcmp(bar->gate, gate) == 0)
            return bar;
    fail_msg("no bar %s %s", node, gate);
    return NULL;
}

/* "lab payload > k3s-master1 defined > …"; caller frees. */
static inline char *path_words(const struct lab_timeline *t)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_VEC_FOREACH (at, &t->path)
        lab_str_addf(&out, "%s%s %s", out.len ? " > " : "",
                     lab_row_name(&t->rows.items[t->bars.items[*at].row]), t->bars.items[*at].gate);
    return lab_str_detach(&out);
}

#endif
