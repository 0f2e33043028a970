/* Snapshots of the whole lab at once: all nodes off, every disk kept (or set back), those that ran
 * on again. So etcd is the same on all masters, no memory is kept, and the clock of a guest that
 * was set back comes from its firmware at the boot that follows; gate "clock" proves it.
 *
 * The ledger has the intent before each act and the result after it. A snapshot whose making was
 * cut off stays as half-made until it is made anew or deleted; a restore that was cut off is
 * finished by the next command that starts nodes (lab_snapshot_settle). */
#ifndef LAB_RUN_SNAPSHOT_H
#define LAB_RUN_SNAPSHOT_H

#include "run/commands.h"

/* name NULL: one from date and time (UTC). *made: its name, caller frees, set on success.
 * LAB_CONFLICT when a node is not through its provisioning, since an ISO may still be in its
 * definition, and when there is one of that name. */
int lab_snapshot_create(struct lab_run *run,
                        const char *name,
                        char **made,
                        struct lab_report *report,
                        struct lab_error *err) LAB_MUST_CHECK;
/* Needs lab.yaml: the VMs are defined by it, never by what the hypervisor kept. LAB_CONFLICT before
 * anything is touched when the nodes are not those of the snapshot. */
int lab_snapshot_restore(struct lab_run *run,
                         const char *name,
                         bool yes,
                         struct lab_report *report,
                         struct lab_error *err) LAB_MUST_CHECK;
/* Half-made ones, too. LAB_CONFLICT for one whose restore was cut off (lab_snapshot_is_pending). */
int lab_snapshot_delete(struct lab_run *run,
                        const char *name,
                        struct lab_error *err) LAB_MUST_CHECK;

struct lab_snapshot_row {
    char *name;
    int64_t made_ms;
    size_t nodes;
    const char *state; /* "ready", "half-made", "restore cut off", "half-deleted", "unusable" */
    /* Why it cannot be restored, what to do, or which nodes had been cut off; NULL: nothing to say.
     */
    char *note;
};
struct lab_snapshot_list {
    LAB_VEC(struct lab_snapshot_row) rows; /* the oldest first */
};
int lab_snapshot_list(struct lab_run *run,
                      struct lab_snapshot_list *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_snapshot_list_clear(struct lab_snapshot_list *list);

/* Finishes a restore that was cut off, up to VMs that are off and defined. Without one: 0. */
int lab_snapshot_settle(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;

/* Says that there is such a restore, and what finishes it; NULL: there is none. Caller frees. */
char *lab_snapshot_unfinished(struct lab_run *run);

/* --- for snapshot*.c ---------------------------------------------------------------------------
 */

/* What the hypervisor calls it; caller frees. */
char *lab_snapshot_handle(const struct lab_snapshot *snapshot);
/* Why the lab as it is now cannot be set back to it: appends one line a reason. */
void lab_snapshot_differences(const struct lab_run *run,
                              const struct lab_snapshot *snapshot,
                              struct lab_str *out);
/* Its restore was cut off, and there is still a node with a disk of it: disks of different times.
 */
bool lab_snapshot_is_pending(const struct lab_run *run, const struct lab_snapshot *snapshot);
/* As of the last observation: on or paused. */
bool lab_snapshot_is_on(struct lab_run *run, const char *node);
/* Of all nodes; drop: the record, too. */
int lab_snapshot_drop_disks(struct lab_run *run,
                            const struct lab_snapshot *snapshot,
                            struct lab_error *err) LAB_MUST_CHECK;
int lab_snapshot_drop(struct lab_run *run,
                      const struct lab_snapshot *snapshot,
                      struct lab_error *err) LAB_MUST_CHECK;
/* Of the command's run in the ledger; rc is passed through. */
int lab_snapshot_ended(struct lab_run *run, int rc, struct lab_error *err) LAB_MUST_CHECK;
/* One node's part of it, on a worker thread, as an event of the lab. */
enum lab_snapshot_act { LAB_SNAPSHOT_TAKE, LAB_SNAPSHOT_REVERT, LAB_SNAPSHOT_DROP };
int lab_snapshot_act(struct lab_run *run,
                     enum lab_snapshot_act act,
                     const char *handle,
                     const char *node,
                     struct lab_error *err) LAB_MUST_CHECK;
/* Nodes of which the hypervisor has no such snapshot: appends one line each. */
int lab_snapshot_missing(struct lab_run *run,
                         const struct lab_snapshot *snapshot,
                         struct lab_str *out,
                         struct lab_error *err) LAB_MUST_CHECK;
/* LAB_CONFLICT with all of these reasons, LAB_USAGE without lab.yaml. */
int lab_snapshot_check_fits(struct lab_run *run,
                            const struct lab_snapshot *snapshot,
                            struct lab_error *err) LAB_MUST_CHECK;
/* The one of that name; LAB_USAGE with those there are. */
int lab_snapshot_need(struct lab_run *run,
                      struct lab_snapshots *all,
                      const char *name,
                      struct lab_snapshot **out,
                      struct lab_error *err) LAB_MUST_CHECK;

#endif
