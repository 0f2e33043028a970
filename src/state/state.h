/* The ledger of one lab: SQLite in LABCTL_HOME/labs/NAME/state.db, beside the lab's artefacts.
 *
 * Intent is written before an act and the result after it, each in a transaction that has reached
 * the disk when the call returns (write-ahead log, synchronous; why: db.h), so that labctl can be
 * killed at any instant. Used on the loop's thread only (digests: on any). One writer: the lab's
 * lock is taken by WRITE and CREATE and names its holder (pid, user, command, since when). READ
 * never locks, never changes the record, and works while another process writes.
 *
 * state.db-wal belongs to state.db while a labctl is open or after one was killed: copy both, or
 * neither.
 *
 * Codes of lab_state_open(): LAB_USAGE (no such lab, not a name), LAB_CONFLICT (locked; of another
 * lab.yaml; a stranger's file or a link; written by a newer labctl), LAB_INTEGRITY (damaged),
 * LAB_HOST. */
#ifndef LAB_STATE_STATE_H
#define LAB_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

struct lab_state;

enum lab_state_mode {
    LAB_STATE_READ,  /* LAB_USAGE when the lab is not known */
    LAB_STATE_WRITE, /* the same, and locks; sweeps what a killed teardown left of its folder */
    LAB_STATE_CREATE /* makes it when missing or half-made, and locks */
};

/* LABCTL_HOME made absolute, or labctl's part of the user's data folder. Caller frees. */
char *lab_home(void);
/* LABCTL_HOME/labs/NAME; caller frees. */
char *lab_home_of(const char *lab);
/* "HOST:PATH" of LABCTL_HOME, for the tags of what is made from it. Caller frees. */
char *lab_home_tag(void);

/* source: absolute path of lab.yaml, may be NULL except for CREATE; in every mode a lab that was
 * made from another file is LAB_CONFLICT. command ("up"): for the lock's text. */
