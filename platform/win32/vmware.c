#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "registry.h"
#include "wide.h"

/* Up to 25H2 Workstation's installer is a 32-bit program and writes into that view and folder; from
 * 26H1 on it is a 64-bit one. An upgrade may leave the old key behind: what counts is the file. */

static const char product[] = "SOFTWARE\\VMware, Inc.\\VMware Workstation";
static const char app_path[] =
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\vmware.exe";

/* The program in the folder, whose name may be in quotes; NULL: it is not there, or the name means
 * another folder wherever one stands. */
static char *program_in(const char *folder, size_t len, const char *file)
{
    struct plat_stat st;
    if (len >= 2 && folder[0] == '"' && folder[len - 1] == '"') {
        folder++;
        len -= 2;
    }
    LAB_AUTOFREE char *name = lab_strndup(folder, len);
    if (!plat_path_is_absolute(name))
        return NULL;
    LAB_AUTOFREE char *joined = lab_format("%s/%s", name, file);
    char *path = plat_absolute(joined);
    if (plat_stat(path, &st) == 0 && st.is_file)
        return path;
    free(path);
    return NULL;
}

static char *in_path(const char *file)
{
    char *found = NULL;
    for (const char *s = plat_getenv("PATH"); s && *s && !found;) {
        size_t len = strcspn(s, ";");
        found = program_in(s, len, file);
        s += len;
        s += *s == ';';
    }
    return found;
}

static char *in_text(char *folder, const char *file)
{
    char *found = folder ? program_in(folder, strlen(folder), file) : NULL;
    free(folder);
    return found;
}

static char *in_registry(int view, const char *file)
{
    char *found = in_text(plat_registry_text(view, product, "InstallPath"), file);
    return found ? found : in_text(plat_registry_text(view, app_path, "Path"), file);
}

static char *in_program_files(const char *variable, const char *file)
{
    const char *folder = plat_getenv(variable);
    return folder ? in_text(lab_format("%s/VMware/VMware Workstation", folder), file) : NULL;
}

char *plat_find_program(const char *name)
{
    LAB_AUTOFREE char *file = lab_format("%s.exe", name);
    return in_path(file);
}

char *plat_find_barred(const char *name)
{
    (void)name; /* what is a program there goes by its name */
    return NULL;
}

char *plat_find_vmware(const char *tool)
{
    static const char *const folders[] = {"ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"};
    LAB_AUTOFREE char *file = lab_format("%s.exe", tool);
    char *found = in_path(file);
    for (int view = 0; view < PLAT_VIEWS && !found; view++)
        found = in_registry(view, file);
    for (size_t i = 0; i < LAB_ARRAY_LEN(folders) && !found; i++)
        found = in_program_files(folders[i], file);
    return found;
}

char *plat_vmnet_device(unsigned number)
{
    return lab_format("VMnet%u", number);
}

/* vnetlib64 says success with status 1, so its calls must not be joined by &&. */
char *plat_vmnet_advice(unsigned number, const char *network, const char *mask)
{
    static const char tool[] = "vnetlib64";
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *found = plat_find_vmware(tool);
    LAB_AUTOFREE char *native = found ? plat_native(found) : lab_format("%s.exe", tool);
    lab_str_add(&out,
                lab_tr("run as administrator in cmd.exe (each answers with status 1 when it is "
                       "fine):"));
    lab_str_addf(&out, " \"%s\" -- stop dhcp &", native);
    lab_str_addf(&out, " \"%s\" -- set vnet vmnet%u addr %s &", native, number, network);
    lab_str_addf(&out, " \"%s\" -- set vnet vmnet%u mask %s &", native, number, mask);
    lab_str_addf(&out, " \"%s\" -- remove nat vmnet%u &", native, number);
    lab_str_addf(&out, " \"%s\" -- add adapter vmnet%u &", native, number);
    lab_str_addf(&out, " \"%s\" -- update adapter vmnet%u &", native, number);
    lab_str_addf(&out, " \"%s\" -- update dhcp vmnet%u &", native, number);
    lab_str_addf(&out, " \"%s\" -- start dhcp", native);
    lab_str_add(&out,
                lab_tr("; or use Workstation's menu Edit, Virtual Network Editor. Other VMs on "
                       "that network change with it"));
    return lab_str_detach(&out);
}
