/* Images by their first bytes. Headers are written here field by field, after the formats' own
 * documents; no tool is needed. */
#include "spec_case.h"

static void put_big(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i--; value >>= 8)
        at[i] = (unsigned char)value;
}

static void write_bytes(const char *path, const void *bytes, size_t n, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    if (size > n) {
        assert_int_equal(fseek(f, (long)size - 1, SEEK_SET), 0);
        assert_int_equal(fputc(0, f), 0);
    }
    assert_int_equal(fclose(f), 0);
}

/* A whole small qcow2 of 3 GiB; `offset` holds `value` in so many bytes instead. */
static void write_qcow2(const char *path, size_t offset, uint64_t value, size_t bytes, size_t size)
{
    unsigned char h[104] = "QFI\xFB";
    put_big(h + 4, 3, 4);
    put_big(h + 20, 16, 4);
    put_big(h + 24, (uint64_t)3 << 30, 8);
    put_big(h + 36, 6, 4);
    put_big(h + 40, 0x30000, 8);
    put_big(h + 48, 0x10000, 8);
    put_big(h + 56, 1, 4);
    put_big(h + 96, 4, 4);
    put_big(h + 100, 104, 4);
    put_big(h + offset, value, bytes);
    write_bytes(path, h, size < sizeof(h) ? size : sizeof(h), size);
}

static void assert_good(const char *path, enum lab_image_format format, uint64_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    enum lab_image_format got_format = (enum lab_image_format)99;
    uint64_t got = 99;
    assert_ok(lab_image_inspect(path, &got_format, &got, &err), err);
    assert_int_equal(got_format, format);
    assert_int_equal(got, size);
}

static void assert_bad(const char *path, enum lab_code code, const char *why)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    enum lab_image_format format;
    uint64_t size;
    assert_refused(lab_image_inspect(path, &format, &size, &err), err, code, why);
}

static char *in(void **state, const char *name)
{
    return lab_path_join(*state, name);
}

static void test_qcow2(void **state)
{
    LAB_AUTOFREE char *path = in(state, "disk.img");
    write_qcow2(path, 4, 3, 4, 0x40000);
    assert_good(path, LAB_IMAGE_QCOW2, (uint64_t)3 << 30);
    write_qcow2(path, 4, 2, 4, 0x40000);
    assert_good(path, LAB_IMAGE_QCOW2, (uint64_t)3 << 30);
    /* compression type and extended L2: whole disks that today's QEMU reads */
    write_qcow2(path, 72, 8 | 16, 8, 0x40000);
    assert_good(path, LAB_IMAGE_QCOW2, (uint64_t)3 << 30);
}

static void test_qcow2_refused(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
        size_t bytes;
        const char *why;
    } cases[] = {
        {4, 1, 4, "qcow2 of an unknown version"},
        {4, 4, 4, "qcow2 of an unknown version"},
        {8, 0x200, 8, "has a backing file"},
        {32, 1, 4, "is encrypted"},
        {32, 2, 4, "is encrypted"},
        {72, 1, 8, "was not closed cleanly; repair it (qemu-img check -r all)"},
        {72, 3, 8, "is marked corrupt"},
        {72, 4, 8, "keeps its data in another file"},
        {72, 32, 8, "features that this version does not know"},
        {72, (uint64_t)1 << 63, 8, "features that this version does not know"},
        {20, 40, 4, "senseless qcow2 header"},
        {24, 0, 8, "senseless qcow2 header"},
        {24, UINT64_MAX, 8, "senseless qcow2 header"},
        {40, 0x40001, 8, "ends before its own tables"},
        {40, UINT64_MAX, 8, "ends before its own tables"},
        {36, 0x10000000, 4, "ends before its own tables"},
    };
    LAB_AUTOFREE char *path = in(state, "disk.qcow2");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        write_qcow2(path, cases[i].offset, cases[i].value, cases[i].bytes, 0x40000);
        assert_bad(path, LAB_USAGE, cases[i].why);
    }
    for (size_t size = 4; size < 104; size += 9) {
        write_qcow2(path, 4, 3, 4, size);
        assert_bad(path, LAB_USAGE, "ends inside its qcow2 header");
    }
}

static void test_vmdk(void **state)
{
    LAB_AUTOFREE char *path = in(state, "disk.vmdk");
    unsigned char sparse[512] = "KDMV";
    sparse[4] = 1;
    sparse[12 + 2] = 0x50; /* little-endian sectors: 0x500000 = 2.5 GiB */
    write_bytes(path, sparse, sizeof(sparse), 1024);
    assert_good(path, LAB_IMAGE_VMDK, (uint64_t)0x500000 * 512);
    sparse[19] = 0xFF;
    write_bytes(path, sparse, sizeof(sparse), 1024);
    assert_good(path, LAB_IMAGE_VMDK, 0);
    scratch_write(path, "# Disk DescriptorFile\nversion=1\n");
    assert_good(path, LAB_IMAGE_VMDK, 0);
}

static void put_member(unsigned char *at, const char *name, const char *octal_size)
{
    memcpy(at, name, strlen(name));
    memcpy(at + 124, octal_size, strlen(octal_size));
    memcpy(at + 257, "ustar", 6);
}

