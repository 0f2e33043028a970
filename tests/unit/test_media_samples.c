/* Images for other programs to look at: tests/media/check runs this with LABCTL_MEDIA_OUT and
 * compares what xorriso, isoinfo, bsdtar and blkid see with the files that they were made of. */
#include "media_trees.h"

static char *out_dir(void **state)
{
    const char *dir = plat_getenv("LABCTL_MEDIA_OUT");
    return lab_strdup(dir ? dir : *state);
}

static void put_golden(struct lab_iso *iso, const char *dir, const char *name, unsigned mode)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path =
        lab_format("%s/golden/%s/cluster-master1.yaml", LABCTL_TEST_DIR, name);
    assert_ok(lab_file_read(path, 1 << 20, &text, &err), err);
    lab_iso_add_bytes(iso, name, lab_str_get(&text), text.len, mode);
    tree_put(dir, name, lab_str_get(&text), mode);
}

static void seed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *out = out_dir(state);
    LAB_AUTOFREE char *dir = lab_path_join(out, "seed");
    LAB_AUTOFREE char *path = lab_path_join(out, "seed.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "cidata", .file_mode = 0600};

    put_golden(&iso, dir, "user-data", 0600);
    put_golden(&iso, dir, "meta-data", 0644);
    put_golden(&iso, dir, "network-config", 0644);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
}

static void payload(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *out = out_dir(state);
    LAB_AUTOFREE char *dir = lab_path_join(out, "payload");
    LAB_AUTOFREE char *path = lab_path_join(out, "payload.iso");
    char manifest[LAB_SHA256_HEX];

    tree_put(dir, "k3s/k3s", "\177ELF stand-in", 0755);
    tree_put(dir, "k3s/install.sh", "#!/bin/sh\n", 0755);
    tree_put(dir, "debs/libfoo2_1.2.3+dfsg-1~deb12u1_amd64.deb", "!<arch>\n", 0644);
    tree_put_pattern(dir, "images/k3s-airgap-images-amd64.tar.zst", 5u << 20);
    tree_put(dir, "images/empty.tar", "", 0644);
    tree_put(dir, "charts/1/2/3/4/5/6/values.yaml", "deep: true\n", 0644);
    assert_ok(lab_payload_build(dir, "labctl-0a1b2c3d", path, NULL, manifest, NULL, NULL, &err),
              err);
}

/* Names that Joliet cannot keep, so that there is none, and a label longer than Joliet's 16. */
static void without_joliet(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *out = out_dir(state);
    LAB_AUTOFREE char *dir = lab_path_join(out, "long");
    LAB_AUTOFREE char *path = lab_path_join(out, "long.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "Long_label-of-22-bytes"};
    for (int len = 90; len <= 250; len += 10) {
        LAB_AUTOFREE char *name = lab_format("%0*d/%0*d.tar.gz", len, len, len - 10, 0);
        tree_put(dir, name, name, 0644);
    }
    assert_ok(lab_iso_add_tree(&iso, dir, &err), err);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(seed),
        scratch_test(payload),
        scratch_test(without_joliet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
