/* One node on the ladder (gate.h). All nodes climb at once on the one loop.
 *
 * A gate has `enter` (starts work, once) and `check` (looks at what is known by now and answers
 * WAIT, PASS or FAIL). check is called whenever anything changed: a fact, the link, finished work,
 * another node's gate, and at least four times a second. So checks are short, hold no state of
 * their own beyond struct lab_climb, and can be tested without a guest. */
#ifndef LAB_RUN_CLIMB_H
#define LAB_RUN_CLIMB_H

#include "guest/guest.h"
#include "run/gate.h"
#include "run/k3s.h"
#include "run/run.h"

enum lab_answer { LAB_WAIT, LAB_PASS, LAB_FAILED };
enum lab_climb_end { LAB_CLIMB_GOING, LAB_CLIMB_DONE, LAB_CLIMB_FAILED, LAB_CLIMB_BLOCKED };

struct lab_fact {
    char *key, *value;
};

/* What the climbing is for: decides who waits for whom when power is switched. */
enum lab_ladder_kind { LAB_LADDER_UP, LAB_LADDER_WAIT, LAB_LADDER_STOP, LAB_LADDER_RESTART };

/* Whether the guest knows what it was last told (refresh.c). */
enum lab_refresh { LAB_REFRESH_HOSTS, LAB_REFRESH_TIMEZONE, LAB_REFRESHES };
struct lab_refreshing {
    enum { LAB_FRESH, LAB_STALE, LAB_SENT } state;
    unsigned tries;
};

struct lab_ladder;

struct lab_climb {
    struct lab_ladder *ladder;
    const struct lab_node *node; /* NULL when known from the ledger alone */
    struct lab_node_record *record;
    bool provision; /* destroy what is there and begin anew */
    struct lab_refreshing refresh[LAB_REFRESHES];
    unsigned gates; /* bit set of the gates to climb */

    enum lab_gate gate; /* the one being waited for */
    bool entered;
    enum lab_climb_end end;
    struct lab_error error;  /* why it failed, with the hint */
    struct lab_str evidence; /* what is seen at this gate now: one line */
    char *details;           /* after a failure: output and console, several lines */
    uint64_t began_ms, gate_began_ms, moved_ms, powered_ms, ended_ms;
    uint64_t reached_ms; /* when it came to this gate, waits for other nodes included */
    uint64_t took_ms[LAB_GATE_COUNT]; /* of the gates passed by this command */
    int64_t was_ms[LAB_GATE_COUNT];   /* the same the last time; -1: not known */
    char *work; /* what both are of (estimate.c): gates and provision change on the way */

    bool working; /* work on a worker thread for this gate is under way */
    bool worked;  /* it has ended well */
    int step;     /* of gates with several acts (off, detach, k3s) */
    uint64_t step_ms;
    uint64_t console_at; /* the serial console's log is read up to here */
    unsigned boots;      /* that it told of since this command started the VM */
    bool exec_pending;
    bool exec_failed;
    bool exec_dropped; /* failed because the session dropped: worth repeating */
    bool rejoins;      /* a worker whose cluster was made anew */
    bool forgetting;   /* its old entry in the cluster is being deleted */
    char *exec_out;    /* output of the last command that ended well */

    struct lab_guest *guest;
    struct lab_sshkey hostkey;
    enum lab_link link;
    char *link_words;               /* what was last heard of the link */
    LAB_VEC(struct lab_fact) facts; /* of the present connection */
    int64_t skew_ms;                /* smallest seen on this connection */
    bool skew_known;
    bool clock_setting;   /* the command that sets it is under way */
    unsigned clock_sets;  /* tries so far at this gate */
    int64_t clock_was_ms; /* skew before the last of them */
    enum lab_power power; /* newest word of the hypervisor */
    bool media_attached;
    unsigned seen_poll, want_poll;  /* see lab_climb_look_again() */
    char *machine_id, *instance_id; /* before the restart */
};

struct lab_registry_place;

/* All climbs of one command, and what they share. */
struct lab_ladder {
    struct lab_run *run;
    struct lab_climb *climbs;
    size_t len;
    enum lab_gate last; /* climb up to this one */
    enum lab_ladder_kind kind;
    bool observe; /* kind is WAIT: look only, change nothing */
    struct lab_k3s k3s;
    /* defined media */
    char *payload_ref, *payload_label, *payload_manifest;
    char *password_hash;
    struct lab_registry_place *registry; /* NULL: the lab has none */
    struct {
        char *text; /* what every guest should have; NULL: not this command's job */
        char sum[LAB_SHA256_HEX];
    } refresh[LAB_REFRESHES];
    char **base_refs;           /* by image index */
    struct lab_net_state *nets; /* by network index */
    uint64_t polled_ms;
    unsigned polls; /* started so far */
    bool polling;
    unsigned polls_failed; /* without one that succeeded since */
    uint64_t turned_ms;    /* the last turn of the loop; 0: none yet */
};

