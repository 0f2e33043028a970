/* What guests said, judged. tests/golden/airgap has what seeds/guest/airgap said on the networks of
 * tests/airgap/check, which asks this program, too: --judge reads what one guest said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "run/airgap.h"

static const struct lab_cidr networks[] = {{0xc0a80600, 24}};
static const struct lab_lint_lab lab = {.networks = networks, .networks_len = 1};

static void put_rows(struct lab_str *out, const struct lab_airgap *a)
{
    LAB_VEC_FOREACH (row, &a->rows)
        lab_str_addf(out, "%s | %s | %s\n", row->check, lab_airgap_result_name(row->result),
                     row->evidence);
}

static void
judge_text(struct lab_str *out, const struct lab_lint_lab *where, const char *text, bool k3s)
{
    struct lab_airgap airgap = {.files = 0};
    struct lab_airgap_look look = {(char *)"g", k3s, (char *)(size_t)text, NULL};
    lab_airgap_judge(&airgap, where, &look, 1);
    put_rows(out, &airgap);
    lab_airgap_clear(&airgap);
}

static int judge_stdin(void)
{
    struct lab_str text = LAB_STR_INIT, rows = LAB_STR_INIT;
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), stdin)) > 0;)
        lab_str_addn(&text, bytes, n);
    judge_text(&rows, &lab, lab_str_get(&text), false);
    fputs(lab_str_get(&rows), stdout);
    lab_str_clear(&text);
    lab_str_clear(&rows);
    return 0;
}

static char *golden(const char *name, const char *end)
{
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_format("%s/golden/airgap/%s.%s", LABCTL_TEST_DIR, name, end);
    struct lab_error err = LAB_ERROR_INIT;
    if (lab_file_read(path, 1 << 20, &text, &err))
        fail_msg("%s", err.message);
    return lab_str_detach(&text);
}

static void recorded(void **state)
{
    static const char *const names[] = {
        "closed", "reject", "reset",       "nat",      "natdns",       "dnsmasq", "refusing",
        "router", "proxy",  "bash_closed", "bash_nat", "bash_dnsmasq", "nobody"};
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        struct lab_str rows = LAB_STR_INIT;
        LAB_AUTOFREE char *said = golden(names[i], "txt");
        LAB_AUTOFREE char *expected = golden(names[i], "rows");
        judge_text(&rows, &lab, said, false);
        if (strcmp(lab_str_get(&rows), expected) != 0)
            fail_msg("%s:\n%s\nwanted:\n%s", names[i], lab_str_get(&rows), expected);
        lab_str_clear(&rows);
    }
}

/* Whatever a guest says, and wherever it breaks off, what was not seen is not fine. */
static void broken_off(void **state)
{
    (void)state;
    LAB_AUTOFREE char *said = golden("closed", "txt");
    for (size_t n = strlen(said) - strlen("end=1\n"); n-- > 0;) {
        struct lab_str rows = LAB_STR_INIT;
        LAB_AUTOFREE char *cut = lab_strndup(said, n);
        judge_text(&rows, &lab, cut, false);
        assert_string_equal(lab_str_get(&rows), "guest | not proved | its answer broke off\n");
        lab_str_clear(&rows);
    }
}

static void
expect_row(const struct lab_lint_lab *where, const char *said, bool k3s, const char *row)
{
    struct lab_str rows = LAB_STR_INIT;
    judge_text(&rows, where, said, k3s);
    if (!strstr(lab_str_get(&rows), row))
        fail_msg("no '%s' in:\n%s", row, lab_str_get(&rows));
    lab_str_clear(&rows);
}

static void nothing_tried(void **state)
{
    (void)state;
    expect_row(&lab, "end=1\n", false, "routes | not proved | ");
    expect_row(&lab, "end=1\n", false, "tcp | not proved | no connection was tried\n");
    expect_row(&lab, "end=1\n", false, "icmp | not proved | no echo was sent\n");
    expect_row(&lab, "end=1\n", false, "dns | not proved | no server was asked\n");
    expect_row(&lab, "end=1\n", true, "images | not proved | ");
    expect_row(&lab, "tcp=1.1.1.1 53 nonsense\nend=1\n", false,
               "tcp | not proved | 1.1.1.1 port 53 was not asked\n");
}

