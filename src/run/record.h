/* A node's entry in the ledger, from lab.yaml. */
#ifndef LAB_RUN_RECORD_H
#define LAB_RUN_RECORD_H

#include "spec/spec.h"
#include "state/state.h"

/* Name and place in lab.yaml. */
void lab_record_place(struct lab_node_record *r, const struct lab_spec *spec, size_t node);
/* Size and addresses, as it is made from now on. */
void lab_record_made(struct lab_node_record *r, const struct lab_spec *spec, size_t node);

#endif
