/* Reading qcow2 (QEMU docs/interop/qcow2.txt): a guest offset goes through the L1 table and an L2
 * table to a cluster, which is data, packed data, zeros, or absent (then the backing file has it).
 * With extended L2 entries each of a cluster's 32 subclusters has a state of its own. Reference
 * counts are not looked at: they matter to writers only. */
#include "disk/qcow2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define OFFSET_MASK UINT64_C(0x00FFFFFFFFFFFE00)
#define L2_PACKED   (UINT64_C(1) << 62)
#define L2_ZERO     UINT64_C(1)
#define SUBCLUSTERS 32
#define MAP_AT_MOST ((uint64_t)64 << 20) /* so that a large empty disk is not one long silence */

struct qcow2 {
    struct lab_disk disk;
    struct lab_disk_source *source;
    struct qcow2_header header;
    uint64_t cluster, l2_entries, l2_entry_size;
    struct lab_disk_table *table;
    struct lab_unpackers *unpackers;
    struct lab_disk *backing; /* or NULL */
};

/* Where the bytes from one guest offset on are. */
struct place {
    enum { ABSENT, ZERO, DATA, PACKED } kind;
    uint64_t length; /* to the end of what is known, at least 1 */
    uint64_t host;   /* DATA: of the byte at the guest offset. PACKED: of the packed bytes */
    size_t packed;   /* PACKED: at most so many */
};

static int entry(struct qcow2 *q, uint64_t offset, uint64_t *out, struct lab_error *err)
{
    unsigned char bytes[8];
    if (lab_disk_table_get(q->table, q->source, offset, bytes, sizeof(bytes), err) < 0)
        return -1;
    *out = lab_get_be(bytes, sizeof(bytes));
    return 0;
}

static int
misplaced(struct qcow2 *q, const char *what, uint64_t at, uint64_t host, struct lab_error *err)
{
    return lab_disk_damaged(err, q->source->path,
                            "the %s entry at offset %llu points to %llu, which is no cluster", what,
                            (unsigned long long)at, (unsigned long long)host);
}

static void locate_packed(struct qcow2 *q, uint64_t l2, struct place *out)
{
    unsigned shift = 62 - (q->header.cluster_bits - 8);
    uint64_t sectors = (l2 >> shift & ((UINT64_C(1) << (q->header.cluster_bits - 8)) - 1)) + 1;
    out->kind = PACKED;
    out->host = l2 & ((UINT64_C(1) << shift) - 1);
    out->packed = (size_t)(sectors * LAB_DISK_SECTOR - out->host % LAB_DISK_SECTOR);
}

static bool bit(uint64_t map, uint64_t i)
{
    return map >> i & 1;
}

/* Subclusters of one state that follow one another are one place. */
static int locate_sub(struct qcow2 *q,
                      uint64_t map,
                      uint64_t l2_at,
                      uint64_t in_cluster,
                      struct place *out,
                      struct lab_error *err)
{
    uint64_t sub = q->cluster / SUBCLUSTERS, first = in_cluster / sub, i = first;
    bool data = bit(map, first), zero = bit(map, SUBCLUSTERS + first);
    if (map & map >> SUBCLUSTERS & UINT32_MAX)
        return lab_disk_damaged(
            err, q->source->path,
            "the L2 entry at offset %llu has subclusters that are data and zero at once",
            (unsigned long long)l2_at);
    while (i < SUBCLUSTERS && bit(map, i) == data && bit(map, SUBCLUSTERS + i) == zero)
        i++;
    out->kind = data ? DATA : zero ? ZERO : ABSENT;
    out->length = i * sub - in_cluster;
    return 0;
}

static int locate_cluster(
    struct qcow2 *q, uint64_t l2_at, uint64_t in_cluster, struct place *out, struct lab_error *err)
{
    uint64_t l2, map = 0;
    if (entry(q, l2_at, &l2, err) < 0)
        return -1;
    out->length = q->cluster - in_cluster;
    if (l2 & L2_PACKED) {
        locate_packed(q, l2, out);
        return 0;
    }
    uint64_t host = l2 & OFFSET_MASK;
    if (q->header.extended_l2) {
        if (entry(q, l2_at + 8, &map, err) < 0 ||
            locate_sub(q, map, l2_at, in_cluster, out, err) < 0)
            return -1;
    } else {
        bool zero = q->header.version >= 3 && (l2 & L2_ZERO);
        out->kind = zero ? ZERO : host ? DATA : ABSENT;
    }
    if (out->kind == DATA && (host == 0 || host % q->cluster))
        return misplaced(q, "L2", l2_at, host, err);
    out->host = host + in_cluster;
    return 0;
}

