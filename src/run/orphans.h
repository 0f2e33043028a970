/* What carries the tag of a lab of this name while no ledger knows it: its state.db was deleted or
 * is damaged, or its whole folder is gone. labctl offers to take it up again, or to remove it.
 *
 * The tag says whose LABCTL_HOME it was made from. What another one made, or a labctl that did not
 * write that yet, is only touched when its id is given and the question is answered. */
#ifndef LAB_RUN_ORPHANS_H
#define LAB_RUN_ORPHANS_H

#include "run/commands.h"

enum lab_orphan_home {
    LAB_ORPHAN_HERE,   /* made from this LABCTL_HOME */
    LAB_ORPHAN_UNSAID, /* by a labctl that did not say from which */
    LAB_ORPHAN_ELSEWHERE
};
struct lab_orphan {
    struct lab_tagged tagged;
    enum lab_orphan_home home;
};
struct lab_orphans {
    const char *provider; /* where they are; static */
    LAB_VEC(struct lab_orphan) list;
};

/* Asks the hypervisor for all of them. */
int lab_orphans_find(struct lab_run *run,
                     struct lab_orphans *out,
                     struct lab_error *err) LAB_MUST_CHECK;
/* Drops what is not asked for: with an id all but those of it, with "" all but those made from
 * here. */
void lab_orphans_select(struct lab_orphans *orphans, const char *id);
void lab_orphans_clear(struct lab_orphans *orphans);
/* One line each. */
void lab_orphans_list(struct lab_str *out, const struct lab_orphans *orphans);

/* Before a lab is made, planned or taken for gone: LAB_CONFLICT when there are orphans that could
 * be its own or (making) that are in the way of its VMs, with the commands that adopt and remove
 * them. A lab that has a ledger with something in it is not looked at. */
int lab_orphans_refuse(struct lab_run *run, bool making, struct lab_error *err) LAB_MUST_CHECK;

/* up --adopt: a new ledger with the old id, from the tags, from what the hypervisor says and from
 * lab.yaml. Before lab_run_attach(), which then finds it. Nothing to adopt is fine. Refused without
 * the keys by which a node is reached and known, unless it is made anew (plan->recreate). */
int lab_orphans_adopt(struct lab_run *run,
                      const char *id,
                      const struct lab_plan_options *plan,
                      bool yes,
                      struct lab_error *err) LAB_MUST_CHECK;

/* teardown --orphans: as a teardown of the lab that they were, folder included; of a lab that is
 * there besides, nothing is touched. None is fine. Before lab_run_attach(). */
int lab_orphans_remove(struct lab_run *run,
                       const char *id,
                       bool yes,
                       struct lab_report *report,
                       struct lab_error *err) LAB_MUST_CHECK;

/* Whether the lab's ledger was written by that, and its teardown has not come to its end. */
bool lab_orphans_unfinished(const char *lab);

/* The new ledger's first entries: the orphans as objects, and where they are. */
int lab_orphans_record(struct lab_run *run,
                       struct lab_state *st,
                       const struct lab_orphans *orphans,
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
