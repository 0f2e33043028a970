/* Converting: what is written, what is refused, and that nothing half-made stays. */
#include "disk_case.h"

#include "base/work.h"

static uint64_t little(const unsigned char *at, size_t bytes)
{
    uint64_t v = 0;
    while (bytes--)
        v = v << 8 | at[bytes];
    return v;
}

/* 5 MiB + 1 KiB: data, zeros that are written, a hole, data up to the last sector */
enum { DISK = (5 << 20) + 1024 };

static unsigned char *make_raw(const char *path)
{
    unsigned char *bytes = lab_alloc(DISK);
    for (size_t i = 0; i < DISK; i++)
        if (i < 100000 || (i > (3 << 20) && i < (3 << 20) + 70000) || i >= DISK - 512)
            bytes[i] = (unsigned char)(i * 7 + i / 251 + 1);
    write_bytes(path, bytes, DISK);
    return bytes;
}

static void assert_none(void **state, const char *name)
{
    LAB_AUTOFREE char *path = in_scratch(state, name);
    assert_false(lab_file_exists(path));
}

static void assert_same(const char *path, const unsigned char *want, size_t want_size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    LAB_AUTOFREE unsigned char *got = disk_bytes(path, (size_t)16 << 20, &size, &err);
    assert_ok(got ? 0 : -1, err);
    assert_int_equal(size, want_size);
    for (size_t i = 0; i < size; i++)
        if (got[i] != (i < DISK ? want[i] : 0))
            fail_msg("%s differs at %zu", path, i);
}

static void test_all_formats(void **state)
{
    static const struct {
        enum lab_disk_target format;
        uint64_t size, becomes;
    } cases[] = {
        {LAB_DISK_TO_RAW, 0, DISK},
        {LAB_DISK_TO_RAW, (7 << 20) + 1, (7 << 20) + 512},
        {LAB_DISK_TO_VMDK, 0, (5 << 20) + 65536},
        {LAB_DISK_TO_VMDK, 7 << 20, 7 << 20},
        {LAB_DISK_TO_STREAM, 0, (5 << 20) + 65536},
        {LAB_DISK_TO_STREAM, 7 << 20, 7 << 20},
    };
    LAB_AUTOFREE char *from = in_scratch(state, "disk.raw");
    LAB_AUTOFREE char *to = in_scratch(state, "new disk");
    LAB_AUTOFREE unsigned char *want = make_raw(from);
    char sha256[LAB_SHA256_HEX];
    lab_sha256_hex(want, DISK, sha256);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        struct lab_disk_job job = {.source = from,
                                   .target = to,
                                   .format = cases[i].format,
                                   .size = cases[i].size,
                                   .mode = 0600,
                                   .hash = true};
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_disk_result result = {0};
        struct plat_stat st;
        assert_ok(lab_disk_convert(&job, &result, &err), err);
        assert_int_equal(result.size, cases[i].becomes);
        assert_string_equal(result.sha256, sha256);
        assert_same(to, want, (size_t)cases[i].becomes);
        assert_int_equal(plat_stat(to, &st), 0);
        assert_int_equal(st.mode, 0600);
        assert_none(state, "new disk.part");
    }
}

/* The traps that VMware and QEMU set for a writable VMDK. */
static void test_vmdk_layout(void **state)
{
    LAB_AUTOFREE char *from = in_scratch(state, "disk.raw");
    LAB_AUTOFREE char *to = in_scratch(state, "n\xC3\xB6t a.vmdk");
    const struct lab_disk_job job = {
        .source = from, .target = to, .format = LAB_DISK_TO_VMDK, .size = (uint64_t)5 << 30};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk_result result = {0};
    unsigned char head[21 * 512 + 1] = "";
    free(make_raw(from));
    assert_ok(lab_disk_convert(&job, &result, &err), err);
    FILE *f = fopen(to, "rb");
    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof(head) - 1, f), sizeof(head) - 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(little(head + 4, 4), 1);
    assert_int_equal(little(head + 8, 4), 3);
    assert_int_equal(little(head + 12, 8), 5 << 21);
    assert_int_equal(little(head + 20, 8), 128);
    assert_int_equal(little(head + 28, 8), 1);
    assert_int_equal(little(head + 36, 8), 20);
    assert_int_equal(little(head + 48, 8), 0x15);
    assert_int_equal(little(head + 56, 8), 0x297);
    assert_int_equal(little(head + 64, 8), 0x580);
    assert_memory_equal(head + 72, "\0\n \r\n\0\0", 7);
    const char *text = (const char *)head + 512;
    assert_memory_equal(text, "# Disk DescriptorFile\nversion=1\n", 32);
    const char *cid = strstr(text, "\nCID="), *parent = strstr(text, "\nparentCID=ffffffff\n");
    assert_non_null(cid);
    assert_true(parent > cid);
    assert_non_null(strstr(text, "\ncreateType=\"monolithicSparse\"\n"));
    assert_non_null(strstr(text, "\nRW 10485760 SPARSE \"n\xC3\xB6t a.vmdk\"\n"));
    assert_non_null(strstr(text, "\nddb.adapterType = \"lsilogic\"\n"));
    assert_non_null(strstr(text, "\nddb.geometry.cylinders = \"652\"\n"));
    const char *content = strstr(text, "ddb.longContentID = \"");
    assert_non_null(content);
    assert_memory_equal(content + 21 + 24, cid + 5, 8); /* ends in the CID */
    assert_int_equal(content[21 + 32], '"');
}

