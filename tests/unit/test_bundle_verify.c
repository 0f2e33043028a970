#include "bundle_case.h"

#include "pki/sign.h"

/* Verifies; the caller looks at the problems and clears. */
static void look(struct lab_bundle_check *check, const char *dir, const char *key)
{
    struct lab_error err = LAB_ERROR_INIT;
    *check = (struct lab_bundle_check){.dir = dir, .key = key};
    assert_ok(lab_bundle_verify(check, &err), err);
}

static void a_whole_one_passes(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    case_bundle(&m, *state);
    look(&check, *state, NULL);
    assert_int_equal(check.problems.len, 0);
    assert_int_equal(check.files, 6);
    assert_int_equal(check.signature, LAB_SIGNATURE_NONE);
    assert_ok(lab_bundle_judge(&check, &err), err);
}

static void every_damage_is_named(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    LAB_AUTOFREE char *gone = lab_path_join(*state, "images/pause.tar");
    case_bundle(&m, *state);
    case_write(*state, "k3s/k3s", "binarz");
    case_write(*state, "files/leer", "x");
    case_write(*state, "extra/file", "x");
    assert_int_equal(plat_remove(gone, NULL), 0);
    look(&check, *state, NULL);
    assert_int_equal(check.problems.len, 4);
    assert_problem(&check, "k3s/k3s", "is altered: its SHA-256 is ");
    assert_problem(&check, "files/leer", "has 1 bytes and should have 0");
    assert_problem(&check, "extra/file", "is not in SHA256SUMS");
    assert_problem(&check, "images/pause.tar", "is missing");
    assert_refused(lab_bundle_judge(&check, &err), err, LAB_INTEGRITY, "4 problems");
}

static void the_two_lists_have_to_agree(void **state)
{
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    LAB_AUTO_STR struct lab_str sums = LAB_STR_INIT;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, LAB_SUMS_NAME);
    case_bundle(&m, *state);
    assert_ok(lab_file_read(path, 1 << 20, &sums, &err), err);
    char *line = strstr(sums.ptr, "  k3s/k3s");
    line[-1] = line[-1] == '0' ? '1' : '0';
    scratch_write(path, sums.ptr);
    look(&check, *state, NULL);
    assert_problem(&check, "k3s/k3s", "in manifest.yaml");
}

static void a_broken_list_is_said_once(void **state)
{
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    case_bundle(&m, *state);
    case_write(*state, LAB_SUMS_NAME, "nonsense\n");
    look(&check, *state, NULL);
    assert_int_equal(check.problems.len, 1);
    assert_problem(&check, LAB_SUMS_NAME, "line 1");
}

static void signatures(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *key = lab_path_join(*state, "k"), *pub = lab_format("%s.pub", key);
    LAB_AUTOFREE char *other = lab_path_join(*state, "o"), *other_pub = lab_format("%s.pub", other);
    case_bundle(&m, dir);
    assert_ok(lab_sign_keygen(key, &err), err);
    assert_ok(lab_sign_keygen(other, &err), err);
    assert_refused(lab_sign_keygen(key, &err), err, LAB_CONFLICT, "never overwritten");

    look(&check, dir, pub);
    assert_problem(&check, LAB_SUMS_SIGNATURE, "is unsigned");
    lab_bundle_check_clear(&check);

    assert_ok(lab_bundle_sign(dir, key, NULL, NULL, &err), err);
    look(&check, dir, pub);
    assert_int_equal(check.problems.len, 0);
    assert_int_equal(check.signature, LAB_SIGNATURE_GOOD);
    lab_bundle_check_clear(&check);
    look(&check, dir, NULL);
    assert_int_equal(check.signature, LAB_SIGNATURE_UNCHECKED);
    lab_bundle_check_clear(&check);
    look(&check, dir, other_pub);
    assert_problem(&check, LAB_SUMS_SIGNATURE, "not by the key");
    lab_bundle_check_clear(&check);

    /* An altered list that fits the altered file is still not what was signed. */
    case_write(dir, "k3s/k3s", "binarz");
    m.files.items[4].size = 6;
    assert_string_equal(m.files.items[4].path, "k3s/k3s");
    lab_sha256_hex("binarz", 6, m.files.items[4].sha256);
    case_seal(&m, dir);
    look(&check, dir, pub);
    assert_int_equal(check.problems.len, 1);
    assert_problem(&check, LAB_SUMS_SIGNATURE, "is wrong");
}

/* What a stranger wrote is not parsed: neither list nor manifest is named, though both are broken.
 */
static void strangers_lists_are_not_read(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTO_CHECK struct lab_bundle_check check;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *key = lab_path_join(*state, "k"), *pub = lab_format("%s.pub", key);
    case_bundle(&m, dir);
    assert_ok(lab_sign_keygen(key, &err), err);
    assert_ok(lab_bundle_sign(dir, key, NULL, NULL, &err), err);
    case_write(dir, LAB_MANIFEST_NAME, "- [&a *a, !!binary \x01\n");
    case_write(dir, LAB_SUMS_NAME, "../../etc/passwd\n");

    look(&check, dir, pub);
    assert_int_equal(check.signature, LAB_SIGNATURE_BAD);
    assert_int_equal(check.problems.len, 1);
    assert_problem(&check, LAB_SUMS_SIGNATURE, "is wrong");
    assert_refused(lab_bundle_judge(&check, &err), err, LAB_INTEGRITY, "SHA256SUMS.sig");
    lab_bundle_check_clear(&check);

    look(&check, dir, NULL); /* so they are broken indeed */
    assert_problem(&check, LAB_SUMS_NAME, "cannot be used");
    assert_problem(&check, LAB_MANIFEST_NAME, "cannot be used");
}

static void damage_is_not_signed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *key = lab_path_join(*state, "k"), *pub = lab_format("%s.pub", key);
    LAB_AUTOFREE char *sig = lab_path_join(dir, LAB_SUMS_SIGNATURE);
    case_bundle(&m, dir);
    assert_ok(lab_sign_keygen(key, &err), err);
    assert_refused(lab_bundle_sign(dir, pub, NULL, NULL, &err), err, LAB_USAGE, "no private");
    case_write(dir, "k3s/k3s", "binarz");
    assert_refused(lab_bundle_sign(dir, key, NULL, NULL, &err), err, LAB_INTEGRITY, "k3s/k3s");
    assert_false(lab_file_exists(sig));
}

static void strangers_are_no_bundles(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_bundle_check check = {.dir = *state};
    assert_refused(lab_bundle_verify(&check, &err), err, LAB_USAGE, "is no bundle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(a_whole_one_passes),
        scratch_test(every_damage_is_named),
        scratch_test(the_two_lists_have_to_agree),
        scratch_test(a_broken_list_is_said_once),
        scratch_test(signatures),
        scratch_test(strangers_lists_are_not_read),
        scratch_test(damage_is_not_signed),
        scratch_test(strangers_are_no_bundles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
