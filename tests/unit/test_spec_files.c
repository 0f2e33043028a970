/* What lab.yaml names on the disk: itself, images, keys, password, payload. */
#include "spec_case.h"

#include <uv.h>

#define KEY  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define REST "networks:\n  default: {ipam: {range: 10.0.0.0/16}}\nnodes: [{name: web}]\n"

static char *in(void **state, const char *name)
{
    return lab_path_join(*state, name);
}

/* A raw disk of 2 MiB. */
static void make_disk(void **state, const char *name)
{
    static const unsigned char zero[2 << 20];
    LAB_AUTOFREE char *path = in(state, name);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_ok(lab_file_replace(path, zero, sizeof(zero), 0644, &err), err);
}

/* Loads `text` as DIR/lab.yaml; messages have DIR for the folder. Caller frees. */
static char *load(void **state, const char *text, bool skip, struct lab_spec **spec)
{
    const struct lab_spec_options options = {.skip_files = skip};
    LAB_AUTOFREE char *path = in(state, "lab.yaml");
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_str clean = LAB_STR_INIT;
    *spec = NULL;
    scratch_write(path, text);
    int rc = lab_spec_load(spec, path, &options, &problems, &err);
    assert_int_equal(rc, *spec ? 0 : -1);
    lab_problems_print(&out, &problems, "lab.yaml");
    const char *dir = *state, *at = lab_str_get(&out);
    for (const char *hit; (hit = strstr(at, dir)); at = hit + strlen(dir)) {
        lab_str_addn(&clean, at, (size_t)(hit - at));
        lab_str_add(&clean, "DIR");
    }
    lab_str_add(&clean, at);
    lab_problems_clear(&problems);
    return lab_str_detach(&clean);
}

static void assert_load(void **state, const char *text, const char *expected)
{
    struct lab_spec *spec;
    char *messages = load(state, text, false, &spec);
    assert_string_equal(messages, expected);
    assert_int_equal(spec != NULL, *expected == '\0');
    lab_spec_free(spec);
    free(messages);
    if (!*expected)
        return;
    /* `status` and `teardown` must work when the files are gone. */
    messages = load(state, text, true, &spec);
    assert_string_equal(messages, "");
    assert_non_null(spec);
    lab_spec_free(spec);
    free(messages);
}

static void test_whole(void **state)
{
    struct lab_spec *spec;
    LAB_AUTOFREE char *key = in(state, "keys.pub"), *payload = in(state, "payload");
    LAB_AUTOFREE char *disk = in(state, "disk.raw"), *file = in(state, "lab.yaml");
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    make_disk(state, "disk.raw");
    scratch_write(key, "# the team\n\n" KEY " one\r\n  " KEY " two  \n");
    assert_ok(plat_mkdirs(payload, 0755, &err), err);
    char *messages =
        load(state,
             "name: demo\nimage_url: ./disk.raw\npayload: {dir: payload/}\n"
             "auth: {authorized_keys: [keys.pub, \"" KEY "\"], password_file: keys.pub}\n"
             "vm_dir: vms\n" REST,
             false, &spec);
    assert_string_equal(messages, "");
    assert_non_null(spec);
    assert_string_equal(spec->file, file);
    assert_string_equal(spec->path, file);
    assert_string_equal(spec->dir, *state);
    assert_string_equal(spec->images.items[0].path, disk);
    assert_int_equal(spec->images.items[0].format, LAB_IMAGE_RAW);
    assert_int_equal(spec->images.items[0].virtual_size, 2 << 20);
    assert_int_equal(spec->auth.authorized_keys.len, 3);
    assert_string_equal(spec->auth.authorized_keys.items[0], KEY " one");
    assert_string_equal(spec->auth.authorized_keys.items[1], KEY " two");
    assert_string_equal(spec->auth.password_file, key);
    lab_spec_free(spec);
    free(messages);
}

