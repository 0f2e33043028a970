/* The header of a hosted sparse extent (Virtual Disk Format 5.0):
 *
 *   0 "KDMV", 4 version, 8 flags, 12 capacity (8), 20 grain (8), 28 descriptor (8), 36 its size
 * (8), 44 entries of a grain table, 48 redundant grain directory (8), 56 grain directory (8), 64
 * overhead (8), 72 unclean shutdown (1), 73 "\n \r\n", 77 compression (2), then zeros.
 *
 * A streamOptimized one is written in one go, so its directory is known only at the end: a footer,
 * the same header again, is the last sector but one. */
#include "disk/vmdk.h"

#include <inttypes.h>
#include <string.h>

#include "base/i18n.h"

enum { DEFLATE = 1, FOOTER_FROM_END = 2 * LAB_DISK_SECTOR };

static const char newlines[] = "\n \r\n";

static void parse(struct lab_vmdk_header *h, const unsigned char *b)
{
    *h = (struct lab_vmdk_header){
        .version = (uint32_t)lab_get_le(b + 4, 4),
        .flags = (uint32_t)lab_get_le(b + 8, 4),
        .capacity = lab_get_le(b + 12, 8),
        .grain = lab_get_le(b + 20, 8),
        .descriptor = lab_get_le(b + 28, 8),
        .descriptor_size = lab_get_le(b + 36, 8),
        .per_table = (uint32_t)lab_get_le(b + 44, 4),
        .redundant = lab_get_le(b + 48, 8),
        .directory = lab_get_le(b + 56, 8),
        .overhead = lab_get_le(b + 64, 8),
        .compression = (uint16_t)lab_get_le(b + 77, 2),
    };
}

void lab_vmdk_header_put(const struct lab_vmdk_header *h, unsigned char b[LAB_DISK_SECTOR])
{
    memset(b, 0, LAB_DISK_SECTOR);
    memcpy(b, "KDMV", 4);
    lab_put_le(b + 4, h->version, 4);
    lab_put_le(b + 8, h->flags, 4);
    lab_put_le(b + 12, h->capacity, 8);
    lab_put_le(b + 20, h->grain, 8);
    lab_put_le(b + 28, h->descriptor, 8);
    lab_put_le(b + 36, h->descriptor_size, 8);
    lab_put_le(b + 44, h->per_table, 4);
    lab_put_le(b + 48, h->redundant, 8);
    lab_put_le(b + 56, h->directory, 8);
    lab_put_le(b + 64, h->overhead, 8);
    memcpy(b + 73, newlines, 4);
    lab_put_le(b + 77, h->compression, 2);
}

static int damaged(const struct lab_disk_source *source, const char *what, struct lab_error *err)
{
    return lab_disk_damaged(err, source->path, "%s", what);
}

static int
check(const struct lab_vmdk_header *h, const struct lab_disk_source *source, struct lab_error *err)
{
    if (h->version < 1 || h->version > 3)
        return lab_disk_refuse(err, source->path,
                               lab_tr("convert it first (qemu-img convert -O qcow2)"),
                               "is VMDK of version %u, and labctl knows 1 to 3", h->version);
    if (h->compression > DEFLATE || ((h->flags & LAB_VMDK_PACKED) && h->compression != DEFLATE))
        return lab_disk_refuse(err, source->path,
                               lab_tr("convert it first (qemu-img convert -O qcow2)"),
                               "is compressed in a way that labctl does not know (type %u at "
                               "offset 77)",
                               h->compression);
    if (h->capacity == 0 || h->capacity > LAB_DISK_MAX / LAB_DISK_SECTOR)
        return damaged(source, lab_tr("its size (at offset 12) is 0 or above 64 TiB"), err);
    if (h->grain == 0 || (h->grain & (h->grain - 1)) ||
        h->grain > LAB_DISK_CLUSTER_MAX / LAB_DISK_SECTOR)
        return damaged(
            source,
            lab_tr("its grains (at offset 20) are no power of two between 1 and 4096 sectors"),
            err);
    if (h->per_table == 0 || h->per_table > 512)
        return damaged(source,
                       lab_tr("its grain tables (at offset 44) do not have 1 to 512 entries"), err);
    uint64_t grains = (h->capacity + h->grain - 1) / h->grain;
    uint64_t bytes = (grains + h->per_table - 1) / h->per_table * 4;
    uint64_t sectors = source->size / LAB_DISK_SECTOR;
    if (h->directory > sectors || bytes > source->size - h->directory * LAB_DISK_SECTOR)
        return lab_disk_damaged(
            err, source->path,
            "its grain directory, %llu bytes at sector %llu, goes beyond its end at sector %llu",
            (unsigned long long)bytes, (unsigned long long)h->directory,
            (unsigned long long)sectors);
    return 0;
}

static int
read_footer(struct lab_vmdk_header *h, const struct lab_disk_source *source, struct lab_error *err)
{
    unsigned char bytes[LAB_DISK_SECTOR];
    uint64_t end = source->size / LAB_DISK_SECTOR * LAB_DISK_SECTOR;
    if (end < 4 * LAB_DISK_SECTOR)
        return damaged(source, lab_tr("it ends before its footer"), err);
    if (lab_disk_source_read(source, end - FOOTER_FROM_END, bytes, sizeof(bytes), err) < 0)
        return -1;
    uint64_t capacity = h->capacity;
    if (memcmp(bytes, "KDMV", 4) != 0)
        return damaged(source, lab_tr("it does not end with a footer"), err);
    parse(h, bytes);
    if (h->capacity != capacity || h->directory == LAB_VMDK_GD_AT_END)
        return damaged(source, lab_tr("its footer does not belong to its header"), err);
    return 0;
}

int lab_vmdk_header_read(struct lab_vmdk_header *out,
                         const struct lab_disk_source *source,
                         struct lab_error *err)
{
    unsigned char bytes[LAB_DISK_SECTOR];
    if (source->size < sizeof(bytes))
        return damaged(source, lab_tr("it ends inside its header"), err);
    if (lab_disk_source_read(source, 0, bytes, sizeof(bytes), err) < 0)
        return -1;
    if (memcmp(bytes, "KDMV", 4) != 0)
        return damaged(source, lab_tr("it is no sparse VMDK extent"), err);
    if (memcmp(bytes + 73, newlines, 4) != 0)
        return damaged(
            source, lab_tr("its line ends (at offset 73) were changed: it was transferred as text"),
            err);
    parse(out, bytes);
    if (out->directory == LAB_VMDK_GD_AT_END && read_footer(out, source, err) < 0)
        return -1;
    return check(out, source, err);
}
