/* Points in time as text. */
#ifndef LAB_BASE_TIME_H
#define LAB_BASE_TIME_H

#include <stdint.h>

#include "base/str.h"

/* "2026-08-14T09:05:03.120Z", from milliseconds since 1970 (plat_wall_ms). */
void lab_put_time(struct lab_str *out, int64_t wall_ms);

#endif
