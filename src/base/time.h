/* Points in time as text. */
#ifndef LAB_BASE_TIME_H
#define LAB_BASE_TIME_H

#include <stdint.h>

#include "base/str.h"

/* Of the Gregorian calendar in UTC, from milliseconds since 1970; what is before is 1970. gmtime()
 * is not safe beside other threads, and its safe forms differ between systems. */
struct lab_date {
    int year, month, day; /* from 1 */
    int hour, minute, second, ms;
};
struct lab_date lab_date(int64_t wall_ms);

/* "2026-08-14T09:05:03.120Z", from milliseconds since 1970 (plat_wall_ms). */
void lab_put_time(struct lab_str *out, int64_t wall_ms);

#endif
