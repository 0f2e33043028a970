/* The image command's work: what is imported, who uses it, what is damaged, what may go. */
#include "cache_case.h"

#include <uv.h>

#include "plan/plan.h"
#include "run/images.h"
#include "run/prepare.h"
#include "state/state.h"

static int import(const char *source, const char *name, const char *expected, bool *there)
{
    const struct lab_image_import job = {.source = source, .name = name, .expected = expected};
    struct lab_image_imported out;
    int rc = lab_images_import(&job, &out, &err);
    *there = out.there;
    lab_image_imported_clear(&out);
    return rc;
}

static void import_fine(const char *source, const char *name, bool was_there)
{
    bool there;
    assert_ok(import(source, name, NULL, &there), err);
    assert_int_equal(there, was_there);
}

static void list(const char *name, struct lab_image_rows *rows)
{
    assert_ok(lab_images_list(&name, name ? 1 : 0, rows, &err), err);
}

/* A lab with one node, made from the image with this digest. */
static void put_lab(void **state, const char *lab, const char *sha256)
{
    LAB_AUTOFREE char *source = lab_format("%s/%s.yaml", (char *)*state, lab);
    LAB_AUTOFREE char *hash = lab_format("role=0;image=%.16s/0123456789abcdef;", sha256);
    struct lab_node_record node = {.name = (char *)(uintptr_t) "a",
                                   .group = (char *)(uintptr_t) "a",
                                   .number = 1,
                                   .provision_hash = hash};
    struct lab_state *st;
    assert_ok(lab_state_open(&st, lab, LAB_STATE_CREATE, source, "up", &err), err);
    assert_ok(lab_state_node_put(st, &node, &err), err);
    lab_state_close(st);
}

static void test_imported_once(void **state)
{
    char hex[2][LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "Debian 12.raw", 'a', hex[0]);
    LAB_AUTOFREE char *b = put_disk(state, "b.raw", 'b', hex[1]);
    LAB_AUTOFREE char *url = lab_format("file://%s", b);
    struct lab_image_rows rows;
    bool there;
    import_fine(a, NULL, false);
    import_fine(a, NULL, true);
    import_fine(a, "debian12", true); /* a second name */
    import_fine(url, "other", false);
    import_fine(b, NULL, true); /* as 'other' */
    assert_refused(import(b, "debian12", NULL, &there), err, LAB_CONFLICT, "is called 'debian12'");
    assert_refused(import(url, "debian12", NULL, &there), err, LAB_CONFLICT,
                   "nobody knows whether");
    assert_ok(import(url, "other", hex[1], &there), err);
    assert_true(there);
    list(NULL, &rows);
    assert_int_equal(rows.rows.len, 3);
    assert_string_equal(rows.rows.items[0].cached->name, "Debian-12");
    assert_string_equal(rows.rows.items[1].cached->name, "debian12");
    assert_string_equal(rows.rows.items[1].cached->sha256, hex[0]);
    assert_string_equal(rows.rows.items[2].cached->sha256, hex[1]);
    assert_int_equal(rows.rows.items[2].info.size, CASE_DISK);
    assert_int_equal(rows.rows.items[2].info.format, LAB_DISK_RAW);
    lab_image_rows_clear(&rows);
}

