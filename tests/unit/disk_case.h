/* Small images made field by field after the formats' own documents, and short ways to read them.
 */
#ifndef TEST_DISK_CASE_H
#define TEST_DISK_CASE_H

#include "base_scratch.h"
#include "disk/disk.h"

static inline void put_big(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i--; value >>= 8)
        at[i] = (unsigned char)value;
}

static inline void put_little(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++, value >>= 8)
        at[i] = (unsigned char)value;
}

static inline void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline char *in_scratch(void **state, const char *name)
{
    return lab_path_join(*state, name);
}

/* Opens, maps and reads all of it (at most the first `most` bytes); the bytes are freed by the
 * caller. NULL with err. Where the map says zeros, zeros are read. */
static inline unsigned char *
disk_bytes(const char *path, size_t most, size_t *size, struct lab_error *err)
{
    struct lab_disk *disk = NULL;
    if (lab_disk_open(&disk, path, err) < 0)
        return NULL;
    *size = lab_disk_info(disk)->size < most ? (size_t)lab_disk_info(disk)->size : most;
    unsigned char *bytes = lab_alloc(*size);
    int rc = lab_disk_read(disk, 0, bytes, *size, err);
    for (uint64_t at = 0; rc == 0 && at < *size;) {
        struct lab_disk_extent extent = {0, false};
        rc = lab_disk_map(disk, at, &extent, err);
        assert_true(rc < 0 || extent.length > 0);
        for (uint64_t i = at; rc == 0 && extent.zero && i < at + extent.length && i < *size; i++)
            assert_int_equal(bytes[i], 0);
        at += extent.length;
    }
    lab_disk_close(disk);
    if (rc == 0)
        return bytes;
    free(bytes);
    return NULL;
}

static inline void assert_no_disk(const char *path, enum lab_code code, const char *why)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    size_t size;
    unsigned char *bytes = disk_bytes(path, 1 << 20, &size, &err);
    free(bytes);
    assert_refused(bytes ? 0 : -1, err, code, why);
}

/* --- a qcow2 of 128 KiB in clusters of 4 KiB: 0x1000 L1, 0x2000 L2, 0x3000 data of 'A', 0x4000 a
 * packed cluster of 'B'; cluster 2 is zero, the others are absent ---------------------------------
 */

enum {
    QCOW2_CLUSTER = 4096,
    QCOW2_SIZE = 32 * QCOW2_CLUSTER,
    QCOW2_L1 = 0x1000,
    QCOW2_L2 = 0x2000,
    QCOW2_DATA = 0x3000,
    QCOW2_PACKED = 0x4000,
    QCOW2_FILE = QCOW2_PACKED + 512
};

/* deflate of 4096 times 'B', raw */
static inline size_t put_packed(unsigned char *at)
{
    static const unsigned char packed[] = {0xED, 0xC1, 0x01, 0x0D, 0x00, 0x00, 0x00, 0xC2,
                                           0xA0, 0x6E, 0xEF, 0x1F, 0xCA, 0x1E, 0x0E, 0x28,
                                           0x00, 0x00, 0x00, 0xE0, 0xDD, 0x00};
    memcpy(at, packed, sizeof(packed));
    return sizeof(packed);
}

static inline unsigned char *make_qcow2(void)
{
    unsigned char *b = lab_alloc(QCOW2_FILE);
    memcpy(b, "QFI\xFB", 4);
    put_big(b + 4, 3, 4);
    put_big(b + 20, 12, 4);
    put_big(b + 24, QCOW2_SIZE, 8);
    put_big(b + 36, 1, 4);
    put_big(b + 40, QCOW2_L1, 8);
    put_big(b + 96, 4, 4);
    put_big(b + 100, 104, 4);
    put_big(b + QCOW2_L1, QCOW2_L2 | UINT64_C(1) << 63, 8);
    put_big(b + QCOW2_L2, QCOW2_DATA | UINT64_C(1) << 63, 8);
    put_big(b + QCOW2_L2 + 8, QCOW2_PACKED | UINT64_C(1) << 62, 8);
    put_big(b + QCOW2_L2 + 16, 1, 8);
    memset(b + QCOW2_DATA, 'A', QCOW2_CLUSTER);
    put_packed(b + QCOW2_PACKED);
    return b;
}

/* --- a monolithicSparse VMDK of 256 KiB: sector 1 the descriptor, 21 the directory, 22 the table,
 * 128 a grain of 'A' which is the disk's second
 * ---------------------------------------------------- */

enum { VMDK_GRAIN = 65536, VMDK_SIZE = 4 * VMDK_GRAIN, VMDK_FILE = 128 * 512 + VMDK_GRAIN };

static const char vmdk_descriptor[] = "# Disk DescriptorFile\n"
                                      "version=1\n"
                                      "CID=12345678\n"
                                      "parentCID=ffffffff\n"
                                      "createType=\"monolithicSparse\"\n"
                                      "RW 512 SPARSE \"disk.vmdk\"\n";

static inline void put_vmdk_header(unsigned char *b)
{
    memcpy(b, "KDMV", 4);
    put_little(b + 4, 1, 4);
    put_little(b + 8, 1, 4);
    put_little(b + 12, VMDK_SIZE / 512, 8);
    put_little(b + 20, VMDK_GRAIN / 512, 8);
    put_little(b + 28, 1, 8);
    put_little(b + 36, 20, 8);
    put_little(b + 44, 512, 4);
    put_little(b + 56, 21, 8);
    put_little(b + 64, 128, 8);
    memcpy(b + 73, "\n \r\n", 4);
}

static inline unsigned char *make_vmdk(void)
{
    unsigned char *b = lab_alloc(VMDK_FILE);
    put_vmdk_header(b);
    memcpy(b + 512, vmdk_descriptor, strlen(vmdk_descriptor));
    put_little(b + 21 * 512, 22, 4);
    put_little(b + 22 * 512 + 4, 128, 4);
    memset(b + 128 * 512, 'A', VMDK_GRAIN);
    return b;
}

/* Images with some bytes other than they were, near the given starts: every one gives an answer,
 * bytes or an error, and neither both nor none. */
struct noise {
    unsigned char *(*make)(void);
    size_t size; /* of an image */
    const size_t *starts;
    size_t starts_len, reach; /* how far behind a start */
    int images, bytes;
};

static inline void survives_noise(const char *path, const struct noise *noise)
{
    uint64_t random = 88172645463325252u; /* xorshift: the same noise in every run */
    for (int i = 0; i < noise->images; i++) {
        LAB_AUTOFREE unsigned char *image = noise->make();
        for (int j = 0; j < noise->bytes; j++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            size_t at = noise->starts[random % noise->starts_len] + (random >> 8) % noise->reach;
            image[at] = (unsigned char)(random >> 32);
        }
        write_bytes(path, image, noise->size);
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        size_t size = 0;
        unsigned char *bytes = disk_bytes(path, 1 << 18, &size, &err);
        assert_int_equal(bytes == NULL, err.code != LAB_OK);
        free(bytes);
    }
}

#endif
