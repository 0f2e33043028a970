/* Reading VMDK: a sparse extent with its descriptor inside (monolithicSparse, streamOptimized), or
 * a descriptor that names extents (monolithicFlat, twoGbMaxExtentSparse, twoGbMaxExtentFlat). */
#include "disk/vmdk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define MAP_AT_MOST ((uint64_t)64 << 20)

struct part {
    enum lab_vmdk_kind kind;
    uint64_t start, length, offset; /* on the disk; FLAT: offset in its file */
    struct lab_disk_source *source; /* NULL for ZERO */
    struct lab_vmdk_sparse sparse;
};

struct vmdk {
    struct lab_disk disk;
    struct lab_vmdk_shared shared;
    LAB_VEC(struct part) parts; /* in order, without gaps */
};

static struct part *part_at(struct vmdk *v, uint64_t offset)
{
    size_t low = 0, high = v->parts.len;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (v->parts.items[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return &v->parts.items[low];
}

static int
map_one(struct vmdk *v, uint64_t offset, struct lab_disk_extent *out, struct lab_error *err)
{
    struct part *part = part_at(v, offset);
    uint64_t at = offset - part->start, left = part->length - at;
    *out = (struct lab_disk_extent){left, true};
    if (part->kind == LAB_VMDK_FLAT)
        lab_disk_source_map(part->source, part->offset + at, left, out);
    else if (part->kind == LAB_VMDK_SPARSE && lab_vmdk_sparse_map(&part->sparse, at, out, err) < 0)
        return -1;
    out->length = out->length < left ? out->length : left;
    return 0;
}

static int
vmdk_map(struct lab_disk *disk, uint64_t offset, struct lab_disk_extent *out, struct lab_error *err)
{
    struct vmdk *v = (struct vmdk *)disk;
    struct lab_disk_extent next;
    if (map_one(v, offset, out, err) < 0)
        return -1;
    while (out->length < MAP_AT_MOST && offset + out->length < disk->info.size) {
        if (map_one(v, offset + out->length, &next, err) < 0)
            return -1;
        if (next.zero != out->zero)
            break;
        out->length += next.length;
    }
    return 0;
}

static int
read_part(const struct part *part, uint64_t at, void *bytes, size_t n, struct lab_error *err)
{
    if (part->kind == LAB_VMDK_FLAT)
        return lab_disk_source_read(part->source, part->offset + at, bytes, n, err);
    if (part->kind == LAB_VMDK_SPARSE)
        return lab_vmdk_sparse_read(&part->sparse, at, bytes, n, err);
    memset(bytes, 0, n);
    return 0;
}

static int
vmdk_read(struct lab_disk *disk, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    unsigned char *to = bytes;
    while (n > 0) {
        const struct part *part = part_at((struct vmdk *)disk, offset);
        uint64_t at = offset - part->start, left = part->length - at;
        size_t now = left < n ? (size_t)left : n;
        if (read_part(part, at, to, now, err) < 0)
            return -1;
        to += now;
        offset += now;
        n -= now;
    }
    return 0;
}

static void vmdk_close(struct lab_disk *disk)
{
    struct vmdk *v = (struct vmdk *)disk;
    LAB_VEC_FOREACH (part, &v->parts)
        lab_disk_source_close(part->source);
    lab_vec_clear(&v->parts);
    lab_disk_table_free(v->shared.table);
    lab_unpackers_free(v->shared.unpackers);
    free(v);
}

const struct lab_vmdk_sparse *lab_vmdk_single(const struct lab_disk *disk)
{
    const struct vmdk *v = (const struct vmdk *)disk;
    bool single = disk->ops->close == vmdk_close && v->parts.len == 1 &&
                  v->parts.items[0].kind == LAB_VMDK_SPARSE;
    return single ? &v->parts.items[0].sparse : NULL;
}

/* --- opening ------------------------------------------------------------------------------------
 */

/* A new part at the end. Takes the source. */
static struct part *
add_part(struct vmdk *v, enum lab_vmdk_kind kind, uint64_t length, struct lab_disk_source *source)
{
    struct part *part = lab_vec_push(&v->parts);
    *part =
        (struct part){.kind = kind, .start = v->disk.info.size, .length = length, .source = source};
    v->disk.info.size += length;
    return part;
}

static void set_variant(struct vmdk *v, const char *type)
{
    size_t n = strlen(type), most = sizeof(v->disk.info.variant) - 1;
    memcpy(v->disk.info.variant, type, n < most ? n : most);
}

static void note_sparse(struct vmdk *v, const struct lab_vmdk_header *h)
{
    v->disk.info.cluster = h->grain * LAB_DISK_SECTOR;
    if (h->flags & LAB_VMDK_PACKED)
        v->disk.info.compression = "zlib";
}

/* At most LAB_VMDK_DESCRIPTOR_MAX bytes, up to the first NUL; the caller frees. */
static char *read_text(const struct lab_disk_source *source,
                       uint64_t offset,
                       uint64_t size,
                       struct lab_error *err)
{
    if (size > LAB_VMDK_DESCRIPTOR_MAX) {
        lab_disk_damaged(err, source->path, "its descriptor at offset %llu is larger than 1 MiB",
                         (unsigned long long)offset);
        return NULL;
    }
    char *text = lab_alloc((size_t)size + 1);
    if (lab_disk_source_read(source, offset, text, (size_t)size, err) == 0)
        return text;
    free(text);
    return NULL;
}

/* The descriptor inside has to be about this very extent. */
static int check_embedded(struct vmdk *v,
                          const struct lab_vmdk_header *h,
                          const struct lab_disk_source *source,
                          struct lab_error *err)
{
    if (h->descriptor == 0)
        return lab_disk_refuse(err, source->path, lab_tr("name that file instead"),
                               "is one extent of a split VMDK; its descriptor is another file");
    uint64_t most = LAB_DISK_MAX / LAB_DISK_SECTOR;
    if (h->descriptor > most || h->descriptor_size > most)
        return lab_disk_damaged(err, source->path, "its descriptor (at offset 28) is nowhere");
    LAB_AUTOFREE char *text = read_text(source, h->descriptor * LAB_DISK_SECTOR,
                                        h->descriptor_size * LAB_DISK_SECTOR, err);
    struct lab_vmdk_text parsed = {0};
    int rc = text ? lab_vmdk_text_parse(&parsed, source->path, text, err) : -1;
    if (rc == 0 && (parsed.extents.len != 1 || parsed.extents.items[0].kind != LAB_VMDK_SPARSE))
        rc = lab_disk_damaged(err, source->path, "the descriptor inside it is about other files");
    if (rc == 0)
        set_variant(v, parsed.type);
    lab_vmdk_text_clear(&parsed);
    return rc;
}

static int open_single(struct vmdk *v, struct lab_disk_source *source, struct lab_error *err)
{
    struct part *part = add_part(v, LAB_VMDK_SPARSE, 0, source);
    if (lab_vmdk_sparse_open(&part->sparse, source, &v->shared, err) < 0 ||
        check_embedded(v, &part->sparse.header, source, err) < 0)
        return -1;
    part->length = part->sparse.header.capacity * LAB_DISK_SECTOR;
    v->disk.info.size = part->length;
    note_sparse(v, &part->sparse.header);
    return 0;
}

static int open_sparse_part(struct vmdk *v, struct part *part, struct lab_error *err)
{
    if (lab_vmdk_sparse_open(&part->sparse, part->source, &v->shared, err) < 0)
        return -1;
    if (part->sparse.header.capacity * LAB_DISK_SECTOR < part->length)
        return lab_disk_damaged(err, part->source->path,
                                "it is smaller than the descriptor of its disk says");
    note_sparse(v, &part->sparse.header);
    return 0;
}

static int
open_part(struct vmdk *v, const struct lab_vmdk_extent *e, const char *owner, struct lab_error *err)
{
    uint64_t length = e->sectors * LAB_DISK_SECTOR;
    if (e->kind == LAB_VMDK_ZERO) {
        add_part(v, e->kind, length, NULL);
        return 0;
    }
    struct lab_disk_source *source = NULL;
    LAB_AUTOFREE char *path = lab_disk_sibling(owner, e->file, "extent", err);
    if (!path || lab_disk_source_open(&source, path, err) < 0)
        return -1;
    struct part *part = add_part(v, e->kind, length, source);
    lab_disk_add_file(&v->disk, path);
    if (e->kind == LAB_VMDK_SPARSE)
        return open_sparse_part(v, part, err);
    part->offset = e->offset * LAB_DISK_SECTOR;
    if (part->offset > source->size || length > source->size - part->offset)
        return lab_disk_damaged(
            err, path, "its disk wants %llu bytes at offset %llu of it, but it ends at %llu",
            (unsigned long long)length, (unsigned long long)part->offset,
            (unsigned long long)source->size);
    return 0;
}

/* Takes the source, which is the descriptor. */
static int open_split(struct vmdk *v, struct lab_disk_source *source, struct lab_error *err)
{
    struct lab_vmdk_text parsed = {0};
    LAB_AUTOFREE char *text = read_text(source, 0, source->size, err);
    int rc = text ? lab_vmdk_text_parse(&parsed, source->path, text, err) : -1;
    if (rc == 0)
        set_variant(v, parsed.type);
    for (size_t i = 0; rc == 0 && i < parsed.extents.len; i++)
        rc = open_part(v, &parsed.extents.items[i], source->path, err);
    lab_vmdk_text_clear(&parsed);
    lab_disk_source_close(source);
    return rc;
}

int lab_disk_open_vmdk(struct lab_disk **out,
                       struct lab_disk_source *source,
                       const struct lab_disk_chain *chain,
                       struct lab_error *err)
{
    static const struct lab_disk_ops ops = {vmdk_map, vmdk_read, vmdk_close};
    struct vmdk *v = lab_alloc(sizeof(*v));
    unsigned char magic[4] = "";
    size_t got;
    (void)chain; /* VMDK that stands on other disks is refused */
    v->disk.ops = &ops;
    v->disk.info.format = LAB_DISK_VMDK;
    v->shared.table = lab_disk_table_new();
    v->shared.unpackers = lab_unpackers_new();
    lab_disk_add_file(&v->disk, source->path);
    int rc = lab_disk_source_some(source, 0, magic, sizeof(magic), &got, err);
    if (rc < 0)
        lab_disk_source_close(source);
    else if (memcmp(magic, "KDMV", 4) == 0)
        rc = open_single(v, source, err);
    else
        rc = open_split(v, source, err);
    if (rc < 0) {
        lab_disk_close(&v->disk);
        return -1;
    }
    *out = &v->disk;
    return 0;
}
