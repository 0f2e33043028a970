#include "media_golden.h"
#include "media_trees.h"

#include <time.h>
#include <uv.h>

#include "base/text.h"

static void add_seed(struct lab_iso *iso)
{
    iso->label = "cidata";
    iso->file_mode = 0600;
    lab_iso_add_bytes(iso, "user-data", "#cloud-config\n", 14, 0600);
    lab_iso_add_bytes(iso, "meta-data", "instance-id: x\n", 15, 0644);
    lab_iso_add_bytes(iso, "network-config", "", 0, 0644);
}

static void put_listing(struct lab_str *out, const struct lab_iso_listing *listing)
{
    lab_str_addf(out, "label %s\n", listing->label);
    for (size_t i = 0; i < listing->entries.len; i++) {
        const struct lab_iso_entry *e = &listing->entries.items[i];
        lab_str_addf(out, "%s %04o %llu %lld %s %s\n", e->is_dir ? "dir " : "file", e->mode,
                     (unsigned long long)e->size, (long long)e->mtime, e->path,
                     e->is_dir ? "-" : e->sha256);
    }
}

static void seed_image_reads_back(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    char hex[LAB_SHA256_HEX], really[LAB_SHA256_HEX];
    LAB_AUTOFREE char *path = lab_path_join(*state, "seed.iso");
    LAB_AUTO_ISO struct lab_iso iso = {0};
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;

    add_seed(&iso);
    assert_ok(lab_iso_write(&iso, path, NULL, hex, &err), err);
    assert_int_equal(plat_stat(path, &st), 0);
    assert_int_equal(st.mode, 0600);
    assert_ok(lab_sha256_file(path, really, NULL, &err), err);
    assert_string_equal(hex, really);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    put_listing(&text, &listing);
    assert_golden("iso/seed.txt", &text);
}

static void tree_image_reads_back(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *path = lab_path_join(*state, "tree.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "Mixed_Case-1", .epoch = 1700000000};
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    static const char odd[] = "Read Me (1);v2:*?.TXT";
    LAB_AUTOFREE char *odd_path = lab_path_join(dir, odd);

    /* "a/" sorts between "a-b" and "a0"; folders are made once. */
    tree_put(dir, "a-b", "1", 0644);
    tree_put(dir, "a/one", "2", 0644);
    tree_put(dir, "a/b/c/two", "3", 0644);
    tree_put(dir, "a0", "4", 0644);
    /* Windows has neither such modes nor such names: then only the image has them. */
    if (scratch_can_name(odd_path)) {
        tree_put(dir, "bin/tool", "data", 0755);
        tree_put(dir, odd, "names", 0600);
    } else {
        lab_iso_add_bytes(&iso, "bin/tool", "data", 4, 0755);
        lab_iso_add_bytes(&iso, odd, "names", 5, 0644);
    }
    tree_put(dir, "bin/script", "#!/bin/sh\n", 0644);
    tree_put(dir, "bin/k3s", "\177ELF", 0644);
    tree_put_pattern(dir, "sizes/2047", 2047);
    tree_put_pattern(dir, "sizes/2048", 2048);
    tree_put_pattern(dir, "sizes/2049", 2049);
    tree_put_pattern(dir, "sizes/big", (3u << 20) + 12345);
    tree_put(dir, "sizes/empty1", "", 0644);
    tree_put(dir, "sizes/empty2", "", 0644);
    tree_put(dir, "sizes/empty3", "", 0644);
    LAB_AUTOFREE char *nothing = lab_path_join(dir, "nothing in it");
    assert_ok(plat_mkdirs(nothing, 0755, &err), err);

    assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    put_listing(&text, &listing);
    assert_golden("iso/tree.txt", &text);
}

/* The same bytes at another time, in another time zone, from a tree with other dates. */
static void bytes_are_the_same_every_time(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    static const char *const zones[] = {"UTC", "Asia/Seoul", "America/St_Johns"};
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *first = NULL;
    /* A long name brings a continuation area with it. */
    LAB_AUTOFREE char *deep = lab_format("1/2/3/4/5/6/7/%0200d", 7);
    for (size_t i = 0; i < LAB_ARRAY_LEN(zones); i++) {
        LAB_AUTO_ISO struct lab_iso iso = {.label = "SAME"};
        LAB_AUTOFREE char *path = lab_format("%s/%zu.iso", (char *)*state, i);
        tree_put(dir, "x/y", "text", 0644);
        tree_put(dir, deep, "deep", 0644);
        assert_int_equal(uv_os_setenv("TZ", zones[i]), 0);
        if (i > 0)
            uv_sleep(1100);
        assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
        assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
        if (first)
            assert_same_file(first, path);
        else
            first = lab_steal(&path);
    }
    uv_os_unsetenv("TZ");
}

/* No byte of the moment is left anywhere: the year appears in no date, the version in no text. */
static void nothing_tells_when_or_by_whom(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "seed.iso");
    LAB_AUTO_ISO struct lab_iso iso = {0};
    LAB_AUTO_STR struct lab_str image = LAB_STR_INIT;
    time_t now = time(NULL);
    unsigned char date[3] = {(unsigned char)(gmtime(&now)->tm_year),
                             (unsigned char)(gmtime(&now)->tm_mon + 1),
                             (unsigned char)(gmtime(&now)->tm_mday)};

    add_seed(&iso);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_file_read(path, 4 << 20, &image, &err), err);
    for (size_t i = 0; i + sizeof(date) <= image.len; i++)
        assert_memory_not_equal(image.ptr + i, date, sizeof(date));
    for (size_t i = 0; i + 10 < image.len; i++)
        assert_memory_not_equal(image.ptr + i, "libarchive", 10);
}

