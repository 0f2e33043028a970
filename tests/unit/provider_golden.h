/* Comparing with a golden file of tests/golden; LABCTL_GOLDEN=update writes it anew. */
#ifndef TEST_PROVIDER_GOLDEN_H
#define TEST_PROVIDER_GOLDEN_H

#include "provider_fixture.h"

static inline void golden_is(const char *name, const struct lab_str *got)
{
    LAB_AUTOFREE char *path = lab_format(LABCTL_TEST_DIR "/golden/%s", name);
    const char *mode = plat_getenv("LABCTL_GOLDEN");
    if (mode && strcmp(mode, "update") == 0)
        write_bytes(path, lab_str_get(got), got->len);
    LAB_AUTO_STR struct lab_str wanted = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1 << 20, &wanted, &err));
    assert_string_equal(lab_str_get(got), lab_str_get(&wanted));
}

#endif
