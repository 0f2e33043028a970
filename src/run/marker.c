#include "run/marker.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *lab_marker_value(const char *marker, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = marker; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
        if (strncmp(p, key, n) == 0 && p[n] == '=')
            return p + n + 1;
    return "";
}

bool lab_marker_is(const char *marker, const char *key, const char *value)
{
    size_t n = strlen(value);
    const char *at = marker ? lab_marker_value(marker, key) : "";
    return *at && strncmp(at, value, n) == 0 && (at[n] == ' ' || at[n] == '\0');
}

bool lab_tick_read(const char *tick, int64_t *epoch_ms)
{
    static const double year_10000 = 253402300800.0;
    char *end;
    double epoch = strtod(tick, &end);
    if (end == tick || !(epoch >= 0 && epoch < year_10000)) /* a NaN is neither */
        return false;
    *epoch_ms = (int64_t)(epoch * 1000);
    return true;
}
