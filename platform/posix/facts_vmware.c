/* Facts about VMware Workstation on this host. */
#include "facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/i18n.h"

void plat_ask_vmware(struct lab_host_fact *out)
{
    static const char looked[] = LAB_N("product.version in /etc/vmware/config");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    plat_fact_read("/etc/vmware/config", &text);
    const char *config = lab_str_get(&text);
    LAB_AUTOFREE char *version = plat_fact_line(config, "product.version");
    LAB_AUTOFREE char *build = plat_fact_line(config, "product.buildNumber");
    if (version && *version)
        lab_host_fact_set(out, LAB_FACT_YES, looked, "%s%s%s", version, build ? " build-" : "",
                          build ? build : "");
    else
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "its version cannot be read");
}

/* A module may also be built in, or its device be made by somebody else's means. */
static bool is_there(const char *modules, const char *module)
{
    struct stat st;
    LAB_AUTOFREE char *line = lab_format("%s ", module);
    LAB_AUTOFREE char *number = plat_fact_line(modules, line);
    LAB_AUTOFREE char *device =
        lab_format("/dev/%s", strcmp(module, "vmnet") == 0 ? "vmnet1" : module);
    LAB_AUTOFREE char *path = plat_fact_path(device);
    return number || stat(path, &st) == 0;
}

void plat_ask_vmware_driver(struct lab_host_fact *out)
{
    static const char looked[] = "/proc/modules, /dev/vmmon, /dev/vmnet1";
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!plat_fact_read("/proc/modules", &text)) {
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "the kernel's modules cannot be read");
        return;
    }
    bool vmmon = is_there(lab_str_get(&text), "vmmon"),
         vmnet = is_there(lab_str_get(&text), "vmnet");
    if (vmmon && vmnet) {
        lab_host_fact_set(out, LAB_FACT_YES, looked,
                          "the kernel modules vmmon and vmnet are loaded");
        return;
    }
    if (vmmon || vmnet)
        lab_host_fact_set(out, LAB_FACT_NO, looked, "not loaded: the kernel module %s",
                          vmmon ? "vmnet" : "vmmon");
    else
        lab_host_fact_set(out, LAB_FACT_NO, looked,
                          "not loaded: the kernel modules vmmon and vmnet");
    out->fix =
        lab_strdup(lab_tr("sudo vmware-modconfig --console --install-all (after a new kernel; with "
                          "Secure Boot the modules must be signed), then: sudo systemctl restart "
                          "vmware"));
}
