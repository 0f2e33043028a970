/* Which images can be a node's disk. The formats themselves are tested with src/disk. */
#include "disk_case.h"
#include "spec_case.h"

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

static void test_good(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.img");
    LAB_AUTOFREE unsigned char *qcow2 = make_qcow2();
    LAB_AUTOFREE unsigned char *vmdk = make_vmdk();
    unsigned char mbr[1024] = {0xEB, 0x63, 0x90};
    write_bytes(path, qcow2, QCOW2_FILE);
    assert_good(path, LAB_IMAGE_QCOW2, QCOW2_SIZE);
    write_bytes(path, vmdk, VMDK_FILE);
    assert_good(path, LAB_IMAGE_VMDK, VMDK_SIZE);
    write_bytes(path, mbr, sizeof(mbr));
    assert_good(path, LAB_IMAGE_RAW, sizeof(mbr));
}

static void test_bad(void **state)
{
    LAB_AUTOFREE char *path = in_scratch(state, "disk.img");
    LAB_AUTOFREE char *base = in_scratch(state, "base");
    LAB_AUTOFREE unsigned char *qcow2 = make_qcow2();
    unsigned char mbr[1024] = {0xEB, 0x63, 0x90};
    write_bytes(base, mbr, sizeof(mbr));
    write_bytes(path, qcow2, QCOW2_L1 + 4);
    assert_bad(path, LAB_INTEGRITY, "is damaged");
    put_big(qcow2 + 8, 1024, 8);
    put_big(qcow2 + 16, 4, 4);
    memcpy(qcow2 + 1024, "base", 4);
    write_bytes(path, qcow2, QCOW2_FILE);
    assert_bad(path, LAB_USAGE, "has a backing file");
    scratch_write(path, "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\n"
                        "createType=\"monolithicFlat\"\nRW 2 FLAT \"base\" 0\n");
    assert_bad(path, LAB_USAGE, "keeps its data in other files");
    scratch_write(path, "");
    assert_bad(path, LAB_USAGE, "is empty");
    assert_bad(*state, LAB_USAGE, "is a folder");
    assert_int_equal(remove(path), 0);
    assert_bad(path, LAB_HOST, "does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {scratch_test(test_good), scratch_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
