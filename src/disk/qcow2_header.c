/* qcow2 headers (QEMU docs/interop/qcow2.txt; big-endian):
 *
 *   0 magic, 4 version, 8 backing name offset (8 bytes), 16 its length, 20 cluster bits, 24 size
 * (8), 32 encryption, 36 L1 entries, 40 L1 offset (8), 48 refcounts, 60 snapshots, 64 their offset;
 *   from version 3: 72 incompatible, 80 compatible, 88 autoclear features (8 each), 96 refcount
 *   order, 100 header length, 104 compression type (1). Then extensions: type, length, data padded
 *   to 8 bytes; the backing name lies behind them, all in the first cluster. */
#include "disk/qcow2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

enum {
    V2_HEADER = 72,
    V3_HEADER = 104,
    CLUSTER_BITS_MIN = 9,
    CLUSTER_BITS_MAX = 21,
    EXTENDED_BITS_MIN = 14, /* 32 subclusters of at least 512 bytes */
    NAME_MAX_LEN = 1023,
    FORMAT_MAX_LEN = 15,
    L1_MAX_BYTES = 32 << 20, /* QEMU's limit too */
};
#define EXTENSION_FORMAT 0xE2792ACAu

enum {
    DIRTY = 1 << 0,
    CORRUPT = 1 << 1,
    DATA_FILE = 1 << 2,
    COMPRESSION = 1 << 3, /* a type other than zlib; QEMU since 5.1 */
    EXTENDED_L2 = 1 << 4, /* QEMU since 5.2 */
    KNOWN = (1 << 5) - 1
};

#define REPAIR LAB_N("repair it (qemu-img check -r all), or fetch it again")
#define WHOLE  LAB_N("convert it (qemu-img convert -O qcow2)")

struct parse {
    struct qcow2_header *h;
    const struct lab_disk_source *source;
    struct lab_error *err;
    unsigned char bytes[V3_HEADER + 8];
    size_t len;
    uint32_t header_len;
};

static int refuse(const struct parse *p, const char *hint, const char *what)
{
    return lab_disk_refuse(p->err, p->source->path, hint, "%s", what);
}

static int damaged(const struct parse *p, const char *what)
{
    return lab_disk_damaged(p->err, p->source->path, "%s", what);
}

static uint64_t field(const struct parse *p, size_t offset, size_t n)
{
    return lab_get_be(p->bytes + offset, n);
}

static int check_features(const struct parse *p)
{
    uint64_t unknown = p->h->features & ~(uint64_t)KNOWN;
    if (p->h->features & CORRUPT)
        return refuse(p, REPAIR, lab_tr("is marked corrupt"));
    if (p->h->features & DIRTY)
        return refuse(p, REPAIR, lab_tr("was not closed cleanly (dirty)"));
    if (p->h->features & DATA_FILE)
        return refuse(p, WHOLE, lab_tr("keeps its data in another file"));
    for (unsigned bit = 0; unknown; bit++, unknown >>= 1)
        if (unknown & 1)
            return lab_disk_refuse(p->err, p->source->path, WHOLE,
                                   "uses qcow2 features that labctl does not know (incompatible "
                                   "feature bit %u)",
                                   bit);
    return 0;
}

static int parse_v3(struct parse *p)
{
    struct qcow2_header *h = p->h;
    if (p->len < V3_HEADER)
        return damaged(p, lab_tr("it ends inside its header"));
    h->features = field(p, 72, 8);
    if (check_features(p) < 0)
        return -1;
    p->header_len = (uint32_t)field(p, 100, 4);
    if (p->header_len < V3_HEADER || p->header_len % 8 || p->header_len > 1u << h->cluster_bits)
        return damaged(p, lab_tr("its header has a senseless length (at offset 100)"));
    uint64_t type = p->header_len > V3_HEADER && p->len > V3_HEADER ? field(p, V3_HEADER, 1) : 0;
    if (type > 1 || (type == 1) != ((h->features & COMPRESSION) != 0))
        return lab_disk_refuse(p->err, p->source->path, WHOLE,
                               "is compressed in a way that labctl does not know (type %u at "
                               "offset 104)",
                               (unsigned)type);
    h->packed_by_zstd = type == 1;
    h->extended_l2 = (h->features & EXTENDED_L2) != 0;
    if (h->extended_l2 && h->cluster_bits < EXTENDED_BITS_MIN)
        return damaged(p, lab_tr("its clusters are too small for subclusters (at offset 20)"));
    return 0;
}

