/* What doctor learns of VMware and libvirt on a made-up host, with tests/fake in front of PATH. */
#include "provider_fake.h"

#include "fact_host.h"

/* VMnet1 is the loopback's network: there this host has the first address, wherever this runs. */
#define LOOPBACK                                                                                   \
    "answer VNET_1_HOSTONLY_SUBNET 127.0.0.0\nanswer VNET_1_HOSTONLY_NETMASK 255.0.0.0\n"          \
    "answer VNET_1_VIRTUAL_ADAPTER yes\n"
#define ANSWERS "list\tsay\tTotal running VMs: 0\\n\n"

static struct lab_net net;
static struct lab_demand demand;
static struct lab_findings found;

static void set_version(const char *version)
{
    LAB_AUTOFREE char *text = lab_format("product.version = \"%s\"\n", version);
    host_file("/etc/vmware/config", text);
}

static int setup(void **state)
{
    if (fake_setup(state))
        return -1;
    setenv("FAKE_VMRUN", fake_dir, 1);
    host_begin(fake_dir);
    host_file("/proc/cpuinfo", "flags\t: vmx\n");
    host_file("/proc/modules", "vmmon 1 0 -\nvmnet 1 0 -\n");
    host_file("/proc/self/status", "Uid:\t0\t0\t0\t0\n");
    host_file("/etc/vmware/networking", LOOPBACK);
    set_version("17.6.3");
    net = (struct lab_net){.name = "default", .range = {0x7f000000, 8}, .has_ipam = true};
    *lab_vec_push(&demand.nets) = net;
    lab_vec_push(&demand.nodes)->name = "web-01";
    return 0;
}

static int teardown(void **state)
{
    lab_findings_clear(&found);
    lab_vec_clear(&demand.nets);
    lab_vec_clear(&demand.nodes);
    host_end();
    return fake_teardown(state);
}

#define diagnose_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void diagnose(const struct lab_provider_ops *ops, bool with_lab, bool quick)
{
    const struct lab_provider_config config = {
        .owner = {"airgap", FAKE_LAB_ID, NULL}, .home = fake_dir, .vm_dir = fake_dir};
    lab_findings_clear(&found);
    ops->diagnose(&config, with_lab ? &demand : NULL, quick, &found);
}

static void vmware(const char *rules)
{
    fake_rules(rules);
    diagnose(&lab_vmware_ops, true, false);
}

#define assert_found(check, result, part) assert_finding(&found, check, LAB_RESULT_##result, part)

/* --- VMware ----------------------------------------------------------------------------------- */

static void a_host_that_has_it_all(void **state)
{
    (void)state;
    vmware(ANSWERS);
    assert_null(lab_findings_fault(&found));
    assert_found("Workstation", OK, "version 17.6.3");
    assert_found("vmrun", OK, "version 1.17.0 build-24583834, 0 VMs");
    assert_found("virtualisation", OK, "vmx");
    assert_found("VMware driver", OK, "loaded");
    assert_found("VMnet", OK, "VMnet1 is 127.0.0.0/8, this host is 127.0.0.1 in it");
    assert_found("locks", OK, "0 VMs");
    assert_no_finding(&found, "Hyper-V");
    assert_no_finding(&found, "media");
    diagnose(&lab_vmware_ops, false, false);
    assert_found("VMnet", OK, "VMnet1");
    assert_no_finding(&found, "locks");
}

static void a_host_without_workstation(void **state)
{
    (void)state;
    const char *path = getenv("PATH");
    LAB_AUTOFREE char *before = lab_strdup(path);
    setenv("PATH", "/nonexistent", 1);
    vmware(ANSWERS);
    setenv("PATH", before, 1);
    assert_found("Workstation", FAIL, "although this is Workstation 17.6.3");
    assert_found("Workstation", FAIL, "install VMware Workstation");
    assert_found("VMnet", UNKNOWN, "not looked at");
    assert_found("virtualisation", OK, "vmx");
}

