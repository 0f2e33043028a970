/* What the provider's tests share: assertions on errors, and an opened libvirt provider. */
#ifndef TEST_PROVIDER_FIXTURE_H
#define TEST_PROVIDER_FIXTURE_H

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
#include "provider/provider.h"

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct lab_error err = LAB_ERROR_INIT;                                                     \
        if ((call) != 0)                                                                           \
            fail_msg("%s: %s", #call, err.message ? err.message : "no message");                   \
        assert_int_equal(err.code, LAB_OK);                                                        \
    } while (0)

/* Fails with this code; message and (unless NULL) hint have these parts. */
#define assert_refused(call, expected, part, hint_part)                                            \
    do {                                                                                           \
        struct lab_error err = LAB_ERROR_INIT;                                                     \
        assert_int_equal((call), -1);                                                              \
        const char *want_hint = (hint_part);                                                       \
        if (err.code != (expected) || !strstr(err.message, (part)) ||                              \
            (want_hint && (!err.hint || !strstr(err.hint, want_hint))))                            \
            fail_msg("code %d, not %d with '%s' and '%s': %s (%s)", (int)err.code,                 \
                     (int)(expected), (part), want_hint ? want_hint : "",                          \
                     err.message ? err.message : "no message", err.hint ? err.hint : "no hint");   \
        lab_error_clear(&err);                                                                     \
    } while (0)

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in: %s", part, text);
}

static inline char *scratch_folder(void)
{
    uv_fs_t req;
    assert_int_equal(uv_fs_mkdtemp(NULL, &req, "/tmp/labctl-test-XXXXXX", NULL), 0);
    char *dir = lab_strdup(req.path);
    uv_fs_req_cleanup(&req);
    return dir;
}

static inline void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

#endif
