/* A node's seed on its way from model to medium. */
#ifndef LAB_RUN_SEED_H
#define LAB_RUN_SEED_H

#include "run/climb.h"

/* On a worker thread: host key (made once, kept), texts, ISO, copy at the hypervisor. */
int lab_seed_make(struct lab_climb *c, char **ref, struct lab_error *err) LAB_MUST_CHECK;
char *lab_seed_path(const struct lab_run *run, const char *node); /* local ISO; caller frees */
char *lab_seed_medium(const char *node);                          /* its name at the provider */

/* gate_vm.c: redefines the climb's VM without media; a lab_work_fn. */
int lab_vm_define_bare(void *arg, struct lab_error *err);

#endif
