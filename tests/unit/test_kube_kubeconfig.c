/* kubeconfig files: read, merged among strangers, taken out again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "kube/kubeconfig.h"

static const char from_k3s[] = "apiVersion: v1\n"
                               "clusters:\n"
                               "- cluster:\n"
                               "    certificate-authority-data: Q0E=\n"
                               "    server: https://127.0.0.1:6443\n"
                               "  name: default\n"
                               "contexts:\n"
                               "- context: {cluster: default, user: default}\n"
                               "  name: default\n"
                               "current-context: default\n"
                               "kind: Config\n"
                               "preferences: {}\n"
                               "users:\n"
                               "- name: default\n"
                               "  user:\n"
                               "    client-certificate-data: Q0VSVA==\n"
                               "    client-key-data: S0VZ\n";

static const char theirs[] = "# mine\n"
                             "apiVersion: v1\n"
                             "kind: Config\n"
                             "clusters:\n"
                             "- name: prod\n"
                             "  cluster: {server: 'https://prod:6443', proxy-url: 'http://p:1'}\n"
                             "contexts:\n"
                             "- name: prod\n"
                             "  context: {cluster: prod, user: me, namespace: 결제}\n"
                             "users:\n"
                             "- name: me\n"
                             "  user: {exec: {command: login, args: [--now, '0123']}}\n"
                             "current-context: prod\n"
                             "extensions: []\n";

static const char address[] = "https://192.168.6.10:6443";

static struct lab_kubeconfig config_of_k3s(void)
{
    struct lab_kubeconfig config;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_kubeconfig_read(from_k3s, strlen(from_k3s), &config, &err), 0);
    return config;
}

static int merge(const char *text,
                 const char *name,
                 enum lab_kubeconfig_owner owner,
                 bool use,
                 struct lab_str *out,
                 struct lab_error *err)
{
    LAB_AUTO_KUBECONFIG struct lab_kubeconfig config = config_of_k3s();
    return lab_kubeconfig_merge(text, strlen(text), &config, name, address, owner, use, out, err);
}

static void k3s_file_is_read(void **state)
{
    (void)state;
    LAB_AUTO_KUBECONFIG struct lab_kubeconfig config = config_of_k3s();
    assert_string_equal(config.ca, "Q0E=");
    assert_string_equal(config.certificate, "Q0VSVA==");
    assert_string_equal(config.key, "S0VZ");
}

static void incomplete_files_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "a: b",
        "clusters: []\nusers: []\n",
        "{",
        "\x01",
        "clusters: [{cluster: {certificate-authority-data: 'not base64'}}]\n"
        "users: [{user: {client-certificate-data: Q0E=, client-key-data: Q0E=}}]\n",
        "clusters: [{cluster: {certificate-authority-data: Q0E=}}]\n"
        "users: [{user: {client-certificate-data: Q0E=}}]\n"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        struct lab_kubeconfig config;
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        assert_int_equal(lab_kubeconfig_read(bad[i], strlen(bad[i]), &config, &err), -1);
        assert_int_equal(err.code, LAB_GUEST);
        assert_null(config.key);
    }
}

static void a_file_of_its_own(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(merge("", "airgap", LAB_KUBECONFIG_THEIRS, false, &out, &err), 0);
    assert_string_equal(lab_str_get(&out), "apiVersion: v1\n"
                                           "kind: Config\n"
                                           "clusters:\n"
                                           "- cluster:\n"
                                           "    certificate-authority-data: Q0E=\n"
                                           "    server: https://192.168.6.10:6443\n"
                                           "  name: airgap\n"
                                           "contexts:\n"
                                           "- context:\n"
                                           "    cluster: airgap\n"
                                           "    user: airgap\n"
                                           "  name: airgap\n"
                                           "users:\n"
                                           "- user:\n"
                                           "    client-certificate-data: Q0VSVA==\n"
                                           "    client-key-data: S0VZ\n"
                                           "  name: airgap\n"
                                           "current-context: airgap\n");
}

static void strangers_entries_are_kept(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT, back = LAB_STR_INIT, plain = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    bool removed;
    char ca[LAB_SHA256_HEX];
    lab_sha256_hex("Q0E=", 4, ca);
    assert_int_equal(merge(theirs, "airgap", LAB_KUBECONFIG_THEIRS, false, &out, &err), 0);
    static const char *const kept[] = {
        "proxy-url: 'http://p:1'", "namespace: 결제", "args: [--now, '0123']",
        "current-context: prod",   "extensions: []",  "server: https://192.168.6.10:6443"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(kept); i++)
        assert_non_null(strstr(lab_str_get(&out), kept[i]));
    /* taken out again, nothing but the comment has changed */
    assert_int_equal(
        lab_kubeconfig_remove(lab_str_get(&out), out.len, "airgap", ca, &back, &removed, &err), 0);
    assert_true(removed);
    assert_null(strstr(lab_str_get(&back), "airgap"));
    lab_sha256_hex("other", 5, ca);
    LAB_AUTO_STR struct lab_str again = LAB_STR_INIT;
    assert_int_equal(
        merge(lab_str_get(&back), "airgap", LAB_KUBECONFIG_THEIRS, false, &again, &err), 0);
    assert_string_equal(lab_str_get(&again), lab_str_get(&out));
    /* another cluster of that name is left alone */
    assert_int_equal(
        lab_kubeconfig_remove(lab_str_get(&out), out.len, "airgap", ca, &plain, &removed, &err), 0);
    assert_false(removed);
}

