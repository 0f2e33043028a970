/* Reading libvirt: output recorded from libvirt 9.0 (tests/golden/libvirt/recorded), and hostile.
 */
#include "provider_fixture.h"

#include "base/text.h"
#include "provider/libvirt_read.h"

#define RECORDED LABCTL_TEST_DIR "/golden/libvirt/recorded/"

static char *recorded(const char *name)
{
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_format(RECORDED "%s", name);
    assert_ok(lab_file_read(path, 1 << 20, &text, &err));
    return lab_str_detach(&text);
}

static struct lab_libvirt_domain domain_of(const char *xml)
{
    struct lab_libvirt_domain d;
    assert_ok(lab_libvirt_read_domain(&d, xml, &err));
    return d;
}

static void a_running_domain(void **state)
{
    (void)state;
    LAB_AUTOFREE char *xml = recorded("dumpxml-running.xml");
    struct lab_libvirt_domain d = domain_of(xml);
    assert_string_equal(d.name, "web-01");
    assert_string_equal(d.uuid, "5f0c9c1e-1111-4000-8000-000000000001");
    assert_string_equal(d.tag.lab, "airgap");
    assert_string_equal(d.tag.id, "5f0c9c1e-0000-4000-8000-0000000000aa");
    assert_string_equal(d.tag.generation, "3f9a1c");
    assert_int_equal(d.cpu, 2);
    assert_int_equal(d.memory_mib, 128);
    assert_has(d.seed, "/seed-web-01.");
    assert_has(d.payload, "/payload.");
    assert_int_equal(d.networks.len, 1);
    assert_string_equal(d.networks.items[0], "VMnet1");
    assert_int_equal(d.bridges.len, 2); /* the network's, which a running NIC names, and br0 */
    assert_string_equal(d.bridges.items[1], "br0");
    lab_libvirt_domain_clear(&d);
}

static void an_inactive_domain(void **state)
{
    (void)state;
    LAB_AUTOFREE char *xml = recorded("dumpxml-inactive.xml");
    struct lab_libvirt_domain d = domain_of(xml);
    assert_has(d.seed, "/seed-web-01.");
    assert_int_equal(d.bridges.len, 1);
    lab_libvirt_domain_clear(&d);
}

#define DOMAIN(inside) "<domain><name>n</name><uuid>u</uuid>" inside "</domain>"

static void an_ejected_medium_is_not_attached(void **state)
{
    (void)state;
    struct lab_libvirt_domain d = domain_of(
        DOMAIN("<devices><disk device='cdrom'><target dev='sda'/></disk>"
               "<disk device='disk'><source file='/x'/><target dev='sdb'/></disk></devices>"));
    assert_null(d.seed);
    assert_null(d.payload); /* a disk named sdb is no CD */
    lab_libvirt_domain_clear(&d);
}

/* Only our element in our namespace counts, and only directly in <metadata>. */
static void tags_that_are_none(void **state)
{
    (void)state;
    static const char *const documents[] = {
        DOMAIN(""),
        DOMAIN("<metadata/>"),
        DOMAIN("<metadata><node id='x'/></metadata>"),
        DOMAIN("<metadata><l:node xmlns:l='urn:labctl:2' id='x'/></metadata>"),
        DOMAIN("<metadata><l:network xmlns:l='urn:labctl:1' id='x'/></metadata>"),
        DOMAIN(
            "<metadata><a:b xmlns:a='a'><l:node xmlns:l='urn:labctl:1' id='x'/></a:b></metadata>"),
        DOMAIN("<description>&lt;labctl:node id='x'/&gt;</description>"),
        DOMAIN("<devices><l:node xmlns:l='urn:labctl:1' id='x'/></devices>"),
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(documents); i++) {
        struct lab_libvirt_domain d = domain_of(documents[i]);
        if (d.tag.id)
            fail_msg("taken for a tag: %s", documents[i]);
        lab_libvirt_domain_clear(&d);
    }
}

