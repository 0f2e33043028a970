#include <winsock2.h>
#include <ws2tcpip.h>

#include <cpuid.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "registry.h"
#include "wide.h"

/* --- processor -------------------------------------------------------------------------------- */

/* What runs underneath Windows; "" when nothing does. The number of the leaf is in none of the
 * ranges that __get_cpuid() checks. */
static void hypervisor_name(char name[13])
{
    unsigned a, b, c, d;
    memset(name, 0, 13);
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31))
        return;
    __cpuid(0x40000000, a, b, c, d);
    memcpy(name, &b, 4);
    memcpy(name + 4, &c, 4);
    memcpy(name + 8, &d, 4);
}

static bool is_microsoft(const char *hypervisor)
{
    return strcmp(hypervisor, "Microsoft Hv") == 0;
}

/* The host's own Windows is the partition that may make others. */
static bool may_make_partitions(void)
{
    unsigned a, b, c, d;
    __cpuid(0x40000003, a, b, c, d);
    return b & 1;
}

static const char *cpu_flag(void)
{
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 5))
        return "VT-x";
    if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & 1u << 2))
        return "AMD-V";
    return NULL;
}

void plat_ask_cpu(struct lab_host_fact *out)
{
    static const char looked[] = "CPUID, PF_VIRT_FIRMWARE_ENABLED";
    enum { VIRT_FIRMWARE_ENABLED = 21 };
    char under[13];
    const char *flag = cpu_flag();
    hypervisor_name(under);
    if (is_microsoft(under) && may_make_partitions())
        lab_host_fact_set(out, LAB_FACT_YES, looked, "the processor virtualises (Hyper-V uses it)");
    else if (flag && (*under || IsProcessorFeaturePresent(VIRT_FIRMWARE_ENABLED)))
        lab_host_fact_set(out, LAB_FACT_YES, looked, "the processor virtualises (%s)", flag);
    else if (*under)
        lab_host_fact_set(
            out, LAB_FACT_UNKNOWN, looked,
            "this Windows is itself a virtual machine (%s) that shows it no virtualisation: VMware "
            "may refuse to start VMs",
            under);
    else
        lab_host_fact_set(out, LAB_FACT_NO, looked, "%s",
                          flag
                              ? lab_tr("the firmware has turned the processor's virtualisation off")
                              : lab_tr("the processor shows neither VT-x nor AMD-V"));
    if (out->answer == LAB_FACT_NO)
        out->fix = lab_strdup(lab_tr("turn on VT-x or AMD-V (SVM) in the firmware's setup"));
}

#define DEVICE_GUARD "SYSTEM\\CurrentControlSet\\Control\\DeviceGuard"

static const char *who_wants_hyperv(void)
{
    if (plat_registry_flag(PLAT_VIEW_64,
                           DEVICE_GUARD "\\Scenarios\\HypervisorEnforcedCodeIntegrity", "Enabled"))
        return lab_tr(", for memory integrity");
    if (plat_registry_flag(PLAT_VIEW_64, DEVICE_GUARD, "EnableVirtualizationBasedSecurity"))
        return lab_tr(", for virtualisation-based security");
    return "";
}

void plat_ask_rival(struct lab_host_fact *out)
{
    static const char looked[] = "CPUID 0x40000000, HKLM\\" DEVICE_GUARD;
    char under[13];
    hypervisor_name(under);
    if (!*under) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "off: VMware has the processor for itself");
    } else if (!is_microsoft(under)) {
        lab_host_fact_set(out, LAB_FACT_YES, looked,
                          "off (this Windows runs in a virtual machine: %s)", under);
    } else if (!may_make_partitions()) {
        lab_host_fact_set(out, LAB_FACT_NO, looked, "this Windows is itself a guest of Hyper-V");
        out->fix = lab_strdup(lab_tr("turn on nested virtualisation outside: Set-VMProcessor "
                                     "-ExposeVirtualizationExtensions $true"));
    } else {
        lab_host_fact_set(
            out, LAB_FACT_NO, looked,
            "on%s: VMs run through the Windows Hypervisor Platform, more slowly and without nested "
            "virtualisation",
            who_wants_hyperv());
        out->fix =
            lab_strdup(lab_tr("turn off memory integrity (Windows Security, Device security, Core "
                              "isolation), then as administrator: bcdedit /set "
                              "hypervisorlaunchtype off, and restart"));
    }
}

