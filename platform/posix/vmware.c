#include "facts.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"

/* Where installers put the programs, for a PATH that has been cut short (cron, sudo). */
static const char *const folders[] = {"/usr/bin", "/usr/local/bin", "/usr/lib/vmware/bin"};

static char *file_in(const char *folder, size_t len, const char *tool, bool runs)
{
    struct stat st;
    char *path = lab_format("%.*s/%s", (int)len, folder, tool);
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (access(path, X_OK) == 0) == runs)
        return path;
    free(path);
    return NULL;
}

static char *in_path(const char *name, bool runs)
{
    char *found = NULL;
    const char *s = plat_getenv("PATH");
    while (s && *s && !found) {
        size_t len = strcspn(s, ":");
        if (*s == '/') /* relative ones mean another program in every folder */
            found = file_in(s, len, name, runs);
        s += len;
        s += *s == ':';
    }
    return found;
}

static char *in_path_or_installed(const char *tool, bool runs)
{
    char *found = in_path(tool, runs);
    for (size_t i = 0; i < LAB_ARRAY_LEN(folders) && !found; i++)
        found = file_in(folders[i], strlen(folders[i]), tool, runs);
    return found;
}

char *plat_find_program(const char *name)
{
    return in_path(name, true);
}

char *plat_find_vmware(const char *tool)
{
    return in_path_or_installed(tool, true);
}

char *plat_find_barred(const char *name)
{
    return in_path_or_installed(name, false);
}

/* With links resolved; the last name may be missing, since a file may be gone by now. */
static char *resolved(const char *path)
{
    char real[PATH_MAX];
    if (realpath(path, real))
        return lab_strdup(real);
    LAB_AUTOFREE char *whole = plat_absolute(path);
    char *slash = strrchr(whole, '/');
    if (!slash || slash == whole)
        return lab_steal(&whole);
    *slash = '\0';
    bool found = realpath(whole, real) != NULL;
    char *out = lab_format("%s/%s", found ? real : whole, slash + 1);
    return out;
}

bool plat_same_path(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    LAB_AUTOFREE char *x = resolved(a);
    LAB_AUTOFREE char *y = resolved(b);
    return strcmp(x, y) == 0;
}

char *plat_vmnet_device(unsigned number)
{
    return lab_format("/dev/vmnet%u", number);
}

int plat_vmnet_settings(struct lab_str *out, struct lab_error *err)
{
    static const char name[] = "/etc/vmware/networking";
    LAB_AUTOFREE char *path = plat_fact_path(name);
    char bytes[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file) {
        plat_fail_os(err, LAB_HOST, "cannot read VMware's networks from '%s'", path);
        return lab_error_hint(err, "set them up once: sudo vmware-netcfg");
    }
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        lab_str_addn(out, bytes, n);
    fclose(file);
    return 0;
}

char *plat_vmnet_advice(unsigned number, const char *network, const char *mask)
{
    return lab_format(lab_tr("set in /etc/vmware/networking: answer VNET_%u_HOSTONLY_SUBNET %s, "
                             "answer VNET_%u_HOSTONLY_NETMASK %s, answer VNET_%u_NAT no, "
                             "answer VNET_%u_VIRTUAL_ADAPTER yes; then run: "
                             "sudo vmware-networks --stop; sudo vmware-networks --start"),
                      number, network, number, mask, number, number);
}