static void documents_that_are_refused(void **state)
{
    (void)state;
    static const char *const documents[][2] = {
        {"", "not XML"},
        {"hello", "not XML"},
        {"<domain><name>n</name>", "not XML"},
        {"<network><name>n</name></network>", "something else"},
        {"<domain/>", "no name"},
        {"<!DOCTYPE domain [<!ENTITY a 'b'>]><domain><name>&a;</name><uuid>u</uuid></domain>",
         "document type"},
        {"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", "document type"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(documents); i++) {
        struct lab_libvirt_domain d;
        assert_refused(lab_libvirt_read_domain(&d, documents[i][0], &err), LAB_HYPERVISOR,
                       documents[i][1], NULL);
    }
    char *big = lab_alloc(LAB_LIBVIRT_XML_MAX + 2);
    memset(big, ' ', LAB_LIBVIRT_XML_MAX + 1);
    struct lab_libvirt_domain d;
    assert_refused(lab_libvirt_read_domain(&d, big, &err), LAB_HYPERVISOR, "at most", NULL);
    free(big);
}

static void a_network(void **state)
{
    (void)state;
    LAB_AUTOFREE char *xml = recorded("net-dumpxml.xml");
    struct lab_libvirt_network n;
    assert_ok(lab_libvirt_read_network(&n, xml, &err));
    char text[LAB_IPV4_TEXT];
    assert_string_equal(n.device, "lab0123456789");
    assert_string_equal(n.tag.lab, "airgap");
    assert_string_equal(lab_ipv4_format(n.address, text), "192.168.6.1");
    assert_string_equal(lab_ipv4_format(n.range.network, text), "192.168.6.0");
    assert_int_equal(n.range.prefix, 24);
    lab_libvirt_network_clear(&n);

    /* The old spelling of a prefix; IPv6 comes first and does not count. */
    assert_ok(lab_libvirt_read_network(
        &n,
        "<network><name>n</name><ip family='ipv6' address='fd00::1' prefix='64'/>"
        "<ip address='10.1.2.3' netmask='255.255.0.0'/></network>",
        &err));
    assert_string_equal(lab_ipv4_format(n.range.network, text), "10.1.0.0");
    assert_int_equal(n.range.prefix, 16);
    lab_libvirt_network_clear(&n);
}

static void a_network_is_handed_over(void **state)
{
    (void)state;
    LAB_AUTOFREE char *xml = recorded("net-dumpxml.xml");
    char lab[] = "b <&'", id[] = "id-of-b";
    const struct lab_libvirt_tag to = {lab, id, NULL, NULL};
    LAB_AUTO_STR struct lab_str changed = LAB_STR_INIT;
    assert_ok(lab_libvirt_retag_network(&changed, xml, &to, &err));
    struct lab_libvirt_network n;
    assert_ok(lab_libvirt_read_network(&n, lab_str_get(&changed), &err));
    assert_string_equal(n.tag.lab, lab);
    assert_string_equal(n.tag.id, id);
    assert_string_equal(n.device, "lab0123456789");
    assert_string_equal(n.uuid, "5f0c9c1e-2222-4000-8000-000000000002");
    lab_libvirt_network_clear(&n);
    assert_refused(lab_libvirt_retag_network(&changed, "<network/>", &to, &err), LAB_INTERNAL,
                   "tag", NULL);
}

static void a_pool(void **state)
{
    (void)state;
    LAB_AUTOFREE char *xml = recorded("pool-dumpxml.xml");
    struct lab_libvirt_pool_info p = {0};
    assert_ok(lab_libvirt_read_pool(&p, xml, &err));
    assert_string_equal(p.uuid, "5f0c9c1e-3333-4000-8000-000000000003");
    assert_string_equal(p.path, "/var/lib/libvirt/images/labctl-airgap");
    lab_libvirt_pool_info_clear(&p);
}

static void power_states(void **state)
{
    (void)state;
    LAB_AUTOFREE char *text = recorded("domstats.txt");
    struct lab_libvirt_stats stats = {{0}};
    lab_libvirt_read_stats(&stats, text);
    assert_int_equal(stats.list.len, 2);
    assert_int_equal(lab_libvirt_stats_find(&stats, "web-01")->state, 1);
    assert_int_equal(lab_libvirt_stats_find(&stats, "it's db")->state, 5);
    assert_null(lab_libvirt_stats_find(&stats, "web-0"));
    lab_libvirt_stats_clear(&stats);
    lab_libvirt_read_stats(&stats, "state.state=1\nDomain: \nDomain: 'x\nnonsense");
    assert_int_equal(stats.list.len, 0);
    lab_libvirt_stats_clear(&stats);
}

static void tables(void **state)
{
    (void)state;
    LAB_AUTOFREE char *info = recorded("vol-info.txt");
    uint64_t n = 0;
    assert_int_equal(lab_libvirt_read_bytes(info, "Capacity", &n), 0);
    assert_true(n == 40ull << 30);
    assert_int_equal(lab_libvirt_read_bytes(info, "Physical", &n), 0);
    assert_int_equal(n, 197248);
    assert_int_equal(lab_libvirt_read_bytes(info, "Allocation", &n), -1);
    assert_int_equal(lab_libvirt_read_bytes("Capacity: many bytes\n", "Capacity", &n), -1);
    assert_int_equal(lab_libvirt_read_bytes("Capacity: 99999999999999999999\n", "Capacity", &n),
                     -1);
    assert_true(lab_has_line(" VMnet1 \nb\n", "VMnet1"));
    assert_true(lab_has_line("a\nb", "b"));
    assert_false(lab_has_line("VMnet10\n", "VMnet1"));
    assert_false(lab_has_line("\n\n", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_domain),
        cmocka_unit_test(an_inactive_domain),
        cmocka_unit_test(an_ejected_medium_is_not_attached),
        cmocka_unit_test(tags_that_are_none),
        cmocka_unit_test(documents_that_are_refused),
        cmocka_unit_test(a_network),
        cmocka_unit_test(a_network_is_handed_over),
        cmocka_unit_test(a_pool),
        cmocka_unit_test(power_states),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