static void test_refused(void **state)
{
    static const struct {
        const char *source, *target;
        uint64_t size;
        enum lab_disk_target format;
        enum lab_code code;
        const char *why;
    } cases[] = {
        {"disk.raw", "disk.raw", 0, LAB_DISK_TO_RAW, LAB_USAGE, "is read itself"},
        {"disk.raw.part", "disk.raw", 0, LAB_DISK_TO_RAW, LAB_USAGE, "is read itself"},
        {"disk.raw", "x", 1 << 20, LAB_DISK_TO_RAW, LAB_USAGE, "1 MiB (1048576 bytes): it has"},
        {"disk.raw", "x", (uint64_t)2 << 40, LAB_DISK_TO_VMDK, LAB_USAGE, "a disk of 2 TiB"},
        {"disk.raw", "x", (uint64_t)2 << 40, LAB_DISK_TO_STREAM, LAB_USAGE, "a disk of 2 TiB"},
        {"disk.raw", "x", (uint64_t)65 << 40, LAB_DISK_TO_RAW, LAB_USAGE, "a disk of 65 TiB"},
        {"disk.raw", "x\"y", 0, LAB_DISK_TO_VMDK, LAB_USAGE, "quotation marks"},
        {"disk.raw", "x\ny", 0, LAB_DISK_TO_VMDK, LAB_USAGE, "quotation marks"},
        {"disk.raw", "no/x", 0, LAB_DISK_TO_VMDK, LAB_HOST, "cannot create"},
        {"gone", "x", 0, LAB_DISK_TO_VMDK, LAB_HOST, "does not exist"},
    };
    LAB_AUTOFREE char *disk = in_scratch(state, "disk.raw");
    LAB_AUTOFREE char *part = in_scratch(state, "disk.raw.part");
    free(make_raw(disk));
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *from = in_scratch(state, cases[i].source);
        LAB_AUTOFREE char *to = in_scratch(state, cases[i].target);
        const struct lab_disk_job job = {
            .source = from, .target = to, .format = cases[i].format, .size = cases[i].size};
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_disk_result result = {0};
        if (i == 1)
            free(make_raw(part));
        if (strpbrk(cases[i].target, "\"\n") && !scratch_can_name(to))
            continue;
        assert_refused(lab_disk_convert(&job, &result, &err), err, cases[i].code, cases[i].why);
        assert_none(state, "x");
        assert_none(state, "x.part");
    }
}

/* A source that turns out damaged in the middle, and a wrong checksum: the old target stays. */
static void test_target_stays(void **state)
{
    LAB_AUTOFREE char *from = in_scratch(state, "disk.qcow2");
    LAB_AUTOFREE char *to = in_scratch(state, "new.vmdk");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk_result result = {0};
    struct lab_disk_job job = {.source = from, .target = to, .format = LAB_DISK_TO_VMDK};
    scratch_write(to, "the old one");
    put_big(image + QCOW2_L2 + 31 * 8, 0x100000, 8);
    write_bytes(from, image, QCOW2_FILE);
    assert_refused(lab_disk_convert(&job, &result, &err), err, LAB_INTEGRITY, "but ends at");
    assert_file(to, "the old one");
    put_big(image + QCOW2_L2 + 31 * 8, 0, 8);
    write_bytes(from, image, QCOW2_FILE);
    job.expected = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_refused(lab_disk_convert(&job, &result, &err), err, LAB_INTEGRITY, "should be 0123");
    assert_file(to, "the old one");
    assert_none(state, "new.vmdk.part");
    job.expected = NULL;
    assert_ok(lab_disk_convert(&job, &result, &err), err);
    assert_string_equal(result.sha256, "");
}

static void cancel_at(void *arg, uint64_t done, uint64_t total)
{
    assert_true(done <= total);
    if (done >= *(const uint64_t *)arg)
        lab_work_cancel_all(true);
}

static void test_cancelled(void **state)
{
    static const uint64_t points[] = {0, 3 << 20};
    LAB_AUTOFREE char *from = in_scratch(state, "disk.raw");
    LAB_AUTOFREE char *to = in_scratch(state, "new.vmdk");
    free(make_raw(from));
    for (size_t i = 0; i < LAB_ARRAY_LEN(points); i++) {
        uint64_t at = points[i];
        const struct lab_disk_job job = {.source = from,
                                         .target = to,
                                         .format = LAB_DISK_TO_STREAM,
                                         .hash = true,
                                         .progress = cancel_at,
                                         .progress_arg = &at};
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_disk_result result = {0};
        int rc = lab_disk_convert(&job, &result, &err);
        lab_work_cancel_all(false);
        assert_refused(rc, err, LAB_CANCELLED, "interrupted");
        assert_none(state, "new.vmdk");
        assert_none(state, "new.vmdk.part");
    }
}

/* A disk of the largest size has tables of 256 MiB, and still takes no room. */
static void test_sparse(void **state)
{
    LAB_AUTOFREE char *from = in_scratch(state, "disk.raw");
    LAB_AUTOFREE char *to = in_scratch(state, "new.vmdk");
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk_result result = {0};
    free(make_raw(from));
    const struct lab_disk_job job = {.source = from,
                                     .target = to,
                                     .format = LAB_DISK_TO_VMDK,
                                     .size = ((uint64_t)2 << 40) - 65536};
    assert_ok(lab_disk_convert(&job, &result, &err), err);
    assert_int_equal(result.size, job.size);
    assert_true(result.written < 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_all_formats),  scratch_test(test_vmdk_layout), scratch_test(test_refused),
        scratch_test(test_target_stays), scratch_test(test_cancelled),   scratch_test(test_sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
