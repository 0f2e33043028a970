/* Networks of the libvirt provider, against a real libvirtd (see provider_real.h). */
#include "provider_real.h"

static void probe_names_the_versions(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_host_info info = {0};
    assert_ok(lab.ops->probe(&lab, &info, &err));
    assert_has(info.hypervisor, "libvirt ");
    assert_has(info.hypervisor, ", QEMU ");
    assert_true(info.accelerated == (info.why == NULL));
    print_message("%s; accelerated: %s\n", info.hypervisor, info.why ? info.why : "yes");
    free(info.hypervisor);
    free(info.why);
}

static struct lab_net net_of(const char *bridge)
{
    struct lab_net net = {.name = "default", .bridge = bridge, .has_ipam = true};
    bool host_bits;
    lab_cidr_parse("192.168.6.0/24", &net.range, &host_bits);
    net.gateway = net.range.network + 1;
    return net;
}

static void a_network_is_made_and_found_again(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_net net = net_of("VMnet1");
    struct lab_net_state s = {0};
    assert_ok(lab.ops->look_network(&lab, &net, &s, &err));
    assert_true(s.made);
    assert_false(s.active);
    lab_net_state_clear(&s);
    LAB_AUTOFREE char *before = virsh(true, "net-list --all --name");
    assert_lacks(before, "VMnet1"); /* looking touches nothing */

    for (int i = 0; i < 2; i++) {
        assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
        assert_true(s.made && s.active && !s.is_bridge);
        assert_string_equal(s.name, "VMnet1");
        assert_true(strlen(s.device) <= 15);
        lab_net_state_clear(&s);
    }
    LAB_AUTOFREE char *xml = virsh(true, "net-dumpxml VMnet1");
    assert_has(xml, "id=\"" LAB_ID "\"");
    assert_has(xml, "<dns enable='no'/>");
    assert_has(xml, "address='192.168.6.1' prefix='24'");
    assert_lacks(xml, "<forward");
    assert_lacks(xml, "<dhcp");
    LAB_AUTOFREE char *info = virsh(true, "net-info VMnet1");
    assert_has(info, "Autostart:      no");
}

/* As after a reboot of the host. */
static void our_network_is_started_again(void **state)
{
    (void)state;
    skip_without_libvirt();
    free(virsh(true, "net-destroy VMnet1"));
    struct lab_net net = net_of("VMnet1");
    struct lab_net_state s = {0};
    assert_ok(lab.ops->look_network(&lab, &net, &s, &err));
    assert_true(s.made && !s.active);
    lab_net_state_clear(&s);
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    lab_net_state_clear(&s);
    LAB_AUTOFREE char *active = virsh(true, "net-list --name");
    assert_has(active, "VMnet1");
}

static void our_network_follows_lab_yaml(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_net net = net_of("VMnet1");
    struct lab_net_state s = {0};
    net.gateway += 1;
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    lab_net_state_clear(&s);
    LAB_AUTOFREE char *xml = virsh(true, "net-dumpxml VMnet1");
    assert_has(xml, "address='192.168.6.2' prefix='24'");
    net.gateway -= 1;
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    lab_net_state_clear(&s);
}

static void a_range_that_the_host_has_is_a_conflict(void **state)
{
    (void)state;
    skip_without_libvirt();
    struct lab_net net = net_of("VMnet2"); /* the range of VMnet1 */
    struct lab_net_state s = {0};
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_CONFLICT,
                   "192.168.6.0/24 already", "ipam.range");
    LAB_AUTOFREE char *all = virsh(true, "net-list --all --name");
    assert_lacks(all, "VMnet2");
}

static void strangers_networks_are_adopted_or_refused(void **state)
{
    (void)state;
    skip_without_libvirt();
    define_raw("net-define", "<network><name>office</name><bridge name='office0'/>"
                             "<ip address='10.9.0.1' netmask='255.255.255.0'/></network>");
    define_raw("net-define", "<network><name>real-default</name><bridge name='real0'/></network>");
    LAB_AUTOFREE char *before = virsh(true, "net-dumpxml office");
    struct lab_net net = net_of("office");
    struct lab_net_state s = {0};
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_USAGE, "10.9.0.0/24",
                   "10.9.0.0/24");
    bool host_bits;
    lab_cidr_parse("10.9.0.0/24", &net.range, &host_bits);
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST, "is not running",
                   "net-start office");
    free(virsh(true, "net-start office"));
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    assert_false(s.made);
    assert_string_equal(s.device, "office0");
    lab_net_state_clear(&s);
    assert_refused(lab.ops->remove_network(&lab, "office", &err), LAB_CONFLICT,
                   "was not made by labctl", NULL);
    LAB_AUTOFREE char *after = virsh(true, "net-dumpxml office");
    assert_string_equal(before, after);

    net.bridge = NULL; /* then labctl's own name counts, and that is taken */
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_CONFLICT, "real-default",
                   "net-undefine real-default");
    free(virsh(true, "net-undefine real-default"));
    free(virsh(true, "net-destroy office"));
    free(virsh(true, "net-undefine office"));
}

static void dhcp_wants_a_network_that_exists(void **state)
{
    (void)state;
    skip_without_libvirt();
    const struct lab_net net = {.name = "lan", .bridge = "nowhere"};
    struct lab_net_state s = {0};
    assert_refused(lab.ops->look_network(&lab, &net, &s, &err), LAB_USAGE, "nowhere", "ipam.range");
}

static void define_user(const char *metadata)
{
    LAB_AUTOFREE char *xml =
        lab_format("<domain type='qemu'><name>user</name><metadata>%s</metadata><memory "
                   "unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>"
                   "<interface type='network'><source network='VMnet1'/></interface></devices>"
                   "</domain>",
                   metadata);
    define_raw("define", xml);
}

static void a_network_in_use_is_kept(void **state)
{
    (void)state;
    skip_without_libvirt();
    define_user("");
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "is kept: VM 'user' uses it", "net-undefine VMnet1");
    free(virsh(true, "undefine user"));
    define_user("<labctl:node xmlns:labctl='urn:labctl:1' lab='b' id='" OTHER "' node='user'/>");
    for (int i = 0; i < 2; i++) /* the first time it is handed over */
        assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                       "is kept: VM 'user' of lab 'b' uses it", "labctl --lab b teardown");
    LAB_AUTOFREE char *active = virsh(true, "net-list --name");
    assert_has(active, "VMnet1");
    free(virsh(true, "undefine user"));

    struct lab_provider other; /* its new owner takes it away */
    assert_ok(open_lab(&other, "b", OTHER, &err));
    assert_ok(other.ops->remove_network(&other, "VMnet1", &err));
    assert_ok(other.ops->remove_network(&other, "VMnet1", &err));
    LAB_AUTOFREE char *all = virsh(true, "net-list --all --name");
    assert_lacks(all, "VMnet1");
    other.ops->close(&other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_names_the_versions),
        cmocka_unit_test(a_network_is_made_and_found_again),
        cmocka_unit_test(our_network_is_started_again),
        cmocka_unit_test(our_network_follows_lab_yaml),
        cmocka_unit_test(a_range_that_the_host_has_is_a_conflict),
        cmocka_unit_test(strangers_networks_are_adopted_or_refused),
        cmocka_unit_test(dhcp_wants_a_network_that_exists),
        cmocka_unit_test(a_network_in_use_is_kept),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