static void test_missing(void **state)
{
    assert_load(
        state,
        "name: demo\nimage_url: ./disk.raw\npayload: {dir: payload}\n"
        "auth:\n  authorized_keys: [team.pub]\n  password_file: pw\n" REST,
        "lab.yaml:2:12: error: the image 'DIR/disk.raw' does not exist\n"
        "lab.yaml:3:16: error: the payload folder \"payload\" does not exist (DIR/payload)\n"
        "lab.yaml:5:21: error: 'authorized_keys' has \"team.pub\"; neither a public key line "
        "nor a file (DIR/team.pub does not exist)\n"
        "lab.yaml:6:18: error: the password file \"pw\" does not exist (DIR/pw)\n");
}

static void test_not_what_it_should_be(void **state)
{
    LAB_AUTOFREE char *text = in(state, "text"), *key = in(state, "id"),
                      *empty = in(state, "none.pub");
    scratch_write(text, "hello\n");
    scratch_write(key, "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n");
    scratch_write(empty, "# nothing\n");
    assert_load(
        state,
        "name: demo\nimage_url: text\npayload: {dir: text}\n"
        "auth:\n  authorized_keys: [id, none.pub, text]\n  password_file: .\n" REST,
        "lab.yaml:2:12: error: the image 'DIR/text' is text, not a disk image; is it an error "
        "page that was downloaded?\n"
        "lab.yaml:3:16: error: the payload \"text\" is a file, not a folder\n"
        "lab.yaml:5:21: error: 'authorized_keys' has \"id\"; that is a private key; give the "
        "public one (.pub)\n"
        "lab.yaml:5:25: error: 'authorized_keys' has \"none.pub\"; the file holds no key\n"
        "lab.yaml:5:35: error: 'authorized_keys' has \"text\"; a public key is \"type base64 "
        "comment\", such as \"ssh-ed25519 AAAA… me@host\"\n"
        "lab.yaml:6:18: error: the password file \".\" does not exist (DIR)\n");
}

static void test_bundles(void **state)
{
    LAB_AUTOFREE char *dir = in(state, "folder"), *file = in(state, "folder/k3s");
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    make_disk(state, "disk.raw");
    assert_int_equal(plat_mkdirs(dir, 0700, &err), 0);
    scratch_write(file, "x");
    assert_load(state,
                "name: demo\nimage_url: ./disk.raw\npayload: {bundle: folder, key: k.pub}\n" REST,
                "lab.yaml:3:19: error: \"folder\" is no bundle: it has no manifest.yaml; name a "
                "plain folder with 'dir'\n"
                "lab.yaml:3:32: error: the key DIR/k.pub does not exist\n");
    assert_load(state, "name: demo\nimage_url: ./disk.raw\npayload: {bundle: nowhere}\n" REST,
                "lab.yaml:3:19: error: the payload folder \"nowhere\" does not exist "
                "(DIR/nowhere)\n");
}

static void test_disk_against_image(void **state)
{
    make_disk(state, "disk.raw");
    assert_load(
        state,
        "name: demo\nimage_url: disk.raw\n"
        "networks:\n  default: {ipam: {range: 10.0.0.0/16}}\n"
        "nodes:\n  - {name: a, disk_size: 1Mi}\n  - {name: b, disk_size: 2Mi, start: "
        "10.0.1.1}\n",
        "lab.yaml:6:26: error: 'disk_size' is \"1Mi\", but the image has 2Mi; a disk cannot "
        "be smaller\n");
    struct lab_spec *spec;
    char *messages = load(state, "name: demo\nimage_url: disk.raw\n" REST, false, &spec);
    assert_string_equal(messages, "");
    assert_int_equal(spec->nodes.items[0].disk_bytes, (uint64_t)10 << 30);
    lab_spec_free(spec);
    free(messages);
}

