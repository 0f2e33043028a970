/* lab_guest_check_key: what can log in, and the reason for what cannot. */
#include "../guest/rig.h"

/* libssh2 1.10 forgets a number of libcrypto's when it loads a damaged key. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto\n";
}

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_clear(&rig);
    return 0;
}

static void expect_ok(const char *key)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_check_key(key, &err))
        fail_msg("refused: %s", err.message);
    assert_int_equal(err.code, LAB_OK);
}

static void expect_refused(const char *key, const char *why)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_guest_check_key(key, &err), -1);
    assert_int_equal(err.code, LAB_USAGE);
    if (!strstr(err.message, why))
        fail_msg("'%s' is not in: %s", why, err.message);
    assert_non_null(strstr(err.message, "the SSH key cannot be used to log in to guests: "));
    assert_non_null(strstr(err.hint, "ssh-keygen -t ed25519"));
}

static char *make(const char *name, const char *type, const char *passphrase)
{
    rig_keygen(&rig, name, type, passphrase);
    return rig_read(&rig, name);
}

static void ed25519_and_ecdsa_can_log_in(void **state)
{
    (void)state;
    expect_ok(rig.key);
    LAB_AUTOFREE char *ecdsa = make("ecdsa", "ecdsa", "");
    expect_ok(ecdsa);
}

static void rsa_is_refused_in_both_forms(void **state)
{
    (void)state;
    LAB_AUTOFREE char *rsa = make("rsa", "rsa", "");
    expect_refused(rsa, "RSA key, and libssh2 before 1.11");
    LAB_AUTOFREE char *path = rig_path(&rig, "rsa");
    const char *argv[] = {
        "/usr/bin/ssh-keygen", "-q", "-p", "-N", "", "-m", "PEM", "-f", path, NULL};
    assert_int_equal(rig_wait(rig_spawn(argv, NULL)), 0);
    LAB_AUTOFREE char *pem = rig_read(&rig, "rsa");
    assert_non_null(strstr(pem, "BEGIN RSA"));
    expect_refused(pem, "RSA key");
}

static void a_passphrase_cannot_be_asked_for(void **state)
{
    (void)state;
    LAB_AUTOFREE char *locked = make("locked", "ed25519", "secret");
    expect_refused(locked, "passphrase");
    expect_refused("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                   "-----END ENCRYPTED PRIVATE KEY-----\n",
                   "passphrase");
}

static void what_is_no_key_at_all(void **state)
{
    (void)state;
    LAB_AUTOFREE char *public = rig_read(&rig, "user.pub");
    expect_refused(public, "public half");
    expect_refused("", "no private key");
    expect_refused("hello", "no private key");
    expect_refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                   "libssh2 cannot load it");
    expect_refused("-----BEGIN OPENSSH PRIVATE KEY-----\n", "damaged");
    expect_refused("-----BEGIN OPENSSH PRIVATE KEY-----\n====\n-----END OPENSSH PRIVATE KEY-----",
                   "damaged");
}

/* Cut at every place, and every byte changed once: never accepted by half, never a crash. */
static void damaged_keys(void **state)
{
    (void)state;
    size_t n = strlen(rig.key);
    for (size_t cut = 0; cut + 40 < n; cut += 7) {
        LAB_AUTOFREE char *part = lab_strndup(rig.key, cut);
        LAB_AUTOFREE char *key = lab_format("%s\n-----END OPENSSH PRIVATE KEY-----\n", part);
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        assert_int_equal(lab_guest_check_key(key, &err), -1);
        assert_non_null(err.message);
    }
    for (size_t at = 0; at < n; at += 3) {
        LAB_AUTOFREE char *key = lab_strdup(rig.key);
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        key[at] = key[at] == 'A' ? 'B' : 'A';
        if (lab_guest_check_key(key, &err))
            assert_non_null(err.hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ed25519_and_ecdsa_can_log_in),
        cmocka_unit_test(rsa_is_refused_in_both_forms),
        cmocka_unit_test(a_passphrase_cannot_be_asked_for),
        cmocka_unit_test(what_is_no_key_at_all),
        cmocka_unit_test(damaged_keys),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    lab_guest_exit();
    return failed;
}
