#include "bundle_case.h"

static void what_is_written_is_read(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0}, back = {0};
    LAB_AUTO_STR struct lab_str one = LAB_STR_INIT, two = LAB_STR_INIT;
    case_bundle(&m, *state);
    lab_manifest_put(&one, &m);
    assert_ok(lab_manifest_load(&back, *state, &err), err);
    lab_manifest_put(&two, &back);
    assert_string_equal(lab_str_get(&one), lab_str_get(&two));
    assert_int_equal(back.min_free_bytes, 5000000000);
    assert_string_equal(back.k3s_version, "v1.33.4+k3s1");
    assert_string_equal(back.packages.items[0].version, "1:2.1.0-1");
    assert_true(back.packages.items[0].wanted);
    assert_non_null(lab_manifest_find(&back, "k3s/k3s"));
    assert_null(lab_manifest_find(&back, "k3s"));
    assert_int_equal(lab_manifest_bytes(&back), 6 + 7 + 7 + 5);
}

/* Scripts in guests read lines: this is the form that they know. */
static void the_form_is_fixed(void **state)
{
    LAB_AUTO_MANIFEST struct lab_manifest m = {.arch = lab_strdup("amd64"), .created = 7};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    case_write(*state, "files/a", "a");
    case_add_file(&m, *state, "files/a", LAB_FILE_OTHER);
    lab_manifest_put(&text, &m);
    assert_string_equal(
        lab_str_get(&text),
        "format: 1\narch: \"amd64\"\ncreated: 7\nmin_free_bytes: 0\nfiles:\n"
        "  - path: \"files/a\"\n    size: 1\n"
        "    sha256: \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\"\n"
        "    mode: \"0644\"\n    role: \"file\"\nimages: []\n");
}

#define HEAD          "format: 1\narch: a\ncreated: 1\nmin_free_bytes: 1\nimages: []\n"
#define SUM           "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define FILE_OF(path) "  - {path: " path ", size: 1, sha256: " SUM ", mode: \"0644\", role: file}\n"

static const struct {
    const char *text, *part;
} hostile[] = {
    {"", "m:"},
    {"- a\n", "m:1:1: error: a mapping"},
    {"format: 2\n", "m:1:9: error: format 2 is not known"},
    {"format: one\n", "whole number"},
    {HEAD, "'files' is missing"},
    {HEAD "files: {}\n", "m:6:8: error: 'files' must be a list"},
    {HEAD "files: []\nsurprise: 1\n", "m:7:1: error: unknown key 'surprise'"},
    {HEAD "files: [a]\n", "a file must be a mapping"},
    {HEAD "files:\n" FILE_OF("/etc/passwd"), "m:7:12: error: the path '/etc/passwd' is absolute"},
    {HEAD "files:\n" FILE_OF("a/../b"), "has '.' or '..'"},
    {HEAD "files:\n" FILE_OF("\"C:/x\""), "not every medium"},
    {HEAD "files:\n" FILE_OF("\"a\\\\b\""), "without '\"' and"},
    {HEAD "files:\n" FILE_OF("a//b"), "empty part"},
    {HEAD "files:\n" FILE_OF("\"a\\nb\""), "printable"},
    {HEAD "files:\n" FILE_OF("b") FILE_OF("a"), "not in order"},
    {HEAD "files:\n" FILE_OF("a") FILE_OF("a"), "not in order"},
    {HEAD "files:\n  - {path: a, size: -1, sha256: " SUM ", mode: \"0644\", role: f}\n",
     "'size' must be a whole number"},
    {HEAD "files:\n  - {path: a, size: 99999999999999999999, sha256: " SUM
          ", mode: \"0644\", role: f}\n",
     "'size' must be"},
    {HEAD "files:\n  - {path: a, size: 1, sha256: abc, mode: \"0644\", role: f}\n", "64 lower"},
    {HEAD "files:\n  - {path: a, size: 1, sha256: " SUM ", mode: \"4755\", role: f}\n",
     "four octal digits"},
    {"format: 1\narch: a\ncreated: 1\nmin_free_bytes: 1\nfiles: []\n"
     "images: [{ref: a, file: gone, digest: \"sha256:" SUM "\", platform: p}]\n",
     "'gone' of the image 'a' is not among"},
    {"format: 1\narch: a\ncreated: 1\nmin_free_bytes: 1\nfiles: []\n"
     "images: [{ref: a, file: gone, digest: md5, platform: p}]\n",
     "'md5' is no sha256"},
    {HEAD "files: []\npackages: []\n", "packages must be a mapping"},
    {"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
     "more than 500000 values"},
};

static void hostile_manifests_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(hostile); i++) {
        struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTO_MANIFEST struct lab_manifest m = {0};
        int rc = lab_manifest_parse(&m, "m", hostile[i].text, strlen(hostile[i].text), &err);
        assert_refused(rc, err, LAB_INTEGRITY, hostile[i].part);
    }
}

static void a_manifest_has_a_bound(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    size_t n = LAB_MANIFEST_MAX_BYTES + 1;
    LAB_AUTOFREE char *text = lab_alloc(n + 1);
    (void)state;
    memset(text, '#', n);
    assert_refused(lab_manifest_parse(&m, "m", text, n, &err), err, LAB_INTEGRITY,
                   "larger than 16 MiB");
}

static void a_folder_without_one_is_no_bundle(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    assert_refused(lab_manifest_load(&m, *state, &err), err, LAB_USAGE, "is no bundle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(what_is_written_is_read),           scratch_test(the_form_is_fixed),
        cmocka_unit_test(hostile_manifests_are_refused), cmocka_unit_test(a_manifest_has_a_bound),
        scratch_test(a_folder_without_one_is_no_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
