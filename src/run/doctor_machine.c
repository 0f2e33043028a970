#include <string.h>

#include "base/i18n.h"
#include "base/time.h"
#include "platform.h"
#include "run/doctor.h"

#define YEAR_S ((int64_t)365 * 24 * 3600)

static char *day_of(int64_t seconds)
{
    struct lab_date d = lab_date(seconds * 1000);
    return lab_format("%04d-%02d-%02d", d.year, d.month, d.day);
}

/* Guests get this host's time, and certificates that they make with a wrong one fail later. */
static void check_date(struct lab_findings *out)
{
    int64_t now = plat_wall_ms() / 1000, built = LABCTL_BUILT;
    LAB_AUTOFREE char *today = day_of(now);
    LAB_AUTOFREE char *then = day_of(built);
    struct lab_finding *f;
    if (now < built || now > built + 20 * YEAR_S) {
        f = lab_found(out, LAB_N("date"), LAB_RESULT_WARNING, "%s, but labctl was built on %s",
                      today, then);
        lab_finding_fix(f, "set the clock");
    } else {
        f = lab_found(out, LAB_N("date"), LAB_RESULT_OK, "%s", today);
    }
    lab_finding_looked(f, "the clock, labctl's build date");
}

void lab_doctor_machine(struct lab_findings *out)
{
    struct lab_host_fact fact;
    check_date(out);
    plat_ask_clock(&fact);
    lab_found_fact(out, LAB_N("clock"), LAB_RESULT_WARNING, &fact);
    plat_ask_time_zone(&fact);
    lab_found_fact(out, LAB_N("time zone"), LAB_RESULT_WARNING, &fact);
    plat_ask_utf8(&fact);
    lab_found_fact(out, LAB_N("UTF-8"), LAB_RESULT_WARNING, &fact);
    plat_ask_long_paths(&fact);
    lab_found_fact(out, LAB_N("long paths"), LAB_RESULT_WARNING, &fact);
}
