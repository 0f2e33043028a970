/* The image cache: names, copies, what is made of an image, and what a killed labctl leaves. */
#include "cache_case.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>
#include <uv.h>

#include "state/state.h"

static char *add(const char *source, const char *name)
{
    struct lab_cache_slot *slot;
    char hex[LAB_SHA256_HEX], *path = NULL;
    assert_ok(lab_cache_begin(&slot, name, &err), err);
    assert_ok(lab_cache_copy(source, lab_cache_part(slot), hex, NULL, NULL, &err), err);
    assert_ok(lab_cache_finish(slot, hex, false, &path, &err), err);
    lab_cache_end(slot);
    return path;
}

static void read_cache(struct lab_cache *cache)
{
    assert_ok(lab_cache_read(cache, &err), err);
}

static size_t names(void)
{
    LAB_AUTO_CACHE struct lab_cache cache;
    read_cache(&cache);
    return cache.list.len;
}

static bool is_there(void **state, const char *name)
{
    LAB_AUTOFREE char *path = in_scratch(state, name);
    return lab_file_exists(path);
}

static int count_file(void *arg, const char *name)
{
    (void)name;
    ++*(size_t *)arg;
    return 0;
}

static size_t files(void)
{
    LAB_AUTOFREE char *dir = lab_cache_dir();
    size_t n = 0;
    assert_ok(plat_list_dir(dir, count_file, &n, &err), err);
    return n;
}

/* --- names --------------------------------------------------------------------------------------
 */

static void test_names(void **state)
{
    (void)state;
    static const char *const fine[] = {"debian12", "debian-12.5_x+1", "9",
                                       "\xEB\x8D\xB0\xEB\xB9\x84"};
    static const char *const bad[] = {"",   ".",   "-a",     "a/b",  "a\\b",   "a b",  "a:b",
                                      "a.", "a\n", "a.part", "\xFF", "a.lock", "a*b?", "\"a\""};
    static const char *const for_source[][2] = {
        {"/tmp/Debian 12.qcow2", "Debian-12"},
        {"https://example.org/a/debian-12-generic-amd64.qcow2?x=1#y", "debian-12-generic-amd64"},
        {"noble.img", "noble"},
        {"disk.vmdk", "disk"},
        {"x/.qcow2", "xqcow2"},
        {"https://example.org/", "image"},
        {"image.tar.part", "image"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(fine); i++)
        assert_true(lab_cache_is_name(fine[i]));
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        assert_false(lab_cache_is_name(bad[i]));
    for (size_t i = 0; i < LAB_ARRAY_LEN(for_source); i++) {
        LAB_AUTOFREE char *name = lab_cache_name_for(for_source[i][0]);
        assert_string_equal(name, for_source[i][1]);
    }
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    assert_false(lab_cache_is_name(long_name));
    LAB_AUTOFREE char *shorter = lab_cache_name_for(long_name);
    assert_true(lab_cache_is_name(shorter));
}

static void test_found_by_name_and_digest(void **state)
{
    LAB_AUTO_CACHE struct lab_cache cache;
    char hex[2][LAB_SHA256_HEX], digits[LAB_CACHE_DIGITS + 1];
    read_cache(&cache); /* no folder yet */
    assert_int_equal(cache.list.len, 0);
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex[0]);
    LAB_AUTOFREE char *b = put_disk(state, "b.raw", 'b', hex[1]);
    LAB_AUTOFREE char *at_b = add(b, "debian12");
    LAB_AUTOFREE char *at_a = add(a, "alpine");
    lab_cache_clear(&cache);
    read_cache(&cache);
    assert_int_equal(cache.list.len, 2);
    assert_string_equal(cache.list.items[0].name, "alpine");
    assert_string_equal(cache.list.items[0].path, at_a);
    assert_string_equal(cache.list.items[0].sha256, hex[0]);
    assert_int_equal(cache.list.items[0].bytes, CASE_DISK);
    assert_int_equal(cache.list.items[0].used_ms, 0);
    snprintf(digits, sizeof(digits), "%.12s", hex[1]);
    assert_string_equal(lab_cache_find(&cache, digits)->path, at_b);
    digits[LAB_CACHE_DIGITS - 1] = '\0';
    assert_null(lab_cache_find(&cache, digits));
    assert_null(lab_cache_find(&cache, "debain12"));
    assert_string_equal(lab_cache_nearest(&cache, "debain12"), "debian12");
    lab_cache_touch(hex[0]);
    lab_cache_touch("00112233445566778899"); /* nobody's */
    lab_cache_clear(&cache);
    read_cache(&cache);
    assert_int_equal(cache.list.len, 2);
    assert_true(plat_wall_ms() - lab_cache_find(&cache, "alpine")->used_ms < 60000);
    assert_int_equal(lab_cache_find(&cache, "debian12")->used_ms, 0);
}

