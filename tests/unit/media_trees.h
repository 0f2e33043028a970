/* Trees of files to make images of, and looking into images. */
#ifndef TEST_MEDIA_TREES_H
#define TEST_MEDIA_TREES_H

#include "base_scratch.h"

#include <uv.h>

#include "base/crypto.h"
#include "media/iso.h"

#define LAB_AUTO_ISO     LAB_CLEANUP(lab_iso_clear)
#define LAB_AUTO_LISTING LAB_CLEANUP(lab_iso_listing_clear)

/* Makes DIR/PATH with its folders. */
static inline void
tree_put_bytes(const char *dir, const char *path, const void *bytes, size_t n, unsigned mode)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *full = lab_format("%s/%s", dir, path);
    LAB_AUTOFREE char *folder = lab_path_dir(full);
    assert_ok(plat_mkdirs(folder, 0755, &err), err);
    /* Not lab_file_replace(): its .part does not fit beside the longest names. */
    uv_fs_t req;
    FILE *f = fopen(full, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(uv_fs_chmod(NULL, &req, full, (int)mode, NULL), 0);
    uv_fs_req_cleanup(&req);
}

static inline void tree_put(const char *dir, const char *path, const char *text, unsigned mode)
{
    tree_put_bytes(dir, path, text, strlen(text), mode);
}

/* n bytes that differ from sector to sector. */
static inline void tree_put_pattern(const char *dir, const char *path, size_t n)
{
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(n + 1);
    uint32_t x = (uint32_t)n + 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(x >> 24);
    }
    tree_put_bytes(dir, path, bytes, n, 0644);
}

static inline const struct lab_iso_entry *entry_of(const struct lab_iso_listing *listing,
                                                   const char *path)
{
    for (size_t i = 0; i < listing->entries.len; i++)
        if (strcmp(listing->entries.items[i].path, path) == 0)
            return &listing->entries.items[i];
    return NULL;
}

static inline void assert_entry(const struct lab_iso_listing *listing,
                                const char *path,
                                const char *source,
                                unsigned mode)
{
    struct lab_error err = LAB_ERROR_INIT;
    char hex[LAB_SHA256_HEX];
    uint64_t size;
    const struct lab_iso_entry *entry = entry_of(listing, path);
    if (!entry)
        fail_msg("'%s' is not in the image", path);
    assert_ok(lab_sha256_file(source, hex, &size, &err), err);
    assert_false(entry->is_dir);
    assert_string_equal(entry->sha256, hex);
    assert_int_equal(entry->size, size);
    assert_int_equal(entry->mode, mode);
}

static inline void assert_same_file(const char *a, const char *b)
{
    struct lab_error err = LAB_ERROR_INIT;
    char one[LAB_SHA256_HEX], other[LAB_SHA256_HEX];
    assert_ok(lab_sha256_file(a, one, NULL, &err), err);
    assert_ok(lab_sha256_file(b, other, NULL, &err), err);
    assert_string_equal(one, other);
}

/* Neither the image nor what it was made in. */
static inline void assert_nothing_left(const char *path)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", path);
    assert_false(lab_file_exists(path));
    assert_false(lab_file_exists(part));
}

#endif