static void old_workstations(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        enum lab_result result;
        const char *part;
    } cases[] = {
        {"12.5.9", LAB_RESULT_FAIL, "17.5.2"},     {"16.2.5", LAB_RESULT_WARNING, "licence"},
        {"17.0.2", LAB_RESULT_WARNING, "licence"}, {"17.5.1", LAB_RESULT_WARNING, "licence"},
        {"17.5.2", LAB_RESULT_OK, "no fix"},       {"17.10.0", LAB_RESULT_OK, "no fix"},
        {"25H2", LAB_RESULT_OK, "no fix"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        set_version(cases[i].version);
        vmware(ANSWERS);
        assert_finding(&found, "Workstation", cases[i].result, cases[i].part);
    }
    host_file("/etc/vmware/config", NULL);
    vmware(ANSWERS);
    assert_found("Workstation", UNKNOWN, "cannot be read");
}

static void a_vmrun_that_refuses(void **state)
{
    (void)state;
    vmware("list\terr\tThe operation is not supported\n");
    assert_found("vmrun", FAIL, "not supported");
    assert_found("locks", UNKNOWN, "without vmrun");
}

static void vmnets_that_do_not_fit(void **state)
{
    (void)state;
    fake_rules(ANSWERS);
    demand.nets.items[0].range = (struct lab_cidr){0xc0a80600, 24};
    diagnose(&lab_vmware_ops, true, true);
    assert_found("VMnet", FAIL, "VMnet1 has the subnet 127.0.0.0/8");
    assert_found("VMnet", FAIL, "answer VNET_1_HOSTONLY_SUBNET 192.168.6.0");
    host_file("/etc/vmware/networking", "answer VNET_1_HOSTONLY_SUBNET 192.168.6.0\n"
                                        "answer VNET_1_HOSTONLY_NETMASK 255.255.255.0\n"
                                        "answer VNET_1_VIRTUAL_ADAPTER yes\n");
    vmware(ANSWERS);
    assert_found("VMnet", FAIL, "this host has no address in it");
    assert_found("VMnet", FAIL, "vmware-networks --start");
    if (!plat_is_admin())
        assert_found("administrator", WARNING, "changing a VMnet needs one");
    demand.nets.items[0].range = (struct lab_cidr){0x7e000000, 7};
    host_file("/etc/vmware/networking", "answer VNET_1_HOSTONLY_SUBNET 126.0.0.0\n"
                                        "answer VNET_1_HOSTONLY_NETMASK 254.0.0.0\n"
                                        "answer VNET_1_VIRTUAL_ADAPTER yes\n");
    diagnose(&lab_vmware_ops, true, true);
    assert_found("VMnet", WARNING, "this host is 127.0.0.1 in it");
    host_file("/etc/vmware/networking", NULL);
    diagnose(&lab_vmware_ops, true, true);
    assert_found("VMnet", FAIL, "/etc/vmware/networking");
}

/* Nothing is started, and what only a start of vmrun tells is left out. */
static void a_quick_look(void **state)
{
    (void)state;
    host_file("/proc/cpuinfo", "flags\t: none\n");
    host_file("/proc/modules", "");
    fake_rules("*\tcrash\n");
    diagnose(&lab_vmware_ops, true, true);
    assert_found("virtualisation", FAIL, "firmware");
    assert_found("VMware driver", FAIL, "vmware-modconfig");
    assert_found("VMnet", OK, "VMnet1");
    assert_int_equal(found.list.len, 3);
    LAB_AUTOFREE char *log = fake_log();
    assert_string_equal(log, "");
}

