#include "base_scratch.h"

#include "base/child.h"
#include "base/crypto.h"
#include "base/text.h"
#include "media/sshkey.h"
#include "media/sshkey_priv.h"

/* RFC 8032, 7.1, test 1 */
static const struct lab_ed25519 rfc8032 = {
    {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
     0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
     0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60},
    {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
     0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
     0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a},
};

static bool have_ssh_keygen;

/* Output without the last line end. */
static char *ssh_keygen(const char *const *args, const char *input)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "ssh-keygen");
    for (; *args; args++)
        lab_child_arg(&c, *args);
    c.input = input;
    c.input_len = input ? strlen(input) : 0;
    assert_ok(lab_child_run(&c, &err), err);
    if (c.status != 0)
        fail_msg("ssh-keygen: %d: %s", c.status, lab_str_get(&c.errout));
    char *text = lab_str_detach(&c.out);
    text[strcspn(text, "\n")] = '\0';
    return text;
}
#define KEYGEN(...) ssh_keygen((const char *const[]){__VA_ARGS__, NULL}, NULL)

static void need_ssh_keygen(void)
{
    if (!have_ssh_keygen) {
        print_message("there is no ssh-keygen on this host\n");
        skip();
    }
}

static int look_for_ssh_keygen(void **state)
{
    (void)state;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "ssh-keygen");
    lab_child_args(&c, "-l", "-f", "/nonexistent", (char *)NULL);
    have_ssh_keygen = lab_child_run(&c, NULL) == 0;
    return 0;
}

static void format_is_that_of_openssh(void **state)
{
    (void)state;
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    lab_sshkey_encode(&key, &rfc8032, 0x01020304, "comment");
    assert_int_equal(key.blob_len, 51);
    assert_memory_equal(key.blob, "\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
    assert_memory_equal(key.blob + 19, rfc8032.public_key, 32);
    assert_true(lab_starts_with(key.public_line, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
    assert_true(lab_ends_with(key.public_line, " comment"));
    /* Of the text that ssh-keygen accepted when this test was written. */
    char hex[LAB_SHA256_HEX];
    lab_sha256_hex(key.private_pem, strlen(key.private_pem), hex);
    assert_string_equal(hex, "b7d7dab406b567378fad08af340c8d0cd43f8db870bf59fbc56d9841901228bd");
}

static void openssh_takes_our_keys(void **state)
{
    need_ssh_keygen();
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "id");
    /* Comments of all lengths modulo the padding. */
    static const char *const comments[] = {"", "a", "ab", "abc", "lab@host", "지원팀", "1234567"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(comments); i++) {
        LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
        assert_ok(lab_sshkey_make(&key, comments[i], &err), err);
        assert_ok(lab_file_replace(path, key.private_pem, strlen(key.private_pem), 0600, &err),
                  err);
        LAB_AUTOFREE char *line = KEYGEN("-y", "-f", path);
        assert_string_equal(line, key.public_line);
        LAB_AUTOFREE char *printed = KEYGEN("-l", "-f", path);
        LAB_AUTOFREE char *print = lab_sshkey_fingerprint(key.blob, key.blob_len);
        LAB_AUTOFREE char *start = lab_format("256 %s ", print);
        assert_true(lab_starts_with(printed, start));
    }
}

/* The private part belongs to the public one: what it signs is accepted. */
static void openssh_signs_with_our_keys(void **state)
{
    need_ssh_keygen();
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "id");
    LAB_AUTOFREE char *file = lab_path_join(*state, "text");
    LAB_AUTOFREE char *signature = lab_path_join(*state, "text.sig");
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    assert_ok(lab_sshkey_ensure(&key, path, "lab", &err), err);
    scratch_write(file, "text");
    free(KEYGEN("-q", "-Y", "sign", "-f", path, "-n", "test", file));
    LAB_AUTOFREE char *said = ssh_keygen(
        (const char *const[]){"-Y", "check-novalidate", "-n", "test", "-s", signature, NULL},
        "text");
    assert_true(lab_starts_with(said, "Good \"test\" signature with ED25519 key"));
}

static void keys_differ(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey a = {0};
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey b = {0};
    assert_ok(lab_sshkey_make(&a, "c", &err), err);
    assert_ok(lab_sshkey_make(&b, "c", &err), err);
    assert_string_not_equal(a.public_line, b.public_line);
}

static void ensured_once_and_then_kept(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(*state, "id");
    LAB_AUTOFREE char *pub = lab_path_join(*state, "id.pub");
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey a = {0};
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey b = {0};
    assert_ok(lab_sshkey_ensure(&a, path, "lab web", &err), err);
    assert_int_equal(plat_stat(path, &st), 0);
    assert_int_equal(st.mode, 0600);
    LAB_AUTOFREE char *line = lab_format("%s\n", a.public_line);
    assert_file(pub, line);
    /* Killed between the two files. */
    assert_ok(plat_remove(pub, &err), err);
    assert_ok(lab_sshkey_ensure(&b, path, "another comment", &err), err);
    assert_string_equal(a.private_pem, b.private_pem);
    assert_string_equal(a.public_line, b.public_line);
    assert_int_equal(a.blob_len, b.blob_len);
    assert_memory_equal(a.blob, b.blob, a.blob_len);
    assert_file(pub, line);
}

static void openssh_keys_are_loaded(void **state)
{
    need_ssh_keygen();
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "id");
    LAB_AUTOFREE char *pub = lab_path_join(*state, "id.pub");
    free(KEYGEN("-q", "-t", "ed25519", "-N", "", "-C", "made by ssh-keygen", "-f", path));
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    assert_ok(lab_sshkey_load(&key, path, &err), err);
    LAB_AUTOFREE char *line = lab_format("%s\n", key.public_line);
    assert_file(pub, line);
}

