/* Inside src/disk/vmdk*.c and ova.c only. VMDK counts in sectors of 512 bytes, little-endian. */
#ifndef LAB_DISK_VMDK_H
#define LAB_DISK_VMDK_H

#include "disk/disk_priv.h"

#define LAB_VMDK_GD_AT_END      UINT64_MAX /* the footer says where */
#define LAB_VMDK_DESCRIPTOR_MAX ((size_t)1 << 20)

enum {
    LAB_VMDK_NEWLINES = 1 << 0,
    LAB_VMDK_REDUNDANT = 1 << 1,
    LAB_VMDK_ZERO_GRAINS = 1 << 2,
    LAB_VMDK_PACKED = 1 << 16,
    LAB_VMDK_MARKERS = 1 << 17
};

/* --- vmdk_header.c: the first sector of a sparse extent ------------------------------------------
 */

struct lab_vmdk_header {
    uint32_t version, flags, per_table; /* entries of a grain table */
    uint64_t capacity, grain;           /* sectors */
    uint64_t descriptor, descriptor_size, redundant, directory, overhead;
    uint16_t compression;
};
int lab_vmdk_header_read(struct lab_vmdk_header *out,
                         const struct lab_disk_source *source,
                         struct lab_error *err) LAB_MUST_CHECK;
void lab_vmdk_header_put(const struct lab_vmdk_header *header,
                         unsigned char bytes[LAB_DISK_SECTOR]);

/* --- vmdk_text.c: descriptors --------------------------------------------------------------------
 */

struct lab_vmdk_extent {
    enum lab_vmdk_kind { LAB_VMDK_SPARSE, LAB_VMDK_FLAT, LAB_VMDK_ZERO } kind;
    uint64_t sectors, offset; /* offset: FLAT, in its file */
    char *file;               /* NULL for ZERO */
};
struct lab_vmdk_text {
    char *type; /* createType */
    LAB_VEC(struct lab_vmdk_extent) extents;
};
/* path: for messages. Refuses disks that stand on others, and extents of unknown kinds. */
int lab_vmdk_text_parse(struct lab_vmdk_text *out,
                        const char *path,
                        char *text,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_vmdk_text_clear(struct lab_vmdk_text *text);

/* --- vmdk_sparse.c: one sparse extent
 * ------------------------------------------------------------- */

struct lab_vmdk_shared { /* by all extents of a disk */
    struct lab_disk_table *table;
    struct lab_unpackers *unpackers;
};
struct lab_vmdk_sparse {
    struct lab_vmdk_header header;
    struct lab_disk_source *source;
    const struct lab_vmdk_shared *shared;
};
/* Borrows the source. */
int lab_vmdk_sparse_open(struct lab_vmdk_sparse *out,
                         struct lab_disk_source *source,
                         const struct lab_vmdk_shared *shared,
                         struct lab_error *err) LAB_MUST_CHECK;
/* *sector: where the grain at this offset of the disk begins, 0: it is zeros. */
int lab_vmdk_sparse_locate(const struct lab_vmdk_sparse *extent,
                           uint64_t offset,
                           uint32_t *sector,
                           struct lab_error *err) LAB_MUST_CHECK;
/* As lab_disk_map() and lab_disk_read(), within one grain. */
int lab_vmdk_sparse_map(const struct lab_vmdk_sparse *extent,
                        uint64_t offset,
                        struct lab_disk_extent *out,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_vmdk_sparse_read(const struct lab_vmdk_sparse *extent,
                         uint64_t offset,
                         void *bytes,
                         size_t n,
                         struct lab_error *err) LAB_MUST_CHECK;

/* --- vmdk.c
 * ---------------------------------------------------------------------------------------
 */

/* The extent that is all of the disk; NULL when it is no VMDK, or one of other or several files. */
const struct lab_vmdk_sparse *lab_vmdk_single(const struct lab_disk *disk);

#endif
