/* The lab's own CA: made once, its servers' certificates made anew when they no longer fit. That
 * clients take them is shown in tests/registry-server/check. */
#include "base_scratch.h"

#include <openssl/x509v3.h>

#include "base/file.h"
#include "pki/cert.h"

static const int64_t now = INT64_C(1800000000000); /* 2027-01-15 */
static const int64_t day = INT64_C(24) * 3600 * 1000;
static const char *const one_name[] = {"192.168.6.1"};
static const char *const two_names[] = {"192.168.6.1", "registry.lab"};

struct files {
    char *dir, *key, *crt, *server_key, *server_crt;
};

static struct files files_at(const char *dir)
{
    return (struct files){lab_strdup(dir), lab_path_join(dir, "ca.key"),
                          lab_path_join(dir, "ca.crt"), lab_path_join(dir, "server.key"),
                          lab_path_join(dir, "server.crt")};
}

static void files_clear(struct files *f)
{
    free(f->dir);
    free(f->key);
    free(f->crt);
    free(f->server_key);
    free(f->server_crt);
}
#define AUTO_FILES LAB_CLEANUP(files_clear)

static struct lab_ca *open_ca(const struct files *f)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_ca *ca = NULL;
    if (lab_ca_open(&ca, f->dir, "airgap", now, &err))
        fail_msg("%s", err.message);
    return ca;
}

static bool server(
    const struct lab_ca *ca, const struct files *f, const char *const *names, size_t n, int64_t at)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    bool made = false;
    if (lab_ca_server(ca, f->server_crt, f->server_key, names, n, at, &made, &err))
        fail_msg("%s", err.message);
    return made;
}

static void expect_refusal(const struct files *f, int64_t at, enum lab_code code, const char *words)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CA struct lab_ca *ca = NULL;
    assert_int_equal(lab_ca_open(&ca, f->dir, "airgap", at, &err), -1);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, words) && !(err.hint && strstr(err.hint, words)))
        fail_msg("%s (%s)", err.message, err.hint ? err.hint : "-");
}

static void authority_is_made_once(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *first = open_ca(&f);
    LAB_AUTO_CA struct lab_ca *second = open_ca(&f);
    LAB_AUTO_CERT_LOOK struct lab_cert_look look = {{0}, NULL, 0, 0};
    struct plat_stat st;
    assert_string_equal(lab_ca_pem(first), lab_ca_pem(second));
    assert_int_equal(plat_stat(f.key, &st), 0);
    assert_int_equal(st.mode & 077, 0);
    assert_int_equal(lab_cert_look(&look, f.crt, NULL), 0);
    assert_int_equal(look.begins_ms, now - day);
    assert_true(look.ends_ms - now > 3650 * day);
    assert_non_null(strstr(look.issuer, "labctl airgap "));
    assert_null(lab_cert_why_not(lab_ca_pem(first)));
    assert_non_null(lab_cert_why_not("no certificate"));
}

static void authority_survives_a_kill_between_its_files(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *first = open_ca(&f);
    LAB_AUTO_STR struct lab_str before = LAB_STR_INIT, after = LAB_STR_INIT;
    assert_int_equal(lab_file_read(f.key, 4096, &before, NULL), 0);
    assert_int_equal(plat_remove(f.crt, NULL), 0);
    LAB_AUTO_CA struct lab_ca *second = open_ca(&f);
    assert_int_equal(lab_file_read(f.key, 4096, &after, NULL), 0);
    assert_string_equal(lab_str_get(&before), lab_str_get(&after));
    assert_string_not_equal(lab_ca_pem(first), lab_ca_pem(second));
}

