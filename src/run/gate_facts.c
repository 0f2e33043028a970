/* The gates of the first boot, which the fact stream opens: ISO copy, packages, cloud-init. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/climb.h"
#include "run/cloud_init.h"
#include "run/marker.h"

/* "… file=NAME reason=SENTENCE time=N" */
static enum lab_answer copy_failed(struct lab_climb *c, const char *marker)
{
    const char *reason = lab_marker_value(marker, "reason"), *end = strstr(reason, " time=");
    const char *file = lab_marker_value(marker, "file");
    int n = (int)strcspn(file, " ");
    return lab_climb_fail(c, LAB_GUEST, "copying the ISO failed in the guest: %.*s%s%.*s%s",
                          (int)(end ? (size_t)(end - reason) : strlen(reason)), reason,
                          n ? " (file " : "", n, file, n ? ")" : "");
}

/* cloud-init has ended and there is no marker: its first boot was cut off (power lost, guest
 * killed), and cloud-init does not run those scripts again. labctl does, once. */
static enum lab_answer first_boot_again(struct lab_climb *c, const char *marker)
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
                              "cloud-init ended without %s of this "
                              "provisioning, and first-boot did not write it either: %s",
                              marker, lab_str_get(&c->evidence));
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

static bool of_this_generation(const struct lab_climb *c, const char *marker)
{
    return marker && *marker &&
           lab_marker_is(marker, "generation", c->record->generation ? c->record->generation : "");
}

/* cloud-init has ended some seconds ago: what it did not write by now it will not. */
static bool ended_for_good(struct lab_climb *c, enum lab_cloud_state state)
{
    if (state != LAB_CLOUD_DONE && state != LAB_CLOUD_DEGRADED)
        c->step_ms = plat_now_ms();
    return plat_now_ms() - c->step_ms > 5000 && !c->ladder->observe;
}

/* "step=NAME done_bytes=N total_bytes=N file=NAME"; false when there is none. */
static bool see_progress(struct lab_climb *c)
{
    const char *progress = lab_climb_fact(c, "progress");
    if (!progress || !*progress)
        return false;
    LAB_AUTO_STR struct lab_str done = LAB_STR_INIT, total = LAB_STR_INIT;
    const char *step = lab_marker_value(progress, "step"),
               *file = lab_marker_value(progress, "file");
    uint64_t bytes = strtoull(lab_marker_value(progress, "total_bytes"), NULL, 10);
    lab_put_size(&done, strtoull(lab_marker_value(progress, "done_bytes"), NULL, 10));
    lab_put_size(&total, bytes);
    if (bytes)
        lab_climb_see(c, "copying, %s of %s%s%s", lab_str_get(&done), lab_str_get(&total),
                      *file ? ": " : "", file);
    else
        lab_climb_see(c, "%.*s%s%s", (int)strcspn(step, " "), step, *file ? ": " : "", file);
    return true;
}

enum lab_answer lab_check_copy(struct lab_climb *c)
{
    lab_climb_connect(c);
    const char *copy = lab_climb_fact(c, "copy"), *failed = lab_climb_fact(c, "copy_failed");
    if (of_this_generation(c, copy)) {
        lab_climb_see(c, "%.*s files verified", (int)strcspn(lab_marker_value(copy, "files"), " "),
                      lab_marker_value(copy, "files"));
        return LAB_PASS;
    }
    if (of_this_generation(c, failed))
        return copy_failed(c, failed);
    LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
    enum lab_cloud_state state = cloud_state(c, &detail);
    if (state == LAB_CLOUD_ERROR || state == LAB_CLOUD_DISABLED || state == LAB_CLOUD_NOT_INSTALLED)
        return lab_climb_fail(c, LAB_GUEST, "cloud-init ended before the ISO was copied: %s",
                              lab_str_get(&detail));
    if (c->step || ended_for_good(c, state))
        return first_boot_again(c, "/var/lib/iso-copy-complete");
    if (copy && *copy)
        lab_climb_see(c, "a marker of another generation (%.36s) is not believed; cloud-init %s",
                      lab_marker_value(copy, "generation"), lab_str_get(&detail));
    else if (!see_progress(c) && c->link == LAB_LINK_LOGIN)
        lab_climb_see(c, "cloud-init %s", lab_str_get(&detail));
    return LAB_WAIT;
}

/* "… package=NAME reason=SENTENCE" */
static enum lab_answer packages_failed(struct lab_climb *c, const char *marker)
{
    const char *package = lab_marker_value(marker, "package");
    int n = (int)strcspn(package, " ");
    lab_climb_fail(c, LAB_GUEST, "installing the packages failed in the guest: %.*s%s%s", n,
                   package, n ? ": " : "", lab_marker_value(marker, "reason"));
    lab_error_hint(&c->error,
                   "look at /var/log/labctl-packages.log in the guest; mend the .deb set in the "
                   "payload and run '%s up'",
                   lab_run_self(c->ladder->run));
    return LAB_FAILED;
}

/* Installed by first-boot, so before cloud-init is done; a failure is told at once and by name. */
enum lab_answer lab_check_packages(struct lab_climb *c)
{
    lab_climb_connect(c);
    const char *done = lab_climb_fact(c, "packages"),
               *failed = lab_climb_fact(c, "packages_failed");
    if (of_this_generation(c, done)) {
        const char *n = lab_marker_value(done, "packages"), *set = lab_marker_value(done, "set");
        lab_climb_see(c, "%.*s seen installed, of %.*s", (int)strcspn(n, " "), n,
                      (int)strcspn(set, " "), set);
        return LAB_PASS;
    }
    if (of_this_generation(c, failed))
        return packages_failed(c, failed);
    LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
    enum lab_cloud_state state = cloud_state(c, &detail);
    if (of_this_generation(c, lab_climb_fact(c, "first_boot"))) {
        lab_climb_see(c, "none in the payload");
        return LAB_PASS;
    }
    if (state == LAB_CLOUD_ERROR)
        return lab_climb_fail(c, LAB_GUEST,
                              "cloud-init ended before the packages were installed: %s",
                              lab_str_get(&detail));
    if (c->step || ended_for_good(c, state))
        return first_boot_again(c, "/var/lib/k8s-ops-packages-installed");
    if (!see_progress(c))
        lab_climb_see(c, "%s", lab_str_get(&detail));
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
    lab_climb_see(c, "cloud-init works on instance %s, not on %s", id ? id : lab_tr("unknown"),
                  want);
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
    if (!of_this_generation(c, lab_climb_fact(c, "first_boot")) && !c->ladder->observe) {
        if (c->step || ended_for_good(c, state))
            return first_boot_again(c, "/var/lib/labctl/first-boot-done");
        return LAB_WAIT;
    }
    lab_climb_see(c, "%s", lab_str_get(&detail));
    c->record->provisioned = true;
    lab_climb_keep_identity(c);
    return LAB_PASS;
}
