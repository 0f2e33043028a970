/* What cli asks for: one function per command that does more than print. */
#ifndef LAB_RUN_COMMANDS_H
#define LAB_RUN_COMMANDS_H

#include "base/finding.h"
#include "run/climb.h"
#include "run/run.h"

/* plan: spec + ledger + hypervisor, nothing touched. The plan borrows from run. */
int lab_plan_now(struct lab_run *run,
                 const struct lab_plan_options *options,
                 struct lab_plan *out,
                 struct lab_error *err) LAB_MUST_CHECK;

struct lab_up_options {
    struct lab_plan_options plan;
    bool no_start;
    bool yes;
};

/* How a node ended, for the last table and the failure report. */
struct lab_outcome {
    char *node, *address;
    enum lab_role role;
    enum lab_climb_end end;
    enum lab_gate gate; /* last one reached for DONE, the failing one else */
    struct lab_error error;
    char *details;
    uint64_t took_ms;
};
struct lab_report {
    LAB_VEC(struct lab_outcome) nodes;
    LAB_VEC(char *) removed; /* teardown and prune: what is gone, in words */
    LAB_VEC(char *) kept;    /* what was left on purpose */
    bool changed;
    uint64_t took_ms;
};
void lab_report_clear(struct lab_report *report);

int lab_up(struct lab_run *run,
           const struct lab_up_options *options,
           struct lab_report *report,
           struct lab_error *err) LAB_MUST_CHECK;
/* until: LAB_GATE_COUNT means the last gate that the lab's nodes have. */
int lab_wait(struct lab_run *run,
             enum lab_gate until,
             struct lab_report *report,
             struct lab_error *err) LAB_MUST_CHECK;
int lab_start(struct lab_run *run, struct lab_report *report, struct lab_error *err) LAB_MUST_CHECK;
int lab_stop(struct lab_run *run, struct lab_report *report, struct lab_error *err) LAB_MUST_CHECK;
int lab_restart(struct lab_run *run,
                struct lab_report *report,
                struct lab_error *err) LAB_MUST_CHECK;
/* start and stop --dry-run: what would be done with each node; touches nothing. */
struct lab_power_row {
    char *node;
    const char *action; /* "start", "stop", "resume", "follow", "leave", "fail" */
    char *reason;
};
struct lab_power_plan {
    LAB_VEC(struct lab_power_row) rows;
};
int lab_power_look(struct lab_run *run,
                   bool stop,
                   struct lab_power_plan *out,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_power_plan_clear(struct lab_power_plan *plan);

int lab_teardown(struct lab_run *run, bool yes, struct lab_report *report, struct lab_error *err)
    LAB_MUST_CHECK;

/* A folder without a ledger: a teardown was killed at its very end, or somebody deleted the ledger.
 * _rest removes what labctl keeps in such a folder; files of others stay, and the folder then too.
 */
bool lab_teardown_has_rest(const char *lab);
int lab_teardown_rest(struct lab_run *run,
                      const char *lab,
                      bool yes,
                      struct lab_report *report,
                      struct lab_error *err) LAB_MUST_CHECK;

/* status: one row a node. */
struct lab_status_row {
    char *node, *address, *role, *power, *gate, *state, *note;
    bool running, answered; /* answered: the guest itself, so that the rest is known */
    uint64_t uptime_s, disk_bytes, disk_used_bytes;
    char *k3s; /* "v1.33.4+k3s1"; NULL: none there */
};
struct lab_status {
    char *lab, *provider, *source;
    char *insecure; /* what protection lab.yaml has switched off, in words; NULL: none */
    LAB_VEC(struct lab_status_row) rows;
};
int lab_status(struct lab_run *run, struct lab_status *out, struct lab_error *err) LAB_MUST_CHECK;
/* Asks the guests that run, all at once, once, and for a few seconds only; one that does not answer
 * gets a note. LAB_CANCELLED after Ctrl-C; whatever else goes wrong is a note. */
int lab_status_guests(struct lab_run *run,
                      struct lab_status *status,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_status_clear(struct lab_status *status);

/* doctor: for the lab.yaml of -f, of --lab or here; without one, what every lab needs. LAB_USAGE
 * when the named one is not there. Blocks; for the main thread, outside a loop. */
int lab_doctor(const char *file, const char *lab, struct lab_findings *out, struct lab_error *err)
    LAB_MUST_CHECK;

/* exec on every targeted node at once. line: one whole line at a time. */
struct lab_exec_row {
    char *node;
    int status; /* -1: the command has none; error says why */
    struct lab_error error;
};
struct lab_exec_options {
    const char *command;
    const char *input; /* for its stdin; may be NULL */
    size_t input_len;
    void (*line)(void *arg, const char *node, int fd, const char *text);
    /* The node has finished, well or not. May be NULL. */
    void (*ended)(void *arg, const struct lab_exec_row *row);
    void *arg;
    uint64_t timeout_ms; /* 0: none */
    const char *only;    /* this node, whatever is targeted; NULL: the targeted ones */
};
struct lab_exec_report {
    LAB_VEC(struct lab_exec_row) rows;
};
int lab_exec_all(struct lab_run *run,
                 const struct lab_exec_options *options,
                 struct lab_exec_report *report,
                 struct lab_error *err) LAB_MUST_CHECK;
void lab_exec_report_clear(struct lab_exec_report *report);

/* One command on one node, its output (at most 1 MiB) to out. LAB_GUEST when its status is not 0.
 */
int lab_exec_one(struct lab_run *run,
                 const char *node,
                 const char *command,
                 struct lab_str *out,
                 struct lab_error *err) LAB_MUST_CHECK;

/* ssh: the interactive session or one command; *status is the remote one. */
int lab_ssh(struct lab_run *run,
            const char *node,
            const char *command,
            bool tty,
            int *status,
            struct lab_error *err) LAB_MUST_CHECK;
/* "ssh -i KEY -o UserKnownHostsFile=… user@address", for those who want OpenSSH; caller frees. */
char *lab_ssh_line(struct lab_run *run, const struct lab_node_record *node);

#endif
