/* Facts about the clock. */
#include "facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"

static bool is_file(const char *path)
{
    struct stat st;
    LAB_AUTOFREE char *real = plat_fact_path(path);
    return stat(real, &st) == 0 && S_ISREG(st.st_mode);
}

/* "Asia/Seoul" out of what /etc/localtime points to, or what /etc/timezone says. */
static char *configured_zone(void)
{
    static const char marker[] = "zoneinfo/";
    char target[512];
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *link = plat_fact_path("/etc/localtime");
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = '\0';
    const char *name = strstr(target, marker);
    if (name)
        return lab_strdup(name + strlen(marker));
    if (plat_fact_read("/etc/timezone", &text) && text.len)
        return plat_fact_line(lab_str_get(&text), "");
    return NULL;
}

static char *offset_now(void)
{
    char text[16];
    time_t now = time(NULL);
    struct tm local;
    tzset();
    if (!localtime_r(&now, &local) || !strftime(text, sizeof(text), "%z", &local))
        return lab_strdup("?");
    return lab_strdup(text);
}

/* The C library takes a zone that it does not find for UTC, without a word. */
static bool known_zone(const char *zone)
{
    LAB_AUTOFREE char *path =
        *zone == '/' ? lab_strdup(zone) : lab_format("/usr/share/zoneinfo/%s", zone);
    bool rule = strpbrk(zone, "0123456789,"); /* "KST-9" is no name */
    return rule || strcmp(zone, "UTC") == 0 || strcmp(zone, "Etc/UTC") == 0 || is_file(path);
}

void plat_ask_time_zone(struct lab_host_fact *out)
{
    static const char looked[] = "TZ, /etc/localtime, /etc/timezone";
    const char *given = plat_getenv("TZ");
    LAB_AUTOFREE char *zone = given ? lab_strdup(given + (*given == ':')) : configured_zone();
    LAB_AUTOFREE char *offset = offset_now();
    if (zone && known_zone(zone)) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "%s (UTC%s)", zone, offset);
    } else if (zone) {
        lab_host_fact_set(out, LAB_FACT_NO, looked, "there is no zone '%s', so UTC%s is used", zone,
                          offset);
        out->fix = lab_strdup(lab_tr("timedatectl set-timezone ZONE, or install tzdata"));
    } else if (is_file("/etc/localtime")) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "a zone without a name (UTC%s)", offset);
    } else {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "none is set, so UTC%s", offset);
    }
}

/* The kernel knows whether anybody disciplines its clock: ntpd, chrony and timesyncd tell it. */
static bool kernel_says_synchronised(void)
{
    struct timex t;
    memset(&t, 0, sizeof(t));
    int state = adjtimex(&t);
    return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

void plat_ask_clock(struct lab_host_fact *out)
{
    static const char looked[] = "adjtimex, /run/systemd/timesync/synchronized";
    if (kernel_says_synchronised() || is_file("/run/systemd/timesync/synchronized")) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "kept right by a time service");
        return;
    }
    lab_host_fact_set(out, LAB_FACT_NO, looked, "no time service keeps it right");
    out->fix =
        lab_strdup(lab_tr("timedatectl set-ntp true or, without a network, compare it with a "
                          "watch; guests take it over"));
}
