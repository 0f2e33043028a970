/* VMDK: headers, tables and descriptors that are hostile, cut short anywhere. */
#include "disk_case.h"

static void test_whole(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.vmdk");
    LAB_AUTOFREE unsigned char *image = make_vmdk();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    write_bytes(path, image, VMDK_FILE);
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
    assert_int_equal(size, VMDK_SIZE);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], i / VMDK_GRAIN == 1 ? 'A' : 0);
}

static void test_header(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
        size_t bytes;
        enum lab_code code;
        const char *why;
    } patches[] = {
        {4, 0, 4, LAB_USAGE, "VMDK of version 0"},
        {4, 4, 4, LAB_USAGE, "VMDK of version 4"},
        {8, 1 << 16, 4, LAB_USAGE, "type 0 at offset 77"},
        {77, 2, 2, LAB_USAGE, "type 2 at offset 77"},
        {12, 0, 8, LAB_INTEGRITY, "at offset 12"},
        {12, UINT64_MAX, 8, LAB_INTEGRITY, "at offset 12"},
        {12, (uint64_t)1 << 37, 8, LAB_INTEGRITY, "goes beyond its end"},
        {20, 0, 8, LAB_INTEGRITY, "at offset 20"},
        {20, 127, 8, LAB_INTEGRITY, "at offset 20"},
        {20, 8192, 8, LAB_INTEGRITY, "at offset 20"},
        {20, (uint64_t)1 << 63, 8, LAB_INTEGRITY, "at offset 20"},
        {28, 0, 8, LAB_USAGE, "one extent of a split VMDK"},
        {28, UINT64_MAX, 8, LAB_INTEGRITY, "at offset 28"},
        {28, 1 << 20, 8, LAB_INTEGRITY, "but ends at"},
        {36, UINT64_MAX, 8, LAB_INTEGRITY, "at offset 28"},
        {36, 1 << 20, 8, LAB_INTEGRITY, "larger than 1 MiB"},
        {36, 0, 8, LAB_INTEGRITY, "no createType"},
        {44, 0, 4, LAB_INTEGRITY, "at offset 44"},
        {44, 513, 4, LAB_INTEGRITY, "at offset 44"},
        {56, UINT64_MAX, 8, LAB_INTEGRITY, "does not end with a footer"},
        {56, UINT64_MAX - 1, 8, LAB_INTEGRITY, "goes beyond its end"},
        {56, 1 << 20, 8, LAB_INTEGRITY, "goes beyond its end"},
        {73, 0x0A0D, 2, LAB_INTEGRITY, "transferred as text"},
        {21 * 512, UINT32_MAX, 4, LAB_INTEGRITY, "but ends at"},
        {22 * 512, UINT32_MAX, 4, LAB_INTEGRITY, "but ends at"},
        {22 * 512 + 4, 129, 4, LAB_INTEGRITY, "but ends at"},
    };
    LAB_AUTOFREE char *path = in_scratch(state, "disk.vmdk");
    for (size_t i = 0; i < LAB_ARRAY_LEN(patches); i++) {
        LAB_AUTOFREE unsigned char *image = make_vmdk();
        put_little(image + patches[i].offset, patches[i].value, patches[i].bytes);
        write_bytes(path, image, VMDK_FILE);
        assert_no_disk(path, patches[i].code, patches[i].why);
    }
}

static void test_cut(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.vmdk");
    LAB_AUTOFREE unsigned char *image = make_vmdk();
    for (size_t cut = 4; cut < VMDK_FILE; cut += cut < 1024 ? 3 : 997) {
        write_bytes(path, image, cut);
        assert_no_disk(path, LAB_INTEGRITY, "is damaged");
    }
}

/* A packed grain with a marker that lies. */
static void test_marker(void **state)
{
    static const struct {
        uint64_t place, len;
        const char *why;
    } cases[] = {
        {0, 20, "no packed grain"},           {128, 0, "no packed grain"},
        {128, UINT32_MAX, "no packed grain"}, {128, 132000, "but ends at"},
        {128, 20, "cannot be unpacked"},
    };
    LAB_AUTOFREE char *path = in_scratch(state, "disk.vmdk");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE unsigned char *image = make_vmdk();
        put_little(image + 8, 3 << 16 | 1, 4);
        put_little(image + 77, 1, 2);
        put_little(image + 128 * 512, cases[i].place, 8);
        put_little(image + 128 * 512 + 8, cases[i].len, 4);
        write_bytes(path, image, VMDK_FILE);
        assert_no_disk(path, LAB_INTEGRITY, cases[i].why);
    }
}

#define HEAD                                                                                       \
    "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"                         \
    "createType=\"twoGbMaxExtentFlat\"\n"

