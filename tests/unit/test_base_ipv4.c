#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ipv4.h"
#include "base/mem.h"

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t ip;
    } good[] = {{"0.0.0.0", 0},
                {"192.168.6.10", 0xc0a8060a},
                {"255.255.255.255", 0xffffffff},
                {"10.0.0.1", 0x0a000001}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++) {
        uint32_t ip = 7;
        char text[LAB_IPV4_TEXT];
        assert_int_equal(lab_ipv4_parse(good[i].text, &ip), 0);
        assert_int_equal(ip, good[i].ip);
        assert_string_equal(lab_ipv4_format(ip, text), good[i].text);
    }
    static const char *const bad[] = {
        "",          "1",        "1.2.3",   "1.2.3.4.5", "1.2.3.256", "1.2.3.04",
        "01.2.3.4",  "1..2.3",   "1.2.3.",  ".1.2.3",    "1.2.3.4 ",  " 1.2.3.4",
        "1.2.3.4/8", "-1.2.3.4", "1.2.3.a", "0x1.2.3.4", "1.2.3.1000"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        uint32_t ip = 7;
        if (lab_ipv4_parse(bad[i], &ip) != -1 || ip != 7)
            fail_msg("'%s' was taken", bad[i]);
    }
}

static void ranges(void **state)
{
    (void)state;
    struct lab_cidr c;
    bool host_bits;
    assert_int_equal(lab_cidr_parse("192.168.6.10/24", &c, &host_bits), 0);
    assert_int_equal(c.network, 0xc0a80600);
    assert_int_equal(c.prefix, 24);
    assert_true(host_bits);
    assert_int_equal(lab_cidr_mask(c), 0xffffff00);
    assert_int_equal(lab_cidr_broadcast(c), 0xc0a806ff);
    assert_true(lab_cidr_contains(c, 0xc0a806ff));
    assert_false(lab_cidr_contains(c, 0xc0a80700));

    assert_int_equal(lab_cidr_parse("10.0.0.0/8", &c, &host_bits), 0);
    assert_false(host_bits);
    assert_int_equal(lab_cidr_parse("0.0.0.0/0", &c, NULL), 0);
    assert_int_equal(lab_cidr_mask(c), 0);
    assert_int_equal(lab_cidr_broadcast(c), 0xffffffff);
    assert_true(lab_cidr_contains(c, 0x01020304));
    assert_int_equal(lab_cidr_parse("1.2.3.4/32", &c, &host_bits), 0);
    assert_false(host_bits);
    assert_int_equal(lab_cidr_broadcast(c), 0x01020304);

    static const char *const bad[] = {"",           "10.0.0.0",       "10.0.0.0/",   "10.0.0.0/33",
                                      "10.0.0.0/a", "10.0.0.0/-1",    "10.0.0.0/08", "10.0.0.0/24 ",
                                      "10.0.0/24",  "10.0.0.0/24/24", "10.0.0.0/00"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        if (lab_cidr_parse(bad[i], &c, &host_bits) != -1)
            fail_msg("'%s' was taken", bad[i]);
}

static void overlaps(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool overlap;
    } cases[] = {
        {"10.0.0.0/8", "10.1.2.0/24", true},
        {"10.0.0.0/24", "10.0.1.0/24", false},
        {"10.0.0.0/24", "10.0.0.0/24", true},
        {"0.0.0.0/0", "192.168.6.0/24", true},
        {"192.168.6.0/25", "192.168.6.128/25", false},
        {"1.2.3.4/32", "1.2.3.5/32", false},
        {"1.2.3.4/32", "1.2.3.0/29", true},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        struct lab_cidr a, b;
        assert_int_equal(lab_cidr_parse(cases[i].a, &a, NULL), 0);
        assert_int_equal(lab_cidr_parse(cases[i].b, &b, NULL), 0);
        assert_int_equal(lab_cidr_overlaps(a, b), cases[i].overlap);
        assert_int_equal(lab_cidr_overlaps(b, a), cases[i].overlap);
    }
}

static void macs(void **state)
{
    (void)state;
    static const uint8_t expected[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};
    uint8_t mac[6] = {0};
    char text[LAB_MAC_TEXT];
    assert_int_equal(lab_mac_parse("52:54:00:AB:cd:eF", mac), 0);
    assert_memory_equal(mac, expected, 6);
    assert_string_equal(lab_mac_format(mac, text), "52:54:00:ab:cd:ef");
    assert_int_equal(lab_mac_parse("52-54-00-ab-cd-ef", mac), 0);
    static const char *const bad[] = {"",
                                      "525400abcdef",
                                      "52:54:00:ab:cd",
                                      "52:54:00:ab:cd:ef:00",
                                      "52:54-00:ab:cd:ef",
                                      "52:54:00:ab:cd:eg",
                                      "5:54:00:ab:cd:eff",
                                      "52.54.00.ab.cd.ef",
                                      "52:54:00:ab:cd:e ",
                                      "[2:54:00:ab:cd:ef"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        if (lab_mac_parse(bad[i], mac) != -1)
            fail_msg("'%s' was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(ranges),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(macs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
