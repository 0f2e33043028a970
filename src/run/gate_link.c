/* The gates that the session itself opens: address, port, host key, login; and SSH after the
 * restart. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/climb.h"
#include "run/console.h"
#include "run/refresh.h"

enum { LAST_WORDS = 2048, WHOLE_BOOT = 64 * 1024 };
enum { STUCK_PART = 5, STUCK_STEP = 1 };
enum { MANY_BOOTS = 5 }; /* one to begin with, one or two that an image's first boot may want */

static char *console_path(const struct lab_climb *c)
{
    return lab_run_path(c->ladder->run, "console/%s.log", c->record->name);
}

void lab_climb_boots_anew(struct lab_climb *c)
{
    struct plat_stat st = {0};
    LAB_AUTOFREE char *path = console_path(c);
    plat_stat(path, &st);
    c->console_at = st.size;
    c->boots = 0;
}

static void count_boots(struct lab_climb *c, const char *path)
{
    struct plat_stat st;
    LAB_AUTO_STR struct lab_str news = LAB_STR_INIT;
    if (plat_stat(path, &st) || st.size == c->console_at)
        return;
    if (st.size < c->console_at) /* begun anew */
        c->console_at = 0;
    /* one byte more, since the tail of a file begins behind a line's end */
    uint64_t n = st.size - c->console_at + (c->console_at > 0);
    lab_file_tail(path, n < WHOLE_BOOT ? (size_t)n : WHOLE_BOOT, &news);
    c->console_at = st.size;
    c->boots += lab_console_boots(lab_str_get(&news));
}

/* What the console says of a guest that will not come up by itself; NULL: nothing of the kind. */
static char *stuck(struct lab_climb *c, const char *path, const char *tail)
{
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
    count_boots(c, path);
    if (lab_console_stuck(&why, tail))
        return lab_str_detach(&why);
    if (c->boots >= MANY_BOOTS)
        return lab_format(lab_tr("it starts again and again: %u boots so far"), c->boots);
    return NULL;
}

static const char *seedless_hint(bool saw_cd)
{
    return saw_cd
               ? lab_tr("check that the image has cloud-init, and that its datasource_list allows "
                        "NoCloud")
               : lab_tr(
                     "its kernel told of no CD drive: for one without AHCI, such as that of Debian's "
                     "genericcloud, set 'cd_bus: ide'");
}

static char *stuck_hint(const struct lab_climb *c, const char *path)
{
    return lab_format(
        lab_tr("its console is in %s; with another image, or if its disk is damaged, make "
               "it anew: '%s up --recreate %s'"),
        path, lab_run_self(c->ladder->run), c->record->name);
}

/* A guest that says so stays so, but for a reset by somebody and, without its seed, an image whose
 * cloud-init keeps off the console: it gets a little time. */
static enum lab_answer give_time(struct lab_climb *c, const char *why, const char *hint)
{
    if (c->step != STUCK_STEP)
        lab_climb_step(c, STUCK_STEP, why);
    lab_climb_see(c, "no answer: by its console %s", why);
    if (plat_now_ms() - c->step_ms < lab_climb_stall_ms(c) / STUCK_PART)
        return LAB_WAIT;
    lab_climb_fail(c, LAB_GUEST, "the guest does not answer: by its console %s", why);
    lab_error_hint(&c->error, "%s", hint);
    return LAB_FAILED;
}

/* When nothing answers, the console says more than "no route to host". */
static enum lab_answer see_console(struct lab_climb *c)
{
    if (!c->evidence.len && c->link_words) /* said when the gate before this one opened */
        lab_climb_see(c, "%s", c->link_words);
    if (c->link > LAB_LINK_DOWN)
        return LAB_WAIT;
    if (c->power == LAB_POWER_OFF || c->power == LAB_POWER_ABSENT) {
        lab_climb_see(c, "the VM is %s", lab_power_name(c->power));
        return LAB_WAIT;
    }
    LAB_AUTOFREE char *path = console_path(c);
    LAB_AUTO_STR struct lab_str tail = LAB_STR_INIT, line = LAB_STR_INIT;
    bool saw_cd;
    lab_file_tail(path, LAST_WORDS, &tail);
    LAB_AUTOFREE char *why = stuck(c, path, lab_str_get(&tail));
    if (why) {
        LAB_AUTOFREE char *hint = stuck_hint(c, path);
        return give_time(c, why, hint);
    }
    /* Often asked: the whole boot is read only when its end looks like it. */
    if (c->gate == LAB_GATE_ADDRESS && !c->record->provisioned &&
        lab_console_seedless(lab_str_get(&tail), &saw_cd)) {
        LAB_AUTO_STR struct lab_str boot = LAB_STR_INIT;
        lab_file_tail(path, WHOLE_BOOT, &boot);
        const char *seedless = lab_console_seedless(lab_str_get(&boot), &saw_cd);
        if (seedless)
            return give_time(c, seedless, seedless_hint(saw_cd));
    }
    c->step = 0;
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
    enum lab_answer link = check_link(c, LAB_LINK_LOGIN);
    if (link != LAB_PASS)
        return link;
    if (!lab_refreshed(c))
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
                   strcmp(key, "machine_id") == 0 ? lab_tr("machine id") : lab_tr("instance id"),
                   before, now);
    lab_error_hint(&c->error, "cloud-init took the VM without its ISO for a new one; check "
                              "datasource_list in the image and /var/lib/cloud/seed/nocloud");
    return LAB_FAILED;
}

enum lab_answer lab_check_ssh_again(struct lab_climb *c)
{
    enum lab_answer link = check_link(c, LAB_LINK_LOGIN);
    if (link != LAB_PASS)
        return link;
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
    if (!lab_refreshed(c))
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
