#include "run/console.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

void lab_console_last_line(struct lab_str *out, const char *text, size_t len)
{
    while (len && strchr("\r\n ", text[len - 1]))
        len--;
    const char *last = text + len;
    while (last > text && last[-1] != '\n')
        last--;
    lab_put_printable(out, last, (size_t)(text + len - last), 120);
}

static const char boot_mark[] = "Linux version ";

static const char *last_of(const char *text, const char *words)
{
    const char *last = NULL;
    for (const char *s = text; (s = strstr(s, words)); s++)
        last = s;
    return last;
}

/* The log goes on over restarts, and the kernel begins each boot with its version. */
const char *lab_console_this_boot(const char *text)
{
    const char *boot = last_of(text, boot_mark);
    return boot ? boot : text;
}

unsigned lab_console_boots(const char *text)
{
    unsigned n = 0;
    for (const char *s = text; (s = strstr(s, boot_mark)); s++)
        n++;
    return n;
}

/* The line that holds `at`, without the kernel's time stamp. */
static void put_line(struct lab_str *out, const char *text, const char *at)
{
    const char *from = at;
    while (from > text && from[-1] != '\n')
        from--;
    size_t len = strcspn(from, "\r\n");
    if (*from == '[' && strspn(from + 1, " .0123456789") + 1 == strcspn(from, "]")) {
        size_t stamp = strcspn(from, "]") + 1;
        from += stamp;
        len -= stamp;
        for (; len && *from == ' '; len--)
            from++;
    }
    lab_put_printable(out, from, len, 200);
}

/* "Dependency failed for", "Failed to mount", "[FAILED]": why systemd gave up is said before. */
static void put_failed(struct lab_str *out, const char *boot, const char *until)
{
    const char *failed = NULL;
    for (const char *s = boot; (s = strstr(s, "ailed ")) && s < until; s++)
        failed = s;
    if (!failed)
        return;
    lab_str_add(out, ": ");
    put_line(out, boot, failed);
}

bool lab_console_stuck(struct lab_str *why, const char *text)
{
    static const char panic[] = "Kernel panic - not syncing: ";
    const char *boot = lab_console_this_boot(text), *at = strstr(boot, panic);
    if (at) {
        at += strlen(panic);
        lab_str_add(why, lab_tr("its kernel panicked (kernel panic): "));
        lab_put_printable(why, at, strcspn(at, "\r\n"), 200);
        return true;
    }
    at = strstr(boot, "You are in emergency mode");
    if (!at)
        return false;
    lab_str_add(why, lab_tr("it stopped in emergency mode"));
    put_failed(why, boot, at);
    return true;
}

/* agetty's prompt: "HOST login: " at the end of what was written. */
static bool at_login_prompt(const char *text)
{
    size_t len = strlen(text);
    while (len && strchr("\r\n ", text[len - 1]))
        len--;
    return len >= strlen("login:") &&
           strncmp(text + len - strlen("login:"), "login:", strlen("login:")) == 0;
}

const char *lab_console_seedless(const char *text, bool *saw_cd)
{
    const char *boot = lab_console_this_boot(text);
    /* "sr 1:0:0:0: [sr0]", or "Attached scsi CD-ROM sr0" */
    *saw_cd = strstr(boot, "sr0") != NULL;
    if (strstr(boot, "Datasource DataSourceNone"))
        return lab_tr("its cloud-init ran and found no seed (no CD with the label 'cidata')");
    if (!at_login_prompt(boot) || strstr(boot, "Cloud-init v"))
        return NULL;
    return lab_tr("it is up, but its cloud-init did not run: it saw no seed (no CD with the label "
                  "'cidata'), or the image has no cloud-init");
}