static void single_records(void **state)
{
    static const struct {
        const char *said, *row;
    } cases[] = {
        {"route=default via 10.9.9.1 dev b",
         "routes | warning | default via 10.9.9.1 dev b leads to no network"},
        {"route=default dev tun0", "routes | warning | default dev tun0 takes every address"},
        {"route=192.168.6.0/24 dev lab0", "routes | ok | no default route"},
        {"route=default via fe80::1 dev a", "routes | warning | "},
        {"tcp=1.1.1.1 53 silent\ntcp=1.1.1.1 443 open",
         "tcp | LEAK | 1.1.1.1 port 443: connected\n"},
        {"tcp=1.1.1.1 53 unreachable self\ntcp=8.8.8.8 53 unreachable 192.168.6.1",
         "tcp | ok | 2 tried by nobody: 0 silent, 2 unreachable\n"},
        {"tcp=1.1.1.1 53 unreachable 10.0.0.1",
         "tcp | LEAK | 1.1.1.1 port 53: 10.0.0.1, beyond the lab,"},
        {"route=default via 10.0.0.1 dev b\ntcp=1.1.1.1 53 unreachable 10.0.0.1", "tcp | ok | "},
        {"icmp=1.1.1.1 reply", "icmp | LEAK | 1.1.1.1 replied\n"},
        {"dns=192.168.6.1 x nxdomain ra", "dns | LEAK | 192.168.6.1, which asks on"},
        {"dns=192.168.6.1 x nxdomain", "dns | warning | "},
        {"dns=192.168.6.1 x refused", "dns | ok | "},
        {"dns=192.168.6.1 x servfail ra", "dns | ok | "},
        {"dns=1.1.1.1 x refused", "dns | warning | 1.1.1.1: refused, so something answered"},
        {"dns=1.1.1.1 x silent\nresolve=x answer 1.2.3.4",
         "dns | LEAK | programs in the guest resolve x (1.2.3.4)\n"},
        {"proxy=/etc/environment http://p:1 tunnel",
         "proxies | LEAK | http://p:1 (/etc/environment) connects"},
        {"proxy=/etc/environment http://p:1 unasked", "proxies | not proved | "},
        {"proxy=/etc/environment http://p:1 closed", "proxies | warning | "},
        {"ntp=/etc/chrony.conf pool.ntp.org", "time | warning | pool.ntp.org (/etc/chrony.conf)"},
        {"ntp=/etc/chrony.conf 192.168.6.1", "time | ok | only servers of the lab\n"},
        {"unit=a.service failed network\nunit=b.service failed -",
         "services | warning | a.service is failed, and waits for a network\n"},
        {"tcp=1 1 open\ntcp=2 1 open\ntcp=3 1 open\ntcp=4 1 open\ntcp=5 1 open",
         "4 port 1: connected; and 1 more\n"},
        {"tcp=\x1b[31m 1 open", "tcp | LEAK | "},
    };
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *said = lab_format("%s\nend=1\n", cases[i].said);
        expect_row(&lab, said, false, cases[i].row);
    }
}

#define ASKED "k3s=yes\nimages=asked\nimage=docker.io/rancher/mirrored-pause:3.6\npods=asked\n"
#define MIRRORED                                                                                   \
    "registries=mirrors:\nregistries=  docker.io: {endpoint: [\"https://192.168.6.1:5000\"]}\n"