static void test_two_names_share_a_file(void **state)
{
    char hex[LAB_SHA256_HEX], other[LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *b = put_disk(state, "b.raw", 'b', other);
    LAB_AUTOFREE char *at_a = add(a, "a");
    free(add(b, "b"));
    LAB_AUTO_CACHE struct lab_cache cache;
    struct plat_stat st[2];
    read_cache(&cache);
    const struct lab_cached *image = lab_cache_find(&cache, "a");
    assert_refused(lab_cache_name(image, "b", &err), err, LAB_CONFLICT,
                   "another image is called 'b'");
    assert_ok(lab_cache_name(image, "second", &err), err);
    assert_ok(lab_cache_name(image, "second", &err), err);
    assert_int_equal(names(), 3);
    LAB_AUTOFREE char *second = lab_format("%s/images/%s-second", (char *)*state, hex);
    assert_int_equal(plat_stat(at_a, &st[0]) | plat_stat(second, &st[1]), 0);
    assert_int_equal(st[0].inode, st[1].inode);
    assert_ok(lab_cache_remove(image, &err), err);
    assert_false(lab_file_exists(at_a));
    assert_true(lab_file_exists(second));
}

static void test_a_name_is_one_images(void **state)
{
    char hex[2][LAB_SHA256_HEX];
    LAB_AUTOFREE char *a = put_disk(state, "a.raw", 'a', hex[0]);
    LAB_AUTOFREE char *b = put_disk(state, "b.raw", 'b', hex[1]);
    free(add(a, "x"));
    struct lab_cache_slot *slot;
    char *path = NULL;
    assert_ok(lab_cache_begin(&slot, "x", &err), err);
    assert_ok(lab_cache_copy(b, lab_cache_part(slot), hex[1], NULL, NULL, &err), err);
    assert_refused(lab_cache_finish(slot, hex[1], false, &path, &err), err, LAB_CONFLICT,
                   "another image is called 'x'");
    assert_ok(lab_cache_finish(slot, hex[1], true, &path, &err), err);
    lab_cache_end(slot);
    LAB_AUTOFREE char *name = lab_format("%s-x-%.12s", hex[1], hex[1]);
    assert_string_equal(lab_path_base(path), name);
    free(path);
    assert_int_equal(names(), 2);
    assert_int_equal(files(), 2); /* neither locks nor parts */
}

/* --- copies -------------------------------------------------------------------------------------
 */

static void test_copy_is_sparse(void **state)
{
    char hex[LAB_SHA256_HEX], plain[LAB_SHA256_HEX];
    LAB_AUTOFREE char *from = in_scratch(state, "holes"), *to = in_scratch(state, "copy");
    FILE *f = fopen(from, "wb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 40 << 20, SEEK_SET), 0);
    assert_int_equal(fwrite("in the middle", 1, 13, f), 13);
    assert_int_equal(ftruncate(fileno(f), (90 << 20) + 7), 0);
    assert_int_equal(fclose(f), 0);
    assert_ok(lab_cache_copy(from, to, hex, NULL, NULL, &err), err);
    assert_ok(lab_sha256_file(to, plain, NULL, &err), err);
    assert_string_equal(hex, plain);
    assert_ok(lab_sha256_file(from, plain, NULL, &err), err);
    assert_string_equal(hex, plain);
    int fd = open(to, O_RDONLY);
    uint64_t at, end;
    plat_next_data(fd, 0, 90 << 20, &at, &end);
    close(fd);
    if (at > 0) /* where files can be sparse at all */
        assert_true(at >= 39 << 20 && end <= 42 << 20);
    assert_int_equal(lab_cache_copy(from, to, hex, NULL, NULL, &err), -1); /* never onto a file */
    lab_error_clear(&err);
    assert_ok(lab_cache_copy(from, NULL, hex, NULL, NULL, &err), err);
    assert_string_equal(hex, plain);
}

/* Shares all blocks, or does nothing at all. */
static void test_clone_or_nothing(void **state)
{
    LAB_AUTOFREE char *from = in_scratch(state, "from"), *to = in_scratch(state, "to");
    scratch_write(from, "some bytes");
    int a = open(from, O_RDONLY), b = plat_create(to, 0600, &err);
    bool cloned = plat_clone(a, 0, b, 0);
    close(a);
    close(b);
    assert_file(to, cloned ? "some bytes" : "");
}

static void test_interrupted(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *from = put_disk(state, "a.raw", 'a', hex);
    struct lab_cache_slot *slot;
    assert_ok(lab_cache_begin(&slot, "x", &err), err);
    lab_work_cancel_all(true);
    assert_refused(lab_cache_copy(from, lab_cache_part(slot), hex, NULL, NULL, &err), err,
                   LAB_CANCELLED, "was interrupted");
    lab_work_cancel_all(false);
    lab_cache_end(slot);
    assert_int_equal(files(), 0);
}

/* --- several at once, and those that were killed ------------------------------------------------
 */

static void test_leftovers_go(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *from = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *old = in_scratch(state, "images/get-old.part");
    LAB_AUTOFREE char *lock = in_scratch(state, "images/get-old.lock");
    LAB_AUTOFREE char *vmdk = lab_format("%s/images/%s.vmdk.part", (char *)*state, hex);
    LAB_AUTOFREE char *before = lab_format("%s/images/%s-x.qcow2.4711.part", (char *)*state, hex);
    free(add(from, "a"));
    scratch_write(old, "half");
    scratch_write(lock, "");
    scratch_write(vmdk, "half");
    scratch_write(before, "half"); /* as they were called once */
    assert_int_equal(names(), 1);
    struct plat_lock *held;
    assert_ok(plat_lock_take(&held, lock, "somebody", &err), err);
    lab_cache_sweep();
    assert_true(lab_file_exists(old));
    assert_false(lab_file_exists(vmdk));
    assert_false(lab_file_exists(before));
    plat_lock_drop(held);
    lab_cache_sweep();
    assert_false(lab_file_exists(old));
    assert_int_equal(files(), 1);
}

struct rival {
    uv_thread_t thread;
    const char *from;
    atomic_int *inside;
    int most;
};

static void bring(void *arg)
{
    struct rival *r = arg;
    struct lab_error mine = LAB_ERROR_INIT;
    struct lab_cache_slot *slot;
    char hex[LAB_SHA256_HEX], *path = NULL;
    if (lab_cache_begin(&slot, "x", &mine)) {
        fprintf(stderr, "%s\n", mine.message);
        return;
    }
    r->most = atomic_fetch_add(r->inside, 1) + 1;
    if (lab_cache_copy(r->from, lab_cache_part(slot), hex, NULL, NULL, &mine) ||
        lab_cache_finish(slot, hex, false, &path, &mine))
        fprintf(stderr, "%s\n", mine.message);
    atomic_fetch_sub(r->inside, 1);
    lab_cache_end(slot);
    free(path);
    lab_error_clear(&mine);
}

static void test_one_after_another(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *from = put_disk(state, "a.raw", 'a', hex);
    atomic_int inside = 0;
    struct rival rivals[4];
    for (size_t i = 0; i < LAB_ARRAY_LEN(rivals); i++) {
        rivals[i] = (struct rival){.from = from, .inside = &inside};
        assert_int_equal(uv_thread_create(&rivals[i].thread, bring, &rivals[i]), 0);
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(rivals); i++) {
        uv_thread_join(&rivals[i].thread);
        assert_int_equal(rivals[i].most, 1);
    }
    assert_int_equal(files(), 1);
}

/* --- what is made of an image -------------------------------------------------------------------
 */

static char *made(const char *source, const char *hex, enum lab_disk_target target)
{
    char *path = NULL;
    assert_ok(lab_cache_make(source, hex, target, NULL, NULL, &path, &err), err);
    return path;
}

static void assert_disk(const char *path, char mark)
{
    size_t size = 0;
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, CASE_DISK, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
    assert_int_equal(size, CASE_DISK);
    assert_int_equal(bytes[1 << 20], mark);
}

static void test_made_once(void **state)
{
    char hex[LAB_SHA256_HEX], zeros[LAB_SHA256_HEX];
    LAB_AUTOFREE char *source = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *image = add(source, "a");
    char *path = NULL;
    memset(zeros, '0', LAB_SHA256_HEX - 1);
    zeros[LAB_SHA256_HEX - 1] = '\0';
    assert_refused(lab_cache_make(source, zeros, LAB_DISK_TO_VMDK, NULL, NULL, &path, &err), err,
                   LAB_INTEGRITY, "should be 000");
    LAB_AUTOFREE char *vmdk = made(image, hex, LAB_DISK_TO_VMDK);
    LAB_AUTOFREE char *raw = made(image, hex, LAB_DISK_TO_RAW);
    LAB_AUTOFREE char *again = made("/nowhere", hex, LAB_DISK_TO_VMDK);
    assert_string_equal(vmdk, again);
    assert_disk(vmdk, 'a');
    assert_disk(raw, 'a');
    LAB_AUTO_CACHE struct lab_cache cache;
    read_cache(&cache);
    assert_int_equal(cache.list.len, 1);
    assert_string_equal(cache.list.items[0].vmdk.path, vmdk);
    assert_string_equal(cache.list.items[0].raw.path, raw);
    assert_int_equal(files(), 5); /* each with its sum; no lock, no part */
    assert_ok(lab_cache_remove(&cache.list.items[0], &err), err);
    assert_int_equal(files(), 0);
}

static void test_damaged_is_made_again(void **state)
{
    char hex[LAB_SHA256_HEX];
    bool sound = false;
    LAB_AUTOFREE char *source = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *path = made(source, hex, LAB_DISK_TO_VMDK);
    damage(path);
    LAB_AUTOFREE char *again = made(source, hex, LAB_DISK_TO_VMDK);
    assert_disk(again, 'a');
    const struct lab_cached_made what = {path, 0};
    assert_ok(lab_cache_check_made(&what, &sound, NULL, NULL, &err), err);
    assert_true(sound);
    damage(path);
    assert_ok(lab_cache_check_made(&what, &sound, NULL, NULL, &err), err);
    assert_false(sound);
    assert_int_equal(files(), 0);
    /* killed between the disk and its sum */
    LAB_AUTOFREE char *third = made(source, hex, LAB_DISK_TO_VMDK);
    LAB_AUTOFREE char *sum = lab_format("%s.sum", third);
    assert_ok(plat_remove(sum, &err), err);
    free(made(source, hex, LAB_DISK_TO_VMDK));
    assert_true(lab_file_exists(sum));
}

static void test_not_removed_while_it_is_made(void **state)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *source = put_disk(state, "a.raw", 'a', hex);
    LAB_AUTOFREE char *image = add(source, "a"), *path = made(image, hex, LAB_DISK_TO_VMDK);
    LAB_AUTOFREE char *file = lab_format("%s.lock", path);
    LAB_AUTO_CACHE struct lab_cache cache;
    struct plat_lock *held;
    read_cache(&cache);
    assert_ok(plat_lock_take(&held, file, "another labctl", &err), err);
    assert_refused(lab_cache_remove(&cache.list.items[0], &err), err, LAB_CONFLICT,
                   "another labctl");
    assert_true(lab_file_exists(image) && lab_file_exists(path));
    plat_lock_drop(held);
    assert_ok(lab_cache_remove(&cache.list.items[0], &err), err);
    assert_true(is_there(state, "a.raw"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cache_test(test_names),
        cache_test(test_found_by_name_and_digest),
        cache_test(test_two_names_share_a_file),
        cache_test(test_a_name_is_one_images),
        cache_test(test_copy_is_sparse),
        cache_test(test_clone_or_nothing),
        cache_test(test_interrupted),
        cache_test(test_leftovers_go),
        cache_test(test_one_after_another),
        cache_test(test_made_once),
        cache_test(test_damaged_is_made_again),
        cache_test(test_not_removed_while_it_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
