/* What a lab is made of, from lab.yaml and from what is recorded (picture/graph.h). */
#ifndef LAB_RUN_GRAPH_H
#define LAB_RUN_GRAPH_H

#include "picture/graph.h"
#include "run/run.h"

/* Of an open run whose ledger is attached. Nodes that were made are shown as they were made, others
 * as lab.yaml wants them. The hypervisor is asked how the VMs are; when it does not answer that is
 * left out, and said. Touches nothing. */
int lab_graph_gather(struct lab_run *run,
                     struct lab_graph *out,
                     struct lab_error *err) LAB_MUST_CHECK;

#endif
