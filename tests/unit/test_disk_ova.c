/* OVA: a disk inside a tar. */
#include "disk_case.h"

enum { BLOCK = 512 };

static void put_member(unsigned char *at, const char *name, size_t size)
{
    char digits[12];
    unsigned sum = 0;
    memset(at, 0, BLOCK);
    memcpy(at, name, strlen(name));
    memcpy(at + 100, "0000644", 7);
    snprintf(digits, sizeof(digits), "%011o", (unsigned)size);
    memcpy(at + 124, digits, 11);
    memset(at + 148, ' ', 8);
    at[156] = '0';
    memcpy(at + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += at[i];
    snprintf(digits, sizeof(digits), "%06o", sum);
    memcpy(at + 148, digits, 7);
}

struct member {
    const char *name;
    const void *bytes;
    size_t n;
};

static size_t make_tar(unsigned char *out, const struct member *members, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        put_member(out + at, members[i].name, members[i].n);
        memcpy(out + at + BLOCK, members[i].bytes, members[i].n);
        at += BLOCK + (members[i].n + BLOCK - 1) / BLOCK * BLOCK;
    }
    return at + (size_t)2 * BLOCK;
}

static void test_first_disk(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "image.ova");
    LAB_AUTOFREE unsigned char *disk = make_vmdk();
    LAB_AUTOFREE unsigned char *tar = lab_alloc((size_t)1 << 20);
    const struct member members[] = {
        {"image.ovf", "<Envelope/>", 11}, {"image.mf", "SHA1", 4}, {"disk.vmdk", disk, VMDK_FILE}};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size = 0, n = make_tar(tar, members, 3);
    write_bytes(path, tar, n);
    LAB_AUTOFREE unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    assert_ok(bytes ? 0 : -1, err);
    assert_int_equal(size, VMDK_SIZE);
    assert_int_equal(bytes[VMDK_GRAIN - 1], 0);
    assert_int_equal(bytes[VMDK_GRAIN], 'A');
    /* every cut is noticed: in a header, in the description, in the disk's tables and its data */
    for (size_t cut = 1; cut < n - (size_t)2 * BLOCK; cut += cut < 16384 ? 97 : 7001) {
        write_bytes(path, tar, cut);
        lab_error_clear(&err);
        unsigned char *got = disk_bytes(path, 1 << 20, &size, &err);
        assert_null(got);
        assert_true(err.code == LAB_INTEGRITY || err.code == LAB_USAGE);
    }
}

static void test_refused(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "image.ova");
    LAB_AUTOFREE unsigned char *disk = make_vmdk();
    LAB_AUTOFREE unsigned char *tar = lab_alloc((size_t)1 << 20);
    const struct member no_ovf[] = {{"image.mf", "SHA1", 4}, {"disk.vmdk", disk, VMDK_FILE}};
    const struct member no_disk[] = {{"image.ovf", "<Envelope/>", 11}, {"disk.vhd", "conectix", 8}};
    write_bytes(path, tar, make_tar(tar, no_ovf, 2));
    assert_no_disk(path, LAB_USAGE, "without an OVF description");
    memset(tar, 0, (size_t)1 << 20);
    write_bytes(path, tar, make_tar(tar, no_disk, 2));
    assert_no_disk(path, LAB_USAGE, "without a VMDK disk");
    /* a disk that says it is longer than the archive */
    put_member(tar + 1024, "disk.vmdk", 070000000);
    memcpy(tar + 1536, disk, 4096);
    write_bytes(path, tar, 1536 + 4096);
    assert_no_disk(path, LAB_INTEGRITY, "goes beyond its end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {scratch_test(test_first_disk), scratch_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
