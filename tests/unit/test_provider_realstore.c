/* Storage of the libvirt provider, against a real libvirtd (see provider_real.h). */
#include "provider_real.h"

#include <uv.h>

static void count_progress(void *arg, uint64_t done, uint64_t total)
{
    (void)total;
    if (done > *(uint64_t *)arg)
        *(uint64_t *)arg = done;
}

static void a_base_is_copied_once(void **state)
{
    (void)state;
    skip_without_libvirt();
    char *base_ref = NULL, base_sum[LAB_SHA256_HEX];
    LAB_AUTOFREE char *base_path = lab_path_join(home, "base.raw");
    make_guest(base_path, "store", 0, base_sum);
    uint64_t done = 0;
    const struct lab_progress progress = {count_progress, &done};
    assert_ok(
        lab.ops->import_base(&lab, base_path, base_sum, LAB_IMAGE_RAW, &progress, &base_ref, &err));
    assert_int_equal(done, MIB);
    assert_has(base_ref, base_sum);
    LAB_AUTOFREE char *first = virsh(true, "vol-list labctl_images");
    char *again = NULL;
    assert_ok(lab.ops->import_base(&lab, base_path, base_sum, LAB_IMAGE_RAW, NULL, &again, &err));
    assert_string_equal(base_ref, again);
    free(again);
    LAB_AUTOFREE char *second = virsh(true, "vol-list labctl_images");
    assert_string_equal(first, second);
    assert_refused(
        lab.ops->import_base(&lab, base_path, base_sum, LAB_IMAGE_OVA, NULL, &again, &err),
        LAB_INTERNAL, "qcow2", NULL);
    LAB_AUTOFREE char *gone = lab_path_join(home, "gone.raw");
    assert_refused(lab.ops->import_base(&lab, gone, base_sum, LAB_IMAGE_RAW, NULL, &again, &err),
                   LAB_HOST, "gone.raw", NULL);
    free(base_ref);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void a_medium_is_written_once_per_content(void **state)
{
    (void)state;
    skip_without_libvirt();
    LAB_AUTOFREE char *path = lab_path_join(home, "seed.iso");
    char *seed_ref = NULL, *payload_ref = NULL;
    char sum[LAB_SHA256_HEX];
    write_text(path, "seed of web-01, generation 1");
    lab_sha256_hex("1", 1, sum);
    assert_ok(lab.ops->put_medium(&lab, "payload", path, sum, NULL, &payload_ref, &err));
    /* What a labctl that was killed leaves: a volume without its mark. */
    LAB_AUTOFREE char *half =
        lab_format("vol-create-as labctl-real seed-web-01.%.16s-00000000.iso 5", sum);
    free(virsh(true, half));
    assert_ok(lab.ops->put_medium(&lab, "seed-web-01", path, sum, NULL, &seed_ref, &err));
    assert_lacks(seed_ref, "00000000.iso");
    char *again = NULL;
    assert_ok(lab.ops->put_medium(&lab, "seed-web-01", path, sum, NULL, &again, &err));
    assert_string_equal(seed_ref, again);
    free(again);
    assert_ok(lab.ops->put_medium(&lab, "seed-web-01-b", path, sum, NULL, &again, &err));
    LAB_AUTOFREE char *list = virsh(true, "vol-list labctl-real");
    assert_int_equal(count(list, "/seed-web-01."), 2); /* the volume and its mark */

    /* Another content of the same name is another volume; remove takes both, and no other name's.
     */
    char other[LAB_SHA256_HEX], *second = NULL;
    lab_sha256_hex("2", 1, other);
    assert_ok(lab.ops->put_medium(&lab, "seed-web-01", path, other, NULL, &second, &err));
    assert_string_not_equal(second, seed_ref);
    assert_ok(lab.ops->remove_medium(&lab, "seed-web-01", &err));
    assert_ok(lab.ops->remove_medium(&lab, "seed-web-01", &err));
    LAB_AUTOFREE char *after = virsh(true, "vol-list labctl-real");
    assert_int_equal(count(after, "/seed-web-01."), 0);
    assert_has(after, again);
    assert_has(after, payload_ref);
    free(again);
    free(second);
    free(seed_ref);
    free(payload_ref);
}

/* --- two labs, one image
 * -------------------------------------------------------------------------- */

static char *big_path, big_sum[LAB_SHA256_HEX];

struct importer {
    struct lab_provider p;
    uv_thread_t thread;
    struct lab_error err;
    char *ref;
};

static void import(void *arg)
{
    struct importer *i = arg;
    i->p.ops->import_base(&i->p, big_path, big_sum, LAB_IMAGE_RAW, NULL, &i->ref, &i->err);
}

static void write_big(size_t mib)
{
    static unsigned char bytes[MIB];
    big_path = lab_path_join(home, "big.raw");
    FILE *f = fopen(big_path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < mib; i++) {
        lab_random(bytes, sizeof(bytes));
        assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
    }
    assert_int_equal(fclose(f), 0);
}

/* Two openings stand for two processes: each has its own idea of what is being uploaded. */
static void labs_that_import_at_once_agree(void **state)
{
    (void)state;
    skip_without_libvirt();
    write_big(64);
    lab_random_hex(big_sum, 64); /* the cache of an earlier run must not know it */
    struct importer both[2] = {{.err = LAB_ERROR_INIT}, {.err = LAB_ERROR_INIT}};
    assert_ok(open_lab(&both[0].p, "a", LAB_ID, &err));
    assert_ok(open_lab(&both[1].p, "b", OTHER, &err));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(uv_thread_create(&both[i].thread, import, &both[i]), 0);
        uv_sleep(150); /* usually in the middle of the first one's upload */
    }
    for (int i = 0; i < 2; i++) {
        uv_thread_join(&both[i].thread);
        if (!both[i].ref)
            fail_msg("importer %d: %s", i, both[i].err.message);
        both[i].p.ops->close(&both[i].p);
    }
    LAB_AUTOFREE char *list = virsh(true, "vol-list labctl_images");
    assert_has(list, both[0].ref);
    assert_has(list, both[1].ref);
    LAB_AUTOFREE char *info = lab_format("vol-info --bytes --physical %s", both[1].ref);
    LAB_AUTOFREE char *size = virsh(true, info);
    assert_has(size, "67108864 bytes");
    free(both[0].ref);
    free(both[1].ref);
}

