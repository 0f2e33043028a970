/* One labctl command at work on one lab: the room where everything meets.
 *
 * Everything here happens on the loop's thread. Blocking work (provider, ISO, hashing) goes to
 * worker threads through lab_await() or lab_work_submit(); such work reads the run but never
 * changes it. cli gives a listener and prints; it never looks below run. */
#ifndef LAB_RUN_RUN_H
#define LAB_RUN_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "base/work.h"
#include "bundle/verify.h"
#include "media/sshkey.h"
#include "plan/plan.h"
#include "provider/provider.h"
#include "spec/spec.h"
#include "state/state.h"

/* How far all nodes of a command are together. */
struct lab_overall {
    unsigned gates, gates_passed; /* of all nodes */
    unsigned nodes, nodes_done, nodes_failed;
    int64_t left_ms; /* by how long the same took the last time; -1: not known, 0: longer already */
};

/* Whoever shows what happens. All on the loop's thread; any function may be NULL. */
struct lab_listener {
    void (*event)(void *arg, const struct lab_event *event);
    /* What is seen at a gate that is being waited for; comes often, is not stored. */
    void (*live)(void *arg, const char *node, const char *gate, const char *evidence);
    /* While nodes climb, with every look at them. */
    void (*overall)(void *arg, const struct lab_overall *now);
    /* Four times a second while the loop runs: clocks on the screen go on. */
    void (*tick)(void *arg);
    void (*warning)(void *arg, const char *text);
    /* true: go on. Without it the answer is no. */
    bool (*confirm)(void *arg, const char *question);
    void *arg;
};

struct lab_run_options {
    const char *command; /* for the lock and the history: "up" */
    const char *file;    /* -f; NULL: lab.yaml here, unless lab is given */
    const char *lab;     /* --lab; NULL: by file */
    enum lab_state_mode mode;
    bool needs_spec; /* refuse when lab.yaml cannot be read */
    const struct lab_replicas *replicas;
    size_t replicas_len;
    const char *const *targets; /* --target; none: every node */
    size_t targets_len;
    uint64_t timeout_ms; /* --timeout; 0: lab.yaml's */
};

/* A bundle as this command verified it; fingerprint "": not yet. */
struct lab_verified_bundle {
    char fingerprint[LAB_SHA256_HEX]; /* of the files' sizes and times, and of the key */
    char manifest[LAB_SHA256_HEX];    /* of its SHA256SUMS */
    enum lab_signature signature;
};

/* Bytes done of a long step; written by workers, read by the loop's tick. */
struct lab_meter {
    atomic_uint_fast64_t done, total;
};

struct lab_run {
    uv_loop_t loop;
    uv_signal_t sigint, sigterm;
    uv_timer_t tick;
    const struct lab_run_options *options;
    const struct lab_listener *listener;
    bool interrupted;

    struct lab_spec *spec;   /* NULL: lab known by its ledger alone */
    struct lab_state *state; /* NULL before lab_run_attach() */
    struct lab_provider provider;
    bool provider_open;
    struct lab_host_info host;
    struct lab_node_records records;
    struct lab_vm_states observed;
    struct lab_sshkey login; /* the lab's login key */
    struct lab_verified_bundle payload;
    struct lab_meter meter;
    uv_mutex_t notice_lock;
    LAB_VEC(char *) notices; /* said by workers, shown by the loop's thread */
};

/* Reads lab.yaml (or finds the lab by name). Touches nothing. The options stay borrowed. */
int lab_run_open(struct lab_run **out,
                 const struct lab_run_options *options,
                 const struct lab_listener *listener,
                 struct lab_problems *problems,
                 struct lab_error *err) LAB_MUST_CHECK;
/* Opens ledger (with the mode of the options), records and provider. With LAB_STATE_READ a lab that
 * was never made is no error: state stays NULL and there are no records. */
int lab_run_attach(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* The same without the provider: for what has nothing to do with VMs. */
int lab_run_attach_ledger(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* Fills run->observed for the spec's and the ledger's nodes: one child process. */
int lab_run_observe(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
void lab_run_close(struct lab_run *run);

/* Runs fn on a worker thread while the loop goes on (live view, Ctrl-C). step: NULL, or the name
 * under which the lab's own event is shown and recorded. evidence: shown when it passed; may be
 * filled by fn through what arg points to (read after fn ended). */
int lab_await(struct lab_run *run,
              const char *step,
              lab_work_fn fn,
              void *arg,
              char *const *evidence,
              struct lab_error *err) LAB_MUST_CHECK;

/* The loop goes on for so long; false: the user has interrupted. */
bool lab_run_pause(struct lab_run *run, uint64_t ms);

/* Ends the loop's turn in a wait: LAB_CANCELLED with how to go on. */
int lab_run_interrupted(struct lab_run *run, struct lab_error *err);

/* Records and shows one change. node NULL: the lab. Failure to record is shown as a warning. */
void lab_run_event(struct lab_run *run,
                   const char *node,
                   const char *gate,
                   const char *state,
                   const char *evidence);
void lab_run_warning(struct lab_run *run, const char *fmt, ...) LAB_PRINTF(2, 3);

/* Shows what workers (the provider) had to say meanwhile. */
void lab_run_show_notices(struct lab_run *run);

/* Progress adapter for providers: feeds run->meter. */
struct lab_progress lab_run_progress(struct lab_run *run);

bool lab_run_targeted(const struct lab_run *run, const char *node);
/* Every --target must name a node of the ledger or the spec: LAB_USAGE with the nearest name. */
int lab_run_check_targets(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;

/* By lab.yaml, --lab or the file's record; caller frees. */
char *lab_run_lab_name(const struct lab_run *run);
/* Paths below the lab's folder; caller frees. */
char *lab_run_path(const struct lab_run *run, const char *fmt, ...) LAB_PRINTF(2, 3);
/* "labctl -f FILE" or "labctl --lab NAME", for hints; borrowed. */
const char *lab_run_self(const struct lab_run *run);
/* What to do about a guest that refuses the lab's key. */
void lab_run_unknown_hint(const struct lab_run *run, const char *node, struct lab_error *err);
/* The key by which the node's guest is known; LAB_HOST when it is missing. */
int lab_run_hostkey(const struct lab_run *run,
                    const char *node,
                    struct lab_sshkey *out,
                    struct lab_error *err) LAB_MUST_CHECK;
const char *lab_run_user(const struct lab_run *run); /* login name in the guests; borrowed */

#endif
