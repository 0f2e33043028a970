#include "base_scratch.h"
#include "oci/layout.h"

static struct lab_error err;
static char manifest_type[] = LAB_TYPE_OCI_MANIFEST, blob_type[] = "application/x";
static char os[] = "linux", arch[] = "amd64";

static struct lab_layout *make(void **state)
{
    struct lab_layout *layout = NULL;
    LAB_AUTOFREE char *path = lab_path_join(*state, "layout");
    assert_ok(lab_layout_create(&layout, path, &err), err);
    return layout;
}

static char *index_of(const struct lab_layout *layout)
{
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(layout->path, "index.json");
    assert_ok(lab_file_read(path, 1 << 20, &text, &err), err);
    return lab_str_detach(&text);
}

static void put(struct lab_layout *layout, const char *name, const char *bytes)
{
    struct lab_descriptor d = {.type = manifest_type, .platform = {os, arch}};
    assert_ok(lab_layout_add(layout, bytes, strlen(bytes), &d, &err), err);
    assert_ok(lab_layout_put(layout, name, &d, NULL, &err), err);
}

static void test_images(void **state)
{
    struct lab_layout *layout = make(state);
    put(layout, "docker.io/library/b:1", "bbb");
    put(layout, "docker.io/library/a:1", "aaa");
    put(layout, "docker.io/library/b:1", "ccc"); /* replaced */
    lab_layout_close(layout);
    layout = make(state);
    assert_int_equal(layout->images.len, 2);
    const struct lab_layout_image *b = lab_layout_find(layout, "docker.io/library/b:1");
    assert_non_null(b);
    assert_ok(lab_layout_check_blob(layout, &b->manifest, &err), err);
    assert_string_equal(b->manifest.platform.arch, "amd64");
    assert_null(lab_layout_find(layout, "docker.io/library/c:1"));
    lab_layout_close(layout);
}

static void test_same_index_in_any_order(void **state)
{
    struct lab_layout *layout = make(state);
    put(layout, "x/a:1", "aaa");
    put(layout, "x/b:1", "bbb");
    LAB_AUTOFREE char *first = index_of(layout);
    LAB_AUTOFREE char *path = lab_strdup(layout->path);
    lab_layout_close(layout);
    assert_ok(plat_remove_tree(path, &err), err);
    layout = make(state);
    put(layout, "x/b:1", "bbb");
    put(layout, "x/a:1", "aaa");
    LAB_AUTOFREE char *second = index_of(layout);
    assert_string_equal(first, second);
    lab_layout_close(layout);
}

/* "hello" */
static struct lab_descriptor hello = {
    .type = blob_type,
    .digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    .size = 5};

static void test_part(void **state)
{
    struct lab_layout_part *part;
    struct lab_layout *layout = make(state);
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_ok(lab_layout_part_add(part, "hel", 3, &err), err);
    lab_layout_part_leave(part);
    assert_refused(lab_layout_check_blob(layout, &hello, &err), err, LAB_INTEGRITY, "is missing");
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_int_equal(lab_layout_part_size(part), 3); /* it goes on */
    assert_ok(lab_layout_part_add(part, "lo", 2, &err), err);
    assert_refused(lab_layout_part_add(part, "!", 1, &err), err, LAB_INTEGRITY, "more bytes came");
    assert_ok(lab_layout_part_finish(part, &err), err);
    assert_ok(lab_layout_check_blob(layout, &hello, &err), err);
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_null(part); /* there already */
    lab_layout_close(layout);
}

static void test_wrong_bytes(void **state)
{
    struct lab_layout_part *part;
    struct lab_layout *layout = make(state);
    LAB_AUTOFREE char *path = lab_layout_blob_path(layout, hello.digest);
    LAB_AUTOFREE char *left = lab_format("%s.part", path);
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_ok(lab_layout_part_add(part, "jello", 5, &err), err);
    assert_refused(lab_layout_part_finish(part, &err), err, LAB_INTEGRITY, "has the digest");
    assert_false(lab_file_exists(path));
    assert_false(lab_file_exists(left));
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_ok(lab_layout_part_add(part, "he", 2, &err), err);
    assert_refused(lab_layout_part_finish(part, &err), err, LAB_INTEGRITY, "2 bytes came");
    lab_layout_close(layout);
}

static void test_damaged_blob(void **state)
{
    struct lab_layout_part *part;
    struct lab_layout *layout = make(state);
    LAB_AUTOFREE char *path = lab_layout_blob_path(layout, hello.digest);
    scratch_write(path, "hallo");
    assert_refused(lab_layout_check_blob(layout, &hello, &err), err, LAB_INTEGRITY, "is damaged");
    scratch_write(path, "hell");
    assert_refused(lab_layout_check_blob(layout, &hello, &err), err, LAB_INTEGRITY, "has 4 bytes");
    assert_ok(lab_layout_begin(&part, layout, &hello, &err), err);
    assert_ok(lab_layout_part_add(part, "hello", 5, &err), err);
    assert_ok(lab_layout_part_finish(part, &err), err);
    assert_file(path, "hello");
    lab_layout_close(layout);
}

static void test_add_file(void **state)
{
    struct lab_descriptor d = {.type = blob_type};
    struct lab_layout *layout = make(state);
    LAB_AUTOFREE char *path = lab_path_join(*state, "file");
    scratch_write(path, "hello");
    assert_ok(lab_layout_add_file(layout, path, &d, &err), err);
    assert_string_equal(d.digest, hello.digest);
    assert_int_equal(d.size, 5);
    LAB_AUTOFREE char *blob = lab_layout_blob_path(layout, d.digest);
    assert_file(blob, "hello");
    lab_layout_close(layout);
}

static void test_folders_of_others(void **state)
{
    struct lab_layout *layout;
    LAB_AUTOFREE char *file = lab_path_join(*state, "letter.txt");
    LAB_AUTOFREE char *mark = lab_path_join(*state, "oci-layout");
    assert_refused(lab_layout_open(&layout, *state, &err), err, LAB_USAGE, "no OCI image layout");
    scratch_write(file, "dear");
    assert_refused(lab_layout_create(&layout, *state, &err), err, LAB_CONFLICT, "something else");
    scratch_write(mark, "{\"imageLayoutVersion\": \"2.0.0\"}");
    assert_refused(lab_layout_open(&layout, *state, &err), err, LAB_INTEGRITY, "version 2.0.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_images),
        scratch_test(test_same_index_in_any_order),
        scratch_test(test_part),
        scratch_test(test_wrong_bytes),
        scratch_test(test_damaged_blob),
        scratch_test(test_add_file),
        scratch_test(test_folders_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
