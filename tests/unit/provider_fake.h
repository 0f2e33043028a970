/* The provider with tests/fake/virsh in front of PATH: rules in, a log of commands out. */
#ifndef TEST_PROVIDER_FAKE_H
#define TEST_PROVIDER_FAKE_H

#include "provider_fixture.h"

#define FAKE_URI    "qemu:///system"
#define FAKE_LAB_ID "5f0c9c1e-0000-4000-8000-0000000000aa" /* of the recorded domain web-01 */
#define RECORDED    LABCTL_TEST_DIR "/golden/libvirt/recorded/"

static char *fake_dir;

static inline char *fake_path(const char *name)
{
    return lab_path_join(fake_dir, name);
}

/* Replaces the rules; see tests/fake/virsh. */
static inline void fake_rules(const char *rules)
{
    LAB_AUTOFREE char *path = fake_path("rules");
    write_text(path, rules);
}

static inline char *fake_log(void)
{
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = fake_path("log");
    assert_ok(lab_file_read(path, 8 << 20, &text, &err));
    return lab_str_detach(&text);
}

static inline void fake_forget(void)
{
    LAB_AUTOFREE char *path = fake_path("log");
    write_text(path, "");
}

static inline size_t fake_count(const char *part)
{
    LAB_AUTOFREE char *log = fake_log();
    size_t n = 0;
    for (const char *at = log; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static int fake_setup(void **state)
{
    (void)state;
    fake_dir = scratch_folder();
    setenv("FAKE_VIRSH", fake_dir, 1);
    const char *path = getenv("PATH");
    const char *fakes = LABCTL_TEST_DIR "/fake:";
    if (strncmp(path, fakes, strlen(fakes)) != 0) {
        LAB_AUTOFREE char *front = lab_format("%s%s", fakes, path);
        setenv("PATH", front, 1);
    }
    fake_rules("");
    fake_forget();
    return 0;
}

static int fake_teardown(void **state)
{
    (void)state;
    int rc = plat_remove_tree(fake_dir, NULL);
    free(fake_dir);
    return rc;
}

static inline int fake_open(struct lab_provider *p, const char *uri, struct lab_error *err)
{
    const struct lab_provider_config config = {
        .owner = {"airgap", FAKE_LAB_ID, NULL},
        .uri = uri,
        .home = fake_dir,
    };
    return lab_libvirt_ops.open(p, &config, err);
}

#define fake_test(fn) cmocka_unit_test_setup_teardown(fn, fake_setup, fake_teardown)

#endif