/* --- VMware ----------------------------------------------------------------------------------- */

void plat_ask_vmware(struct lab_host_fact *out)
{
    static const char key[] = "SOFTWARE\\VMware, Inc.\\VMware Workstation";
    static const char looked[] =
        "ProductVersion in HKLM\\SOFTWARE\\[WOW6432Node\\]VMware, Inc.\\VMware Workstation";
    char *version = NULL;
    for (int view = 0; view < PLAT_VIEWS && !version; view++)
        version = plat_registry_text(view, key, "ProductVersion");
    if (version)
        lab_host_fact_set(out, LAB_FACT_YES, looked, "%s", version);
    else
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "its version cannot be read");
    free(version);
}

/* Its state, 0 when there is no such service or it may not be asked. */
static DWORD service_state(const wchar_t *name)
{
    SERVICE_STATUS status = {0};
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, name, SERVICE_QUERY_STATUS) : NULL;
    if (service && !QueryServiceStatus(service, &status))
        status.dwCurrentState = 0;
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return status.dwCurrentState;
}

void plat_ask_vmware_driver(struct lab_host_fact *out)
{
    static const char looked[] = LAB_N("the service VMAuthdService");
    switch (service_state(L"VMAuthdService")) {
    case 0:
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked,
                          "there is no service VMAuthdService to ask for");
        break;
    case SERVICE_RUNNING:
        lab_host_fact_set(out, LAB_FACT_YES, looked, "the service VMAuthdService runs");
        break;
    default:
        lab_host_fact_set(out, LAB_FACT_NO, looked, "the service VMAuthdService does not run");
        out->fix = lab_strdup(lab_tr("as administrator: net start VMAuthdService"));
    }
}

/* --- user, clock, text ------------------------------------------------------------------------ */

void plat_ask_group(struct lab_host_fact *out, const char *group)
{
    lab_host_fact_set(out, LAB_FACT_NONE, NULL, "no group '%s' is needed here", group);
}

void plat_ask_time_zone(struct lab_host_fact *out)
{
    static const char looked[] = "GetDynamicTimeZoneInformation";
    DYNAMIC_TIME_ZONE_INFORMATION zone;
    DWORD season = GetDynamicTimeZoneInformation(&zone);
    if (season == TIME_ZONE_ID_INVALID) {
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "the time zone cannot be read");
        return;
    }
    LONG west = zone.Bias + (season == TIME_ZONE_ID_DAYLIGHT   ? zone.DaylightBias
                             : season == TIME_ZONE_ID_STANDARD ? zone.StandardBias
                                                               : 0);
    LONG minutes = west < 0 ? -west : west;
    LAB_AUTOFREE char *name =
        plat_utf8(*zone.TimeZoneKeyName ? zone.TimeZoneKeyName : zone.StandardName);
    lab_host_fact_set(out, LAB_FACT_YES, looked, "%s (UTC%c%02ld%02ld)", name, west > 0 ? '-' : '+',
                      minutes / 60, minutes % 60);
}

void plat_ask_clock(struct lab_host_fact *out)
{
    static const char key[] = "SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters";
    static const char looked[] =
        "Type in HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters";
    LAB_AUTOFREE char *type = plat_registry_text(PLAT_VIEW_64, key, "Type");
    if (!type) {
        lab_host_fact_set(out, LAB_FACT_UNKNOWN, looked, "the Windows Time service is not set up");
    } else if (strcmp(type, "NoSync") == 0) {
        lab_host_fact_set(out, LAB_FACT_NO, looked, "no time service keeps it right");
        out->fix = lab_strdup(lab_tr("Settings, Time & language: set time automatically; without a "
                                     "network, compare it with a watch: guests take it over"));
    } else {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "Windows Time keeps it right (%s)", type);
    }
}

