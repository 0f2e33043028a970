/* VMware's network settings as text, and whether a network of lab.yaml fits to them. */
#include "provider_fixture.h"

#include "provider/vmnet.h"

/* As Workstation 17 writes it on Linux. */
static const char settings[] = "VERSION=1,0\n"
                               "answer VNET_1_DHCP yes\r\n"
                               "answer VNET_1_HOSTONLY_NETMASK 255.255.255.0\n"
                               "answer VNET_1_HOSTONLY_SUBNET 192.168.6.0\n"
                               "answer VNET_1_VIRTUAL_ADAPTER yes\n"
                               "answer VNET_8_NAT yes\n"
                               "answer VNET_8_HOSTONLY_SUBNET 172.16.9.0 \n"
                               "answer VNET_8_HOSTONLY_NETMASK 255.255.255.128\n"
                               "answer VNET_8_VIRTUAL_ADAPTER no\n"
                               "add_bridge_mapping eth0 0\n"
                               "answer VNET_11_HOSTONLY_SUBNET 10.0.0.0\n"
                               "answer VNET_12_HOSTONLY_SUBNET 10.0.0.0\n"
                               "answer VNET_12_HOSTONLY_NETMASK 255.0.255.0\n";

static void names(void **state)
{
    (void)state;
    unsigned n = 99;
    assert_true(lab_vmnet_number("VMnet1", &n) && n == 1);
    assert_true(lab_vmnet_number("/dev/vmnet8", &n) && n == 8);
    assert_true(lab_vmnet_number("vmnet19", &n) && n == 19);
    static const char *const bad[] = {"", "VMnet", "VMnet20", "VMnet1x", "br0", "/dev/VMnet-1"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_false(lab_vmnet_number(bad[i], &n));
}

static void networks(void **state)
{
    (void)state;
    struct lab_vmnet v;
    assert_ok(lab_vmnet_read(&v, settings, 1, &err));
    assert_true(v.exists && v.adapter && !v.nat);
    assert_int_equal(v.subnet.network, 0xc0a80600);
    assert_int_equal(v.subnet.prefix, 24);
    assert_ok(lab_vmnet_read(&v, settings, 8, &err));
    assert_true(v.exists && !v.adapter && v.nat && v.subnet.prefix == 25);
    assert_ok(lab_vmnet_read(&v, settings, 2, &err));
    assert_false(v.exists);
    assert_refused(lab_vmnet_read(&v, settings, 11, &err), LAB_HOST, "VMnet11", NULL);
    assert_refused(lab_vmnet_read(&v, settings, 12, &err), LAB_HOST, "255.0.255.0", NULL);
}

static int check(unsigned number, const char *cidr, struct lab_error *err)
{
    struct lab_net net = {.name = "default", .has_ipam = cidr != NULL};
    struct lab_vmnet v;
    bool host_bits;
    assert_int_equal(lab_vmnet_read(&v, settings, number, NULL), 0);
    if (cidr)
        assert_int_equal(lab_cidr_parse(cidr, &net.range, &host_bits), 0);
    return lab_vmnet_check(&v, number, &net, err);
}

/* What the hint has to say on this system; freed by the caller. */
static char *advice(unsigned number, const char *network, const char *mask)
{
    char *text = plat_vmnet_advice(number, network, mask);
    assert_has(text, network);
    assert_has(text, mask);
    return text;
}

static void only_a_network_that_fits_is_adopted(void **state)
{
    (void)state;
    LAB_AUTOFREE char *seven = advice(1, "192.168.7.0", "255.255.255.0");
    LAB_AUTOFREE char *half = advice(1, "192.168.6.0", "255.255.255.128");
    LAB_AUTOFREE char *eight = advice(8, "172.16.9.0", "255.255.255.128");
    LAB_AUTOFREE char *two = advice(2, "192.168.6.0", "255.255.255.0");
    assert_ok(check(1, "192.168.6.0/24", &err));
    assert_ok(check(8, NULL, &err));
    assert_refused(check(1, "192.168.7.0/24", &err), LAB_HOST,
                   "VMnet1 has the subnet 192.168.6.0/24, but network 'default' wants "
                   "192.168.7.0/24",
                   seven);
    assert_refused(check(1, "192.168.6.0/25", &err), LAB_HOST, "wants 192.168.6.0/25", half);
    assert_refused(check(8, "172.16.9.0/25", &err), LAB_HOST, "no address in VMnet8", eight);
    assert_refused(check(2, "192.168.6.0/24", &err), LAB_HOST, "VMware does not have", two);
    assert_refused(check(2, NULL, &err), LAB_HOST, "no VMnet2", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(networks),
        cmocka_unit_test(only_a_network_that_fits_is_adopted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