static void broken_authority_is_refused(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *ca = open_ca(&f);
    assert_non_null(ca);
    expect_refusal(&f, now - 2 * day, LAB_HOST, "clock");
    expect_refusal(&f, now + 4000 * day, LAB_HOST, "2027-01-14");
    LAB_AUTO_PKEY EVP_PKEY *other = NULL;
    assert_int_equal(lab_pkey_make(&other, NULL), 0);
    assert_int_equal(lab_pkey_write(other, f.key, NULL), 0);
    expect_refusal(&f, now, LAB_INTEGRITY, "does not belong to the key");
    assert_int_equal(lab_file_replace(f.key, "x", 1, 0600, NULL), 0);
    expect_refusal(&f, now, LAB_INTEGRITY, "holds no private key");
    assert_int_equal(plat_remove(f.key, NULL), 0);
    expect_refusal(&f, now, LAB_HOST, "up --recreate");
}

static void server_certificate_says_what_clients_want(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *ca = open_ca(&f);
    LAB_AUTO_CERT_LOOK struct lab_cert_look look = {{0}, NULL, 0, 0};
    LAB_AUTO_X509 X509 *cert = NULL;
    struct plat_stat st;
    assert_true(server(ca, &f, two_names, 2, now));
    assert_int_equal(lab_cert_look(&look, f.server_crt, NULL), 0);
    assert_int_equal(look.names.len, 2);
    assert_string_equal(look.names.items[0], "192.168.6.1");
    assert_string_equal(look.names.items[1], "registry.lab");
    assert_int_equal(look.begins_ms, now - day);
    assert_true(look.ends_ms - now > 365 * day);
    assert_int_equal(lab_x509_read(&cert, f.server_crt, NULL), 0);
    assert_int_equal(X509_check_ip_asc(cert, "192.168.6.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "192.168.6.2", 0), 0);
    assert_int_equal(
        X509_check_host(cert, "registry.lab", 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL), 1);
    assert_int_equal(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0), 0);
    assert_int_equal(plat_stat(f.server_key, &st), 0);
    assert_int_equal(st.mode & 077, 0);
}

static void server_certificate_is_kept_while_it_fits(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *ca = open_ca(&f);
    LAB_AUTO_PKEY EVP_PKEY *other = NULL;
    assert_true(server(ca, &f, one_name, 1, now));
    assert_false(server(ca, &f, one_name, 1, now));
    assert_false(server(ca, &f, one_name, 1, now + 600 * day));
    assert_true(server(ca, &f, one_name, 1, now + 680 * day)); /* 50 days are left */
    assert_true(server(ca, &f, one_name, 1, now));             /* begins in 679 days */
    assert_true(server(ca, &f, two_names, 2, now));
    assert_true(server(ca, &f, one_name, 1, now));
    assert_int_equal(lab_pkey_make(&other, NULL), 0);
    assert_int_equal(lab_pkey_write(other, f.server_key, NULL), 0);
    assert_true(server(ca, &f, one_name, 1, now)); /* killed between the two files */
    assert_int_equal(plat_remove(f.server_crt, NULL), 0);
    assert_true(server(ca, &f, one_name, 1, now));
    assert_int_equal(plat_remove(f.key, NULL), 0);
    assert_int_equal(plat_remove(f.crt, NULL), 0);
    LAB_AUTO_CA struct lab_ca *anew = open_ca(&f);
    assert_true(server(anew, &f, one_name, 1, now));
}

static void server_certificate_ends_with_its_authority(void **state)
{
    AUTO_FILES struct files f = files_at(*state);
    LAB_AUTO_CA struct lab_ca *ca = open_ca(&f);
    LAB_AUTO_CERT_LOOK struct lab_cert_look server_look = {{0}, NULL, 0, 0};
    LAB_AUTO_CERT_LOOK struct lab_cert_look ca_look = {{0}, NULL, 0, 0};
    assert_true(server(ca, &f, one_name, 1, now + 3600 * day));
    assert_int_equal(lab_cert_look(&server_look, f.server_crt, NULL), 0);
    assert_int_equal(lab_cert_look(&ca_look, f.crt, NULL), 0);
    assert_true(server_look.ends_ms <= ca_look.ends_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(authority_is_made_once),
        scratch_test(authority_survives_a_kill_between_its_files),
        scratch_test(broken_authority_is_refused),
        scratch_test(server_certificate_says_what_clients_want),
        scratch_test(server_certificate_is_kept_while_it_fits),
        scratch_test(server_certificate_ends_with_its_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