static int check_l1(const struct parse *p)
{
    const struct qcow2_header *h = p->h;
    uint64_t entries = (UINT64_C(1) << h->cluster_bits) / (h->extended_l2 ? 16 : 8);
    uint64_t per_l1 = entries << h->cluster_bits;
    uint64_t bytes = (uint64_t)h->l1_size * 8;
    if (h->l1_size < (h->size + per_l1 - 1) / per_l1)
        return damaged(p, lab_tr("its L1 table (length at offset 36) is too short for its size"));
    if (bytes > L1_MAX_BYTES)
        return damaged(p, lab_tr("its L1 table (length at offset 36) is larger than 32 MiB"));
    if (h->l1_offset % (UINT64_C(1) << h->cluster_bits))
        return damaged(p, lab_tr("its L1 table (offset at 40) does not begin at a cluster"));
    if (h->l1_offset > p->source->size || bytes > p->source->size - h->l1_offset)
        return lab_disk_damaged(
            p->err, p->source->path,
            "its L1 table, %llu bytes at offset %llu, goes beyond its end at %llu",
            (unsigned long long)bytes, (unsigned long long)h->l1_offset,
            (unsigned long long)p->source->size);
    return 0;
}

/* Takes the text out of the first cluster; NULL with err when it is not there. */
static char *text(const struct parse *p, uint64_t offset, uint64_t len, uint64_t most)
{
    char bytes[NAME_MAX_LEN + 1];
    if (len > most || offset > UINT64_C(1) << p->h->cluster_bits ||
        len > (UINT64_C(1) << p->h->cluster_bits) - offset) {
        damaged(
            p,
            lab_tr("the name of its backing file (offset at 8, length at 16) is not in the first "
                   "cluster, or too long"));
        return NULL;
    }
    if (lab_disk_source_read(p->source, offset, bytes, (size_t)len, p->err) < 0)
        return NULL;
    return lab_strndup(bytes, (size_t)len);
}

static int parse_extensions(struct parse *p, uint64_t end)
{
    for (uint64_t at = p->header_len; at + 8 <= end;) {
        unsigned char head[8];
        if (lab_disk_source_read(p->source, at, head, sizeof(head), p->err) < 0)
            return -1;
        uint64_t type = lab_get_be(head, 4), len = lab_get_be(head + 4, 4);
        if (type == 0)
            return 0;
        at += sizeof(head);
        if (len > end - at)
            return lab_disk_damaged(
                p->err, p->source->path,
                "the header extension at offset %llu does not fit the first cluster",
                (unsigned long long)(at - sizeof(head)));
        if (type == EXTENSION_FORMAT && !p->h->backing_format) {
            p->h->backing_format = text(p, at, len, FORMAT_MAX_LEN);
            if (!p->h->backing_format)
                return -1;
        }
        at += lab_round_up(len, 8);
    }
    return 0;
}

static int parse_backing(struct parse *p)
{
    uint64_t offset = field(p, 8, 8), len = field(p, 16, 4);
    if (offset == 0)
        return 0;
    p->h->backing = text(p, offset, len, NAME_MAX_LEN);
    if (!p->h->backing)
        return -1;
    if (strlen(p->h->backing) != len || len == 0)
        return damaged(p, lab_tr("the name of its backing file (offset at 8) is no text"));
    return parse_extensions(p, offset);
}

static int parse(struct parse *p)
{
    struct qcow2_header *h = p->h;
    if (p->len < V2_HEADER)
        return damaged(p, lab_tr("it ends inside its header"));
    h->version = (uint32_t)field(p, 4, 4);
    if (h->version != 2 && h->version != 3)
        return lab_disk_refuse(p->err, p->source->path, WHOLE,
                               "is qcow2 of version %u, and labctl knows 2 and 3", h->version);
    h->cluster_bits = (uint32_t)field(p, 20, 4);
    if (h->cluster_bits < CLUSTER_BITS_MIN || h->cluster_bits > CLUSTER_BITS_MAX)
        return damaged(p,
                       lab_tr("its clusters (at offset 20) are not between 512 bytes and 2 MiB"));
    p->header_len = V2_HEADER;
    if (h->version == 3 && parse_v3(p) < 0)
        return -1;
    if (field(p, 32, 4))
        return refuse(p, lab_tr("convert it into one that is not (qemu-img convert)"),
                      lab_tr("is encrypted"));
    h->size = field(p, 24, 8);
    if (h->size == 0)
        return refuse(p, lab_tr("fetch or make it again"), lab_tr("is a disk of 0 bytes"));
    if (h->size > LAB_DISK_MAX)
        return damaged(p, lab_tr("its size (at offset 24) is above 64 TiB"));
    h->size = lab_round_up(h->size, LAB_DISK_SECTOR);
    h->l1_size = (uint32_t)field(p, 36, 4);
    h->l1_offset = field(p, 40, 8);
    h->snapshots = (uint32_t)field(p, 60, 4);
    return check_l1(p) < 0 ? -1 : parse_backing(p);
}

int lab_qcow2_header(struct qcow2_header *out,
                     const struct lab_disk_source *source,
                     struct lab_error *err)
{
    struct parse p = {.h = out, .source = source, .err = err};
    if (lab_disk_source_some(source, 0, p.bytes, sizeof(p.bytes), &p.len, err) < 0)
        return -1;
    return parse(&p);
}

void lab_qcow2_header_clear(struct qcow2_header *header)
{
    free(header->backing);
    free(header->backing_format);
}