static void test_descriptor_refused(void **state)
{
    static const struct {
        const char *text;
        enum lab_code code;
        const char *why;
    } cases[] = {
        {"# Disk DescriptorFile\n", LAB_INTEGRITY, "no createType or no extents"},
        {HEAD, LAB_INTEGRITY, "no createType or no extents"},
        {HEAD "RW\n", LAB_INTEGRITY, "no createType or no extents"},
        {HEAD "RW \n", LAB_INTEGRITY, "no sensible number of sectors"},
        {HEAD "RW x FLAT \"flat\" 0\n", LAB_INTEGRITY, "line 6"},
        {HEAD "RW 0 FLAT \"flat\" 0\n", LAB_INTEGRITY, "a disk of nothing"},
        {HEAD "RW 18446744073709551615 FLAT \"flat\" 0\n", LAB_INTEGRITY, "sectors"},
        {HEAD "RW 137438953472 ZERO\nRW 1 ZERO\n", LAB_INTEGRITY, "more than 64 TiB"},
        {HEAD "RW 8 SESPARSE \"flat\"\n", LAB_USAGE, "the kind 'SESPARSE'"},
        {HEAD "RW 8\n", LAB_USAGE, "the kind ''"},
        {HEAD "RW 8 FLAT\n", LAB_INTEGRITY, "names no file"},
        {HEAD "RW 8 FLAT \"\"\n", LAB_INTEGRITY, "names no file"},
        {HEAD "RW 8 FLAT \"flat\" -1\n", LAB_INTEGRITY, "no sensible offset"},
        {HEAD "RW 8 FLAT \"flat\" 1\n", LAB_INTEGRITY, "but it ends at 4096"},
        {HEAD "RW 9 FLAT \"flat\" 0\n", LAB_INTEGRITY, "but it ends at 4096"},
        {HEAD "RW 8 SPARSE \"flat\"\n", LAB_INTEGRITY, "no sparse VMDK extent"},
        {HEAD "RW 8 FLAT \"gone\" 0\n", LAB_USAGE, "which is not there"},
        {HEAD "RW 8 FLAT \"/etc/passwd\" 0\n", LAB_USAGE, "not in its own folder"},
        {HEAD "RW 8 FLAT \"../flat\" 0\n", LAB_USAGE, "not in its own folder"},
        {HEAD "parentCID=12345678\nRW 8 FLAT \"flat\" 0\n", LAB_USAGE, "linked clone"},
        {HEAD "RW 1024 SPARSE \"disk.vmdk\"\n", LAB_INTEGRITY, "smaller than the descriptor"},
    };
    LAB_AUTOFREE char *path = in_scratch(state, "split.vmdk");
    LAB_AUTOFREE char *flat = in_scratch(state, "flat");
    LAB_AUTOFREE char *sparse = in_scratch(state, "disk.vmdk");
    LAB_AUTOFREE unsigned char *image = make_vmdk();
    unsigned char sectors[4096] = "";
    write_bytes(flat, sectors, sizeof(sectors));
    write_bytes(sparse, image, VMDK_FILE);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        scratch_write(path, cases[i].text);
        assert_no_disk(path, cases[i].code, cases[i].why);
    }
}

/* All kinds of extents in one disk, CRLF, odd blanks. */
static void test_split(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "split.vmdk");
    LAB_AUTOFREE char *flat = in_scratch(state, "a flat one");
    LAB_AUTOFREE char *sparse = in_scratch(state, "disk.vmdk");
    LAB_AUTOFREE unsigned char *image = make_vmdk();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    unsigned char sectors[2048];
    size_t size = 0;
    memset(sectors, 'x', 1024);
    memset(sectors + 1024, 'y', 1024);
    write_bytes(flat, sectors, sizeof(sectors));
    write_bytes(sparse, image, VMDK_FILE);
    scratch_write(path, "# Disk DescriptorFile\r\nversion=1\r\nparentCID = ffffffff\r\n"
                        "createType = \"custom\"\r\n\r\n  RW  2  FLAT  \"a flat one\"  2\r\n"
                        "RW 300 SPARSE \"disk.vmdk\"\r\nRW 3 ZERO\r\n"
                        "RDONLY 1 FLAT \"a flat one\"\r\n");
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
    assert_int_equal(size, 306 * 512);
    for (size_t i = 0; i < size; i++) {
        size_t sector = i / 512;
        char want = sector < 2                              ? 'y'
                    : sector >= 2 + 128 && sector < 2 + 256 ? 'A'
                    : sector == 305                         ? 'x'
                                                            : 0;
        assert_int_equal(bytes[i], want);
    }
}

/* More extents than anybody makes. */
static void test_many_extents(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "split.vmdk");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_str_add(&text, HEAD);
    for (int i = 0; i < 5000; i++)
        lab_str_add(&text, "RW 1 ZERO\n");
    scratch_write(path, lab_str_get(&text));
    assert_no_disk(path, LAB_INTEGRITY, "more extents than labctl reads");
}

static void test_noise(void **state)
{
    static const size_t starts[] = {0, 512, 21 * 512, 22 * 512};
    static const struct noise noise = {make_vmdk, VMDK_FILE, starts, LAB_ARRAY_LEN(starts),
                                       130,       2000,      2};
    LAB_AUTOFREE char *path = in_scratch(state, "disk.vmdk");
    survives_noise(path, &noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_whole),        scratch_test(test_header),
        scratch_test(test_cut),          scratch_test(test_marker),
        scratch_test(test_split),        scratch_test(test_descriptor_refused),
        scratch_test(test_many_extents), scratch_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