static int locate(struct qcow2 *q, uint64_t offset, struct place *out, struct lab_error *err)
{
    uint64_t per_l1 = q->cluster * q->l2_entries, l1;
    uint64_t l1_at = q->header.l1_offset + offset / per_l1 * 8;
    if (entry(q, l1_at, &l1, err) < 0)
        return -1;
    uint64_t l2_table = l1 & OFFSET_MASK;
    if (l2_table == 0) {
        out->kind = ABSENT;
        out->length = per_l1 - offset % per_l1;
    } else if (l2_table % q->cluster) {
        return misplaced(q, "L1", l1_at, l2_table, err);
    } else {
        uint64_t index = offset / q->cluster % q->l2_entries;
        if (locate_cluster(q, l2_table + index * q->l2_entry_size, offset % q->cluster, out, err) <
            0)
            return -1;
    }
    uint64_t left = q->disk.info.size - offset;
    out->length = out->length < left ? out->length : left;
    return 0;
}

/* --- what is there ------------------------------------------------------------------------------
 */

static int map_backing(struct qcow2 *q,
                       uint64_t offset,
                       uint64_t length,
                       struct lab_disk_extent *out,
                       struct lab_error *err)
{
    *out = (struct lab_disk_extent){length, true};
    if (!q->backing || offset >= q->backing->info.size)
        return 0;
    if (lab_disk_map(q->backing, offset, out, err) < 0)
        return -1;
    out->length = out->length < length ? out->length : length;
    return 0;
}

/* Clusters that follow one another in the file too are taken at once, up to n bytes. */
static int
extend_data(struct qcow2 *q, uint64_t offset, size_t n, struct place *place, struct lab_error *err)
{
    struct place next = {0};
    while (place->length < n) {
        if (locate(q, offset + place->length, &next, err) < 0)
            return -1;
        if (next.kind != DATA || next.host != place->host + place->length)
            break;
        place->length += next.length;
    }
    return 0;
}

/* Tables of an image that was made for writing later (preallocated) point to holes of the file. */
static int map_data(struct qcow2 *q,
                    uint64_t offset,
                    struct place *place,
                    struct lab_disk_extent *out,
                    struct lab_error *err)
{
    uint64_t left = q->disk.info.size - offset, size = q->source->size;
    if (extend_data(q, offset, (size_t)(left < MAP_AT_MOST ? left : MAP_AT_MOST), place, err) < 0)
        return -1;
    *out = (struct lab_disk_extent){place->length, false};
    /* what is behind the end of the file is no hole: reading it has to fail */
    if (place->host <= size && place->length <= size - place->host)
        lab_disk_source_map(q->source, place->host, place->length, out);
    return 0;
}

static int
map_one(struct qcow2 *q, uint64_t offset, struct lab_disk_extent *out, struct lab_error *err)
{
    struct place place;
    if (locate(q, offset, &place, err) < 0)
        return -1;
    if (place.kind == ABSENT)
        return map_backing(q, offset, place.length, out, err);
    if (place.kind == DATA)
        return map_data(q, offset, &place, out, err);
    *out = (struct lab_disk_extent){place.length, place.kind == ZERO};
    return 0;
}