int lab_state_open(struct lab_state **out,
                   const char *lab,
                   enum lab_state_mode mode,
                   const char *source,
                   const char *command,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_state_close(struct lab_state *st);           /* releases the lock; NULL is fine */
const char *lab_state_id(const struct lab_state *st); /* UUID of this ledger */
const char *lab_state_name(const struct lab_state *st);
const char *lab_state_dir(const struct lab_state *st); /* absolute */

/* Names of all labs under LABCTL_HOME, sorted. */
struct lab_names {
    LAB_VEC(char *) list;
};
int lab_state_labs(struct lab_names *out, struct lab_error *err) LAB_MUST_CHECK;
void lab_names_clear(struct lab_names *names);
/* The lab made from this lab.yaml (absolute path), or NULL; caller frees. */
char *lab_state_lab_of_source(const char *source);

/* --- a ledger that is lost -----------------------------------------------------------------------
 */

enum lab_ledger {
    LAB_LEDGER_NONE,  /* there is none */
    LAB_LEDGER_EMPTY, /* nothing was made by it yet */
    LAB_LEDGER_FILLED,
    LAB_LEDGER_DAMAGED, /* not to be read */
    LAB_LEDGER_REFUSED  /* a newer labctl's, a link, of another lab.yaml, …: opening it says so */
};
/* Looks only. */
enum lab_ledger lab_state_peek(const char *lab);
/* The lab of this LABCTL_HOME whose ledger has this id, also when a newer labctl wrote it and
 * however its folder is called; an empty ledger claims nothing. The lab BUT (may be NULL) is left
 * out. NULL: none. Caller frees. */
char *lab_state_lab_of_id(const char *id, const char *but);
/* CREATE, with the id that the lab's objects carry in their tags. A damaged ledger is moved aside,
 * *aside (caller frees, NULL: none was) says where to; an empty one is replaced; with any other
 * this is LAB_CONFLICT. source: may be NULL. Until the caller has put objects and nodes into it
 * (one lab_state_together()) the ledger is an empty one. */
int lab_state_adopt(struct lab_state **out,
                    const char *lab,
                    const char *id,
                    const char *source,
                    const char *command,
                    char **aside,
                    struct lab_error *err) LAB_MUST_CHECK;
/* fn's changes all happen, or none. */
int lab_state_together(struct lab_state *st,
                       int (*fn)(void *arg, struct lab_error *err),
                       void *arg,
                       struct lab_error *err) LAB_MUST_CHECK;

/* Facts of the lab as a whole: "provider", "uri", "source", "payload_manifest", … NULL when unset;
 * borrowed until the next call with the same key. */
const char *lab_state_get(struct lab_state *st, const char *key);
int lab_state_set(struct lab_state *st, const char *key, const char *value, struct lab_error *err)
    LAB_MUST_CHECK;

/* --- objects: everything labctl made outside its own folder, so that teardown finds it ----------
 */

enum lab_object_kind {
    LAB_OBJECT_VM,
    LAB_OBJECT_NETWORK,
    LAB_OBJECT_MEDIUM,
    LAB_OBJECT_LAB,
    LAB_OBJECT_REGISTRY /* that labctl runs on this host */
};
enum lab_object_state { LAB_OBJECT_MAKING, LAB_OBJECT_PRESENT, LAB_OBJECT_REMOVING };

struct lab_object {
    enum lab_object_kind kind;
    char *name;
    enum lab_object_state state;
    char *detail; /* provider's reference, or NULL */
};
struct lab_objects {
    LAB_VEC(struct lab_object) list;
};

/* detail NULL keeps the one that is recorded. */
int lab_state_object_put(struct lab_state *st,
                         enum lab_object_kind kind,
                         const char *name,
                         enum lab_object_state state,
                         const char *detail,
                         struct lab_error *err) LAB_MUST_CHECK;
int lab_state_object_gone(struct lab_state *st,
                          enum lab_object_kind kind,
                          const char *name,
                          struct lab_error *err) LAB_MUST_CHECK;
/* In the order of their first recording. */
int lab_state_objects(struct lab_state *st,
                      struct lab_objects *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_objects_clear(struct lab_objects *objects);
const char *lab_object_kind_name(enum lab_object_kind kind);

/* --- nodes -------------------------------------------------------------------------------------
 */

struct lab_nic_record {
    char *network; /* name in lab.yaml */
    char *ip;      /* NULL: DHCP */
    char *mac;
};

struct lab_node_record {
    char *name;
    char *group; /* label of its entry in lab.yaml */
    unsigned number;
    int role;             /* enum lab_role */
    unsigned order;       /* position in lab.yaml */
    char *generation;     /* of the present provisioning; NULL before the first */
    char *provision_hash; /* aspects whose change means a new provisioning (plan.h); opaque here */
    unsigned cpu;         /* as last defined */
    uint64_t memory_mib, disk_bytes;
    bool provisioned; /* passed cloud-init in this generation */
    bool detached;    /* media are out of the definition, proved */
    bool restarted;   /* the restart after the detach is proved */
    char *boot_id;    /* first boot of this generation */
    LAB_VEC(struct lab_nic_record) nics;
};
struct lab_node_records {
    LAB_VEC(struct lab_node_record) list; /* by order */
};

int lab_state_node_put(struct lab_state *st,
                       const struct lab_node_record *node,
                       struct lab_error *err) LAB_MUST_CHECK;
/* Forgets the node and its gates; its events stay. */
int lab_state_node_gone(struct lab_state *st,
                        const char *name,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_state_nodes(struct lab_state *st,
                    struct lab_node_records *out,
                    struct lab_error *err) LAB_MUST_CHECK;
struct lab_node_record *lab_node_records_find(struct lab_node_records *records, const char *name);
void lab_node_record_clear(struct lab_node_record *record);
void lab_node_records_clear(struct lab_node_records *records);

/* --- gates and events ----------------------------------------------------------------------------
 */

/* A change of a gate: appended to the events, and (gate, state, evidence) kept as the node's newest
 * word on that gate. "waiting" survives a kill, but may be lost by a power cut; every other
 * state is durable. */
struct lab_event {
    int64_t at_ms; /* wall clock, UTC; 0: now */
    char *node;    /* "" for the lab as a whole */
    char *gate;    /* name of the gate or step */
    char *state; /* "waiting", "passed", "failed", "blocked", "skipped"; "warning": beside gates */
    char *evidence; /* one line */
};
struct lab_events {
    LAB_VEC(struct lab_event) list;
};
int lab_state_event(struct lab_state *st,
                    const struct lab_event *event,
                    struct lab_error *err) LAB_MUST_CHECK;
/* The newest word on every gate of a node ("" for the lab), in time order. */
int lab_state_gates(struct lab_state *st,
                    const char *node,
                    struct lab_events *out,
                    struct lab_error *err) LAB_MUST_CHECK;
int lab_state_gates_forget(struct lab_state *st,
                           const char *node,
                           struct lab_error *err) LAB_MUST_CHECK;
/* All events of the newest runs (0: of all), in time order. */
int lab_state_events(struct lab_state *st,
                     unsigned runs,
                     struct lab_events *out,
                     struct lab_error *err) LAB_MUST_CHECK;
/* Those of one run. */
int lab_state_run_events(struct lab_state *st,
                         int64_t run,
                         struct lab_events *out,
                         struct lab_error *err) LAB_MUST_CHECK;
void lab_event_clear(struct lab_event *event);
void lab_events_clear(struct lab_events *events);

/* One labctl command that changes the lab; events belong to the open run. The newest 200 runs and
 * their events are kept. A run that was killed has no end. */
int lab_state_run_begin(struct lab_state *st,
                        const char *command,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_state_run_end(struct lab_state *st, int exit_status, struct lab_error *err) LAB_MUST_CHECK;
bool lab_state_run_is_open(const struct lab_state *st);
struct lab_run_entry {
    int64_t id; /* never given twice */
    char *command;
    int64_t began_ms; /* wall clock, UTC */
    bool ended;       /* false: it still works, or was killed */
    uint64_t took_ms; /* by a clock that nobody sets */
    int exit_status;
};
struct lab_run_entries {
    LAB_VEC(struct lab_run_entry) list;
};
/* All that are kept, the newest first. */
int lab_state_runs(struct lab_state *st,
                   struct lab_run_entries *out,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_run_entries_clear(struct lab_run_entries *runs);
/* Duration of the last run of this command that ended with 0, or 0. */
uint64_t lab_state_last_run_ms(struct lab_state *st, const char *command);

/* How long the same work took the last time, for estimates. Kept beside the digests and not in the
 * ledger, since a lab is mostly made anew after a teardown. work and took are the caller's words. A
 * record that cannot be read or written is none. */
struct lab_times_row {
    char *node, *work, *took;
};
struct lab_times {
    LAB_VEC(struct lab_times_row) list;
};
void lab_times_of(const char *lab, struct lab_times *out);
/* Replaces those of the same node and work. */
void lab_times_put(const char *lab, const struct lab_times *times);
void lab_times_clear(struct lab_times *times);

/* --- snapshots of the whole lab (snapshots.c) ----------------------------------------------------
 */

/* Of the whole, and of each node's disk in it: intent before the act, result after it. */
enum lab_snapshot_state {
    LAB_SNAPSHOT_MAKING,
    LAB_SNAPSHOT_PRESENT,
    LAB_SNAPSHOT_RESTORING, /* of a node: its disk is being set back */
    LAB_SNAPSHOT_REMOVING
};

enum { LAB_SNAPSHOT_NAME_MAX = 40, LAB_SNAPSHOT_TOKEN = 8 };

struct lab_snapshot_node {
    char *node;
    char *generation; /* a node that was provisioned anew since has another disk */
    enum lab_snapshot_state state;
    bool ran; /* when the snapshot was begun: it is started again */
    bool cut; /* its power was cut before: the disk is as after a loss of power */
};

struct lab_snapshot {
    char *name;
    char *token; /* new for every attempt: what a cut-off one left is never taken for this one */
    enum lab_snapshot_state state;
    int64_t made_ms; /* wall clock: when it was begun */
    LAB_VEC(struct lab_snapshot_node) nodes;
};
struct lab_snapshots {
    LAB_VEC(struct lab_snapshot) list; /* the oldest first */
};

/* 1 to 40 of [a-z0-9.-], a letter or digit first and last: it becomes part of hypervisors' names.
 */
bool lab_is_snapshot_name(const char *name);
const char *lab_snapshot_state_name(enum lab_snapshot_state state);
/* Replaces what is recorded under that name. */
int lab_state_snapshot_put(struct lab_state *st,
                           const struct lab_snapshot *snapshot,
                           struct lab_error *err) LAB_MUST_CHECK;
/* node NULL: of the whole. */
int lab_state_snapshot_mark(struct lab_state *st,
                            const char *name,
                            const char *node,
                            enum lab_snapshot_state state,
                            struct lab_error *err) LAB_MUST_CHECK;
int lab_state_snapshot_gone(struct lab_state *st,
                            const char *name,
                            struct lab_error *err) LAB_MUST_CHECK;
/* None in a ledger that an older labctl wrote and that is open for reading. */
int lab_state_snapshots(struct lab_state *st,
                        struct lab_snapshots *out,
                        struct lab_error *err) LAB_MUST_CHECK;
struct lab_snapshot *lab_snapshots_find(struct lab_snapshots *snapshots, const char *name);
void lab_snapshot_clear(struct lab_snapshot *snapshot);
void lab_snapshots_clear(struct lab_snapshots *snapshots);

/* Appends every row of the ledger but the events, as a line of JSON each: {"table": …, …}. */
int lab_state_dump(struct lab_state *st, struct lab_str *out, struct lab_error *err) LAB_MUST_CHECK;

/* Digests of files, so that an unchanged image is not read again: hit when path, size, mtime and
 * inode agree. The cache is LABCTL_HOME/digests.db, shared by labs, disposable. */
bool lab_digest_get(const char *path, char sha256[LAB_SHA256_HEX]);
/* Only right when the file cannot have changed since sha256 was taken. */
void lab_digest_put(const char *path, const char *sha256);
/* From the cache, else by reading the file (blocks: worker thread) and remembering it when it did
 * not change meanwhile. A file younger than a few seconds is never remembered. */
int lab_digest_file(const char *path,
                    char sha256[LAB_SHA256_HEX],
                    struct lab_error *err) LAB_MUST_CHECK;

/* Removes the whole folder of the lab, the ledger last; st is closed, also on failure. Can be
 * repeated after a kill: open with WRITE and destroy again until open says LAB_USAGE. */
int lab_state_destroy(struct lab_state *st, struct lab_error *err) LAB_MUST_CHECK;

#endif