struct lab_gate_def {
    const char *name, *title;
    /* NULL: may enter. Else what it waits for; *dead is set when that will never come. */
    const char *(*hold)(struct lab_climb *c, bool *dead);
    void (*enter)(struct lab_climb *c);
    enum lab_answer (*check)(struct lab_climb *c);
};
extern const struct lab_gate_def lab_gates[LAB_GATE_COUNT];

void lab_ladder_init(struct lab_ladder *l,
                     struct lab_run *run,
                     enum lab_ladder_kind kind,
                     size_t n);
void lab_ladder_clear(struct lab_ladder *l);
/* Climbs until every node is done, failed or blocked, or the user interrupts. Returns 0 when all
 * are done; else err is the worst failure, summed up. */
int lab_ladder_run(struct lab_ladder *l, struct lab_error *err) LAB_MUST_CHECK;

/* For gates. */
const char *lab_climb_fact(const struct lab_climb *c, const char *key); /* NULL when unknown */
void lab_climb_see(struct lab_climb *c, const char *fmt, ...) LAB_PRINTF(2, 3); /* sets evidence */
/* The next act of a gate that has several. */
void lab_climb_step(struct lab_climb *c, int step, const char *what);
enum lab_answer lab_climb_fail(struct lab_climb *c, enum lab_code code, const char *fmt, ...)
    LAB_PRINTF(3, 4);
void lab_climb_work(struct lab_climb *c, lab_work_fn fn); /* fn gets the climb */
/* Runs a command in the guest as root; when it failed the gate fails with its output. */
void lab_climb_exec(struct lab_climb *c, const char *command, const char *input);
void lab_climb_exec_long(struct lab_climb *c,
                         const char *command,
                         const char *input,
                         uint64_t timeout_ms);
void lab_climb_save(struct lab_climb *c); /* record → ledger */
/* Who the guest is and which boot this is, for the comparison after its restart; saves the record.
 */
void lab_climb_keep_identity(struct lab_climb *c);
bool lab_climb_passed(const struct lab_climb *c, enum lab_gate gate);
void lab_climb_connect(struct lab_climb *c);
void lab_climb_disconnect(struct lab_climb *c);
/* power and media_attached count only once a query that began after look_again() has answered. */
void lab_climb_look_again(struct lab_climb *c);
/* Boots are counted from here on: what the console's log holds is of earlier ones. */
void lab_climb_boots_anew(struct lab_climb *c);
bool lab_climb_looked(const struct lab_climb *c);
uint64_t lab_climb_stall_ms(const struct lab_climb *c);
/* After a failure: asks the guest for its last words if it answers. true: all is gathered. */
bool lab_climb_gather(struct lab_climb *c);

/* gate_*.c */
void lab_enter_defined(struct lab_climb *c);
void lab_enter_powered(struct lab_climb *c);
void lab_enter_off(struct lab_climb *c);
void lab_enter_detached(struct lab_climb *c);
void lab_enter_restarted(struct lab_climb *c);
void lab_enter_k3s(struct lab_climb *c);
enum lab_answer lab_check_worked(struct lab_climb *c);
enum lab_answer lab_check_powered(struct lab_climb *c);
enum lab_answer lab_check_address(struct lab_climb *c);
enum lab_answer lab_check_port(struct lab_climb *c);
enum lab_answer lab_check_hostkey(struct lab_climb *c);
enum lab_answer lab_check_login(struct lab_climb *c);
enum lab_answer lab_check_clock(struct lab_climb *c);
enum lab_answer lab_check_copy(struct lab_climb *c);
enum lab_answer lab_check_packages(struct lab_climb *c);
enum lab_answer lab_check_cloud_init(struct lab_climb *c);
enum lab_answer lab_check_off(struct lab_climb *c);
enum lab_answer lab_check_detached(struct lab_climb *c);
enum lab_answer lab_check_restarted(struct lab_climb *c);
enum lab_answer lab_check_ssh_again(struct lab_climb *c);
enum lab_answer lab_check_k3s(struct lab_climb *c);
enum lab_answer lab_check_ready(struct lab_climb *c);
const char *lab_hold_power(struct lab_climb *c, bool *dead);
const char *lab_hold_off(struct lab_climb *c, bool *dead);
const char *lab_hold_restart(struct lab_climb *c, bool *dead);
const char *lab_hold_k3s(struct lab_climb *c, bool *dead);

#endif
