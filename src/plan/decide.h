/* What becomes of one node. Internal to src/plan/. */
#ifndef LAB_PLAN_DECIDE_H
#define LAB_PLAN_DECIDE_H

#include "plan/plan.h"

struct lab_decision {
    /* given */
    const struct lab_spec *spec;
    const struct lab_node *node;          /* NULL: not in lab.yaml */
    const struct lab_node_record *record; /* NULL: never recorded */
    const struct lab_vm_state *vm;        /* NULL: absent */
    const char *hash;                     /* NULL: not known */
    bool recreate, prune;
    /* found */
    enum lab_action action;
    enum lab_code refusal; /* LAB_OK unless REFUSE */
    struct lab_str reason;
};

/* node is set. */
void lab_decide_wanted(struct lab_decision *d);
/* node is NULL, record is set. */
void lab_decide_removed(struct lab_decision *d);
/* Appends what the hypervisor says otherwise than the record, one line each; nothing when they
 * agree. */
void lab_decide_notes(struct lab_str *lines, const struct lab_decision *d);

#endif
