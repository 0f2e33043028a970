/* Child processes: an argument vector (never a shell), bounded output, bounded time.
 *
 * lab_child_run() blocks the calling thread, which must not be the loop's; work that starts
 * children runs on worker threads (see base/work.h). Every call is logged with argv, status and
 * duration: so secrets go through stdin, never into an argument. Children speak English (LC_ALL=C)
 * unless env says otherwise, since their messages are read. They do not get the variables that hold
 * passwords: LABCTL_PASSWORD, LABCTL_REGISTRY_PASSWORD, and those of lab_child_hide(). */
#ifndef LAB_BASE_CHILD_H
#define LAB_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

struct lab_child {
    LAB_VEC(char *) argv;
    const char *const *env; /* "NAME=value" strings that replace or add to ours; NULL-terminated */
    const void *input;      /* given on stdin; NULL: stdin is the null device */
    size_t input_len;
    bool breakaway;      /* what it starts (VMs) outlives our session on Windows, too; argv[0] is
                            an absolute path, no input, and only the child is ended */
    uint64_t timeout_ms; /* 0: 60 s. After it: SIGTERM, 2 s later SIGKILL to the whole group */
    /* results */
    struct lab_str out, errout; /* each at most 16 MiB, more is LAB_INTERNAL */
    int status;                 /* exit status, or -1 */
    int signal;                 /* that ended it, or 0 */
    bool missing;               /* no such program in PATH */
    uint64_t duration_ms;
};

#define LAB_AUTO_CHILD LAB_CLEANUP(lab_child_clear)

void lab_child_init(struct lab_child *c, const char *program); /* looked up in PATH */
void lab_child_arg(struct lab_child *c, const char *arg);      /* copied */
void lab_child_args(struct lab_child *c, ...) __attribute__((sentinel));
void lab_child_argf(struct lab_child *c, const char *fmt, ...) LAB_PRINTF(2, 3);

/* From now on no child gets this variable of ours. On the main thread, before children run. */
void lab_child_hide(const char *variable);
/* What the system cannot start just now (no process, no memory, the program held open for writing)
 * is tried for three seconds. 0: it ran to its end, whatever its status. -1: not found (LAB_HOST),
 * out of time (LAB_TIMEOUT), cancelled by lab_work_cancel_all() (LAB_CANCELLED), too much output
 * (LAB_INTERNAL). */
int lab_child_run(struct lab_child *c, struct lab_error *err) LAB_MUST_CHECK;
/* Starts it and leaves it alone: in a session of its own, with the null device for all three
 * streams, it goes on after labctl has ended. Its number tells whether it lives
 * (plat_process_lives). */
int lab_child_detach(struct lab_child *c, uint64_t *pid, struct lab_error *err) LAB_MUST_CHECK;
/* Gives it our own stdin, stdout and stderr (a terminal, mostly) and returns when it has ended:
 * sets status and signal. There is no timeout, and Ctrl-C reaches it as it reaches us. */
int lab_child_terminal(struct lab_child *c, struct lab_error *err) LAB_MUST_CHECK;
void lab_child_clear(struct lab_child *c);

#endif