void plat_ask_long_paths(struct lab_host_fact *out)
{
    static const char key[] = "SYSTEM\\CurrentControlSet\\Control\\FileSystem";
    static const char looked[] =
        "LongPathsEnabled in HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem";
    if (plat_registry_flag(PLAT_VIEW_64, key, "LongPathsEnabled")) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "on");
        return;
    }
    lab_host_fact_set(out, LAB_FACT_NO, looked,
                      "off: labctl reaches paths beyond 260 characters, other programs may not");
    out->fix = lab_strdup(lab_tr("keep LABCTL_HOME and vm_dir short or, as administrator: reg add "
                                 "HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem /v "
                                 "LongPathsEnabled /t REG_DWORD /d 1 /f"));
}

void plat_ask_utf8(struct lab_host_fact *out)
{
    static const char looked[] = "GetConsoleOutputCP, GetACP";
    UINT page = GetConsoleOutputCP();
    if (page == 0) {
        lab_host_fact_set(out, LAB_FACT_YES, looked, "no console: UTF-8 goes into files and pipes");
    } else if (page == CP_UTF8) {
        lab_host_fact_set(out, LAB_FACT_YES, looked,
                          "the console shows UTF-8 (code page %u, programs' own %u)", page,
                          GetACP());
    } else {
        lab_host_fact_set(out, LAB_FACT_NO, looked,
                          "the console has code page %u and does not take UTF-8", page);
        out->fix = lab_strdup(lab_tr("chcp 65001, or use Windows Terminal"));
    }
}

/* --- memory, disks, addresses ----------------------------------------------------------------- */

int plat_memory(uint64_t *total, uint64_t *available, struct lab_error *err)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof(status)};
    if (!GlobalMemoryStatusEx(&status))
        return plat_fail_os(err, LAB_HOST, "cannot read this host's memory");
    /* "PageFile" counts memory, too, except under Wine. */
    bool with_memory = status.ullTotalPageFile >= status.ullTotalPhys;
    *total = with_memory ? status.ullTotalPageFile : status.ullTotalPhys;
    *available = with_memory ? status.ullAvailPageFile : status.ullAvailPhys;
    return 0;
}

static bool volume_of(const char *path, wchar_t *out, DWORD n)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(path);
    return GetVolumePathNameW(wide, out, n);
}

bool plat_same_disk(const char *a, const char *b)
{
    wchar_t x[MAX_PATH + 1], y[MAX_PATH + 1];
    return volume_of(a, x, LAB_ARRAY_LEN(x)) && volume_of(b, y, LAB_ARRAY_LEN(y)) &&
           _wcsicmp(x, y) == 0;
}

static IP_ADAPTER_ADDRESSES *adapters(DWORD *rc)
{
    static const ULONG flags =
        GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    IP_ADAPTER_ADDRESSES *list = NULL;
    ULONG bytes = 16 * 1024;
    do { /* it may grow between two calls */
        list = lab_realloc(list, 1, bytes);
        *rc = GetAdaptersAddresses(AF_INET, flags, NULL, list, &bytes);
    } while (*rc == ERROR_BUFFER_OVERFLOW);
    return list;
}

int plat_addresses(struct plat_address **out, size_t *n, struct lab_error *err)
{
    DWORD rc;
    LAB_AUTOFREE IP_ADAPTER_ADDRESSES *all = adapters(&rc);
    struct plat_address *list = NULL;
    size_t len = 0;
    if (rc != NO_ERROR && rc != ERROR_NO_DATA) {
        SetLastError(rc);
        return plat_fail_os(err, LAB_HOST, "cannot read this host's addresses");
    }
    for (IP_ADAPTER_ADDRESSES *at = rc == NO_ERROR ? all : NULL; at; at = at->Next) {
        LAB_AUTOFREE char *name = plat_utf8(at->FriendlyName);
        IP_ADAPTER_UNICAST_ADDRESS *a = at->FirstUnicastAddress;
        for (; a; a = a->Next) { /* also of adapters that nothing is plugged into yet */
            struct sockaddr_in in;
            memcpy(&in, a->Address.lpSockaddr, sizeof(in));
            list = lab_realloc(list, len + 1, sizeof(*list));
            list[len].address = ntohl(in.sin_addr.s_addr);
            snprintf(list[len++].device, sizeof(list->device), "%s", name);
        }
    }
    *out = list;
    *n = len;
    return 0;
}
