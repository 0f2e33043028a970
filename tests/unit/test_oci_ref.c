#include "base_scratch.h"
#include "oci/ref.h"

static struct lab_error err;

static void check(const char *text, const char *full, const char *familiar)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    LAB_AUTO_STR struct lab_str a = LAB_STR_INIT, b = LAB_STR_INIT;
    assert_ok(lab_image_ref_parse(&ref, text, &err), err);
    lab_image_ref_put(&a, &ref);
    lab_image_ref_put_familiar(&b, &ref);
    assert_string_equal(lab_str_get(&a), full);
    assert_string_equal(lab_str_get(&b), familiar);
}

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static void references_are_read(void **state)
{
    (void)state;
    check("busybox", "docker.io/library/busybox:latest", "busybox:latest");
    check("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36");
    check("team/app", "docker.io/team/app:latest", "team/app:latest");
    check("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest");
    check("index.docker.io/library/busybox:1", "docker.io/library/busybox:1", "busybox:1");
    check("localhost/app", "localhost/app:latest", "localhost/app:latest");
    check("192.168.6.1:5000/a/b__c-d.e:v1_2.3-X", "192.168.6.1:5000/a/b__c-d.e:v1_2.3-X",
          "192.168.6.1:5000/a/b__c-d.e:v1_2.3-X");
    check("registry.k8s.io/pause@" DIGEST, "registry.k8s.io/pause@" DIGEST,
          "registry.k8s.io/pause@" DIGEST);
    check("quay.io/a:1@" DIGEST, "quay.io/a:1@" DIGEST, "quay.io/a:1@" DIGEST);
    check("a.b/c---d", "a.b/c---d:latest", "a.b/c---d:latest");
}

static void what_is_wanted(void **state)
{
    (void)state;
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    assert_ok(lab_image_ref_parse(&ref, "a:1@" DIGEST, &err), err);
    assert_string_equal(lab_image_ref_wanted(&ref), DIGEST);
    assert_string_equal(ref.tag, "1");
    lab_image_ref_clear(&ref);
    assert_ok(lab_image_ref_parse(&ref, "a@" DIGEST, &err), err);
    assert_null(ref.tag);
    lab_image_ref_clear(&ref);
    assert_ok(lab_image_ref_parse(&ref, "a:1", &err), err);
    assert_string_equal(lab_image_ref_wanted(&ref), "1");
}

static void others_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "it is empty"},
        {"busybox\r", "carriage return"},
        {"busybox\r\n", "carriage return"},
        {"bu\tsybox", "control character"},
        {"bu\033[31msybox", "control character"},
        {"a b", "space"},
        {"https://quay.io/a", "a URL"},
        {"Busybox", "lower case"},
        {"quay.io/Team/app", "lower case"},
        {"a//b", "its repository"},
        {"a/", "its repository"},
        {"/a", "its repository"},
        {"a..b/../c", "its re"},
        {"../a", "its re"},
        {"a___b", "its repository"},
        {"-a", "its repository"},
        {"a-", "its repository"},
        {"a:", "its tag"},
        {"a:.b", "its tag"},
        {"a:b:c", "its tag"},
        {"a:b/c:d/e", "its registry"},
        {"a:99999/b", "its registry"},
        {"a.b:0/c", "its registry"},
        {"a@sha256:123", "after '@'"},
        {"a@sha512:" HEX HEX, "'@'"},
        {"a@" DIGEST "0", "'@'"},
        {"a@" DIGEST "@" DIGEST, "'@'"},
        {"a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "lower-case"},
        {"\xed\x95\x9c\xea\xb8\x80", "its repository"},
    };
    struct lab_image_ref ref;
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        const char *part = strcmp(bad[i].why, "after '@'") == 0 ? "follows '@'" : bad[i].why;
        if (lab_image_ref_parse(&ref, bad[i].text, &err) == 0)
            fail_msg("'%s' was taken", bad[i].text);
        assert_refused(-1, err, LAB_USAGE, part);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char text[2000] = "", tag[300];
    struct lab_image_ref ref;
    memset(text, 'a', 255);
    assert_true(lab_is_repository(text));
    text[255] = 'a';
    assert_false(lab_is_repository(text));
    assert_refused(lab_image_ref_parse(&ref, text, &err), err, LAB_USAGE, "longer than 255");
    memset(text, 'a', sizeof(text) - 1);
    assert_refused(lab_image_ref_parse(&ref, text, &err), err, LAB_USAGE, "longer than 1024");
    memset(tag, 'x', sizeof(tag));
    tag[128] = '\0';
    assert_true(lab_is_tag(tag));
    tag[128] = 'x';
    tag[129] = '\0';
    assert_false(lab_is_tag(tag));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_read),
        cmocka_unit_test(what_is_wanted),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(lengths_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
