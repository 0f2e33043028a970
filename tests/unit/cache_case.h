/* A LABCTL_HOME of its own for a test of the image cache, and small images to put there. */
#ifndef TEST_CACHE_CASE_H
#define TEST_CACHE_CASE_H

#include "disk_case.h"

#include "base/work.h"
#include "cache/cache.h"

enum { CASE_DISK = 3 << 20 };

static struct lab_error err;

static int cache_setup(void **state)
{
    int rc = scratch_setup(state);
    return rc == 0 ? uv_os_setenv("LABCTL_HOME", *state) : rc;
}

static int cache_teardown(void **state)
{
    lab_error_clear(&err);
    lab_work_cancel_all(false);
    return scratch_teardown(state);
}

#define cache_test(fn) cmocka_unit_test_setup_teardown(fn, cache_setup, cache_teardown)

/* A raw disk of CASE_DISK bytes, different for each mark, with the digest of its bytes. */
static inline char *put_disk(void **state, const char *name, char mark, char hex[LAB_SHA256_HEX])
{
    char *path = in_scratch(state, name);
    LAB_AUTOFREE char *bytes = lab_alloc(CASE_DISK);
    memset(bytes + (1 << 20), mark, 1000);
    write_bytes(path, bytes, CASE_DISK);
    lab_sha256_hex(bytes, CASE_DISK, hex);
    return path;
}

/* One byte of the file is another. */
static inline void damage(const char *path)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -1000, SEEK_END), 0);
    fputc('#', f);
    assert_int_equal(fclose(f), 0);
}

#endif
