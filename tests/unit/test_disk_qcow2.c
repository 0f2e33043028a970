/* qcow2 read whole, with every field of the header and tables hostile, cut short anywhere. */
#include "disk_case.h"

static void test_whole(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    write_bytes(path, image, QCOW2_FILE);
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
    assert_int_equal(size, QCOW2_SIZE);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], i < 4096 ? 'A' : i < 8192 ? 'B' : 0);
}

static void test_parts(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk *disk = NULL;
    struct lab_disk_extent extent;
    char bytes[3] = "";
    write_bytes(path, image, QCOW2_FILE);
    assert_ok(lab_disk_open(&disk, path, &err), err);
    assert_ok(lab_disk_read(disk, 4095, bytes, 2, &err), err);
    assert_memory_equal(bytes, "AB", 2);
    assert_ok(lab_disk_read(disk, 8191, bytes, 2, &err), err);
    assert_memory_equal(bytes, "B\0", 2);
    assert_ok(lab_disk_map(disk, 10, &extent, &err), err);
    assert_int_equal(extent.length, 8192 - 10);
    assert_false(extent.zero);
    assert_ok(lab_disk_map(disk, 8192, &extent, &err), err);
    assert_int_equal(extent.length, QCOW2_SIZE - 8192);
    assert_true(extent.zero);
    lab_disk_close(disk);
}

struct patch {
    size_t offset;
    uint64_t value;
    size_t bytes;
    enum lab_code code;
    const char *why;
};

static void try_patches(void **state, const struct patch *patches, size_t n)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    for (size_t i = 0; i < n; i++) {
        LAB_AUTOFREE unsigned char *image = make_qcow2();
        put_big(image + patches[i].offset, patches[i].value, patches[i].bytes);
        write_bytes(path, image, QCOW2_FILE);
        assert_no_disk(path, patches[i].code, patches[i].why);
    }
}

static void test_header(void **state)
{
    static const struct patch patches[] = {
        {4, 1, 4, LAB_USAGE, "qcow2 of version 1"},
        {4, 4, 4, LAB_USAGE, "qcow2 of version 4"},
        {32, 1, 4, LAB_USAGE, "is encrypted"},
        {32, 2, 4, LAB_USAGE, "is encrypted"},
        {72, 1, 8, LAB_USAGE, "was not closed cleanly"},
        {72, 3, 8, LAB_USAGE, "is marked corrupt"},
        {72, 4, 8, LAB_USAGE, "keeps its data in another file"},
        {72, 8, 8, LAB_USAGE, "type 0 at offset 104"},
        {72, 16, 8, LAB_INTEGRITY, "too small for subclusters"},
        {72, 32, 8, LAB_USAGE, "incompatible feature bit 5"},
        {72, (uint64_t)1 << 63, 8, LAB_USAGE, "incompatible feature bit 63"},
        {100, 103, 4, LAB_INTEGRITY, "at offset 100"},
        {100, 0, 4, LAB_INTEGRITY, "at offset 100"},
        {100, UINT32_MAX, 4, LAB_INTEGRITY, "at offset 100"},
        {100, 8192, 4, LAB_INTEGRITY, "at offset 100"},
        {20, 8, 4, LAB_INTEGRITY, "at offset 20"},
        {20, 22, 4, LAB_INTEGRITY, "at offset 20"},
        {20, UINT32_MAX, 4, LAB_INTEGRITY, "at offset 20"},
        {24, 0, 8, LAB_USAGE, "0 bytes"},
        {24, UINT64_MAX, 8, LAB_INTEGRITY, "above 64 TiB"},
        {24, ((uint64_t)64 << 40) + 1, 8, LAB_INTEGRITY, "above 64 TiB"},
        {24, (uint64_t)64 << 40, 8, LAB_INTEGRITY, "too short for its size"},
        {36, 0, 4, LAB_INTEGRITY, "too short for its size"},
        {36, UINT32_MAX, 4, LAB_INTEGRITY, "larger than 32 MiB"},
        {36, 0x400000, 4, LAB_INTEGRITY, "goes beyond its end"},
        {40, 0x1008, 8, LAB_INTEGRITY, "does not begin at a cluster"},
        {40, 0x5000, 8, LAB_INTEGRITY, "goes beyond its end"},
        {40, UINT64_MAX - 4095, 8, LAB_INTEGRITY, "goes beyond its end"},
        {8, 4090, 8, LAB_INTEGRITY, "no text"},
        {8, UINT64_MAX, 8, LAB_INTEGRITY, "not in the first cluster"},
    };
    try_patches(state, patches, LAB_ARRAY_LEN(patches));
}

