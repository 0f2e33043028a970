/* Storage and VMs of the libvirt provider, against a real libvirtd (see provider_real.h).
 *
 * The guest is a boot sector: it greets on the serial port and halts, so a VM is proved to run from
 * its base image and to log its console without any operating system. */
#include "provider_real.h"

#include <uv.h>

#define VM_UUID "5f0c9c1e-1111-4000-8000-000000000001"

/* --- images and media
 * ------------------------------------------------------------------------------ */

static char *base_ref, *seed_ref, *payload_ref, *console;

static const struct lab_vm_nic nic = {"VMnet1", false, "52:54:00:00:06:0a", NULL};

static struct lab_vm vm_of(const char *name, const char *uuid)
{
    return (struct lab_vm){
        .name = name,
        .uuid = uuid,
        .generation = "g1",
        .cpu = 1,
        .memory_mib = 64,
        .disk_bytes = 8ull * MIB,
        .base = base_ref,
        .nics = &nic,
        .nics_len = 1,
        .seed = seed_ref,
        .payload = payload_ref,
        .console = console,
        .hypervisor = "qemu",
    };
}

static void await_console(const char *text)
{
    for (int i = 0; i < 300; i++) {
        LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
        lab_file_tail(console, 4096, &log);
        if (strstr(lab_str_get(&log), text))
            return;
        uv_sleep(100);
    }
    fail_msg("'%s' did not appear in %s", text, console);
}

static void a_vm_is_defined_and_runs(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_vm vm = vm_of("web-01", VM_UUID);
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_ok(lab.ops->define(&lab, &vm, &err));
    struct lab_vm_state s = one("web-01");
    assert_true(s.ours && s.power == LAB_POWER_OFF && s.seed_attached && s.payload_attached);
    assert_string_equal(s.generation, "g1");
    assert_int_equal(s.memory_mib, 64);
    assert_int_equal(s.cpu, 1);

    assert_ok(lab.ops->start(&lab, "web-01", &err));
    assert_ok(lab.ops->start(&lab, "web-01", &err));
    assert_int_equal(one("web-01").power, LAB_POWER_ON);
    await_console("labctl guest lives");
    struct plat_stat st;
    assert_int_equal(plat_stat(console, &st), 0);
    assert_int_equal(st.mode & 0777, 0600);
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_HYPERVISOR, "while it is on",
                   "labctl stop");
    assert_refused(lab.ops->grow_disk(&lab, "web-01", 16ull * MIB, &err), LAB_HYPERVISOR,
                   "while it is on", NULL);
}

static void a_paused_vm_is_seen_and_resumed(void **state)
{
    (void)state;
    skip_without_libvirt();
    free(virsh(true, "suspend web-01"));
    assert_int_equal(one("web-01").power, LAB_POWER_PAUSED);
    assert_ok(lab.ops->start(&lab, "web-01", &err));
    assert_int_equal(one("web-01").power, LAB_POWER_ON);
}

static void stopping_twice_is_fine(void **state)
{
    (void)state;
    skip_without_libvirt();
    assert_ok(lab.ops->soft_stop(&lab, "web-01", &err)); /* this guest knows no ACPI */
    assert_ok(lab.ops->hard_stop(&lab, "web-01", &err));
    assert_ok(lab.ops->hard_stop(&lab, "web-01", &err));
    assert_ok(lab.ops->soft_stop(&lab, "web-01", &err));
    assert_int_equal(one("web-01").power, LAB_POWER_OFF);
}

static char *nic_address(void)
{
    LAB_AUTOFREE char *xml = virsh(true, "dumpxml web-01");
    const char *at = strstr(xml, "<interface");
    assert_non_null(at);
    at = strstr(at, "<address type='pci'");
    assert_non_null(at);
    return lab_strndup(at, strcspn(at, ">"));
}

