/* One session on one guest, for a command of the user: with the pinned host key and the lab's key.
 */
#ifndef LAB_RUN_VISIT_H
#define LAB_RUN_VISIT_H

#include "guest/guest.h"
#include "run/run.h"

struct lab_visit {
    struct lab_run *run;
    const char *node; /* of the record */
    struct lab_guest *guest; /* NULL before open and after close */
    struct lab_sshkey hostkey;
    struct lab_error refused; /* no retrying helps: another host key, no login in time */
    char *last_seen;          /* why the link is where it is */
    enum lab_link link;
    bool logged_in; /* once */
    uint64_t began_ms;
};

/* Starts to connect; v stays where it is until closed. LAB_USAGE: the node has no address. */
int lab_visit_open(struct lab_visit *v,
                   struct lab_run *run,
                   const struct lab_node_record *record,
                   struct lab_error *err) LAB_MUST_CHECK;
/* To be asked in every turn of the loop: true once v->refused says why there will be no session; no
 * first login in limit_ms is such a reason (0: no limit). */
bool lab_visit_is_refused(struct lab_visit *v, uint64_t limit_ms);
/* Pending commands end with LAB_CANCELLED before it returns. */
void lab_visit_close(struct lab_visit *v);

#endif
