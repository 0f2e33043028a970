/* Which files are disks at all. */
#include "disk_case.h"

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
        {0, "vhdxfile\0", 9, "is VHDX"},
        {0, "conectix\0", 9, "is VHD"},
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
    LAB_AUTOFREE char *path = in_scratch(state, "image");
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(65536);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        memset(bytes, 0, 65536);
        memcpy(bytes + cases[i].offset, cases[i].bytes, cases[i].n);
        write_bytes(path, bytes, 65536);
        assert_no_disk(path, LAB_USAGE, cases[i].why);
    }
    scratch_write(path, "<!DOCTYPE html>\n<title>404 Not Found</title>\n");
    assert_no_disk(path, LAB_USAGE, "is text, not a disk image");
    scratch_write(path, "");
    assert_no_disk(path, LAB_USAGE, "is empty");
    assert_no_disk(*state, LAB_USAGE, "is a folder, not a file");
    assert_no_disk(lab_file_exists("/dev/null") ? "/dev/null" : "NUL", LAB_USAGE,
                   "is a device or a pipe, not a file");
    assert_int_equal(remove(path), 0);
    assert_no_disk(path, LAB_HOST, "does not exist");
}

static void test_raw(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.raw");
    unsigned char mbr[1024] = {0xEB, 0x63, 0x90};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0;
    write_bytes(path, mbr, sizeof(mbr));
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 4096, &size, &err);
    assert_non_null(bytes);
    assert_int_equal(size, sizeof(mbr));
    assert_memory_equal(bytes, mbr, sizeof(mbr));
    write_bytes(path, mbr, sizeof(mbr) - 1);
    assert_no_disk(path, LAB_USAGE, "multiple of 512");
    write_bytes(path, mbr, 100);
    assert_no_disk(path, LAB_USAGE, "multiple of 512");
}

/* Every length of every kind's head: an answer, and no byte read behind the end (sanitizer). */
static void test_short_files(void **state)
{
    static const char *const heads[] = {"QFI\xFB", "KDMV", "PK\x03\x04", "# Disk DescriptorFile"};
    LAB_AUTOFREE char *path = in_scratch(state, "image");
    for (size_t i = 0; i <= LAB_ARRAY_LEN(heads); i++)
        for (size_t n = 1; n < 600; n += n < 120 ? 1 : 37) {
            unsigned char bytes[600];
            memset(bytes, 0xFF, sizeof(bytes));
            if (i < LAB_ARRAY_LEN(heads))
                memcpy(bytes, heads[i], strlen(heads[i]));
            else
                memcpy(bytes + 257, "ustar", 6);
            write_bytes(path, bytes, n);
            LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
            size_t size = 0;
            unsigned char *got = disk_bytes(path, 4096, &size, &err);
            assert_int_equal(got == NULL, err.code != LAB_OK);
            free(got);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_not_an_image),
        scratch_test(test_raw),
        scratch_test(test_short_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
