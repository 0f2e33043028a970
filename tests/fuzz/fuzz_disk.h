/* One image: opened, its map walked, what is not zero read, and a small one converted. */
#ifndef FUZZ_DISK_H
#define FUZZ_DISK_H

#include "disk/disk.h"
#include "fuzz.h"

enum { DISK_STEPS = 200, DISK_PIECE = 4096, DISK_CONVERTED = 256 << 10 };

static inline bool fuzz_is_zero(const unsigned char *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    return n == 0;
}

/* The beginning of an extent, as far as a piece. -1: it cannot be read. */
static inline int
fuzz_disk_read(struct lab_disk *disk, uint64_t at, const struct lab_disk_extent *extent)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    unsigned char bytes[DISK_PIECE];
    size_t n = extent->length < sizeof(bytes) ? (size_t)extent->length : sizeof(bytes);
    int rc = lab_disk_read(disk, at, bytes, n, &err);
    fuzz_answer(rc, &err);
    fuzz_check(rc < 0 || !extent->zero || fuzz_is_zero(bytes, n));
    return rc;
}

/* True: all of it could be read. */
static inline bool fuzz_disk_walk(struct lab_disk *disk)
{
    uint64_t size = lab_disk_info(disk)->size, at = 0;
    for (int i = 0; at < size && i < DISK_STEPS; i++) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_disk_extent extent = {0, false};
        int rc = lab_disk_map(disk, at, &extent, &err);
        fuzz_answer(rc, &err);
        if (rc < 0)
            return false;
        fuzz_check(extent.length >= 1 && extent.length <= size - at);
        if (fuzz_disk_read(disk, at, &extent) < 0)
            return false;
        at += extent.length;
    }
    return at == size;
}

/* The same bytes come out of the new disk. */
static inline void fuzz_disk_convert(const char *path, struct lab_disk *disk)
{
    static unsigned char bytes[DISK_CONVERTED], again[DISK_CONVERTED];
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *target = lab_format("%s.raw", path);
    size_t n = (size_t)lab_disk_info(disk)->size;
    struct lab_disk_job job = {.source = path, .target = target, .format = LAB_DISK_TO_RAW};
    struct lab_disk_result result;
    int rc = lab_disk_read(disk, 0, bytes, n, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(lab_disk_convert(&job, &result, &err) == 0 && result.size == n);
    FILE *f = fopen(target, "rb");
    fuzz_check(f && fread(again, 1, n, f) == n && fclose(f) == 0);
    fuzz_check(memcmp(bytes, again, n) == 0);
}

static inline int fuzz_disk(const uint8_t *data, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk *disk = NULL;
    /* What images may stand on: backing files and extents. */
    static const unsigned char other[8192] = "a backing file";
    fuzz_file("base.raw", other, sizeof(other));
    const char *path = fuzz_file("image", data, size);
    int rc = lab_disk_open(&disk, path, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return 0;
    const struct lab_disk_info *info = lab_disk_info(disk);
    fuzz_check(info->size % 512 == 0 && info->size <= (uint64_t)64 << 40);
    /* Not always: it costs as much as fifty others. */
    if (fuzz_disk_walk(disk) && info->size <= DISK_CONVERTED && info->size > 0 && size % 8 == 0)
        fuzz_disk_convert(path, disk);
    lab_disk_close(disk);
    return 0;
}

#endif
