#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/redact.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct scene {
    const char *in, *out;
};

static void check(const struct lab_redact *r, const struct scene *scenes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        size_t masked = lab_redact_text(r, &out, scenes[i].in, strlen(scenes[i].in));
        assert_string_equal(lab_str_get(&out), scenes[i].out);
        assert_int_equal(masked > 0, strcmp(scenes[i].in, scenes[i].out) != 0);
    }
}

static void shapes_are_known(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"", ""},
        {"node is ready\n", "node is ready\n"},
        {"join with K10" HEX64 "::server:" HEX64 " now", "join with [redacted: k3s token] now"},
        {"K10" HEX64 "::node:abcdef.0123456789abcdef\n", "[redacted: k3s token]\n"},
        {"the file's sum is " HEX64, "the file's sum is " HEX64}, /* a hash is none */
        {"root:$6$rounds=4096$saltsalt$abcdefghijklmnopqrstuv/xyz.:1:",
         "root:[redacted: password hash]:1:"},
        {"x $y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7 y",
         "x [redacted: password hash] y"},
        {"labctl:$2y$05$abcdefghijklmnopqrstuuvwxyzabcdefghijklmnopqrs",
         "labctl:[redacted: password hash]"},
        {"costs $6$ or $1$", "costs $6$ or $1$"},
        {"get https://me:hunter22@mirror.invalid/x",
         "get https://[redacted: login in a URL]@mirror.invalid/x"},
        {"get https://mirror.invalid:8080/me@x", "get https://mirror.invalid:8080/me@x"},
        {"> Authorization: Basic bWU6aHVudGVy\r\n> Host: x\r\n",
         "> Authorization: [redacted: header]\r\n> Host: x\r\n"},
        {"{\"authorization: Bearer abc\"}", "{\"authorization: [redacted: header]\"}"},
        {"eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl ok",
         "[redacted: web token] ok"},
    };
    struct lab_redact *r = lab_redact_new();
    check(r, scenes, LAB_ARRAY_LEN(scenes));
    lab_redact_free(r);
}

static void private_keys_are_masked_whole(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"a\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\nYWJj\n-----END OPENSSH PRIVATE KEY-----\nb\n",
         "a\n[redacted: private key]\nb\n"},
        {"  key: |\n    -----BEGIN RSA PRIVATE KEY-----\n    MIIE\n    -----END RSA PRIVATE KEY-----\n  b: 1\n",
         "  key: |\n    [redacted: private key]\n  b: 1\n"},
        {"{\"x\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\"}",
         "{\"x\": \"[redacted: private key]\\n\"}"},
        /* cut off at its end, or at its beginning */
        {"a\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIr\nxyz", "a\n[redacted: private key]"},
        {"MHcCAQEEIIr\nAwEHoUQDQgAE\n-----END EC PRIVATE KEY-----\nrest\n",
         "[redacted: private key, without its beginning]\nrest\n"},
        {"two words\nMHcCAQEEIIr\n-----END EC PRIVATE KEY-----\n",
         "two words\n[redacted: private key, without its beginning]\n"},
        /* public */
        {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
         "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
        {"ca: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=\n",
         "ca: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=\n"},
        {"x: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IYz0=\n", "x: [redacted: private key]\n"},
    };
    struct lab_redact *r = lab_redact_new();
    check(r, scenes, LAB_ARRAY_LEN(scenes));
    lab_redact_free(r);
}

static void names_tell_of_their_values(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"password: my dog, 7 }\nuser: a\n", "password: [redacted: password]\nuser: a\n"},
        {"auth: {password: hunter2, username: a}\n",
         "auth: {password: [redacted: password], username: a}\n"},
        {"auth: {password: \"{{ password }}\"}\n", "auth: {password: \"{{ password }}\"}\n"},
        {"password_file: ./x\npassword_env: X\nmax_tokens: 3\n",
         "password_file: ./x\npassword_env: X\nmax_tokens: 3\n"},
        {"lock_passwd: false\n", "lock_passwd: false\n"},
        {"{\"token\": \"a\\\"b\", \"x\": 1}", "{\"token\": \"[redacted: token]\", \"x\": 1}"},
        {"{\"evidence\": \"token: \\\"abc\\\" is wrong\"}",
         "{\"evidence\": \"token: \\\"[redacted: token]\\\" is wrong\"}"},
        {"k3s server --token abc --flag", "k3s server --token [redacted: token] --flag"},
        {"K3S_TOKEN=abc exec k3s", "K3S_TOKEN=[redacted: token] exec k3s"},
        {"LABCTL_REGISTRY_PASSWORD='a b' x", "LABCTL_REGISTRY_PASSWORD='[redacted: password]' x"},
        {"RemoteDisplay.vnc.password = \"abc\"",
         "RemoteDisplay.vnc.password = \"[redacted: password]\""},
        {"<graphics type='vnc' passwd='abc' port='1'/>",
         "<graphics type='vnc' passwd='[redacted: password]' port='1'/>"},
        {"<password>abc</password>", "<password>[redacted: password]</password>"},
        {"    client-key-data: AAAA\n", "    client-key-data: [redacted: client-key-data]\n"},
        {"the password was refused; token mismatch", "the password was refused; token mismatch"},
        {"users:\n- passwd: |\n    one\n\n    two\n  name: a\n",
         "users:\n- passwd: |\n    [redacted: password]\n  name: a\n"},
        {"chpasswd:\n  expire: false\n  list:\n    - root:abc\nntp: 1\n",
         "chpasswd:\n  [redacted: password]\nntp: 1\n"},
        {"chpasswd: {list: [root:abc], expire: false}\n", "chpasswd: [redacted: password]\n"},
        {"Password: \r\nlogin: x", "Password: \r\nlogin: x"},
        {"token:", "token:"},
        {"password: \"never ends", "password: \"[redacted: password]"},
        {"password: [redacted: password]\n", "password: [redacted: password]\n"},
    };
    struct lab_redact *r = lab_redact_new();
    check(r, scenes, LAB_ARRAY_LEN(scenes));
    lab_redact_free(r);
}