static void test_ova(void **state)
{
    LAB_AUTOFREE char *path = in(state, "appliance");
    unsigned char tar[4096] = "";
    put_member(tar, "appliance.ovf", "00000001000");
    write_bytes(path, tar, sizeof(tar), sizeof(tar));
    assert_good(path, LAB_IMAGE_OVA, 0);
    memset(tar, 0, sizeof(tar));
    put_member(tar, "appliance.mf", "00000000017");
    put_member(tar + 1024, "appliance.ovf", "00000001000");
    write_bytes(path, tar, sizeof(tar), sizeof(tar));
    assert_good(path, LAB_IMAGE_OVA, 0);
    memcpy(tar + 1024, "appliance.xml", 14);
    write_bytes(path, tar, sizeof(tar), sizeof(tar));
    assert_bad(path, LAB_USAGE, "is a tar archive without an OVF description");
    memcpy(tar + 124, "77777777777", 11);
    write_bytes(path, tar, sizeof(tar), sizeof(tar));
    assert_bad(path, LAB_USAGE, "is a tar archive without an OVF description");
}

static void test_raw(void **state)
{
    LAB_AUTOFREE char *path = in(state, "disk.raw");
    unsigned char mbr[512] = {0xEB, 0x63, 0x90};
    mbr[510] = 0x55;
    mbr[511] = 0xAA;
    write_bytes(path, mbr, sizeof(mbr), 1 << 20);
    assert_good(path, LAB_IMAGE_RAW, 1 << 20);
    write_bytes(path, mbr, sizeof(mbr), (1 << 20) + 1);
    assert_bad(path, LAB_USAGE, "was the download cut short?");
    write_bytes(path, mbr, 100, 100);
    assert_bad(path, LAB_USAGE, "was the download cut short?");
}

/* What people put there instead of an image; each answer says what to do. */
static void test_not_an_image(void **state)
{
    static const struct {
        size_t offset;
        const char *bytes;
        size_t n;
        const char *why;
    } cases[] = {
        {0, "\x1F\x8B\x08\0", 4, "compressed with gzip"},
        {0,
         "\xFD"
         "7zXZ\0\0",
         7, "compressed with xz"},
        {0, "\x28\xB5\x2F\xFD\0", 5, "compressed with zstd"},
        {0, "BZh9\0", 5, "compressed with bzip2"},
        {0, "PK\x03\x04\0", 5, "zip archive"},
        {0, "7z\xBC\xAF\x27\x1C", 6, "7z archive"},
        {0, "vhdxfile\0", 9, "is VHDX; convert it first"},
        {0, "conectix\0", 9, "is VHD; convert it first"},
        {64, "\x7F\x10\xDA\xBE", 4, "VirtualBox VDI"},
        {0, "QED\0", 4, "is QED"},
        {0, "COWD\0", 5, "ESX delta disk"},
        {0,
         "\x7F"
         "ELF",
         4, "is a program"},
        {0, "!<arch>\ndebian-binary \0", 23, "is a .deb"},
        {0, "LUKS\xBA\xBE", 6, "encrypted disk (LUKS)"},
        {32768,
         "\x01"
         "CD001",
         6, "is an ISO, an installation medium"},
    };
    LAB_AUTOFREE char *path = in(state, "image");
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(65536);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        memset(bytes, 0, 65536);
        memcpy(bytes + cases[i].offset, cases[i].bytes, cases[i].n);
        write_bytes(path, bytes, 65536, 65536);
        assert_bad(path, LAB_USAGE, cases[i].why);
    }
    scratch_write(path, "<!DOCTYPE html>\n<title>404 Not Found</title>\n");
    assert_bad(path, LAB_USAGE, "is text, not a disk image");
    scratch_write(path, "");
    assert_bad(path, LAB_USAGE, "is empty");
    assert_bad(*state, LAB_USAGE, "is a folder, not a file");
    assert_bad("/dev/null", LAB_USAGE, "is a device or a pipe, not a file");
    assert_int_equal(remove(path), 0);
    assert_bad(path, LAB_HOST, "does not exist");
}

/* Every length of every kind's head: an answer, and no byte read behind the end (sanitizer). */
static void test_short_files(void **state)
{
    static const char *const heads[] = {"QFI\xFB", "KDMV", "PK\x03\x04", "# Disk DescriptorFile"};
    LAB_AUTOFREE char *path = in(state, "image");
    for (size_t i = 0; i <= LAB_ARRAY_LEN(heads); i++)
        for (size_t n = 1; n < 600; n += n < 120 ? 1 : 37) {
            unsigned char bytes[600] = "";
            memset(bytes, 0xFF, sizeof(bytes));
            if (i < LAB_ARRAY_LEN(heads))
                memcpy(bytes, heads[i], strlen(heads[i]));
            else
                put_member(bytes, "a.ovf", "00000001000");
            write_bytes(path, bytes, n, n);
            LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
            enum lab_image_format format;
            uint64_t size = 0;
            int rc = lab_image_inspect(path, &format, &size, &err);
            assert_int_equal(rc, err.code == LAB_OK ? 0 : -1);
            assert_true(size <= (uint64_t)64 << 40);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_short_files),  scratch_test(test_qcow2), scratch_test(test_qcow2_refused),
        scratch_test(test_vmdk),         scratch_test(test_ova),   scratch_test(test_raw),
        scratch_test(test_not_an_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