static void detached_means_gone_from_the_definition(void **state)
{
    (void)state;
    skip_without_libvirt();
    LAB_AUTOFREE char *before = nic_address();
    struct lab_vm vm = vm_of("web-01", "5f0c9c1e-2222-4000-8000-000000000002");
    vm.seed = vm.payload = vm.base = NULL; /* the disk is there: no base is needed */
    vm.generation = "g2";
    assert_ok(lab.ops->define(&lab, &vm, &err));
    struct lab_vm_state s = one("web-01");
    assert_false(s.seed_attached || s.payload_attached);
    assert_string_equal(s.generation, "g2");
    LAB_AUTOFREE char *xml = virsh(true, "dumpxml web-01");
    assert_lacks(xml, "cdrom");
    assert_has(xml, VM_UUID); /* redefined, not a second one */
    LAB_AUTOFREE char *after = nic_address();
    assert_string_equal(before, after); /* the guest's NIC keeps its slot, and so its name */
}

static void a_disk_grows_and_never_shrinks(void **state)
{
    (void)state;
    skip_without_libvirt();
    assert_ok(lab.ops->grow_disk(&lab, "web-01", 16ull * MIB, &err));
    assert_ok(lab.ops->grow_disk(&lab, "web-01", 16ull * MIB, &err));
    LAB_AUTOFREE char *info = virsh(true, "domblkinfo web-01 vda");
    assert_has(info, "16777216");
    assert_refused(lab.ops->grow_disk(&lab, "web-01", 8ull * MIB, &err), LAB_USAGE, "cannot shrink",
                   "disk_size");
    assert_ok(lab.ops->start(&lab, "web-01", &err)); /* and it still boots from its base */
    assert_ok(lab.ops->hard_stop(&lab, "web-01", &err));
}

static void many_vms_are_asked_at_once(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_vm five = vm_of("5", "5f0c9c1e-3333-4000-8000-000000000005");
    assert_ok(lab.ops->define(&lab, &five, &err));
    const char *names[] = {"nobody", "web-01", "5"};
    struct lab_vm_states states = {{0}};
    assert_ok(lab.ops->query(&lab, names, 3, &states, &err));
    assert_int_equal(states.list.len, 3);
    assert_int_equal(states.list.items[0].power, LAB_POWER_ABSENT);
    assert_string_equal(states.list.items[0].name, "nobody");
    assert_int_equal(states.list.items[1].power, LAB_POWER_OFF);
    assert_string_equal(states.list.items[2].name, "5");
    assert_true(states.list.items[2].ours);
    lab_vm_states_clear(&states);
    assert_ok(lab.ops->query(&lab, NULL, 0, &states, &err));
    assert_int_equal(states.list.len, 2);
    lab_vm_states_clear(&states);
    assert_ok(lab.ops->destroy(&lab, "5", &err));
    const char *gone = "5";
    assert_ok(lab.ops->query(&lab, &gone, 1, &states, &err));
    assert_int_equal(states.list.items[0].power, LAB_POWER_ABSENT);
    lab_vm_states_clear(&states);
}

static void a_stranger_with_our_name_is_left_alone(void **state)
{
    (void)state;
    skip_without_libvirt();
    define_raw("define", "<domain type='qemu'><name>db</name><memory unit='MiB'>32</memory>"
                         "<os><type arch='x86_64'>hvm</type></os></domain>");
    free(virsh(true, "start db"));
    LAB_AUTOFREE char *before = virsh(true, "dumpxml db");
    struct lab_vm vm = vm_of("db", "5f0c9c1e-4444-4000-8000-000000000004");
    const char *part = "was not made by labctl";
    const char *hint = "undefine --nvram --managed-save db";
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_CONFLICT, part, hint);
    assert_refused(lab.ops->start(&lab, "db", &err), LAB_CONFLICT, part, hint);
    assert_refused(lab.ops->soft_stop(&lab, "db", &err), LAB_CONFLICT, part, hint);
    assert_refused(lab.ops->hard_stop(&lab, "db", &err), LAB_CONFLICT, part, hint);
    assert_refused(lab.ops->grow_disk(&lab, "db", 99ull * MIB, &err), LAB_CONFLICT, part, hint);
    assert_refused(lab.ops->destroy(&lab, "db", &err), LAB_CONFLICT, part, "destroy db");
    assert_false(one("db").ours);
    LAB_AUTOFREE char *after = virsh(true, "dumpxml db");
    assert_string_equal(before, after);
    LAB_AUTOFREE char *volumes = virsh(true, "vol-list labctl-real");
    assert_lacks(volumes, "db.qcow2");
    free(virsh(true, "destroy db"));
    free(virsh(true, "undefine db"));
}

