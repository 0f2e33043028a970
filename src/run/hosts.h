/* The names of the lab in every guest's /etc/hosts. A guest gets them with its seed; when the lab
 * has changed since, they are sent over SSH. What each guest knows is recorded per node, so that a
 * guest that could not be reached learns them at the next `up`. */
#ifndef LAB_RUN_HOSTS_H
#define LAB_RUN_HOSTS_H

#include "run/climb.h"

/* From now on the ladder's guests should know the spec's names. */
void lab_hosts_note(struct lab_ladder *ladder);
enum lab_hosts lab_hosts_state(const struct lab_climb *c);
/* The seed with the names was written. */
void lab_hosts_made(struct lab_climb *c);
/* Asked by a gate that has a session; false: the names are on their way. */
bool lab_hosts_refreshed(struct lab_climb *c);

#endif
