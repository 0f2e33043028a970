/* What a registry says to us, read without one: places, challenges, certificates, addresses. */
#include "base_scratch.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "registry/http.h"
#include "registry/push.h"

static struct lab_error err;

static void assert_place(const char *base, const char *reference, const char *wanted)
{
    LAB_AUTOFREE char *got = lab_http_resolve(base, reference);
    if (!wanted)
        assert_null(got);
    else
        assert_string_equal(got ? got : "(none)", wanted);
}

static void test_places(void **state)
{
    (void)state;
    static const char base[] = "https://reg:5000/v2/a/blobs/uploads/";
    assert_place(base, "/v2/a/blobs/uploads/1?_state=x%2By",
                 "https://reg:5000/v2/a/blobs/uploads/1?_state=x%2By");
    assert_place(base, "1?x=y", "https://reg:5000/v2/a/blobs/uploads/1?x=y");
    assert_place(base, "https://other/x", "https://other/x");
    assert_place(base, "//other/x", "https://other/x");
    assert_place(base, "http://reg:5000/x", NULL); /* never out of TLS */
    assert_place(base, "ftp://reg/x", NULL);
    assert_place(base, "file:///etc/passwd", NULL);
    assert_place(base, "https://me:secret@other/x", NULL);
    assert_place("http://reg/v2/", "http://other/x", "http://other/x");
}

static void test_origins(void **state)
{
    (void)state;
    assert_true(lab_http_same_origin("https://a/x", "https://A:443/y"));
    assert_true(lab_http_same_origin("http://a:80", "http://a/"));
    assert_false(lab_http_same_origin("https://a", "http://a"));
    assert_false(lab_http_same_origin("https://a", "https://a:444"));
    assert_false(lab_http_same_origin("https://a", "https://a.b"));
    assert_false(lab_http_same_origin("https://a", "nothing at all"));
}

static void assert_parameter(const char *challenge, const char *key, const char *wanted)
{
    LAB_AUTOFREE char *got = lab_auth_parameter(challenge, key);
    if (!wanted)
        assert_null(got);
    else
        assert_string_equal(got ? got : "(none)", wanted);
}

static void test_challenges(void **state)
{
    (void)state;
    static const char text[] =
        "Bearer realm=\"https://auth/token\",service=reg, scope=\"repository:a:pull,push\"";
    assert_parameter(text, "realm", "https://auth/token");
    assert_parameter(text, "Service", "reg");
    assert_parameter(text, "scope", "repository:a:pull,push");
    assert_parameter(text, "error", NULL);
    assert_parameter("Basic", "realm", NULL);
    assert_parameter("Basic realm", "realm", NULL);
    assert_parameter("Basic realm=", "realm", "");
    assert_parameter("Basic realm=\"open", "realm", "open");
    assert_parameter("Basic ,,,=,,,", "realm", NULL);
}

static void test_token_service(void **state)
{
    (void)state;
    struct lab_registry *r;
    assert_ok(lab_registry_open(&r, &(struct lab_registry_options){.address = "reg:5000"}, &err),
              err);
    assert_refused(lab_auth_learn(r, "Bearer realm=\"http://reg:5000/token\"", &err), err,
                   LAB_INTEGRITY, "credentials shall not go to");
    assert_refused(lab_auth_learn(r, "Bearer service=\"x\"", &err), err, LAB_INTEGRITY,
                   "credentials");
    assert_refused(lab_auth_learn(r, NULL, &err), err, LAB_HOST, "unknown kind");
    assert_ok(lab_auth_learn(r, "bearer realm=\"https://auth/token\"", &err), err);
    assert_int_equal(r->auth, LAB_AUTH_BEARER);
    lab_registry_close(r);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *address, *base;
        bool insecure, direct;
    } good[] = {
        {"192.168.6.1:5000", "https://192.168.6.1:5000", false, true},
        {"192.168.6.1:5000", "http://192.168.6.1:5000", true, true},
        {"http://localhost:5000/", "http://localhost:5000", false, true},
        {"https://quay.io", "https://quay.io", false, false},
        {"docker.io", "https://registry-1.docker.io", false, false},
        {"8.8.8.8", "https://8.8.8.8", false, false},
    };
    struct lab_registry *r;
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++) {
        const struct lab_registry_options o = {.address = good[i].address,
                                               .insecure = good[i].insecure};
        assert_ok(lab_registry_open(&r, &o, &err), err);
        assert_string_equal(r->base, good[i].base);
        assert_int_equal(r->direct, good[i].direct);
        lab_registry_close(r);
    }
    static const char *const bad[] = {"",    ":5000", "a:0",     "a:70000", "a:b", "a/b",
                                      "a b", "u:p@a", "ftp://a", "a\r\nb",  "-a",  "https://"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_refused(
            lab_registry_open(&r, &(struct lab_registry_options){.address = bad[i]}, &err), err,
            LAB_USAGE, "no registry's address");
}