static int qcow2_map(struct lab_disk *disk,
                     uint64_t offset,
                     struct lab_disk_extent *out,
                     struct lab_error *err)
{
    struct qcow2 *q = (struct qcow2 *)disk;
    struct lab_disk_extent next;
    if (map_one(q, offset, out, err) < 0)
        return -1;
    while (out->length < MAP_AT_MOST && offset + out->length < disk->info.size) {
        if (map_one(q, offset + out->length, &next, err) < 0)
            return -1;
        if (next.zero != out->zero)
            break;
        out->length += next.length;
    }
    return 0;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int unpack_into(struct qcow2 *q,
                       struct lab_unpacker *u,
                       const struct place *place,
                       unsigned char *out,
                       struct lab_error *err)
{
    unsigned char *in = lab_unpacker_room(u, 0, place->packed);
    enum lab_unpack method = q->header.packed_by_zstd ? LAB_UNPACK_ZSTD : LAB_UNPACK_DEFLATE;
    size_t in_len, got;
    /* The last one may end before its last sector does. */
    if (lab_disk_source_some(q->source, place->host, in, place->packed, &in_len, err) < 0)
        return -1;
    if (lab_unpack(u, method, in, in_len, out, (size_t)q->cluster, &got) < 0 || got < q->cluster)
        return lab_disk_damaged(err, q->source->path,
                                "the packed cluster at offset %llu cannot be unpacked",
                                (unsigned long long)place->host);
    return 0;
}

static int read_packed(struct qcow2 *q,
                       const struct place *place,
                       uint64_t in_cluster,
                       unsigned char *bytes,
                       size_t n,
                       struct lab_error *err)
{
    struct lab_unpacker *u = lab_unpacker_take(q->unpackers);
    bool whole = n == q->cluster;
    unsigned char *out = whole ? bytes : lab_unpacker_room(u, 1, (size_t)q->cluster);
    int rc = unpack_into(q, u, place, out, err);
    if (rc == 0 && !whole)
        memcpy(bytes, out + in_cluster, n);
    lab_unpacker_give(q->unpackers, u);
    return rc;
}

static int read_backing(
    struct qcow2 *q, uint64_t offset, unsigned char *bytes, size_t n, struct lab_error *err)
{
    uint64_t size = q->backing ? q->backing->info.size : 0;
    uint64_t left = offset < size ? size - offset : 0;
    size_t below = left < n ? (size_t)left : n;
    memset(bytes + below, 0, n - below);
    return below ? lab_disk_read(q->backing, offset, bytes, below, err) : 0;
}

static int read_place(struct qcow2 *q,
                      const struct place *place,
                      uint64_t offset,
                      unsigned char *bytes,
                      size_t n,
                      struct lab_error *err)
{
    switch (place->kind) {
    case ABSENT:
        return read_backing(q, offset, bytes, n, err);
    case ZERO:
        memset(bytes, 0, n);
        return 0;
    case DATA:
        return lab_disk_source_read(q->source, place->host, bytes, n, err);
    case PACKED:
        break;
    }
    return read_packed(q, place, offset % q->cluster, bytes, n, err);
}

static int
qcow2_read(struct lab_disk *disk, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    struct qcow2 *q = (struct qcow2 *)disk;
    unsigned char *to = bytes;
    while (n > 0) {
        struct place place = {0};
        if (locate(q, offset, &place, err) < 0 ||
            (place.kind == DATA && extend_data(q, offset, n, &place, err) < 0))
            return -1;
        size_t now = place.length < n ? (size_t)place.length : n;
        if (read_place(q, &place, offset, to, now, err) < 0)
            return -1;
        to += now;
        offset += now;
        n -= now;
    }
    return 0;
}

/* --- opening ------------------------------------------------------------------------------------
 */

static void qcow2_close(struct lab_disk *disk)
{
    struct qcow2 *q = (struct qcow2 *)disk;
    lab_disk_close(q->backing);
    lab_disk_table_free(q->table);
    lab_unpackers_free(q->unpackers);
    lab_qcow2_header_clear(&q->header);
    lab_disk_source_close(q->source);
    free(q);
}

static int open_backing(struct qcow2 *q, const struct lab_disk_chain *chain, struct lab_error *err)
{
    if (!q->header.backing)
        return 0;
    LAB_AUTOFREE char *path =
        lab_disk_sibling(q->source->path, q->header.backing, lab_tr("backing file"), err);
    if (!path || lab_disk_open_in(&q->backing, path, q->header.backing_format, chain, err) < 0)
        return -1;
    q->disk.info.backing = q->backing->info.backing + 1;
    for (size_t i = 0; i < q->backing->files.len; i++)
        lab_disk_add_file(&q->disk, q->backing->files.items[i]);
    return 0;
}

static void fill_info(struct qcow2 *q)
{
    struct lab_disk_info *info = &q->disk.info;
    info->format = LAB_DISK_QCOW2;
    info->size = q->header.size;
    info->cluster = q->cluster;
    info->snapshots = q->header.snapshots;
    info->compression = q->header.packed_by_zstd ? "zstd" : "zlib";
    memcpy(info->variant, q->header.version == 2 ? "v2" : "v3", 3);
}

int lab_disk_open_qcow2(struct lab_disk **out,
                        struct lab_disk_source *source,
                        const struct lab_disk_chain *chain,
                        struct lab_error *err)
{
    static const struct lab_disk_ops ops = {qcow2_map, qcow2_read, qcow2_close};
    struct qcow2 *q = lab_alloc(sizeof(*q));
    q->disk.ops = &ops;
    q->source = source;
    q->table = lab_disk_table_new();
    q->unpackers = lab_unpackers_new();
    lab_disk_add_file(&q->disk, source->path);
    if (lab_qcow2_header(&q->header, source, err) < 0) {
        lab_disk_close(&q->disk);
        return -1;
    }
    q->cluster = UINT64_C(1) << q->header.cluster_bits;
    q->l2_entry_size = q->header.extended_l2 ? 16 : 8;
    q->l2_entries = q->cluster / q->l2_entry_size;
    fill_info(q);
    if (open_backing(q, chain, err) < 0) {
        lab_disk_close(&q->disk);
        return -1;
    }
    *out = &q->disk;
    return 0;
}
