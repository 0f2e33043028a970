#include "base/time.h"

/* gmtime() is not safe beside other threads, and its safe forms differ between systems. The year
 * begins in March here, so that the leap day is its last (Howard Hinnant's days-to-civil). */
void lab_put_time(struct lab_str *out, int64_t wall_ms)
{
    int64_t ms = wall_ms < 0 ? 0 : wall_ms;
    int64_t day = ms / 86400000 + 719468; /* since 0000-03-01 */
    int64_t era = day / 146097;
    int64_t of_era = day % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * of_year + 2) / 153;
    int month = (int)(march < 10 ? march + 3 : march - 9);
    year += era * 400 + (month <= 2);
    int64_t s = ms / 1000 % 86400;
    lab_str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, month,
                 (int)(of_year - (153 * march + 2) / 5 + 1), (int)(s / 3600), (int)(s / 60 % 60),
                 (int)(s % 60), (int)(ms % 1000));
}