static void known_secrets_are_found_in_every_spelling(void **state)
{
    (void)state;
    static const char secret[] = "correct horse";
    struct lab_redact *r = lab_redact_new();
    lab_redact_know(r, "console password", secret, strlen(secret));
    lab_redact_know(r, "console password", secret, strlen(secret));
    lab_redact_know(r, "tiny", "abc", 3);
    static const struct scene plain[] = {
        {"it said 'correct horse' twice: correct horse", "it said '[redacted: console password]' "
                                                         "twice: [redacted: console password]"},
        {"636f727265637420686f727365", "[redacted: console password]"},
        {"636F727265637420686F727365", "[redacted: console password]"},
        {"abc", "abc"},
    };
    check(r, plain, LAB_ARRAY_LEN(plain));
    for (size_t before = 0; before < 6; before++) {
        LAB_AUTO_STR struct lab_str bytes = LAB_STR_INIT, text = LAB_STR_INIT, out = LAB_STR_INIT;
        lab_str_addn(&bytes, "server", before);
        lab_str_add(&bytes, secret);
        lab_str_add(&bytes, " and more");
        lab_put_base64(&text, bytes.ptr, bytes.len);
        assert_non_null(lab_redact_left(r, text.ptr, text.len));
        assert_int_equal(lab_redact_text(r, &out, text.ptr, text.len), 1);
        assert_non_null(strstr(lab_str_get(&out), "[redacted: console password]"));
        assert_null(lab_redact_left(r, out.ptr, out.len));
    }
    lab_redact_free(r);
}

static void what_could_not_be_masked_is_noticed(void **state)
{
    (void)state;
    struct lab_redact *r = lab_redact_new();
    lab_redact_know(r, "k3s token", HEX64, strlen(HEX64));
    static const char folded[] =
        "0123456789abcdef0123456789abcdef\n  0123456789abcdef\\n0123456789abcdef";
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    assert_int_equal(lab_redact_text(r, &out, folded, strlen(folded)), 0);
    assert_string_equal(lab_redact_left(r, folded, strlen(folded)), "k3s token");
    assert_null(lab_redact_left(r, "0123456789abcdef", 16));
    lab_redact_free(r);
}

static void the_lines_of_a_key_are_known_apart(void **state)
{
    (void)state;
    static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIAabcdefghijklmnopqrstuvwxyz0123456789ABCDEF\n"
                              "short==\n-----END PRIVATE KEY-----\n";
    struct lab_redact *r = lab_redact_new();
    lab_redact_know(r, "key of the CA", key, strlen(key));
    static const struct scene scenes[] = {
        {"x MC4CAQAwBQYDK2VwBCIEIAabcdefghijklmnopqrstuvwxyz0123456789ABCDEF y",
         "x [redacted: key of the CA] y"},
        {"short==", "short=="},
    };
    check(r, scenes, LAB_ARRAY_LEN(scenes));
    lab_redact_free(r);
}

/* Every cut of a text full of secrets: nothing is read beyond its end (AddressSanitizer). */
static void every_cut_is_safe(void **state)
{
    (void)state;
    static const char text[] =
        "-----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY-----\n"
        "chpasswd:\n  list: |\n    root:x\npassword: \\\"a\\\"\n--token x\nhttps://a:b@c\n"
        "$6$abcdefghijklmnopqrstuvwxyz\nAuthorization: Basic x\nLS0tLS1CRUdJTiBDRVJUSUZJQ0FURS\n"
        "K10" HEX64 "::server:x\n<passwd>x</passwd>\neyJhbGci.eyJ.x\n";
    struct lab_redact *r = lab_redact_new();
    lab_redact_know(r, "x", "secret-of-mine", 14);
    for (size_t from = 0; from < sizeof(text); from++)
        for (size_t n = 0; n < sizeof(text) - from; n += 1 + n / 8) {
            LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
            LAB_AUTOFREE char *copy = lab_alloc(n ? n : 1); /* without a NUL behind it */
            memcpy(copy, text + from, n);
            lab_redact_text(r, &out, copy, n);
            lab_redact_left(r, copy, n);
        }
    lab_redact_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_known),
        cmocka_unit_test(private_keys_are_masked_whole),
        cmocka_unit_test(names_tell_of_their_values),
        cmocka_unit_test(known_secrets_are_found_in_every_spelling),
        cmocka_unit_test(what_could_not_be_masked_is_noticed),
        cmocka_unit_test(the_lines_of_a_key_are_known_apart),
        cmocka_unit_test(every_cut_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
