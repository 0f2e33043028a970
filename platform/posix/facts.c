/* Facts about processor, memory, user and disks. /proc and /etc are asked, not libraries. */
#include "facts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/i18n.h"

char *plat_fact_path(const char *path)
{
    const char *root = plat_getenv("LABCTL_FACTS_ROOT");
    return lab_format("%s%s", root ? root : "", path);
}

bool plat_fact_read(const char *path, struct lab_str *out)
{
    char bytes[4096];
    size_t n, left = 1 << 20;
    LAB_AUTOFREE char *real = plat_fact_path(path);
    FILE *file = fopen(real, "re");
    if (!file)
        return false;
    while (left && (n = fread(bytes, 1, left < sizeof(bytes) ? left : sizeof(bytes), file)) > 0) {
        lab_str_addn(out, bytes, n);
        left -= n;
    }
    bool fine = !ferror(file); /* a folder opens, too */
    fclose(file);
    return fine;
}

char *plat_fact_line(const char *text, const char *key)
{
    size_t n = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) != 0)
            continue;
        const char *at = line + n + strspn(line + n, " \t:=\"");
        size_t len = strcspn(at, "\n\"");
        while (len && strchr(" \t\r", at[len - 1]))
            len--;
        return lab_strndup(at, len);
    }
    return NULL;
}

/* --- processor -------------------------------------------------------------------------------- */

static bool has_word(const char *line, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = line; (at = strstr(at, word)); at += n)
        if ((at == line || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

void plat_ask_cpu(struct lab_host_fact *out)
{
    static const char looked[] = LAB_N("flags in /proc/cpuinfo");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    plat_fact_read("/proc/cpuinfo", &text);
    LAB_AUTOFREE char *flags = plat_fact_line(lab_str_get(&text), "flags");
    if (!flags) {
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "the processor's flags cannot be read");
        return;
    }
    const char *found = has_word(flags, "vmx") ? "vmx" : has_word(flags, "svm") ? "svm" : NULL;
    if (found) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "the processor virtualises (%s)", found);
        return;
    }
    bool nested = has_word(flags, "hypervisor");
    lab_host_fact_set(out, LAB_FACT_NO, looked, "the processor shows neither vmx nor svm%s",
                      nested ? lab_tr(", and this host is itself a virtual machine") : "");
    out->fix = lab_strdup(nested ? lab_tr("turn on nested virtualisation where this machine runs")
                                 : lab_tr("turn on VT-x or AMD-V (SVM) in the firmware's setup"));
}

/* Linux has no hypervisor underneath that VMware would have to share with. */
void plat_ask_rival(struct lab_host_fact *out)
{
    lab_host_fact_set(out, LAB_FACT_NONE, NULL, "no Hyper-V here");
}

/* --- user ------------------------------------------------------------------------------------- */

/* A group's number, and whether the user is one of its members by name. */
static bool find_group(const char *group, const char *user, unsigned *number, bool *member)
{
    size_t n = strlen(group);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    plat_fact_read("/etc/group", &text);
    *member = false;
    for (const char *line = lab_str_get(&text); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *id =
            strncmp(line, group, n) == 0 && line[n] == ':' /* NAME:password:number:members */
                ? strchr(line + n + 1, ':')
                : NULL;
        int at = 0;
        if (!id || sscanf(id, ":%u:%n", number, &at) != 1 || !at)
            continue;
        LAB_AUTOFREE char *members = lab_strndup(id + at, strcspn(id + at, "\r\n"));
        for (char *s = members; *s; s++)
            if (*s == ',')
                *s = ' ';
        *member = has_word(members, user);
        return true;
    }
    return false;
}

/* Groups of the process are fixed at login: that of /etc/group may be newer. */
static bool process_has(const char *status, unsigned group)
{
    LAB_AUTOFREE char *word = lab_format("%u", group);
    LAB_AUTOFREE char *list = plat_fact_line(status, "Groups");
    LAB_AUTOFREE char *own = plat_fact_line(status, "Gid");
    for (char *s = own; s && *s; s++)
        if (*s == '\t')
            *s = ' ';
    return (list && has_word(list, word)) || (own && has_word(own, word));
}