/* A lab of the same name under another LABCTL_HOME: neither its VMs nor its pool are ours. */
static void a_lab_of_the_same_name_is_another_lab(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_provider other;
    assert_ok(open_lab(&other, "real", OTHER, &err));
    struct lab_vm vm = vm_of("web-01", VM_UUID);
    assert_refused(other.ops->define(&other, &vm, &err), LAB_CONFLICT, "another labctl lab, 'real'",
                   NULL);
    vm.name = "web-02";
    assert_refused(other.ops->define(&other, &vm, &err), LAB_CONFLICT, "'labctl-real'",
                   "another name");
    struct lab_tagged_list found = {{0}};
    size_t kinds[3] = {0};
    assert_ok(other.ops->find(&other, &found, &err));
    LAB_VEC_FOREACH (t, &found.list) {
        kinds[t->kind]++;
        assert_string_not_equal(t->id, OTHER);
        assert_non_null(t->where);
    }
    assert_true(kinds[LAB_TAGGED_VM] >= 1);
    assert_int_equal(kinds[LAB_TAGGED_NETWORK], 1);
    assert_int_equal(kinds[LAB_TAGGED_POOL], 1);
    lab_tagged_clear(&found);
    assert_ok(other.ops->remove_lab(&other, &err));
    assert_refused(other.ops->remove_network(&other, "VMnet1", &err), LAB_CONFLICT,
                   "VM 'web-01' of lab 'real' uses it", NULL);
    LAB_AUTOFREE char *volumes = virsh(true, "vol-list labctl-real");
    assert_has(volumes, "web-01.qcow2");
    LAB_AUTOFREE char *active = virsh(true, "net-list --name");
    assert_has(active, "VMnet1");
    other.ops->close(&other);
}

/* Each stop gives the ISO's ownership back; the other VM must not notice, nor the next start. */
static void running_vms_share_the_payload(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_vm a = vm_of("web-01", VM_UUID);
    struct lab_vm b = vm_of("web-02", "5f0c9c1e-5555-4000-8000-000000000005");
    a.seed = b.seed = NULL;
    LAB_AUTOFREE char *other_console = lab_path_join(home, "console-2.log");
    assert_ok(lab_file_replace(other_console, "", 0, 0600, &err));
    b.console = other_console;
    b.nics_len = 0;
    assert_ok(lab.ops->define(&lab, &a, &err));
    assert_ok(lab.ops->define(&lab, &b, &err));
    assert_ok(lab.ops->start(&lab, "web-01", &err));
    assert_ok(lab.ops->start(&lab, "web-02", &err));
    assert_ok(lab.ops->hard_stop(&lab, "web-01", &err));
    assert_ok(lab.ops->start(&lab, "web-01", &err));
    assert_int_equal(one("web-01").power, LAB_POWER_ON);
    assert_int_equal(one("web-02").power, LAB_POWER_ON);
    assert_ok(lab.ops->destroy(&lab, "web-01", &err));
    assert_int_equal(one("web-01").power, LAB_POWER_ABSENT);
    assert_ok(lab.ops->destroy(&lab, "web-02", &err)); /* running */
    LAB_AUTOFREE char *volumes = virsh(true, "vol-list labctl-real");
    assert_lacks(volumes, ".qcow2");
}

/* What a kill between the two leaves: a disk without its VM. It may stand on an old base. */
static void a_disk_without_its_vm_is_made_anew(void **state)
{
    (void)state;
    skip_without_libvirt();
    free(virsh(true, "vol-create-as labctl-real web-01.qcow2 4096 --format raw"));
    struct lab_vm vm = vm_of("web-01", VM_UUID);
    assert_ok(lab.ops->define(&lab, &vm, &err));
    LAB_AUTOFREE char *xml = virsh(true, "vol-dumpxml --pool labctl-real web-01.qcow2");
    assert_has(xml, base_ref);
    assert_has(xml, "<format type='raw'/>"); /* of the base */
    assert_has(xml, "8388608");
}