static void test_repositories(void **state)
{
    (void)state;
    char repository[] = "library/busybox";
    struct lab_image_ref ref = {.repository = repository};
    LAB_AUTOFREE char *plain = lab_push_repository(&ref, NULL);
    LAB_AUTOFREE char *below = lab_push_repository(&ref, "mirror/quay");
    assert_string_equal(plain, "library/busybox");
    assert_string_equal(below, "mirror/quay/library/busybox");
}

/* --- certificates -------------------------------------------------------------------------------
 */

/* Self-signed; from and to: seconds from now. */
static char *make_pem(const char *common_name, const char *san, long from, long to)
{
    char *text, *copy;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), to);
    X509_set_pubkey(cert, key);
    if (san) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
        assert_non_null(extension);
        X509_add_ext(cert, extension, -1);
        X509_EXTENSION_free(extension);
    }
    assert_true(X509_sign(cert, key, EVP_sha256()));
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    long n = BIO_get_mem_data(bio, &text);
    copy = lab_strndup(text, (size_t)n);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(key);
    return copy;
}

static void assert_judged(
    const char *cn, const char *san, long from, long to, const char *host, const char *why)
{
    LAB_AUTOFREE char *pem = make_pem(cn, san, from, to);
    if (!why)
        assert_ok(lab_tls_judge(pem, host, "reg", &err), err);
    else
        assert_refused(lab_tls_judge(pem, host, "reg", &err), err, LAB_INTEGRITY, why);
}

static void test_certificates(void **state)
{
    (void)state;
    static const char ip[] = "192.168.6.1";
    assert_judged("x", "IP:192.168.6.1", -60, 60, ip, NULL);
    assert_judged("x", "DNS:reg.lab,IP:192.168.6.1", -60, 60, "reg.lab", NULL);
    assert_judged(ip, NULL, -60, 60, ip, "legacy Common Name");
    assert_judged("reg.lab", NULL, -60, 60, "reg.lab", "legacy Common Name");
    /* Go does not look at the common name, whatever else there is */
    assert_judged("reg.lab", "DNS:other.lab", -60, 60, "reg.lab",
                  "is for DNS:other.lab, not for DNS:reg.lab");
    assert_judged(ip, "DNS:192.168.6.1", -60, 60, ip,
                  "is for DNS:192.168.6.1, not for IP:192.168.6.1");
    assert_judged("x", "IP:192.168.6.1", 3600, 7200, ip, "is not yet valid: it begins at 2");
    assert_judged("x", "IP:192.168.6.1", -7200, -3600, ip, "has expired: it ended at 2");
    assert_refused(lab_tls_judge("nothing", ip, "reg", &err), err, LAB_INTEGRITY, "cannot be read");
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void
assert_words(long status, const char *answer, enum lab_code code, const char *part, bool again)
{
    char name[] = "reg";
    struct lab_registry r = {.name = name};
    struct lab_registry_conn conn = {.registry = &r};
    struct lab_call call = {.what = "push", .status = status};
    lab_str_add(&call.answer, answer);
    assert_refused(lab_words_status(&conn, &call, &err), err, code, part);
    assert_int_equal(conn.again, again);
    lab_call_clear(&call);
}

static void test_words(void **state)
{
    (void)state;
    assert_words(404, "404 page not found\n", LAB_HOST, "answered 404: 404 page not found", false);
    assert_words(502, "<html>\033[31m Bad\nGateway", LAB_HOST, "<html> Bad Gateway", true);
    assert_words(404, "{\"errors\": [{\"code\": \"NAME_UNKNOWN\", \"message\": \"m\"}]}", LAB_USAGE,
                 "NAME_UNKNOWN, m", false);
    assert_words(404, "{\"errors\": [{\"code\": \"BLOB_UPLOAD_INVALID\"}]}", LAB_HOST,
                 "BLOB_UPLOAD_INVALID", true);
    assert_words(400, "{\"errors\": [{\"code\": \"DIGEST_INVALID\"}]}", LAB_INTEGRITY,
                 "DIGEST_INVALID", true);
    assert_words(429, "", LAB_HOST, "answered 429", true);
    assert_words(405, "{\"errors\": [{\"code\": 7}, 8]}", LAB_HOST, "answered 405", false);
    assert_words(500, "{\"errors\": [{\"code\": \"UNKNOWN\", \"detail\": {\"Err\":28}}]}", LAB_HOST,
                 "UNKNOWN", false);
    assert_words(413, "", LAB_HOST, "answered 413", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),       cmocka_unit_test(test_origins),
        cmocka_unit_test(test_challenges),   cmocka_unit_test(test_token_service),
        cmocka_unit_test(test_addresses),    cmocka_unit_test(test_repositories),
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