void plat_ask_group(struct lab_host_fact *out, const char *group)
{
    static const char looked[] = "/proc/self/status, /etc/group";
    LAB_AUTO_STR struct lab_str status = LAB_STR_INIT;
    LAB_AUTOFREE char *user = plat_user_name();
    unsigned number, uid;
    bool named;
    plat_fact_read("/proc/self/status", &status);
    LAB_AUTOFREE char *uids = plat_fact_line(lab_str_get(&status), "Uid");
    if (!uids || sscanf(uids, "%*u %u", &uid) != 1) {
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "this process' groups cannot be read");
    } else if (uid == 0) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "root needs no group");
    } else if (!find_group(group, user, &number, &named)) {
        lab_host_fact_set(out, LAB_FACT_NO, looked, "there is no group '%s'", group);
    } else if (process_has(lab_str_get(&status), number)) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "user '%s' is in group '%s'", user, group);
    } else if (named) {
        lab_host_fact_set(out, LAB_FACT_NO, looked,
                          "user '%s' is in group '%s', but not this login", user, group);
        out->fix = lab_strdup(lab_tr("log out and in again"));
    } else {
        lab_host_fact_set(out, LAB_FACT_NO, looked, "user '%s' is not in group '%s'", user, group);
        out->fix = lab_format(lab_tr("sudo usermod -aG %s %s, then log in again"), group, user);
    }
}

/* --- text ------------------------------------------------------------------------------------- */

void plat_ask_long_paths(struct lab_host_fact *out)
{
    lab_host_fact_set(out, LAB_FACT_NONE, NULL, "paths are not limited to 260 characters");
}

void plat_ask_utf8(struct lab_host_fact *out)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *name = NULL, *value = NULL;
    for (size_t i = 0; i < LAB_ARRAY_LEN(names) && !value; i++)
        value = plat_getenv(name = names[i]);
    bool utf8 = plat_terminal_utf8();
    if (value)
        lab_host_fact_set(out, utf8 ? LAB_FACT_YES : LAB_FACT_NO, "LC_ALL, LC_CTYPE, LANG",
                          "the locale is %s%s (%s)", value,
                          utf8 ? "" : lab_tr(", which is not UTF-8"), name);
    else
        lab_host_fact_set(out, LAB_FACT_NO, "LC_ALL, LC_CTYPE, LANG",
                          "no locale is set: plain ASCII");
    if (!utf8)
        out->fix = lab_strdup("export LANG=C.UTF-8");
}

/* --- memory and disks ------------------------------------------------------------------------- */

static bool kibibytes(const char *text, const char *key, uint64_t *bytes)
{
    unsigned long long n;
    LAB_AUTOFREE char *value = plat_fact_line(text, key);
    bool fine = value && sscanf(value, "%llu kB", &n) == 1;
    *bytes = fine ? (uint64_t)n << 10 : 0;
    return fine;
}

int plat_memory(uint64_t *total, uint64_t *available, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    uint64_t swap, swap_free;
    plat_fact_read("/proc/meminfo", &text);
    const char *info = lab_str_get(&text);
    if (!kibibytes(info, "MemTotal:", total) || !kibibytes(info, "MemAvailable:", available))
        return lab_fail(err, LAB_HOST, "/proc/meminfo does not tell this host's memory");
    kibibytes(info, "SwapTotal:", &swap);
    kibibytes(info, "SwapFree:", &swap_free);
    *total += swap;
    *available += swap_free;
    return 0;
}

bool plat_same_disk(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;
}

int plat_addresses(struct plat_address **out, size_t *n, struct lab_error *err)
{
    struct ifaddrs *all, *at;
    struct plat_address *list = NULL;
    size_t len = 0;
    if (getifaddrs(&all) != 0)
        return plat_fail_os(err, LAB_HOST, "cannot read this host's addresses");
    for (at = all; at; at = at->ifa_next) {
        struct sockaddr_in in;
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&in, at->ifa_addr, sizeof(in));
        list = lab_realloc(list, len + 1, sizeof(*list));
        memset(&list[len], 0, sizeof(*list));
        list[len].address = ntohl(in.sin_addr.s_addr);
        snprintf(list[len++].device, sizeof(list->device), "%s", at->ifa_name);
    }
    freeifaddrs(all);
    *out = list;
    *n = len;
    return 0;
}
