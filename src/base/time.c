#include "base/time.h"

/* The year begins in March here, so that the leap day is its last (Howard Hinnant's days-to-civil).
 */
struct lab_date lab_date(int64_t wall_ms)
{
    int64_t ms = wall_ms < 0 ? 0 : wall_ms;
    int64_t day = ms / 86400000 + 719468; /* since 0000-03-01 */
    int64_t era = day / 146097;
    int64_t of_era = day % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * of_year + 2) / 153;
    int month = (int)(march < 10 ? march + 3 : march - 9);
    int64_t s = ms / 1000 % 86400;
    return (struct lab_date){
        .year = (int)(year + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(of_year - (153 * march + 2) / 5 + 1),
        .hour = (int)(s / 3600),
        .minute = (int)(s / 60 % 60),
        .second = (int)(s % 60),
        .ms = (int)(ms % 1000),
    };
}

void lab_put_time(struct lab_str *out, int64_t wall_ms)
{
    struct lab_date d = lab_date(wall_ms);
    lab_str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day, d.hour,
                 d.minute, d.second, d.ms);
}