static void test_not_imported(void **state)
{
    char hex[LAB_SHA256_HEX], zeros[LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *text = in_scratch(state, "text"), *none = in_scratch(state, "none");
    LAB_AUTOFREE char *text_url = lab_format("file://%s", text);
    LAB_AUTOFREE char *none_url = lab_format("file://%s", none);
    struct lab_image_rows rows;
    bool there;
    memset(zeros, '0', sizeof(zeros) - 1);
    zeros[sizeof(zeros) - 1] = '\0';
    scratch_write(text, "<html>not found</html>\n");
    assert_refused(import(text, NULL, NULL, &there), err, LAB_USAGE, "is text");
    assert_refused(import(text_url, NULL, NULL, &there), err, LAB_USAGE, "is text");
    assert_refused(import(none, NULL, NULL, &there), err, LAB_HOST, "does not exist");
    assert_refused(import(none_url, NULL, NULL, &there), err, LAB_HOST, "cannot download");
    assert_refused(import(a, "a/b", NULL, &there), err, LAB_USAGE, "cannot name an image");
    assert_refused(import(a, NULL, zeros, &there), err, LAB_INTEGRITY, "should be 000");
    list(NULL, &rows);
    assert_int_equal(rows.rows.len, 0);
    lab_image_rows_clear(&rows);
    LAB_AUTOFREE char *part = in_scratch(state, "images/get-a.part");
    assert_false(lab_file_exists(part));
}

static void test_used_by_labs(void **state)
{
    char hex[2][LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex[0]);
    LAB_AUTOFREE char *b = put_disk(state, "b.raw", 'b', hex[1]);
    struct lab_image_rows rows;
    const char *const unknown[] = {"aa"};
    import_fine(a, "debian12", false);
    import_fine(b, "b", false);
    put_lab(state, "airgap", hex[0]);
    put_lab(state, "second", hex[0]);
    list("debian12", &rows);
    assert_int_equal(rows.rows.items[0].labs.len, 2);
    assert_string_equal(rows.rows.items[0].labs.items[0], "airgap");
    assert_int_equal(lab_images_remove(&rows, false, &err), -1);
    assert_int_equal(err.code, LAB_CONFLICT);
    assert_non_null(strstr(err.message, "'debian12' is used by labs 'airgap', 'second'"));
    assert_non_null(strstr(err.hint, "--force"));
    lab_error_clear(&err);
    lab_image_rows_clear(&rows);

    list(NULL, &rows);
    assert_ok(lab_images_keep_unused(&rows, &err), err);
    assert_int_equal(rows.rows.len, 1);
    assert_string_equal(rows.rows.items[0].cached->name, "b");
    assert_ok(lab_images_remove(&rows, false, &err), err);
    lab_image_rows_clear(&rows);

    list("debian12", &rows);
    assert_ok(lab_images_remove(&rows, true, &err), err);
    lab_image_rows_clear(&rows);
    assert_refused(lab_images_list(unknown, 1, &rows, &err), err, LAB_USAGE, "no image 'aa'");
    lab_image_rows_clear(&rows);
}

/* Nothing is removed that an unreadable lab might use. */
static void test_unread_lab(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *db = in_scratch(state, "labs/airgap/state.db");
    struct lab_image_rows rows;
    import_fine(a, "a", false);
    put_lab(state, "airgap", hex);
    scratch_write(db, "no database at all, but long enough to be taken for one by its size");
    list(NULL, &rows);
    assert_non_null(rows.unread);
    assert_refused(lab_images_keep_unused(&rows, &err), err, LAB_CONFLICT,
                   "cannot tell which images");
    assert_refused(lab_images_remove(&rows, false, &err), err, LAB_CONFLICT, "cannot tell");
    assert_ok(lab_images_remove(&rows, true, &err), err);
    lab_image_rows_clear(&rows);
}

static size_t verify(struct lab_image_verdicts *out)
{
    struct lab_image_rows rows;
    list(NULL, &rows);
    assert_ok(lab_images_verify(&rows, NULL, NULL, out, &err), err);
    lab_image_rows_clear(&rows);
    return out->damaged;
}

static void test_damaged(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex);
    struct lab_image_verdicts verdicts;
    char *path = NULL;
    import_fine(a, "a", false);
    LAB_AUTOFREE char *image = lab_format("%s/images/%s-a", (char *)*state, hex);
    assert_ok(lab_cache_make(image, hex, LAB_DISK_TO_VMDK, NULL, NULL, &path, &err), err);
    assert_int_equal(verify(&verdicts), 0);
    assert_int_equal(verdicts.list.len, 2);
    lab_image_verdicts_clear(&verdicts);

    damage(image);
    damage(path);
    assert_int_equal(verify(&verdicts), 2);
    assert_string_equal(verdicts.list.items[0].file, image);
    assert_false(verdicts.list.items[0].removed);
    assert_string_equal(verdicts.list.items[1].file, path);
    assert_true(verdicts.list.items[1].removed);
    lab_image_verdicts_clear(&verdicts);

    import_fine(a, "a", false); /* in its place */
    assert_int_equal(verify(&verdicts), 0);
    assert_int_equal(verdicts.list.len, 1);
    lab_image_verdicts_clear(&verdicts);
    free(path);
}

/* What `up` would start from. */
static void test_a_damaged_base_is_not_used(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *image = lab_format("%s/images/%s-a", (char *)*state, hex);
    const char *text = "name: t\nimage_url: image:a\nnetworks:\n"
                       "  default: {ipam: {range: 10.0.0.0/16}}\nnodes: [{name: a}]\n";
    struct lab_spec_options options = {NULL, 0, false};
    struct lab_run_options run_options = {.mode = LAB_STATE_CREATE};
    struct lab_listener listener = {.arg = NULL};
    struct lab_run run = {.options = &run_options, .listener = &listener};
    struct lab_problems problems = {.errors = 0};
    char *sums[1] = {NULL};
    import_fine(a, "a", false);
    assert_ok(lab_spec_parse(&run.spec, "lab.yaml", text, strlen(text), &options, &problems, &err),
              err);
    uv_mutex_init(&run.notice_lock);
    uv_loop_init(&run.loop);
    assert_ok(lab_prepare_digests(&run, sums, &err), err);
    assert_string_equal(sums[0], hex);
    free(sums[0]);
    sums[0] = NULL;
    struct lab_image_rows rows;
    list(NULL, &rows);
    assert_true(rows.rows.items[0].cached->used_ms > 0);
    lab_image_rows_clear(&rows);
    damage(image);
    assert_int_equal(lab_prepare_digests(&run, sums, &err), -1);
    assert_int_equal(err.code, LAB_INTEGRITY);
    assert_non_null(strstr(err.message, "is damaged"));
    assert_non_null(strstr(err.hint, "labctl image import"));
    free(sums[0]);
    uv_loop_close(&run.loop);
    uv_mutex_destroy(&run.notice_lock);
    lab_spec_free(run.spec);
    lab_problems_clear(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cache_test(test_imported_once), cache_test(test_not_imported),
        cache_test(test_used_by_labs),  cache_test(test_unread_lab),
        cache_test(test_damaged),       cache_test(test_a_damaged_base_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
