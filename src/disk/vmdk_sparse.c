/* Sparse extents: the grain directory has the sectors of the grain tables, those have the sectors
 * of the grains; 0 means that there is none. A packed grain has a marker in front: its place on the
 * disk (8), the length of the zlib data (4), the data. */
#include "disk/vmdk.h"

#include <inttypes.h>
#include <string.h>

enum { MARKER = 12 };

static uint64_t grain_bytes(const struct lab_vmdk_sparse *e)
{
    return e->header.grain * LAB_DISK_SECTOR;
}

static int
entry(const struct lab_vmdk_sparse *e, uint64_t offset, uint32_t *out, struct lab_error *err)
{
    unsigned char bytes[4];
    if (lab_disk_table_get(e->shared->table, e->source, offset, bytes, sizeof(bytes), err) < 0)
        return -1;
    *out = (uint32_t)lab_get_le(bytes, sizeof(bytes));
    return 0;
}

int lab_vmdk_sparse_locate(const struct lab_vmdk_sparse *e,
                           uint64_t offset,
                           uint32_t *sector,
                           struct lab_error *err)
{
    const struct lab_vmdk_header *h = &e->header;
    uint64_t grain = offset / grain_bytes(e);
    uint32_t table;
    if (entry(e, h->directory * LAB_DISK_SECTOR + grain / h->per_table * 4, &table, err) < 0)
        return -1;
    *sector = 0;
    if (table == 0)
        return 0;
    if (entry(e, (uint64_t)table * LAB_DISK_SECTOR + grain % h->per_table * 4, sector, err) < 0)
        return -1;
    if (*sector == 1 && (h->flags & LAB_VMDK_ZERO_GRAINS))
        *sector = 0;
    return 0;
}

int lab_vmdk_sparse_map(const struct lab_vmdk_sparse *e,
                        uint64_t offset,
                        struct lab_disk_extent *out,
                        struct lab_error *err)
{
    uint32_t sector;
    if (lab_vmdk_sparse_locate(e, offset, &sector, err) < 0)
        return -1;
    *out = (struct lab_disk_extent){grain_bytes(e) - offset % grain_bytes(e), sector == 0};
    return 0;
}

/* The whole grain into out. The last one of a disk may hold less than a grain. */
static int unpack(const struct lab_vmdk_sparse *e,
                  struct lab_unpacker *u,
                  uint64_t grain,
                  uint64_t at,
                  unsigned char *out,
                  struct lab_error *err)
{
    unsigned char marker[MARKER];
    size_t want = (size_t)grain_bytes(e), got;
    uint64_t left = e->header.capacity * LAB_DISK_SECTOR - grain * want;
    if (lab_disk_source_read(e->source, at, marker, sizeof(marker), err) < 0)
        return -1;
    uint64_t place = lab_get_le(marker, 8), len = lab_get_le(marker + 8, 4);
    if (place != grain * e->header.grain || len == 0 || len > 2 * (uint64_t)want + 1024)
        return lab_disk_damaged(
            err, e->source->path, "at offset %llu there is no packed grain of sector %llu",
            (unsigned long long)at, (unsigned long long)(grain * e->header.grain));
    unsigned char *in = lab_unpacker_room(u, 0, (size_t)len);
    if (lab_disk_source_read(e->source, at + MARKER, in, (size_t)len, err) < 0)
        return -1;
    if (lab_unpack(u, LAB_UNPACK_ZLIB, in, (size_t)len, out, want, &got) < 0 ||
        (got < want && got < left))
        return lab_disk_damaged(err, e->source->path,
                                "the packed grain at offset %llu cannot be unpacked",
                                (unsigned long long)at);
    memset(out + got, 0, want - got);
    return 0;
}

static int read_packed(const struct lab_vmdk_sparse *e,
                       uint64_t offset,
                       uint64_t at,
                       void *bytes,
                       size_t n,
                       struct lab_error *err)
{
    struct lab_unpacker *u = lab_unpacker_take(e->shared->unpackers);
    uint64_t size = grain_bytes(e);
    unsigned char *out = n == size ? bytes : lab_unpacker_room(u, 1, (size_t)size);
    int rc = unpack(e, u, offset / size, at, out, err);
    if (rc == 0 && n != size)
        memcpy(bytes, out + offset % size, n);
    lab_unpacker_give(e->shared->unpackers, u);
    return rc;
}

static int read_grain(
    const struct lab_vmdk_sparse *e, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    uint32_t sector;
    if (lab_vmdk_sparse_locate(e, offset, &sector, err) < 0)
        return -1;
    uint64_t at = (uint64_t)sector * LAB_DISK_SECTOR;
    if (sector == 0)
        memset(bytes, 0, n);
    else if (e->header.flags & LAB_VMDK_PACKED)
        return read_packed(e, offset, at, bytes, n, err);
    else
        return lab_disk_source_read(e->source, at + offset % grain_bytes(e), bytes, n, err);
    return 0;
}

int lab_vmdk_sparse_read(
    const struct lab_vmdk_sparse *e, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    unsigned char *to = bytes;
    while (n > 0) {
        uint64_t left = grain_bytes(e) - offset % grain_bytes(e);
        size_t now = left < n ? (size_t)left : n;
        if (read_grain(e, offset, to, now, err) < 0)
            return -1;
        to += now;
        offset += now;
        n -= now;
    }
    return 0;
}

int lab_vmdk_sparse_open(struct lab_vmdk_sparse *out,
                         struct lab_disk_source *source,
                         const struct lab_vmdk_shared *shared,
                         struct lab_error *err)
{
    out->source = source;
    out->shared = shared;
    return lab_vmdk_header_read(&out->header, source, err);
}