static void test_tables(void **state)
{
    const uint64_t packed = UINT64_C(1) << 62;
    const struct patch patches[] = {
        {QCOW2_L1, 0x2200, 8, LAB_INTEGRITY, "which is no cluster"},
        {QCOW2_L1, 0x00FFFFFFFFFFF000, 8, LAB_INTEGRITY, "but ends at"},
        {QCOW2_L1, 0x10000, 8, LAB_INTEGRITY, "but ends at"},
        {QCOW2_L2, 0x3200, 8, LAB_INTEGRITY, "which is no cluster"},
        {QCOW2_L2, 0x00FFFFFFFFFFF000, 8, LAB_INTEGRITY, "but ends at"},
        {QCOW2_L2, QCOW2_PACKED, 8, LAB_INTEGRITY, "but ends at"},
        {QCOW2_L2, packed, 8, LAB_INTEGRITY, "cannot be unpacked"},
        {QCOW2_L2, UINT64_MAX, 8, LAB_INTEGRITY, "cannot be unpacked"},
        {QCOW2_L2, packed | QCOW2_FILE, 8, LAB_INTEGRITY, "cannot be unpacked"},
        {QCOW2_PACKED, 0xFFFF, 2, LAB_INTEGRITY, "cannot be unpacked"},
        {QCOW2_PACKED + 3, 0, 8, LAB_INTEGRITY, "cannot be unpacked"},
        {QCOW2_L2 + 31 * 8, 0x100000, 8, LAB_INTEGRITY, "but ends at"},
    };
    try_patches(state, patches, LAB_ARRAY_LEN(patches));
    /* tables that point at themselves end all the same */
    LAB_AUTOFREE char *path = in_scratch(state, "loop.qcow2");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    put_big(image + QCOW2_L1, QCOW2_L1, 8);
    write_bytes(path, image, QCOW2_FILE);
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
}

/* Cut anywhere it is refused, but for the padding behind the packed cluster. */
static void test_cut(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    for (size_t cut = 4; cut < QCOW2_PACKED + 20; cut += cut < 256 ? 1 : 61) {
        write_bytes(path, image, cut);
        assert_no_disk(path, LAB_INTEGRITY, "is damaged");
    }
}

static void put_backing(unsigned char *image, const char *name)
{
    put_big(image + 8, 1024, 8);
    put_big(image + 16, strlen(name), 4);
    memcpy(image + 1024, name, strlen(name));
}

static void test_backing_refused(void **state)
{
    static const struct {
        const char *name, *why;
    } cases[] = {
        {"/etc/passwd", "not in its own folder"},
        {"../disk.qcow2", "not in its own folder"},
        {"sub/disk.qcow2", "not in its own folder"},
        {"nbd://host/disk", "not in its own folder"},
        {"json:{}", "not there"},
        {"gone", "not there"},
        {"..", "not in its own folder"},
        {"disk.qcow2", "stands on itself"},
        {"./disk.qcow2", "stands on itself"},
    };
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE unsigned char *image = make_qcow2();
        put_backing(image, cases[i].name);
        write_bytes(path, image, QCOW2_FILE);
        assert_no_disk(path, LAB_USAGE, cases[i].why);
    }
}

static void test_extensions(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    LAB_AUTOFREE unsigned char *image = make_qcow2();
    put_backing(image, "base");
    LAB_AUTOFREE char *base = in_scratch(state, "base");
    unsigned char raw[512] = {1, 2, 3};
    write_bytes(base, raw, sizeof(raw));
    put_big(image + 104, 0xE2792ACA, 4);
    put_big(image + 108, UINT32_MAX, 4);
    write_bytes(path, image, QCOW2_FILE);
    assert_no_disk(path, LAB_INTEGRITY, "extension at offset 104");
    put_big(image + 108, 16, 4);
    write_bytes(path, image, QCOW2_FILE);
    assert_no_disk(path, LAB_INTEGRITY, "not in the first cluster, or too long");
    put_big(image + 108, 4, 4);
    memcpy(image + 112, "vpc?", 4);
    write_bytes(path, image, QCOW2_FILE);
    assert_no_disk(path, LAB_USAGE, "the format 'vpc?'");
    put_big(image + 108, 3, 4);
    memcpy(image + 112, "raw", 3);
    write_bytes(path, image, QCOW2_FILE);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
}

/* A chain too long, without a loop. */
static void test_depth(void **state)
{
    LAB_AUTOFREE char *top = in_scratch(state, "disk00");
    for (int i = 0; i < 40; i++) {
        LAB_AUTOFREE unsigned char *image = make_qcow2();
        LAB_AUTOFREE char *name = lab_format("disk%02d", i);
        LAB_AUTOFREE char *below = lab_format("disk%02d", i + 1);
        LAB_AUTOFREE char *path = in_scratch(state, name);
        if (i < 39)
            put_backing(image, below);
        write_bytes(path, image, QCOW2_FILE);
    }
    assert_no_disk(top, LAB_USAGE, "is the backing file of");
}

static void test_noise(void **state)
{
    static const size_t starts[] = {0, 0, QCOW2_L1, QCOW2_L2, QCOW2_PACKED};
    static const struct noise noise = {make_qcow2, QCOW2_FILE, starts, LAB_ARRAY_LEN(starts),
                                       120,        4000,       3};
    LAB_AUTOFREE char *path = in_scratch(state, "disk.qcow2");
    survives_noise(path, &noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_whole),      scratch_test(test_parts), scratch_test(test_header),
        scratch_test(test_tables),     scratch_test(test_cut),   scratch_test(test_backing_refused),
        scratch_test(test_extensions), scratch_test(test_depth), scratch_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
