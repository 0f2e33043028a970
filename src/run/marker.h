/* A marker file of the guest ("key=value" lines, seeds/guest) as the fact stream gives it: the
 * lines joined by blanks. */
#ifndef LAB_RUN_MARKER_H
#define LAB_RUN_MARKER_H

#include <stdbool.h>
#include <stdint.h>

/* marker may be NULL. The whole value must match: a longer one that begins alike does not. */
bool lab_marker_is(const char *marker, const char *key, const char *value);
/* Where the value of key begins, up to the next blank unless it is the last; "" without one. */
const char *lab_marker_value(const char *marker, const char *key);

/* "EPOCH UPTIME", seconds with a fraction: the guest's clock in ms. False when that is no time
 * between 1970 and 9999. */
bool lab_tick_read(const char *tick, int64_t *epoch_ms);

#endif