static void a_panicked_guest_is_seen(void **state)
{
    (void)state;
    skip_without_libvirt();
    char sum[LAB_SHA256_HEX], *ref = NULL;
    LAB_AUTOFREE char *path = lab_path_join(home, "panic.raw");
    make_guest(path, "labctl guest panics\n", 1, sum);
    assert_ok(lab.ops->import_base(&lab, path, sum, LAB_IMAGE_RAW, NULL, &ref, &err));
    struct lab_vm vm = vm_of("panic", "5f0c9c1e-6666-4000-8000-000000000006");
    vm.base = ref;
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_ok(lab.ops->start(&lab, "panic", &err));
    for (int i = 0; i < 300 && one("panic").power == LAB_POWER_ON; i++)
        uv_sleep(100);
    assert_int_equal(one("panic").power, LAB_POWER_CRASHED);
    assert_ok(lab.ops->define(&lab, &vm, &err)); /* it is off: may be changed, and started */
    assert_ok(lab.ops->start(&lab, "panic", &err));
    assert_ok(lab.ops->destroy(&lab, "panic", &err));
    free(ref);
}

static void nothing_is_left(void **state)
{
    (void)state;
    skip_without_libvirt();
    assert_ok(lab.ops->destroy(&lab, "web-01", &err));
    assert_ok(lab.ops->remove_network(&lab, "VMnet1", &err));
    assert_ok(lab.ops->remove_lab(&lab, &err));
    LAB_AUTOFREE char *domains = virsh(true, "list --all --name");
    assert_lacks(domains, "web");
}

static int vm_setup(void **state)
{
    if (real_setup(state) != 0)
        return -1;
    if (!uri)
        return 0;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_net net = {.name = "default", .bridge = "VMnet1", .has_ipam = true};
    struct lab_net_state s = {0};
    char sum[LAB_SHA256_HEX];
    bool host_bits;
    lab_cidr_parse("192.168.6.0/24", &net.range, &host_bits);
    LAB_AUTOFREE char *base = lab_path_join(home, "base.raw");
    LAB_AUTOFREE char *iso = lab_path_join(home, "medium.iso");
    make_guest(base, "labctl guest lives\n", 0, sum);
    write_text(iso, "medium");
    console = lab_path_join(home, "console.log");
    int rc = lab_file_replace(console, "", 0, 0600, &err);
    rc |= lab.ops->ensure_network(&lab, &net, &s, &err); /* without a gateway */
    rc |= lab.ops->import_base(&lab, base, sum, LAB_IMAGE_RAW, NULL, &base_ref, &err);
    rc |= lab.ops->put_medium(&lab, "seed-web-01", iso, sum, NULL, &seed_ref, &err);
    rc |= lab.ops->put_medium(&lab, "payload", iso, sum, NULL, &payload_ref, &err);
    lab_net_state_clear(&s);
    if (rc != 0)
        print_error("%s\n", err.message);
    return rc;
}

static int vm_teardown(void **state)
{
    free(base_ref);
    free(seed_ref);
    free(payload_ref);
    free(console);
    return real_teardown(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vm_is_defined_and_runs),
        cmocka_unit_test(a_paused_vm_is_seen_and_resumed),
        cmocka_unit_test(stopping_twice_is_fine),
        cmocka_unit_test(detached_means_gone_from_the_definition),
        cmocka_unit_test(a_disk_grows_and_never_shrinks),
        cmocka_unit_test(many_vms_are_asked_at_once),
        cmocka_unit_test(a_stranger_with_our_name_is_left_alone),
        cmocka_unit_test(a_lab_of_the_same_name_is_another_lab),
        cmocka_unit_test(running_vms_share_the_payload),
        cmocka_unit_test(a_disk_without_its_vm_is_made_anew),
        cmocka_unit_test(a_panicked_guest_is_seen),
        cmocka_unit_test(nothing_is_left),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, vm_setup, vm_teardown);
}
