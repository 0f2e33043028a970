#include "base_scratch.h"

#include "pki/sign.h"

/* RFC 8032, 7.1, test 1: the empty message. */
static const char rfc_private[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
static const unsigned char rfc_signature[LAB_SIGNATURE_LEN] = {
    0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
    0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
    0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
    0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b};

static void the_standard_s_own_example(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    unsigned char signature[LAB_SIGNATURE_LEN];
    LAB_AUTOFREE char *key = lab_path_join(*state, "key"), *text = lab_path_join(*state, "text");
    scratch_write(key, rfc_private);
    scratch_write(text, "");
    assert_ok(lab_sign_file(key, text, signature, &err), err);
    assert_memory_equal(signature, rfc_signature, sizeof(signature));
}

static void damage_and_wrong_files_are_refused(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    unsigned char signature[LAB_SIGNATURE_LEN];
    char id[LAB_KEY_ID_TEXT];
    LAB_AUTOFREE char *key = lab_path_join(*state, "key"), *pub = lab_path_join(*state, "key.pub");
    LAB_AUTOFREE char *text = lab_path_join(*state, "text"), *sig = lab_path_join(*state, "sig");
    assert_ok(lab_sign_keygen(key, &err), err);
    assert_ok(lab_sign_key_id(pub, id, &err), err);
    assert_int_equal(strlen(id), 16);

    scratch_write(text, "some text");
    assert_ok(lab_sign_file(key, text, signature, &err), err);
    assert_ok(lab_file_replace(sig, signature, sizeof(signature), 0644, &err), err);
    assert_ok(lab_sign_verify(pub, text, sig, &err), err);
    scratch_write(text, "same text");
    assert_refused(lab_sign_verify(pub, text, sig, &err), err, LAB_INTEGRITY, "is not by the key");
    scratch_write(text, "some text");
    for (size_t i = 0; i < sizeof(signature); i += 21) {
        signature[i] ^= 1;
        assert_ok(lab_file_replace(sig, signature, sizeof(signature), 0644, &err), err);
        assert_refused(lab_sign_verify(pub, text, sig, &err), err, LAB_INTEGRITY, "is not by");
        signature[i] ^= 1;
    }
    scratch_write(sig, "short");
    assert_refused(lab_sign_verify(pub, text, sig, &err), err, LAB_INTEGRITY, "5 bytes, not 64");
    assert_refused(lab_sign_verify(text, text, sig, &err), err, LAB_USAGE, "no public ed25519");
    assert_refused(lab_sign_verify(key, text, sig, &err), err, LAB_USAGE, "no public ed25519");
    assert_refused(lab_sign_file(pub, text, signature, &err), err, LAB_USAGE, "no private ed25519");
    assert_refused(lab_sign_file(sig, text, signature, &err), err, LAB_USAGE, "no private ed25519");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(the_standard_s_own_example),
        scratch_test(damage_and_wrong_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