static void images(void **state)
{
    static const struct {
        const char *said, *row;
    } cases[] = {
        {ASKED "pod=g a/b rancher/mirrored-pause:3.6 IfNotPresent\n",
         "images | ok | 1 imported; 1 of pods"},
        {ASKED "pod=g a/b nginx:1 IfNotPresent\n",
         "images | MISSING | a/b needs nginx:1: not imported, no mirror for docker.io\n"},
        {ASKED MIRRORED "pod=g a/b nginx:1 IfNotPresent\n", "images | ok | "},
        {ASKED MIRRORED "pod=g a/b quay.io/x:1 IfNotPresent\n", "images | MISSING | "},
        {ASKED
         "registries=mirrors: {\"*\": {endpoint: [\"http://192.168.6.1:5000\"]}}\npod=g a/b quay.io/x:1 -\n",
         "images | ok | "},
        {ASKED
         "registries=mirrors: {\"*\": {endpoint: [\"https://mirror.example.org\"]}}\npod=g a/b quay.io/x:1 -\n",
         "images | MISSING | "},
        {ASKED
         "registries=mirrors: {quay.io: {endpoint: []}, \"*\": {endpoint: [\"http://192.168.6.1:5000\"]}}\npod=g a/b quay.io/x:1 -\n",
         "images | MISSING | "},
        {ASKED "registries=mirrors: [\npod=g a/b quay.io/x:1 -\n",
         "images | not proved | registries.yaml cannot be read\n"},
        {ASKED "pod=g a/b 192.168.6.1:5000/x:1 Always\n", "images | ok | "},
        {ASKED "pod=g a/b rancher/mirrored-pause:3.6 Always\n",
         "images | MISSING | a/b pulls rancher/mirrored-pause:3.6 at every start"},
        {ASKED "image=docker.io/library/n:latest\npod=g a/b n IfNotPresent\n",
         "images | warning | a/b uses n: whichever came last\n"},
        {ASKED "pod=other a/b nginx:1 IfNotPresent\n", "images | ok | "},
        {ASKED "pod=- a/b nginx:1 IfNotPresent\n", "images | MISSING | "},
        {ASKED "cut=image\n", "images | not proved | containerd"},
        {ASKED "cut=pod\n", "images | not proved | there are more pods"},
        {"k3s=no\n", "images | not proved | k3s is not installed yet"},
        {"k3s=yes\nimages=unasked\npods=asked\n", "images | not proved | containerd"},
        {"k3s=yes\nimages=asked\npods=unasked\n", "images | not proved | no master could tell"},
    };
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *said = lab_format("%send=1\n", cases[i].said);
        expect_row(&lab, said, true, cases[i].row);
    }
}

/* A worker's pods are what a master says, and its images its own. */
static void two_nodes(void **state)
{
    struct lab_airgap airgap = {.files = 0};
    struct lab_airgap_look looks[] = {
        {(char *)"w", true, (char *)"k3s=yes\nimages=asked\nend=1\n", NULL},
        {(char *)"m", true, (char *)ASKED "pod=w a/b rancher/mirrored-pause:3.6 -\nend=1\n", NULL},
        {(char *)"x", true, NULL, (char *)"no login in 60 s"},
    };
    (void)state;
    lab_airgap_judge(&airgap, &lab, looks, LAB_ARRAY_LEN(looks));
    size_t seen = 0;
    LAB_VEC_FOREACH (row, &airgap.rows) {
        if (strcmp(row->check, "images") == 0 && seen++ == 0)
            assert_int_equal(row->result, LAB_AIRGAP_MISSING);
        else if (strcmp(row->check, "images") == 0)
            assert_int_equal(row->result, LAB_AIRGAP_OK);
    }
    assert_int_equal(seen, 2);
    const struct lab_airgap_row *last = &airgap.rows.items[airgap.rows.len - 1];
    assert_string_equal(last->node, "x");
    assert_string_equal(last->evidence, "no login in 60 s");
    assert_int_equal(last->result, LAB_AIRGAP_NOT_PROVED);
    assert_int_equal(lab_airgap_worst(&airgap), LAB_AIRGAP_LEAK - 1);
    lab_airgap_clear(&airgap);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded),      cmocka_unit_test(broken_off),
        cmocka_unit_test(nothing_tried), cmocka_unit_test(single_records),
        cmocka_unit_test(images),        cmocka_unit_test(two_nodes),
    };
    if (argc == 2 && strcmp(argv[1], "--judge") == 0)
        return judge_stdin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