/* A labctl that was killed in the middle of its upload. */
static void a_dead_upload_is_replaced(void **state)
{
    (void)state;
    skip_without_libvirt();
    if (plat_getenv("LABCTL_TEST_QUICK")) {
        print_message("skipped: takes 30 s, and LABCTL_TEST_QUICK is set\n");
        skip();
    }
    char sum[LAB_SHA256_HEX], *ref = NULL;
    lab_random_hex(sum, 64);
    LAB_AUTOFREE char *half = lab_format("vol-create-as labctl_images %s-0000dead.raw 5", sum);
    free(virsh(true, half));
    LAB_AUTOFREE char *path = lab_path_join(home, "small.raw");
    write_text(path, "small");
    assert_ok(lab.ops->import_base(&lab, path, sum, LAB_IMAGE_RAW, NULL, &ref, &err));
    assert_has(notices, "another labctl is uploading");
    LAB_AUTOFREE char *list = virsh(true, "vol-list labctl_images");
    assert_lacks(list, "0000dead");
    assert_has(list, ref);
    free(ref);
}

static void nothing_is_left_of_the_lab(void **state)
{
    (void)state;
    skip_without_libvirt();
    free(virsh(true, "vol-create-as labctl-real by-hand 5"));
    assert_ok(lab.ops->remove_lab(&lab, &err));
    assert_ok(lab.ops->remove_lab(&lab, &err));
    LAB_AUTOFREE char *pools = virsh(true, "pool-list --all --name");
    assert_lacks(pools, "labctl-real");
    assert_has(pools, "labctl_images");
    assert_ok(lab.ops->remove_medium(&lab, "payload", &err));
    assert_ok(lab.ops->destroy(&lab, "web-01", &err));
}

static int store_teardown(void **state)
{
    free(big_path);
    return real_teardown(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_is_copied_once),
        cmocka_unit_test(a_medium_is_written_once_per_content),
        cmocka_unit_test(labs_that_import_at_once_agree),
        cmocka_unit_test(a_dead_upload_is_replaced),
        cmocka_unit_test(nothing_is_left_of_the_lab),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, real_setup, store_teardown);
}
