/* The gates that the session itself opens: address, port, host key, login; and SSH after the
 * restart. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
#include "run/climb.h"
#include "run/console.h"
#include "run/hosts.h"

enum { LAST_WORDS = 512, WHOLE_BOOT = 64 * 1024, SEEDLESS_PART = 5, SEEDLESS_STEP = 1 };

static enum lab_answer fail_seedless(struct lab_climb *c, const char *why, bool saw_cd)
{
    lab_climb_fail(c, LAB_GUEST, "the guest does not answer: by its console %s", why);
    if (saw_cd)
        lab_error_hint(&c->error, "check that the image has cloud-init, and that its "
                                  "datasource_list allows NoCloud");
    else
        lab_error_hint(&c->error, "its kernel told of no CD drive: for one without AHCI, such as "
                                  "that of Debian's genericcloud, set 'cd_bus: ide'");
    return LAB_FAILED;
}

/* A guest that came up without its seed stays so; only an image whose cloud-init keeps off the
 * console may still answer. */
static enum lab_answer check_seed(struct lab_climb *c, const char *why, bool saw_cd)
{
    if (c->step != SEEDLESS_STEP)
        lab_climb_step(c, SEEDLESS_STEP, "");
    lab_climb_see(c, "no answer: by its console %s", why);
    if (plat_now_ms() - c->step_ms < lab_climb_stall_ms(c) / SEEDLESS_PART)
        return LAB_WAIT;
    return fail_seedless(c, why, saw_cd);
}

/* When nothing answers, the console says more than "no route to host". */
static enum lab_answer see_console(struct lab_climb *c)
{
    if (c->link > LAB_LINK_DOWN)
        return LAB_WAIT;
    if (c->power == LAB_POWER_OFF || c->power == LAB_POWER_ABSENT) {
        lab_climb_see(c, "the VM is %s", lab_power_name(c->power));
        return LAB_WAIT;
    }
    LAB_AUTOFREE char *path = lab_run_path(c->ladder->run, "console/%s.log", c->record->name);
    LAB_AUTO_STR struct lab_str tail = LAB_STR_INIT, line = LAB_STR_INIT;
    bool saw_cd;
    lab_file_tail(path, LAST_WORDS, &tail);
    /* Often asked: the whole boot is read only when its end looks like it. */
    if (c->gate == LAB_GATE_ADDRESS && !c->record->provisioned &&
        lab_console_seedless(lab_str_get(&tail), &saw_cd)) {
        LAB_AUTO_STR struct lab_str boot = LAB_STR_INIT;
        lab_file_tail(path, WHOLE_BOOT, &boot);
        const char *why = lab_console_seedless(lab_str_get(&boot), &saw_cd);
        if (why)
            return check_seed(c, why, saw_cd);
    }
    lab_console_last_line(&line, lab_str_get(&tail), tail.len);
    if (line.len)
        lab_climb_see(c, "console: %s", lab_str_get(&line));
    return LAB_WAIT;
}

static enum lab_answer check_link(struct lab_climb *c, enum lab_link wanted)
{
    lab_climb_connect(c);
    if (c->link >= wanted)
        return LAB_PASS;
    return see_console(c);
}

static void see_address(struct lab_climb *c)
{
    const char *ip = c->record->nics.len ? c->record->nics.items[0].ip : NULL;
    lab_climb_see(c, "%s", ip ? ip : "");
}

enum lab_answer lab_check_address(struct lab_climb *c)
{
    enum lab_answer answer = check_link(c, LAB_LINK_ADDRESS);
    if (answer == LAB_PASS)
        see_address(c);
    return answer;
}

enum lab_answer lab_check_port(struct lab_climb *c)
{
    if (!c->evidence.len && c->link_words) /* said when the gate before this one opened */
        lab_climb_see(c, "%s", c->link_words);
    enum lab_answer answer = check_link(c, LAB_LINK_PORT);
    if (answer == LAB_PASS)
        lab_climb_see(c, "22");
    return answer;
}

enum lab_answer lab_check_hostkey(struct lab_climb *c)
{
    enum lab_answer answer = check_link(c, LAB_LINK_HOSTKEY);
    if (answer == LAB_PASS) {
        LAB_AUTOFREE char *print = lab_sshkey_fingerprint(c->hostkey.blob, c->hostkey.blob_len);
        lab_climb_see(c, "%s", print);
    }
    return answer;
}

enum lab_answer lab_check_login(struct lab_climb *c)
{
    if (check_link(c, LAB_LINK_LOGIN) != LAB_PASS || !lab_hosts_refreshed(c))
        return LAB_WAIT;
    lab_climb_see(c, "as %s", lab_run_user(c->ladder->run));
    return LAB_PASS;
}

/* Same machine as before the ISO left? */
static enum lab_answer check_identity(struct lab_climb *c, const char *key, const char *before)
{
    const char *now = lab_climb_fact(c, key);
    if (!now)
        return LAB_WAIT;
    if (!before || strcmp(before, now) == 0)
        return LAB_PASS;
    lab_climb_fail(c, LAB_GUEST, "the guest changed its %s over the restart: it was %s, now %s",
                   strcmp(key, "machine_id") == 0 ? "machine id" : "instance id", before, now);
    lab_error_hint(&c->error, "cloud-init took the VM without its ISO for a new one; check "
                              "datasource_list in the image and /var/lib/cloud/seed/nocloud");
    return LAB_FAILED;
}

enum lab_answer lab_check_ssh_again(struct lab_climb *c)
{
    if (check_link(c, LAB_LINK_LOGIN) != LAB_PASS)
        return LAB_WAIT;
    const char *boot = lab_climb_fact(c, "boot_id");
    if (!boot || !c->skew_known)
        return LAB_WAIT;
    if (c->record->boot_id && strcmp(boot, c->record->boot_id) == 0) {
        lab_climb_see(c, "still the boot from before the restart");
        return LAB_WAIT;
    }
    enum lab_answer same = check_identity(c, "machine_id", c->machine_id);
    if (same == LAB_PASS)
        same = check_identity(c, "instance_id", c->instance_id);
    if (same != LAB_PASS)
        return same;
    if (!lab_hosts_refreshed(c))
        return LAB_WAIT;
    enum lab_answer clock = lab_check_clock(c);
    if (clock != LAB_PASS)
        return clock;
    c->record->restarted = true;
    LAB_AUTOFREE char *skew = lab_strdup(lab_str_get(&c->evidence));
    lab_climb_see(c, "boot %.8s, clock %s", boot, skew);
    lab_climb_save(c);
    return LAB_PASS;
}
