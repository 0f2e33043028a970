/* Finds what several nodes have in common and must not: names, addresses, MACs. */
#ifndef LAB_SPEC_CLASH_H
#define LAB_SPEC_CLASH_H

#include "spec/draft.h"

struct lab_place {
    size_t node, nic;
};

/* The text that must be unique, written into out; nothing written: this one does not count. */
typedef void (*lab_clash_key)(struct lab_str *out,
                              const struct lab_spec *spec,
                              struct lab_place place);
typedef void (*lab_clash_report)(struct lab_draft *d,
                                 const char *key,
                                 struct lab_place first,
                                 struct lab_place later);

/* Reports in file order, once for each pair of groups: two overlapping groups of 200 nodes are one
 * mistake. per_nic: keys of every NIC, else one for each node. */
void lab_clashes(struct lab_draft *d, bool per_nic, lab_clash_key key, lab_clash_report report);

#endif
