/* A bundle on its way to the payload's image: verified once, and nothing else gets in. */
#include "bundle_case.h"
#include "run_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    ipam: {range: 10.9.8.0/24, start: 10.9.8.10}\n"                    \
    "nodes: [{name: a}]\npayload: {bundle: ./bundle}\n"

static struct lab_error err;

/* Verified, as the plan does it. */
static char *planned_bundle(struct fixture *f)
{
    struct lab_manifest manifest;
    char *digest = NULL, *dir = lab_path_join(f->home, "bundle");
    case_bundle(&manifest, dir);
    lab_manifest_clear(&manifest);
    fixture_lab(f, LAB);
    f->ops.put_medium = fixture_put_medium;
    must(lab_payload_content(&f->run, &digest, &err), &err);
    assert_string_equal(digest, f->run.payload.manifest);
    free(digest);
    return dir;
}

/* Size, time and mode stay: only who reads the file can tell. */
static void change(const char *dir, const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, name);
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(before.st_size, strlen(text));
    scratch_write(path, text);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void a_verified_bundle_becomes_the_image(void **state)
{
    struct fixture *f = *state;
    free(planned_bundle(f));
    assert_int_equal(f->run.payload.signature, LAB_SIGNATURE_NONE);
    must(lab_prepare_payload(&f->ladder, &err), &err);
    assert_string_equal(f->ladder.payload_manifest, f->run.payload.manifest);
}

/* The image's writer stumbles over it: nobody has read the whole bundle once more before. */
static void a_file_that_changes_later_does_not_get_in(void **state)
{
    struct fixture *f = *state;
    LAB_AUTOFREE char *dir = planned_bundle(f);
    change(dir, "k3s/k3s", "BINARY");
    must_fail(lab_prepare_payload(&f->ladder, &err), &err, LAB_INTEGRITY, "k3s/k3s' is ",
              "copy the bundle from its source again");
}

static void a_list_that_changes_later_does_not_get_in(void **state)
{
    struct fixture *f = *state;
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *dir = planned_bundle(f);
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_SUMS_NAME);
    LAB_AUTO_STR struct lab_str list = LAB_STR_INIT;
    must(lab_file_read(path, 10000, &list, &err), &err);
    lab_sha256_hex("BINARY", 6, hex);
    memcpy(strstr(list.ptr, "  k3s/k3s") - 64, hex, 64);
    change(dir, LAB_SUMS_NAME, list.ptr);
    change(dir, "k3s/k3s", "BINARY");
    must_fail(lab_prepare_payload(&f->ladder, &err), &err, LAB_INTEGRITY,
              "it changed after it was verified", "who writes there");
}

/* What can be seen to have changed is verified anew, and all of it named. */
static void another_bundle_is_verified_again(void **state)
{
    struct fixture *f = *state;
    LAB_AUTOFREE char *dir = planned_bundle(f);
    case_write(dir, "k3s/k3s", "damaged");
    case_write(dir, "images/pause.tar", "damaged, too");
    must_fail(lab_prepare_payload(&f->ladder, &err), &err, LAB_INTEGRITY, "has 2 problems", NULL);
}

static void a_plan_refuses_a_damaged_bundle(void **state)
{
    struct fixture *f = *state;
    char *digest = NULL;
    LAB_AUTOFREE char *dir = planned_bundle(f);
    case_write(dir, "k3s/k3s", "damaged");
    must_fail(lab_payload_content(&f->run, &digest, &err), &err, LAB_INTEGRITY, "k3s/k3s", NULL);
    assert_null(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_verified_bundle_becomes_the_image),
        fixture_test(a_file_that_changes_later_does_not_get_in),
        fixture_test(a_list_that_changes_later_does_not_get_in),
        fixture_test(another_bundle_is_verified_again),
        fixture_test(a_plan_refuses_a_damaged_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
