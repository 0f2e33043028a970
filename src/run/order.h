/* Who waits for whom: masters before workers, one master after the other, and who may found the
 * cluster. The hold functions themselves are named in climb.h, as entries of the ladder's table. */
#ifndef LAB_RUN_ORDER_H
#define LAB_RUN_ORDER_H

#include "run/climb.h"

bool lab_is_master(const struct lab_climb *c);
/* Its bootstrap marker is of this generation: k3s starts by itself at every boot, labctl only
 * looks. */
bool lab_bootstrapped(const struct lab_climb *c);
/* The first master that can still be waited for, or NULL. */
struct lab_climb *lab_any_master(struct lab_ladder *ladder);
/* Another master on the ladder that is in the cluster already, or NULL. */
struct lab_climb *lab_other_member(const struct lab_climb *c);
/* Under this key the state holds the generation in which the node joined; caller frees. */
char *lab_joined_key(const struct lab_node_record *record);

#endif
