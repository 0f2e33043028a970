#include "run/console.h"

#include <string.h>

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

/* The log goes on over restarts, and the kernel begins each boot with its version. */
static const char *this_boot(const char *text)
{
    const char *boot = text;
    for (const char *s = text; (s = strstr(s, "Linux version ")); s++)
        boot = s;
    return boot;
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
    const char *boot = this_boot(text);
    /* "sr 1:0:0:0: [sr0]", or "Attached scsi CD-ROM sr0" */
    *saw_cd = strstr(boot, "sr0") != NULL;
    if (strstr(boot, "Datasource DataSourceNone"))
        return "its cloud-init ran and found no seed (no CD with the label 'cidata')";
    if (!at_login_prompt(boot) || strstr(boot, "Cloud-init v"))
        return NULL;
    return "it is up, but its cloud-init did not run: it saw no seed (no CD with the label "
           "'cidata'), or the image has no cloud-init";
}
