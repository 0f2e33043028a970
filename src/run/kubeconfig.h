/* kubeconfig: what kubectl on this host needs to reach the lab's cluster. */
#ifndef LAB_RUN_KUBECONFIG_H
#define LAB_RUN_KUBECONFIG_H

#include "run/commands.h"

struct lab_kubeconfig_options {
    const char *context; /* NULL: the lab's name */
    const char *to;      /* a new file of its own; NULL: see merge */
    bool merge;          /* into `into` */
    const char *into;    /* NULL: as kubectl, the first of $KUBECONFIG, else ~/.kube/config */
    bool use;            /* and make it the current context */
    bool unchecked;      /* do not ask the live server: this host cannot reach it */
};
struct lab_kubeconfig_made {
    char *context, *server, *path; /* path NULL: text holds it */
    struct lab_str text;           /* a secret; wiped by _clear */
};

/* Read on a master over its pinned session, and checked against the live server: the address must
 * answer with a certificate of that CA that names it. LAB_INTEGRITY when it does not, LAB_CONFLICT
 * when the context's name is a stranger's. Merging is recorded, for teardown. */
int lab_kubeconfig(struct lab_run *run,
                   const struct lab_kubeconfig_options *options,
                   struct lab_kubeconfig_made *out,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_kubeconfig_made_clear(struct lab_kubeconfig_made *made);

/* Takes the lab's contexts out of the files they were merged into, as far as they still are this
 * lab's. What fails is a warning: the lab goes all the same. */
void lab_kubeconfig_forget(struct lab_run *run, struct lab_report *report);

#endif