/* A file of the VM web-01. */
static void vm_file(const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_format("%s/web-01/%s", fake_dir, name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    assert_ok(plat_mkdirs(dir, 0700, &err));
    write_text(path, text);
}

#define OURS                                                                                       \
    "guestinfo.labctl.id = \"" FAKE_LAB_ID "\"\nsata0:1.present = \"TRUE\"\n"                      \
    "sata0:1.deviceType = \"cdrom-image\"\nsata0:1.fileName = \"seed.iso\"\n"

static void locks(void **state)
{
    (void)state;
    LAB_AUTOFREE char *running =
        lab_format("list\tsay\tTotal running VMs: 1\\n%s/web-01/web-01.vmx\\n\n", fake_dir);
    vm_file("web-01.vmx", "displayName = \"web-01\"\n");
    vmware(ANSWERS);
    assert_found("locks", OK, "1 VMs");
    vm_file("web-01.vmx.lck/M00001.lck", "machine 999999999-1(vmx)\n");
    vmware(ANSWERS);
    assert_found("locks", WARNING, "stale lock");
    assert_found("locks", WARNING, "web-01.vmx.lck in ");
    vm_file("web-01.vmdk.lck/M00001.lck", "a holder that cannot be asked for\n");
    vmware(ANSWERS);
    assert_found("locks", WARNING, "a process of VMware holds it");
    assert_found("locks", WARNING, "web-01.vmdk.lck");
    vmware(running);
    assert_found("locks", OK, "no VM that is off");
}

static void media(void **state)
{
    (void)state;
    vm_file("web-01.vmx", OURS);
    vmware(ANSWERS);
    assert_found("media", FAIL, "web-01/seed.iso");
    assert_found("media", FAIL, "--recreate web-01");
    vm_file("web-01.vmx", OURS "sata0:1.startConnected = \"FALSE\"\n");
    vmware(ANSWERS);
    assert_found("media", OK, "every drive");
    vm_file("web-01.vmx", OURS);
    vm_file("seed.iso", "");
    vmware(ANSWERS);
    assert_found("media", OK, "every drive");
}

/* --- libvirt ---------------------------------------------------------------------------------- */

#define CONNECTS "uri\tok\nversion*\tout\t" RECORDED "version.txt\n"

static void libvirt(const char *rules, bool with_lab)
{
    fake_rules(rules);
    diagnose(&lab_libvirt_ops, with_lab, false);
}

static void a_libvirt_that_answers(void **state)
{
    (void)state;
    const char *why;
    libvirt(CONNECTS, false);
    assert_null(lab_findings_fault(&found));
    assert_found("libvirt", OK, "libvirt 9.0.0, QEMU 7.2.22");
    assert_found("libvirt", OK, "virsh -c qemu:///system");
    assert_found("group libvirt", OK, "root");
    if (plat_kvm_runs(&why))
        assert_found("KVM", OK, "speed of hardware");
    else
        assert_found("KVM", WARNING, why);
    assert_no_finding(&found, "network");
}

/* Whoever is let in needs no group. */
static void a_user_whom_libvirt_knows(void **state)
{
    (void)state;
    host_file("/proc/self/status", "Uid:\t9\t9\t9\t9\nGid:\t9\t9\t9\t9\nGroups:\t9 \n");
    host_file("/etc/group", "libvirt:x:134:\n");
    libvirt(CONNECTS, false);
    assert_found("group libvirt", OK, "libvirt lets this user in");
    libvirt("uri\terr\tfailed to connect to the hypervisor\\nerror: access denied\n", false);
    assert_found("libvirt", FAIL, "usermod -aG libvirt");
    assert_found("group libvirt", WARNING, "is not in group 'libvirt'");
}

static void a_libvirt_that_is_away(void **state)
{
    (void)state;
    libvirt("uri\terr\tfailed to connect to the hypervisor\\nerror: Failed to connect socket: No "
            "such file or directory\n",
            true);
    assert_found("libvirt", FAIL, "systemctl start libvirtd");
    assert_no_finding(&found, "network");
    diagnose(&lab_libvirt_ops, true, true);
    assert_int_equal(found.list.len, 0);
}

static void networks_of_the_lab(void **state)
{
    (void)state;
    libvirt(CONNECTS "net-list*\terr\tinternal error\nnet-dumpxml*\terr\tinternal error\n", true);
    assert_found("network", FAIL, "internal error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        diagnose_test(a_host_that_has_it_all),
        diagnose_test(a_host_without_workstation),
        diagnose_test(old_workstations),
        diagnose_test(a_vmrun_that_refuses),
        diagnose_test(vmnets_that_do_not_fit),
        diagnose_test(a_quick_look),
        diagnose_test(locks),
        diagnose_test(media),
        diagnose_test(a_libvirt_that_answers),
        diagnose_test(a_user_whom_libvirt_knows),
        diagnose_test(a_libvirt_that_is_away),
        diagnose_test(networks_of_the_lab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
