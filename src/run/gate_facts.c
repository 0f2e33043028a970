/* The gates that the fact stream opens: clock, ISO copy, cloud-init. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "run/climb.h"
#include "run/cloud_init.h"

enum lab_answer lab_check_clock(struct lab_climb *c)
{
    const struct lab_spec *spec = c->ladder->run->spec;
    int64_t limit = spec ? (int64_t)spec->wait.clock_skew_ms : 5000;
    lab_climb_connect(c);
    if (!c->skew_known)
        return LAB_WAIT;
    lab_climb_see(c, "%+.1f s from this host's clock", (double)c->skew_ms / 1000);
    if (llabs((long long)c->skew_ms) <= limit)
        return LAB_PASS;
    lab_climb_see(c, "%+.1f s from this host's clock, allowed are %.1f s (wait.clock_skew)",
                  (double)c->skew_ms / 1000, (double)limit / 1000);
    return LAB_WAIT;
}

/* The value of key in "key=value key=value" (a marker as the fact stream joins it). */
static bool marker_is(const char *marker, const char *key, const char *value)
{
    LAB_AUTOFREE char *want = lab_format("%s=%s", key, value);
    size_t n = strlen(want);
    for (const char *p = marker; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
        if (strncmp(p, want, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

static const char *marker_value(const char *marker, const char *key)
{
    LAB_AUTOFREE char *want = lab_format("%s=", key);
    const char *at = strstr(marker, want);
    return at ? at + strlen(want) : marker;
}

/* "… file=NAME reason=SENTENCE time=N" */
static enum lab_answer copy_failed(struct lab_climb *c, const char *marker)
{
    const char *reason = marker_value(marker, "reason"), *end = strstr(reason, " time=");
    const char *file = marker_value(marker, "file");
    return lab_climb_fail(c, LAB_GUEST, "copying the ISO failed in the guest: %.*s (file %.*s)",
                          (int)(end ? (size_t)(end - reason) : strlen(reason)), reason,
                          (int)strcspn(file, " "), file);
}

/* cloud-init has ended and there is no marker: its first boot was cut off (power lost, guest
 * killed), and cloud-init does not run those scripts again. labctl does, once. */
static enum lab_answer copy_again(struct lab_climb *c)
{
    enum { AGAIN = 1 };
    if (c->exec_pending || (c->step == AGAIN && c->exec_dropped)) {
        c->step_ms = plat_now_ms();
        if (!c->exec_pending)
            c->step = 0; /* the session dropped: once more */
        return LAB_WAIT;
    }
    if (c->step == AGAIN && !c->exec_failed && plat_now_ms() - c->step_ms < 15000)
        return LAB_WAIT; /* the fact is on its way */
    if (c->step == AGAIN)
        return lab_climb_fail(c, LAB_GUEST,
                              "cloud-init ended without /var/lib/iso-copy-complete of this "
                              "provisioning, and first-boot did not write it either: %s",
                              lab_str_get(&c->evidence));
    c->step = AGAIN;
    lab_climb_see(c, "the first boot was cut off; running its scripts again");
    lab_climb_exec_long(c, "/usr/local/lib/labctl/first-boot", NULL, 20u * 60 * 1000);
    return LAB_WAIT;
}

static enum lab_cloud_state cloud_state(const struct lab_climb *c, struct lab_str *detail)
{
    const struct lab_cloud_facts facts = {
        lab_climb_fact(c, "ci_installed"), lab_climb_fact(c, "ci_enabled"),
        lab_climb_fact(c, "ci_stage"), lab_climb_fact(c, "ci_result"),
        lab_climb_fact(c, "ci_status")};
    return lab_cloud_init_read(&facts, detail);
}

enum lab_answer lab_check_copy(struct lab_climb *c)
{
    lab_climb_connect(c);
    const char *generation = c->record->generation ? c->record->generation : "";
    const char *copy = lab_climb_fact(c, "copy"), *failed = lab_climb_fact(c, "copy_failed");
    if (copy && *copy && marker_is(copy, "generation", generation)) {
        lab_climb_see(c, "%.*s files verified", (int)strcspn(marker_value(copy, "files"), " "),
                      marker_value(copy, "files"));
        return LAB_PASS;
    }
    if (failed && *failed && marker_is(failed, "generation", generation))
        return copy_failed(c, failed);
    LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
    enum lab_cloud_state state = cloud_state(c, &detail);
    if (state == LAB_CLOUD_ERROR || state == LAB_CLOUD_DISABLED || state == LAB_CLOUD_NOT_INSTALLED)
        return lab_climb_fail(c, LAB_GUEST, "cloud-init ended before the ISO was copied: %s",
                              lab_str_get(&detail));
    bool ended = state == LAB_CLOUD_DONE || state == LAB_CLOUD_DEGRADED;
    if (!ended)
        c->step_ms = plat_now_ms();
    else if (plat_now_ms() - c->step_ms > 5000 && !c->ladder->observe)
        return copy_again(c);
    const char *progress = lab_climb_fact(c, "progress");
    if (copy && *copy)
        lab_climb_see(c, "a marker of another generation (%.36s) is not believed; cloud-init %s",
                      marker_value(copy, "generation"), lab_str_get(&detail));
    else if (progress && *progress)
        lab_climb_see(c, "%s", progress);
    else if (c->link == LAB_LINK_LOGIN)
        lab_climb_see(c, "cloud-init %s", lab_str_get(&detail));
    return LAB_WAIT;
}

/* result.json is of this boot; the instance id ties it to this generation. */
static bool instance_matches(struct lab_climb *c)
{
    const char *id = lab_climb_fact(c, "instance_id");
    LAB_AUTOFREE char *want =
        lab_format("iid-%s-%s-%s", lab_state_name(c->ladder->run->state), c->record->name,
                   c->record->generation ? c->record->generation : "");
    if (id && strcmp(id, want) == 0)
        return true;
    lab_climb_see(c, "cloud-init works on instance %s, not on %s", id ? id : "unknown", want);
    return false;
}

enum lab_answer lab_check_cloud_init(struct lab_climb *c)
{
    lab_climb_connect(c);
    LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
    if (c->link < LAB_LINK_LOGIN || !lab_climb_fact(c, "ready"))
        return LAB_WAIT;
    enum lab_cloud_state state = cloud_state(c, &detail);
    const struct lab_spec *spec = c->ladder->run->spec;
    switch (state) {
    case LAB_CLOUD_NOT_INSTALLED:
    case LAB_CLOUD_DISABLED:
        return lab_climb_fail(c, LAB_GUEST, "%s", lab_str_get(&detail));
    case LAB_CLOUD_ERROR:
        return lab_climb_fail(c, LAB_GUEST, "cloud-init failed: %s", lab_str_get(&detail));
    case LAB_CLOUD_DEGRADED:
        if (spec && spec->wait.strict)
            return lab_climb_fail(c, LAB_GUEST, "cloud-init ended degraded (wait.strict): %s",
                                  lab_str_get(&detail));
        lab_run_warning(c->ladder->run, "%s: cloud-init ended degraded: %s", c->record->name,
                        lab_str_get(&detail));
        break;
    case LAB_CLOUD_DONE:
        break;
    default:
        lab_climb_see(c, "%s", lab_str_get(&detail));
        return LAB_WAIT;
    }
    if (!instance_matches(c))
        return LAB_WAIT;
    lab_climb_see(c, "%s", lab_str_get(&detail));
    c->record->provisioned = true;
    lab_climb_keep_identity(c);
    return LAB_PASS;
}
