/* Golden files. */
#ifndef TEST_MEDIA_GOLDEN_H
#define TEST_MEDIA_GOLDEN_H

#include "base_scratch.h"

#include "base/str.h"

/* Compares with tests/golden/NAME; LABCTL_GOLDEN=update writes it instead. */
static inline void assert_golden(const char *name, const struct lab_str *got)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_format("%s/golden/%s", LABCTL_TEST_DIR, name);
    const char *mode = plat_getenv("LABCTL_GOLDEN");
    if (mode && strcmp(mode, "update") == 0) {
        LAB_AUTOFREE char *dir = lab_path_dir(path);
        assert_ok(plat_mkdirs(dir, 0755, &err), err);
        assert_ok(lab_file_replace(path, lab_str_get(got), got->len, 0644, &err), err);
        return;
    }
    LAB_AUTO_STR struct lab_str want = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1 << 20, &want, &err), err);
    if (want.len != got->len || memcmp(lab_str_get(&want), lab_str_get(got), got->len) != 0)
        fail_msg("%s differs (LABCTL_GOLDEN=update writes it anew); now:\n%s", path,
                 lab_str_get(got));
}

#endif