static void other_keys_are_refused_by_reason(void **state)
{
    need_ssh_keygen();
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_sshkey key = {0};
    LAB_AUTOFREE char *locked = lab_path_join(*state, "locked");
    LAB_AUTOFREE char *ecdsa = lab_path_join(*state, "ecdsa");
    free(KEYGEN("-q", "-t", "ed25519", "-a", "1", "-N", "secret", "-f", locked));
    free(KEYGEN("-q", "-t", "ecdsa", "-N", "", "-f", ecdsa));
    assert_refused(lab_sshkey_load(&key, locked, &err), err, LAB_HOST, "passphrase");
    assert_refused(lab_sshkey_load(&key, ecdsa, &err), err, LAB_HOST, "not an ed25519 key");
}

/* Every cut and every flipped character is either refused or harmless, never a crash. */
static void damaged_keys_are_refused(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey good = {0};
    const char *why = NULL;
    lab_sshkey_encode(&good, &rfc8032, 7, "c");
    size_t len = strlen(good.private_pem);
    for (size_t cut = 0; cut + 2 < len; cut++) {
        struct lab_sshkey key = {0};
        LAB_AUTOFREE char *text = lab_strndup(good.private_pem, cut);
        assert_int_equal(lab_sshkey_decode(&key, text, &why), -1);
        assert_null(key.private_pem);
    }
    for (size_t i = 0; i < len; i++) {
        LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
        LAB_AUTOFREE char *text = lab_strdup(good.private_pem);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        if (lab_sshkey_decode(&key, text, &why) == 0)
            assert_memory_equal(key.blob + 19, rfc8032.public_key, 32);
    }
    LAB_AUTOFREE char *path = lab_path_join(*state, "id");
    struct lab_sshkey key = {0};
    assert_refused(lab_sshkey_load(&key, path, &err), err, LAB_HOST, path);
    scratch_write(path, "ssh-ed25519 AAAA\n");
    assert_refused(lab_sshkey_load(&key, path, &err), err, LAB_HOST, "no OpenSSH private key");
    /* A damaged key must never be replaced by a new one: guests know the old one. */
    assert_refused(lab_sshkey_ensure(&key, path, "c", &err), err, LAB_HOST, path);
    assert_file(path, "ssh-ed25519 AAAA\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_is_that_of_openssh),    scratch_test(openssh_takes_our_keys),
        scratch_test(openssh_signs_with_our_keys),      cmocka_unit_test(keys_differ),
        scratch_test(ensured_once_and_then_kept),       scratch_test(openssh_keys_are_loaded),
        scratch_test(other_keys_are_refused_by_reason), scratch_test(damaged_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, look_for_ssh_keygen, NULL);
}
