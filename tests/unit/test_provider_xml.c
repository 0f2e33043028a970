/* What labctl gives to libvirt, byte for byte (tests/golden/libvirt; LABCTL_GOLDEN=update writes
 * them anew), and what libvirt's own schema says about it. */
#include "provider_golden.h"

#include "base/child.h"
#include "provider/libvirt_xml.h"

#define GOLDEN LABCTL_TEST_DIR "/golden/libvirt/"

static const struct lab_owner owner = {"airgap", "5f0c9c1e-0000-4000-8000-0000000000aa",
                                       "host:/home/kim/.local/share/labctl"};

static const struct lab_vm_nic nics[] = {
    {"VMnet1", false, "52:54:00:12:34:56", NULL},
    {"br0", true, "52:54:00:12:34:57", "e1000e"},
};

static const struct lab_vm web = {
    .name = "web-01",
    .uuid = "5f0c9c1e-1111-4000-8000-000000000001",
    .generation = "3f9a1c",
    .cpu = 2,
    .memory_mib = 4096,
    .disk_bytes = 40ull << 30,
    .nics = nics,
    .nics_len = LAB_ARRAY_LEN(nics),
    .seed = "/var/lib/libvirt/images/labctl-airgap/seed-web-01.0123456789abcdef-00000001.iso",
    .payload = "/var/lib/libvirt/images/labctl-airgap/payload.fedcba9876543210-00000002.iso",
    .console = "/root/.local/share/labctl/labs/airgap/console/web-01.log",
};

static struct lab_libvirt_domain_spec spec_of(const struct lab_vm *vm)
{
    return (struct lab_libvirt_domain_spec){
        .owner = &owner,
        .vm = vm,
        .uuid = vm->uuid,
        .disk = "/var/lib/libvirt/images/labctl-airgap/web-01.qcow2",
        .console_log = true,
    };
}

static void domain_is(const char *golden, const struct lab_libvirt_domain_spec *d)
{
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    lab_libvirt_put_domain(&xml, d);
    LAB_AUTOFREE char *name = lab_format("libvirt/%s", golden);
    golden_is(name, &xml);
}

static void a_domain_with_its_media(void **state)
{
    (void)state;
    struct lab_libvirt_domain_spec d = spec_of(&web);
    domain_is("domain-media.xml", &d);
}

/* After the detach the CDs are not empty but absent. */
static void a_domain_without_media_under_kvm(void **state)
{
    (void)state;
    struct lab_vm vm = web;
    vm.seed = vm.payload = NULL;
    struct lab_libvirt_domain_spec d = spec_of(&vm);
    d.kvm = true;
    domain_is("domain-detached-kvm.xml", &d);
}

/* On another host the caller's console file does not exist. */
static void a_domain_on_another_host(void **state)
{
    (void)state;
    struct lab_libvirt_domain_spec d = spec_of(&web);
    d.console_log = false;
    domain_is("domain-remote.xml", &d);
}

static void hostile_values_stay_values(void **state)
{
    (void)state;
    static const char evil[] = "a'/><on_crash>restart</on_crash><x y=\"&amp;<";
    struct lab_vm vm = web;
    struct lab_vm_nic nic = {evil, false, evil, evil};
    struct lab_owner who = {evil, evil, evil};
    vm.name = vm.generation = vm.seed = vm.payload = vm.console = evil;
    vm.nics = &nic;
    vm.nics_len = 1;
    struct lab_libvirt_domain_spec d = {&who, &vm, evil, evil, false, true};
    domain_is("domain-hostile.xml", &d);
}

static struct lab_net net_of(const char *cidr, bool gateway)
{
    struct lab_net net = {.name = "default", .bridge = "VMnet1", .has_ipam = true};
    bool host_bits;
    assert_int_equal(lab_cidr_parse(cidr, &net.range, &host_bits), 0);
    net.gateway = gateway ? net.range.network + 1 : 0;
    return net;
}

static void network_is(const char *golden, const struct lab_net *net)
{
    const struct lab_libvirt_network_spec n = {
        &owner, net, "VMnet1", "5f0c9c1e-2222-4000-8000-000000000002", "lab0123456789"};
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    lab_libvirt_put_network(&xml, &n);
    LAB_AUTOFREE char *name = lab_format("libvirt/%s", golden);
    golden_is(name, &xml);
}

static void networks(void **state)
{
    (void)state;
    struct lab_net host = net_of("192.168.6.0/24", true);
    struct lab_net none = net_of("10.20.0.0/16", false);
    network_is("network-gateway.xml", &host);
    network_is("network-no-gateway.xml", &none);
}

static void a_pool(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    lab_libvirt_put_pool(&xml, "labctl-airgap", "5f0c9c1e-3333-4000-8000-000000000003",
                         "/var/lib/libvirt/images/labctl-airgap");
    golden_is("libvirt/pool.xml", &xml);
}

/* libvirt's RELAX NG schema; the hostile one is left out, since no schema allows such a UUID. */
static void libvirt_s_schema_accepts_them(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"domain-media.xml", "domain"},        {"domain-detached-kvm.xml", "domain"},
        {"domain-remote.xml", "domain"},       {"network-gateway.xml", "network"},
        {"network-no-gateway.xml", "network"}, {"pool.xml", "storagepool"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(files); i++) {
        struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTO_CHILD struct lab_child c;
        LAB_AUTOFREE char *path = lab_format(GOLDEN "%s", files[i][0]);
        lab_child_init(&c, "virt-xml-validate");
        lab_child_args(&c, path, files[i][1], (char *)NULL);
        if (lab_child_run(&c, &err) != 0) {
            print_message("skipped: %s (libvirt-clients has it)\n", err.message);
            lab_error_clear(&err);
            skip();
        }
        if (c.status != 0)
            fail_msg("%s: %s%s", files[i][0], lab_str_get(&c.out), lab_str_get(&c.errout));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_with_its_media),
        cmocka_unit_test(a_domain_without_media_under_kvm),
        cmocka_unit_test(a_domain_on_another_host),
        cmocka_unit_test(hostile_values_stay_values),
        cmocka_unit_test(networks),
        cmocka_unit_test(a_pool),
        cmocka_unit_test(libvirt_s_schema_accepts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
