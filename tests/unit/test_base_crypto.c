#include "base_scratch.h"

#include <crypt.h>

#include "base/crypt.h"
#include "base/crypto.h"
#include "base/text.h"
#include "base/work.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/* A million times 'a' (FIPS 180-2, appendix B.3). */
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void digests(void **state)
{
    (void)state;
    char hex[LAB_SHA256_HEX];
    lab_sha256_hex("", 0, hex);
    assert_string_equal(hex, EMPTY);
    lab_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, ABC);
    struct lab_sha256 *h = lab_sha256_new();
    lab_sha256_add(h, "a", 1);
    lab_sha256_add(h, "", 0);
    lab_sha256_add(h, "bc", 2);
    lab_sha256_end(h, hex);
    assert_string_equal(hex, ABC);
}

static void digests_of_files(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    char hex[LAB_SHA256_HEX];
    uint64_t size = 7;
    LAB_AUTOFREE char *path = lab_path_join(*state, "million");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 1000000; i++)
        fputc('a', f);
    fclose(f);
    assert_ok(lab_sha256_file(path, hex, &size, &err), err);
    assert_string_equal(hex, MILLION);
    assert_int_equal(size, 1000000);
    scratch_write(path, "");
    assert_ok(lab_sha256_file(path, hex, NULL, &err), err);
    assert_string_equal(hex, EMPTY);
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing");
    assert_refused(lab_sha256_file(missing, hex, &size, &err), err, LAB_HOST, missing);
    assert_refused(lab_sha256_file(*state, hex, &size, &err), err, LAB_HOST, "directory");
}

/* RFC 4648, section 10, and lengths around the block of 48 bytes. */
static void unbase64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes;
    } good[] = {{"", ""}, {"YQ==", "a"}, {"YWI=", "ab"}, {"YWJj", "abc"}, {"YWJjZA==", "abcd"}};
    static const char *const bad[] = {
        "YQ", "Y===", "YQ=a", "=YQ=", "Y!==", " YQ=", "YWJj\n", "\nYWJ", "YWJjYQ==YWJj"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(good); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        assert_int_equal(lab_add_unbase64(&out, good[i].text), 0);
        assert_string_equal(lab_str_get(&out), good[i].bytes);
        assert_int_equal(out.len, strlen(good[i].bytes));
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        assert_int_equal(lab_add_unbase64(&out, bad[i]), -1);
        assert_int_equal(out.len, 0);
    }
}

static void base64(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {{"", ""},        {"f", "Zg=="},          {"fo", "Zm8="},
                 {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_base64(&out, cases[i].bytes, strlen(cases[i].bytes));
        assert_string_equal(lab_str_get(&out), cases[i].text);
    }
    static const char zeros[100];
    for (size_t n = 46; n < 100; n++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_base64(&out, zeros, n);
        assert_int_equal(out.len, (n + 2) / 3 * 4);
        assert_int_equal(strspn(out.ptr, "A"), out.len - (3 - n % 3) % 3);
    }
}

static void random_bytes(void **state)
{
    (void)state;
    char a[66], b[66];
    memset(a, '#', sizeof(a));
    lab_random_hex(a, 64);
    lab_random_hex(b, 64);
    assert_int_equal(strlen(a), 64);
    assert_int_equal(a[65], '#');
    assert_int_equal(strspn(a, "0123456789abcdef"), 64);
    assert_string_not_equal(a, b);
    memset(a, '#', sizeof(a));
    lab_random_hex(a, 3);
    assert_int_equal(strlen(a), 3);
    assert_int_equal(a[4], '#');
    /* All bytes are filled, beyond the largest single request as well. */
    size_t n = (1 << 20) + 5000;
    LAB_AUTOFREE unsigned char *many = lab_alloc(n);
    lab_random(many, n);
    for (size_t i = 0; i + 100 <= n; i += 100) {
        size_t zero = 0;
        for (size_t j = 0; j < 100; j++)
            zero += many[i + j] == 0;
        assert_true(zero < 50);
    }
}

static void check_uuid(const char *id, char version)
{
    assert_int_equal(strlen(id), 36);
    for (int i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(id[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", id[i]));
    }
    assert_int_equal(id[14], version);
    assert_non_null(strchr("89ab", id[19]));
}

/* Ctrl-C must not wait for gigabytes. */
static void an_interrupt_ends_the_hashing_of_a_file(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    char hex[LAB_SHA256_HEX] = "unset";
    LAB_AUTOFREE char *path = lab_path_join(*state, "image");
    scratch_write(path, "bytes");
    lab_work_cancel_all(true);
    int rc = lab_sha256_file(path, hex, NULL, &err);
    lab_work_cancel_all(false);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, LAB_CANCELLED);
    assert_string_equal(hex, "unset");
    lab_error_clear(&err);
}

static void uuids(void **state)
{
    (void)state;
    char a[LAB_UUID_TEXT], b[LAB_UUID_TEXT];
    lab_uuid_random(a);
    lab_uuid_random(b);
    check_uuid(a, '4');
    assert_string_not_equal(a, b);
    lab_uuid_named("airgap/k3s-master1", a);
    lab_uuid_named("airgap/k3s-master2", b);
    check_uuid(a, '8');
    assert_string_not_equal(a, b);
    /* VMs that exist are found by it: it must never change. */
    lab_uuid_named("abc", a);
    assert_string_equal(a, "ba7816bf-8f01-8fea-8141-40de5dae2223");
}

static void passwords_are_salted(void **state)
{
    (void)state;
    static const char password[] = "비밀 'pass' {{ word }}";
    LAB_AUTOFREE char *one = lab_crypt_sha512(password);
    LAB_AUTOFREE char *two = lab_crypt_sha512(password);
    LAB_AUTOFREE char *blowfish = lab_crypt_bcrypt(password, 4);
    LAB_AUTOFREE struct crypt_data *data = lab_alloc(sizeof(*data));
    assert_true(lab_starts_with(one, "$6$"));
    assert_true(lab_starts_with(blowfish, "$2b$04$"));
    assert_string_not_equal(one, two);
    assert_string_equal(crypt_r(password, one, data), one);
    assert_true(lab_crypt_matches(password, two));
    assert_true(lab_crypt_matches(password, blowfish));
    assert_false(lab_crypt_matches("another", one));
    assert_false(lab_crypt_matches("another", blowfish));
}

static void what_is_no_hash_matches_nothing(void **state)
{
    (void)state;
    const char *const bad[] = {"", "*0", "*1", "$", "$6$", "$none$x$y", "plain"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_false(lab_crypt_matches("plain", bad[i]));
    assert_null(lab_crypt_bcrypt("plain", 3)); /* a cost that bcrypt does not have */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),
        scratch_test(digests_of_files),
        cmocka_unit_test(base64),
        cmocka_unit_test(unbase64),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(uuids),
        cmocka_unit_test(passwords_are_salted),
        cmocka_unit_test(what_is_no_hash_matches_nothing),
        scratch_test(an_interrupt_ends_the_hashing_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
