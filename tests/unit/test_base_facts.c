/* What the system says of the host, read from a made-up host, and as findings of doctor. */
#include "base_scratch.h"
#include "fact_host.h"

#include <arpa/inet.h>
#include <unistd.h>

static int setup(void **state)
{
    int rc = scratch_setup(state);
    if (rc == 0)
        host_begin(*state);
    unsetenv("TZ");
    return rc;
}

static int teardown(void **state)
{
    host_end();
    return scratch_teardown(state);
}

#define host_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#define assert_fact(call, expected, part)                                                          \
    do {                                                                                           \
        struct lab_host_fact fact;                                                                 \
        (call);                                                                                    \
        LAB_AUTOFREE char *all = lab_format(                                                       \
            "%s [%s] %s", fact.text, fact.looked ? fact.looked : "", fact.fix ? fact.fix : "");    \
        if (fact.answer != (expected) || !strstr(all, (part)))                                     \
            fail_msg("%s: %d, not %d with '%s': %s", #call, (int)fact.answer, (int)(expected),     \
                     (part), all);                                                                 \
        lab_host_fact_clear(&fact);                                                                \
    } while (0)

static void the_processor(void **state)
{
    (void)state;
    assert_fact(plat_ask_cpu(&fact), LAB_FACT_UNKNOWN, "/proc/cpuinfo");
    host_file("/proc/cpuinfo", "model name\t: x\nflags\t\t: fpu vmx sse\n");
    assert_fact(plat_ask_cpu(&fact), LAB_FACT_YES, "(vmx)");
    host_file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm\n\nprocessor\t: 1\n");
    assert_fact(plat_ask_cpu(&fact), LAB_FACT_YES, "(svm)");
    host_file("/proc/cpuinfo", "flags\t\t: fpu svm_lock xsvm vmx2 sse\n");
    assert_fact(plat_ask_cpu(&fact), LAB_FACT_NO, "firmware");
    host_file("/proc/cpuinfo", "flags\t\t: fpu hypervisor sse\n");
    assert_fact(plat_ask_cpu(&fact), LAB_FACT_NO, "nested virtualisation");
    assert_fact(plat_ask_rival(&fact), LAB_FACT_NONE, "");
}

static void groups(void **state)
{
    (void)state;
    LAB_AUTOFREE char *user = plat_user_name();
    LAB_AUTOFREE char *text =
        lab_format("xlibvirt:x:7:\nlibvirt:x:134:alice,%s\nkvm:x:108:%sx\nnone:!:9:\n", user, user);
    assert_fact(plat_ask_group(&fact, "libvirt"), LAB_FACT_UNKNOWN, "cannot be read");
    host_file("/proc/self/status", "Uid:\t1000\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 \n");
    assert_fact(plat_ask_group(&fact, "libvirt"), LAB_FACT_YES, "root needs no group");
    host_file("/proc/self/status",
              "Uid:\t0\t1000\t0\t0\nGid:\t100\t9\t100\t100\nGroups:\t27 1134 \n");
    assert_fact(plat_ask_group(&fact, "libvirt"), LAB_FACT_NO, "there is no group");
    host_file("/etc/group", text);
    assert_fact(plat_ask_group(&fact, "libvirt"), LAB_FACT_NO, "log out and in again");
    assert_fact(plat_ask_group(&fact, "kvm"), LAB_FACT_NO, "sudo usermod -aG kvm");
    assert_fact(plat_ask_group(&fact, "none"), LAB_FACT_YES, "is in group");
    host_file("/proc/self/status", "Uid:\t1\t1000\t0\t0\nGid:\t100\t100\t0\t0\nGroups:\t27 134 \n");
    assert_fact(plat_ask_group(&fact, "libvirt"), LAB_FACT_YES, "is in group 'libvirt'");
}

static void link_zone(const char *target)
{
    LAB_AUTOFREE char *path = lab_format("%s/etc/localtime", host_root);
    host_file("/etc/localtime", NULL);
    assert_int_equal(symlink(target, path), 0);
}

static void the_time_zone(void **state)
{
    (void)state;
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_YES, "none is set");
    host_file("/etc/timezone", "Asia/Seoul\n");
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_NO, "no zone 'Asia/Seoul'");
    host_file("/usr/share/zoneinfo/Asia/Seoul", "TZif");
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_YES, "Asia/Seoul (UTC");
    link_zone("../usr/share/zoneinfo/Europe/Vienna");
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_NO, "Europe/Vienna");
    setenv("TZ", ":Asia/Seoul", 1);
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_YES, "Asia/Seoul");
    setenv("TZ", "Asia/Seuol", 1);
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_NO, "Seuol");
    setenv("TZ", "KST-9", 1);
    assert_fact(plat_ask_time_zone(&fact), LAB_FACT_YES, "KST-9 (UTC+0900)");
    unsetenv("TZ");
}