static void deep_and_long_paths_keep_their_names(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *path = lab_path_join(*state, "tree.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "a_label_of_exactly_32_characters"};
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    LAB_AUTO_STR struct lab_str deep = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str wide = LAB_STR_INIT;

    for (int i = 1; i <= 7; i++)
        lab_str_addf(&deep, "level-%02d/", i);
    lab_str_add(&deep, "file");
    for (int i = 0; i < 255; i++)
        lab_str_addc(&wide, (char)('a' + i % 26));
    tree_put(dir, lab_str_get(&deep), "deep", 0644);
    for (int i = 0; i < 3; i++) { /* differ only in what Joliet cuts off */
        wide.ptr[254] = (char)('0' + i);
        tree_put(dir, lab_str_get(&wide), "long", 0644);
    }
    for (size_t len = 100; len < 130; len++) {
        LAB_AUTOFREE char *name = lab_strndup(lab_str_get(&wide), len);
        tree_put(dir, name, name, 0644);
    }
    assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    assert_string_equal(listing.label, iso.label);
    assert_int_equal(iso.files.len, 34);
    for (size_t i = 0; i < iso.files.len; i++)
        assert_entry(&listing, iso.files.items[i].path, iso.files.items[i].source, 0644);
}

static void many_files(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "many.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "MANY"};
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    for (int i = 0; i < 3000; i++) {
        LAB_AUTOFREE char *name =
            lab_format("%d/a-rather-long-name-for-a-file-%d.tar.gz", i % 50, i);
        lab_iso_add_bytes(&iso, name, name, strlen(name), 0644);
    }
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_iso_read(path, false, &listing, &err), err);
    assert_int_equal(listing.entries.len, 3050);
    assert_string_equal(listing.entries.items[1].sha256, "");
}

struct seen {
    uint64_t last, total;
    unsigned calls;
};

static void note_progress(void *arg, uint64_t done, uint64_t total)
{
    struct seen *seen = arg;
    assert_true(done >= seen->last && done <= total);
    seen->last = done;
    seen->total = total;
    seen->calls++;
}

static void progress_reaches_the_end(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "tree");
    LAB_AUTOFREE char *path = lab_path_join(*state, "tree.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "PROGRESS"};
    struct seen seen = {0};
    const struct lab_iso_progress progress = {note_progress, &seen};

    tree_put_pattern(dir, "big", 8u << 20);
    assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
    assert_ok(lab_iso_write(&iso, path, &progress, NULL, &err), err);
    assert_int_equal(seen.last, seen.total);
    assert_true(seen.total >= 3 * (8u << 20));
    /* 8 of the spool, and at least as many of the image, which is written within one call. */
    assert_true(seen.calls > 16);
}

static void damage_is_noticed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "seed.iso");
    LAB_AUTOFREE char *other = lab_path_join(*state, "other.iso");
    LAB_AUTO_ISO struct lab_iso iso = {0};
    LAB_AUTO_STR struct lab_str image = LAB_STR_INIT;
    struct lab_iso_listing listing;

    add_seed(&iso);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_file_read(path, 4 << 20, &image, &err), err);
    static const size_t cuts[] = {0, 1000, 16 * 2048, 17 * 2048, 20 * 2048};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cuts); i++) {
        assert_ok(lab_file_replace(other, image.ptr, cuts[i], 0644, &err), err);
        assert_refused(lab_iso_read(other, true, &listing, &err), err, LAB_INTEGRITY, other);
    }
    assert_ok(lab_file_replace(other, image.ptr, image.len - 1, 0644, &err), err);
    assert_refused(lab_iso_read(other, true, &listing, &err), err, LAB_INTEGRITY, "cut short");
    memset(image.ptr + 16 * 2048 + 1, 'x', 5);
    assert_ok(lab_file_replace(other, image.ptr, image.len, 0644, &err), err);
    assert_refused(lab_iso_read(other, true, &listing, &err), err, LAB_INTEGRITY, "no ISO 9660");
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing.iso");
    assert_refused(lab_iso_read(missing, true, &listing, &err), err, LAB_HOST, missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(seed_image_reads_back),
        scratch_test(tree_image_reads_back),
        scratch_test(bytes_are_the_same_every_time),
        scratch_test(nothing_tells_when_or_by_whom),
        scratch_test(deep_and_long_paths_keep_their_names),
        scratch_test(many_files),
        scratch_test(progress_reaches_the_end),
        scratch_test(damage_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
