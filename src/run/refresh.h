/* What a guest gets with its seed and can be told anew without being made anew: the names of the
 * lab's nodes for /etc/hosts, and the time zone. When lab.yaml has changed since, it is sent over
 * SSH. What each guest knows is recorded per node, so that one that could not be reached learns it
 * at the next `up`. */
#ifndef LAB_RUN_REFRESH_H
#define LAB_RUN_REFRESH_H

#include "run/climb.h"

/* From now on the ladder's guests should know what the spec says. */
void lab_refresh_note(struct lab_ladder *ladder);
/* Compares with what is recorded of the climb's guest. */
void lab_refresh_look(struct lab_climb *c);
/* The seed with all of it was written. */
void lab_refresh_made(struct lab_climb *c);
/* Its disk is an earlier one: nobody knows any more what it was told. */
int lab_refresh_forget(struct lab_run *run, const char *node, struct lab_error *err) LAB_MUST_CHECK;
/* Asked by a gate that has a session; false: something is on its way. */
bool lab_refreshed(struct lab_climb *c);
void lab_refresh_clear(struct lab_ladder *ladder);

#endif
