#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/time.h"

static void sizes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"4Gi", 4ull << 30},
        {"4GiB", 4ull << 30},
        {"512Mi", 512ull << 20},
        {"40GiB", 40ull << 30},
        {"1Ki", 1024},
        {"2Ti", 2ull << 40},
        {"2G", 2000000000},
        {"2GB", 2000000000},
        {"3k", 3000},
        {"3kB", 3000},
        {"7M", 7000000},
        {"1T", 1000000000000},
        {"1.5Gi", 1610612736},
        {"0.5Ki", 512},
        {"1.25M", 1250000},
        {"0Gi", 0},
        {"18014398509481983Ki", 18446744073709550592ull},
        {"16777215.999999Ti", 18446744073708452104ull},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++) {
        uint64_t bytes = 77;
        if (lab_parse_size(good[i].text, &bytes) != 0 || bytes != good[i].bytes)
            fail_msg("%s gave %llu", good[i].text, (unsigned long long)bytes);
    }
}

static void other_sizes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "4",
        "Gi",
        "4 Gi",
        " 4Gi",
        "4Gi ",
        "-4Gi",
        "+4Gi",
        "4gi",
        "4Gib",
        "4K",
        "4KB",
        "4Kib",
        "4b",
        "4B",
        "1.Gi",
        ".5Gi",
        "1,5Gi",
        "1.5.5Gi",
        "0x4Gi",
        "4GiGi",
        "1e3Gi",
        "4Pi",
        "1.1234567Gi",
        "16777216Ti",
        "18014398509481984Ki",
        "99999999999999999999Gi",
        "18446744073709551616k",
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        uint64_t bytes = 77;
        if (lab_parse_size(bad[i], &bytes) != -1 || bytes != 77)
            fail_msg("'%s' was taken as %llu", bad[i], (unsigned long long)bytes);
    }
}

static void durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"30m", 1800000}, {"1h30m", 5400000}, {"90s", 90000},         {"500ms", 500},
        {"1h", 3600000},  {"0s", 0},          {"1h2m3s4ms", 3723004}, {"2m5ms", 120005},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++) {
        uint64_t ms = 77;
        if (lab_parse_duration(good[i].text, &ms) != 0 || ms != good[i].ms)
            fail_msg("%s gave %llu", good[i].text, (unsigned long long)ms);
    }
    static const char *const bad[] = {"",
                                      "30",
                                      "m",
                                      "30 m",
                                      "1.5h",
                                      "-1m",
                                      "30m1h",
                                      "1m1m",
                                      "1h30",
                                      "1d",
                                      "10min",
                                      "5S",
                                      "1ms1s",
                                      "1mm",
                                      "ms",
                                      "30m ",
                                      "5124095576030432h",
                                      "18446744073709551615ms1"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        uint64_t ms = 77;
        if (lab_parse_duration(bad[i], &ms) != -1 || ms != 77)
            fail_msg("'%s' was taken as %llu", bad[i], (unsigned long long)ms);
    }
}

static void numbers_are_read(void **state)
{
    (void)state;
    uint64_t v = 0;
    assert_int_equal(lab_parse_uint("0", 0, &v), 0);
    assert_int_equal(lab_parse_uint("65535", 65535, &v), 0);
    assert_int_equal(v, 65535);
    assert_int_equal(lab_parse_uint("18446744073709551615", UINT64_MAX, &v), 0);
    assert_true(v == UINT64_MAX);
    static const char *const bad[] = {"",
                                      "65536",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "1e1",
                                      "18446744073709551616",
                                      "184467440737095516160"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        if (lab_parse_uint(bad[i], 65535, &v) != -1)
            fail_msg("'%s' was taken", bad[i]);
}

static void sizes_are_written(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {4ull << 30, "4 GiB"},
        {13107200, "12.5 MiB"},
        {(1ull << 20) - 1, "1 MiB"},
        {(1ull << 20) - 1024, "1023 KiB"},
        {(1ull << 30) - (1ull << 20) + (1ull << 19), "1023.5 MiB"},
        {3ull << 40, "3 TiB"},
        {UINT64_MAX, "16 EiB"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_size(&out, cases[i].bytes);
        assert_string_equal(lab_str_get(&out), cases[i].text);
    }
}

static void durations_are_written(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        {0, "0ms"},          {850, "850ms"},     {999, "999ms"},         {1000, "1.0s"},
        {12345, "12.3s"},    {59999, "59.9s"},   {60000, "1m00s"},       {125000, "2m05s"},
        {3599999, "59m59s"}, {3720000, "1h02m"}, {360000000, "100h00m"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_duration(&out, cases[i].ms);
        assert_string_equal(lab_str_get(&out), cases[i].text);
    }
}

/* Expected texts are from date -u -d @SECONDS. */
static void times_are_written(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {951868800000, "2000-03-01T00:00:00.000Z"},
        {1709164800001, "2024-02-29T00:00:00.001Z"},
        {1735689599000, "2024-12-31T23:59:59.000Z"},
        {1735689600000, "2025-01-01T00:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_time(&out, cases[i].ms);
        assert_string_equal(lab_str_get(&out), cases[i].text);
    }
}

static void labels_are_told(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "k3s-master1", "0", "a-b--c",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */
    };
    static const char *const bad[] = {
        "",
        "-a",
        "a-",
        "-",
        "A",
        "a_b",
        "a.b",
        "a b",
        "\xea\xb0\x80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 64 */
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++)
        assert_true(lab_is_label(good[i]));
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_false(lab_is_label(bad[i]));
}

static void ends_are_told(void **state)
{
    (void)state;
    assert_true(lab_starts_with("abc", "ab"));
    assert_true(lab_starts_with("abc", ""));
    assert_false(lab_starts_with("ab", "abc"));
    assert_true(lab_ends_with("a.vmx", ".vmx"));
    assert_true(lab_ends_with("a", ""));
    assert_false(lab_ends_with("vmx", ".vmx"));
}

static void near_words_are_suggested(void **state)
{
    (void)state;
    static const char *const keys[] = {"name",     "memory",  "replicas", "networks",
                                       "provider", "payload", "cpu",      "disk_size"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"memroy", "memory"},
        {"nmae", "name"},
        {"replica", "replicas"},
        {"network", "networks"},
        {"Memory", "memory"},
        {"diskSize", "disk_size"},
        {"cpus", "cpu"},
        {"cup", "cpu"},
        {"provdier", "provider"},
        {"disk-sise", "disk_size"},
        {"zzz", NULL},
        {"x", NULL},
        {"", NULL},
        {"mem", NULL},
        {"namespace", NULL},
        {"payload", "payload"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        const char *got = lab_nearest(cases[i].word, keys, LAB_ARRAY_LEN(keys));
        if (!got != !cases[i].nearest || (got && strcmp(got, cases[i].nearest) != 0))
            fail_msg("'%s' gave '%s'", cases[i].word, got ? got : "nothing");
    }
    char endless[200];
    memset(endless, 'a', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    const char *const long_key = endless;
    assert_null(lab_nearest(endless, keys, LAB_ARRAY_LEN(keys)));
    assert_null(lab_nearest("aaaa", &long_key, 1));
    assert_null(lab_nearest("name", keys, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),     cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(durations_are_read), cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(sizes_are_written),  cmocka_unit_test(durations_are_written),
        cmocka_unit_test(times_are_written),  cmocka_unit_test(labels_are_told),
        cmocka_unit_test(ends_are_told),      cmocka_unit_test(near_words_are_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
