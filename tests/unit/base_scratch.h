/* A folder of its own for a test, and short ways to fill it and look into it. */
#ifndef TEST_BASE_SCRATCH_H
#define TEST_BASE_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "base/file.h"
#include "platform.h"

#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) < 0)                                                                            \
            fail_msg("%s: %s", #call, (err).message ? (err).message : "no message");               \
    } while (0)

/* Fails, has this code, and the message has this part; clears the error. */
#define assert_refused(call, err, expected, part)                                                  \
    do {                                                                                           \
        assert_int_equal((call), -1);                                                              \
        assert_int_equal((err).code, (expected));                                                  \
        if (!strstr((err).message, (part)))                                                        \
            fail_msg("'%s' is not in: %s", (part), (err).message);                                 \
        lab_error_clear(&(err));                                                                   \
    } while (0)

static inline int scratch_setup(void **state)
{
    uv_fs_t req;
    int rc = uv_fs_mkdtemp(NULL, &req, "/tmp/labctl-test-XXXXXX", NULL);
    *state = rc == 0 ? plat_absolute(req.path) : NULL;
    uv_fs_req_cleanup(&req);
    return rc;
}

static inline int scratch_teardown(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    int rc = plat_remove_tree(*state, &err);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.message);
    lab_error_clear(&err);
    free(*state);
    return rc;
}

static inline void scratch_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* Whether this system's files may have such a name; Windows keeps some characters for itself. */
static inline bool scratch_can_name(const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    assert_int_equal(fclose(f), 0);
    assert_int_equal(plat_remove(path, NULL), 0);
    return true;
}

static inline void assert_file(const char *path, const char *text)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_str got = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1 << 20, &got, &err), err);
    assert_string_equal(lab_str_get(&got), text);
    lab_str_clear(&got);
}

#define scratch_test(fn) cmocka_unit_test_setup_teardown(fn, scratch_setup, scratch_teardown)

#endif