/* image:NAME, from the image cache of this user. */
static void test_cached_image(void **state)
{
    static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct lab_spec *spec;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *images = in(state, "images"),
                      *name = lab_format("images/%s-debian12", digest);
    LAB_AUTOFREE char *path = in(state, name);
    assert_int_equal(uv_os_setenv("LABCTL_HOME", *state), 0);
    assert_load(
        state, "name: demo\nimage_url: image:debian12\n" REST,
        "lab.yaml:2:12: error: 'image_url' is \"image:debian12\", but no image of that name "
        "was imported ('labctl image list' shows those that were, 'labctl image import' "
        "takes one)\n");
    assert_ok(plat_mkdirs(images, 0700, &err), err);
    make_disk(state, name);
    assert_load(
        state, "name: demo\nimage_url: image:debain12\n" REST,
        "lab.yaml:2:12: error: 'image_url' is \"image:debain12\", but no image of that name "
        "was imported; did you mean \"image:debian12\"? ('labctl image list' shows those "
        "that were, 'labctl image import' takes one)\n");
    assert_load(state,
                "name: demo\nimage_url: image:debian12\n"
                "sha256: fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98\n" REST,
                "lab.yaml:3:9: error: 'sha256' is fedcba98fedc…, but the image \"debian12\" that "
                "was imported here has 0123456789ab…\n");
    assert_load(
        state,
        "name: demo\nimage_url: image:debian12\nnetworks:\n"
        "  default: {ipam: {range: 10.0.0.0/16}}\nnodes: [{name: a, disk_size: 1Mi}]\n",
        "lab.yaml:5:30: error: 'disk_size' is \"1Mi\", but the image has 2Mi; a disk cannot "
        "be smaller\n");
    static const char *const ways[] = {"debian12", "0123456789ab"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(ways); i++) {
        LAB_AUTOFREE char *text = lab_format("name: demo\nimage_url: image:%s\n" REST, ways[i]);
        char *messages = load(state, text, false, &spec);
        assert_string_equal(messages, "");
        assert_string_equal(spec->images.items[0].path, path);
        assert_string_equal(spec->images.items[0].cached, digest);
        assert_null(spec->images.items[0].sha256);
        assert_int_equal(spec->images.items[0].virtual_size, 2 << 20);
        lab_spec_free(spec);
        free(messages);
    }
    assert_int_equal(uv_os_unsetenv("LABCTL_HOME"), 0);
}

static void test_home(void **state)
{
    struct lab_spec *spec;
    LAB_AUTOFREE char *disk = in(state, "disk.raw"), *before = lab_strdup(plat_getenv("HOME"));
    make_disk(state, "disk.raw");
    assert_int_equal(uv_os_setenv("HOME", *state), 0);
    char *messages = load(state, "name: demo\nimage_url: ~/disk.raw\n" REST, false, &spec);
    assert_int_equal(before ? uv_os_setenv("HOME", before) : uv_os_unsetenv("HOME"), 0);
    assert_string_equal(messages, "");
    assert_string_equal(spec->images.items[0].path, disk);
    lab_spec_free(spec);
    free(messages);
}

static void test_file_itself(void **state)
{
    LAB_AUTOFREE char *none = in(state, "none.yaml"), *large = in(state, "large.yaml");
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_problems problems = {.errors = 0};
    struct lab_spec *spec = NULL;
    assert_int_equal(lab_spec_load(&spec, none, NULL, &problems, &err), -1);
    assert_int_equal(err.code, LAB_HOST);
    assert_non_null(strstr(err.message, "none.yaml': there is no such file"));
    assert_non_null(strstr(err.hint, "labctl init"));
    assert_int_equal(problems.list.len, 0);
    lab_error_clear(&err);
    assert_refused(lab_spec_load(&spec, *state, NULL, &problems, &err), err, LAB_HOST, "read");

    size_t n = 10u << 20;
    LAB_AUTOFREE char *bytes = lab_alloc(n);
    memset(bytes, '#', n);
    assert_ok(lab_file_replace(large, bytes, n, 0644, &err), err);
    assert_refused(lab_spec_load(&spec, large, NULL, &problems, &err), err, LAB_USAGE,
                   "has 1 error");
    lab_problems_print(&out, &problems, "lab.yaml");
    assert_string_equal(lab_str_get(&out), "lab.yaml:1:1: error: the file is larger than 1 MiB; is "
                                           "this the right file?\n");
    assert_null(spec);
    lab_problems_clear(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_whole),
        scratch_test(test_missing),
        scratch_test(test_not_what_it_should_be),
        scratch_test(test_bundles),
        scratch_test(test_disk_against_image),
        scratch_test(test_cached_image),
        scratch_test(test_home),
        scratch_test(test_file_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