/* Whatever the kernel of this machine says, the service's mark alone is enough. */
static void the_clock(void **state)
{
    (void)state;
    host_file("/run/systemd/timesync/synchronized", "");
    assert_fact(plat_ask_clock(&fact), LAB_FACT_YES, "time service");
}

static void vmware(void **state)
{
    (void)state;
    assert_fact(plat_ask_vmware(&fact), LAB_FACT_UNKNOWN, "/etc/vmware/config");
    host_file("/etc/vmware/config", ".encoding = \"UTF-8\"\nproduct.version = \"17.6.3\"\n"
                                    "product.buildNumber = \"24583834\"\n");
    assert_fact(plat_ask_vmware(&fact), LAB_FACT_YES, "17.6.3 build-24583834 [");
    assert_fact(plat_ask_vmware_driver(&fact), LAB_FACT_UNKNOWN, "cannot be read");
    host_file("/proc/modules", "vmnet_x 1 0 - Live 0x0\nxvmmon 1 0 - Live 0x0\n");
    assert_fact(plat_ask_vmware_driver(&fact), LAB_FACT_NO, "modules vmmon and vmnet");
    host_file("/proc/modules", "vmmon 1 0 - Live 0x0\n");
    assert_fact(plat_ask_vmware_driver(&fact), LAB_FACT_NO, "the kernel module vmnet [");
    host_file("/dev/vmnet1", "");
    assert_fact(plat_ask_vmware_driver(&fact), LAB_FACT_YES, "loaded");
}

static void the_locale(void **state)
{
    (void)state;
    setenv("LC_ALL", "ko_KR.UTF-8", 1);
    assert_fact(plat_ask_utf8(&fact), LAB_FACT_YES, "ko_KR.UTF-8 (LC_ALL)");
    setenv("LC_ALL", "C", 1);
    assert_fact(plat_ask_utf8(&fact), LAB_FACT_NO, "not UTF-8");
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("LANG");
    assert_fact(plat_ask_utf8(&fact), LAB_FACT_NO, "export LANG");
}

static void memory(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    uint64_t total, available;
    assert_refused(plat_memory(&total, &available, &err), err, LAB_HOST, "/proc/meminfo");
    host_file("/proc/meminfo", "MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable:  40 kB\n"
                               "SwapCached: 9 kB\nSwapTotal:  20 kB\nSwapFree: 5 kB\n");
    assert_ok(plat_memory(&total, &available, &err), err);
    assert_int_equal(total, 120 << 10);
    assert_int_equal(available, 45 << 10);
}

static void disks_and_addresses(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_address *list;
    size_t n;
    bool loopback = false;
    assert_true(plat_same_disk(*state, "/tmp"));
    assert_false(plat_same_disk(*state, "/proc"));
    assert_false(plat_same_disk(*state, "/nowhere at all"));
    assert_ok(plat_addresses(&list, &n, &err), err);
    for (size_t i = 0; i < n; i++)
        loopback = loopback || (list[i].address == 0x7f000001 && strcmp(list[i].device, "lo") == 0);
    assert_true(loopback);
    free(list);
}

static void answers_become_findings(void **state)
{
    (void)state;
    LAB_AUTO_FINDINGS struct lab_findings all = {{0}};
    struct lab_host_fact fact;
    plat_ask_rival(&fact);
    assert_null(lab_found_fact(&all, "rival", LAB_RESULT_FAIL, &fact));
    plat_ask_cpu(&fact);
    lab_found_fact(&all, "unknown", LAB_RESULT_FAIL, &fact);
    assert_null(lab_findings_fault(&all));
    host_file("/proc/cpuinfo", "flags\t: none\n");
    plat_ask_cpu(&fact);
    lab_found_fact(&all, "warning", LAB_RESULT_WARNING, &fact);
    assert_null(lab_findings_fault(&all));
    plat_ask_cpu(&fact);
    lab_found_fact(&all, "fault", LAB_RESULT_FAIL, &fact);
    assert_string_equal(lab_findings_fault(&all)->check, "fault");
    assert_int_equal(all.list.len, 3);
    assert_finding(&all, "unknown", LAB_RESULT_UNKNOWN, "cannot be read");
    assert_finding(&all, "warning", LAB_RESULT_WARNING, "firmware");
    assert_finding(&all, "fault", LAB_RESULT_FAIL, "neither vmx nor svm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        host_test(the_processor),
        host_test(groups),
        host_test(the_time_zone),
        host_test(the_clock),
        host_test(vmware),
        host_test(the_locale),
        host_test(memory),
        host_test(disks_and_addresses),
        host_test(answers_become_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