static void the_same_name_of_a_stranger_is_a_conflict(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(merge(theirs, "me", LAB_KUBECONFIG_THEIRS, false, &out, &err), -1);
    assert_int_equal(err.code, LAB_CONFLICT);
    assert_non_null(strstr(err.message, "'me' in 'users'"));
    assert_int_equal(out.len, 0);
}

static void our_own_entry_is_replaced(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str one = LAB_STR_INIT, two = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(merge(theirs, "airgap", LAB_KUBECONFIG_THEIRS, true, &one, &err), 0);
    assert_int_equal(merge(lab_str_get(&one), "airgap", LAB_KUBECONFIG_OURS, true, &two, &err), 0);
    assert_string_equal(lab_str_get(&one), lab_str_get(&two));
    assert_non_null(strstr(lab_str_get(&two), "current-context: airgap"));
}

/* kubectl writes null for empty lists; an emptied current context is none. */
static void empty_lists_are_filled(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const char *text = "apiVersion: v1\nclusters: null\ncontexts: []\ncurrent-context: \"\"\n"
                       "kind: Config\nusers: null\n";
    assert_int_equal(merge(text, "airgap", LAB_KUBECONFIG_THEIRS, false, &out, &err), 0);
    assert_non_null(strstr(lab_str_get(&out), "current-context: airgap"));
    assert_non_null(strstr(lab_str_get(&out), "contexts:\n- context:\n"));
}

static void what_is_no_kubeconfig_is_not_written(void **state)
{
    (void)state;
    static const char *const bad[] = {"- a\n", "kind: Pod\n", "a: [", "just words\n"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        assert_int_equal(merge(bad[i], "airgap", LAB_KUBECONFIG_THEIRS, false, &out, &err), -1);
        assert_int_equal(err.code, LAB_USAGE);
        assert_int_equal(out.len, 0);
    }
}

static void deep_and_large_files_are_refused(void **state)
{
    enum { DEEP = 200000 };
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *deep = lab_alloc(DEEP + 1), *large = lab_alloc(LAB_KUBECONFIG_MAX + 2);
    memset(deep, '[', DEEP);
    memset(large, '#', LAB_KUBECONFIG_MAX + 1);
    assert_int_equal(merge(deep, "lab", LAB_KUBECONFIG_THEIRS, false, &out, &err), -1);
    assert_non_null(strstr(err.message, "more than 64 deep"));
    lab_error_clear(&err);
    assert_int_equal(merge(large, "lab", LAB_KUBECONFIG_THEIRS, false, &out, &err), -1);
    assert_non_null(strstr(err.message, "larger than 4 MiB"));
    lab_error_clear(&err);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k3s_file_is_read),
        cmocka_unit_test(incomplete_files_are_refused),
        cmocka_unit_test(a_file_of_its_own),
        cmocka_unit_test(strangers_entries_are_kept),
        cmocka_unit_test(the_same_name_of_a_stranger_is_a_conflict),
        cmocka_unit_test(our_own_entry_is_replaced),
        cmocka_unit_test(empty_lists_are_filled),
        cmocka_unit_test(what_is_no_kubeconfig_is_not_written),
        cmocka_unit_test(deep_and_large_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
