/* Writing monolithicSparse, laid out as VMware does it, so that both VMware and QEMU write to it:
 *
 *   header, descriptor (20 sectors, all of which QEMU rewrites), redundant grain directory and its
 *   own grain tables, grain directory and its grain tables, then grains from a multiple of a grain.
 *
 * All tables are there from the start (as holes of the file while they are zero), in both copies.
 */
#include "disk/vmdk.h"
#include "disk/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/io.h"
#include "platform.h"

enum {
    GRAIN_SECTORS = LAB_DISK_GRAIN / LAB_DISK_SECTOR,
    DESCRIPTOR_SECTORS = 20,
    ENTRIES = 512, /* of a grain table */
    TABLE_BYTES = ENTRIES * 4,
    TABLE_SECTORS = TABLE_BYTES / LAB_DISK_SECTOR,
};
#define TABLE_COVERS ((uint64_t)ENTRIES * LAB_DISK_GRAIN)
#define NO_TABLE     UINT64_MAX

struct vmdk_writer {
    struct lab_disk_writer w;
    struct lab_vmdk_header header;
    uint64_t tables, directory_sectors;
    uint64_t next;  /* sector of the next grain */
    uint64_t table; /* whose entries are below; NO_TABLE */
    unsigned char entries[TABLE_BYTES];
};

static struct lab_disk_writer *vmdk_open(void)
{
    struct vmdk_writer *v = lab_alloc(sizeof(*v));
    v->table = NO_TABLE;
    return &v->w;
}

static uint64_t table_at(const struct vmdk_writer *v, uint64_t directory, uint64_t table)
{
    return directory + v->directory_sectors + table * TABLE_SECTORS;
}

static void lay_out(struct vmdk_writer *v)
{
    v->tables = (v->w.size + TABLE_COVERS - 1) / TABLE_COVERS;
    v->directory_sectors = (v->tables * 4 + LAB_DISK_SECTOR - 1) / LAB_DISK_SECTOR;
    uint64_t redundant = 1 + DESCRIPTOR_SECTORS;
    uint64_t directory = table_at(v, redundant, v->tables);
    v->next = lab_round_up(table_at(v, directory, v->tables), GRAIN_SECTORS);
    v->header = (struct lab_vmdk_header){
        .version = 1,
        .flags = LAB_VMDK_NEWLINES | LAB_VMDK_REDUNDANT,
        .capacity = v->w.size / LAB_DISK_SECTOR,
        .grain = GRAIN_SECTORS,
        .descriptor = 1,
        .descriptor_size = DESCRIPTOR_SECTORS,
        .per_table = ENTRIES,
        .redundant = redundant,
        .directory = directory,
        .overhead = v->next,
    };
}

static int put_directory(struct vmdk_writer *v, uint64_t directory, struct lab_error *err)
{
    size_t n = (size_t)v->directory_sectors * LAB_DISK_SECTOR; /* at most 256 KiB */
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(n);
    for (uint64_t i = 0; i < v->tables; i++)
        lab_put_le(bytes + i * 4, table_at(v, directory, i), 4);
    return lab_disk_write(&v->w, directory * LAB_DISK_SECTOR, bytes, n, err);
}

static int vmdk_begin(struct lab_disk_writer *w, struct lab_error *err)
{
    struct vmdk_writer *v = (struct vmdk_writer *)w;
    unsigned char head[(1 + DESCRIPTOR_SECTORS) * LAB_DISK_SECTOR] = "";
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(DESCRIPTOR_SECTORS * LAB_DISK_SECTOR - 1);
    lay_out(v);
    if (lab_vmdk_text_make(&text, "monolithicSparse", w->path, w->size, err) < 0)
        return -1;
    lab_vmdk_header_put(&v->header, head);
    memcpy(head + LAB_DISK_SECTOR, lab_str_get(&text), text.len);
    plat_make_sparse(w->fd);
    if (lab_disk_write_size(w, v->next * LAB_DISK_SECTOR, err) < 0 ||
        lab_disk_write(w, 0, head, sizeof(head), err) < 0 ||
        put_directory(v, v->header.redundant, err) < 0)
        return -1;
    return put_directory(v, v->header.directory, err);
}

static int flush_table(struct vmdk_writer *v, struct lab_error *err)
{
    const uint64_t directories[] = {v->header.redundant, v->header.directory};
    for (size_t i = 0; v->table != NO_TABLE && i < LAB_ARRAY_LEN(directories); i++) {
        uint64_t at = table_at(v, directories[i], v->table) * LAB_DISK_SECTOR;
        if (lab_disk_write(&v->w, at, v->entries, sizeof(v->entries), err) < 0)
            return -1;
    }
    v->table = NO_TABLE;
    memset(v->entries, 0, sizeof(v->entries));
    return 0;
}

/* Gives the next grain of the file to the disk's. */
static int take_grain(struct vmdk_writer *v, uint64_t grain, struct lab_error *err)
{
    if (v->table != grain / ENTRIES && flush_table(v, err) < 0)
        return -1;
    if (v->next + GRAIN_SECTORS > UINT32_MAX) {
        lab_fail(err, LAB_USAGE,
                 "cannot write the image '%s': it would become a file of more than 2 TiB, which a "
                 "monolithic VMDK cannot be",
                 v->w.path);
        return lab_error_hint(err, "use --format raw");
    }
    v->table = grain / ENTRIES;
    lab_put_le(v->entries + grain % ENTRIES * 4, v->next, 4);
    v->next += GRAIN_SECTORS;
    return 0;
}

/* Grains that follow one another are written at once. */
static int vmdk_put(struct lab_disk_writer *w,
                    uint64_t offset,
                    const unsigned char *bytes,
                    size_t n,
                    struct lab_error *err)
{
    struct vmdk_writer *v = (struct vmdk_writer *)w;
    size_t whole = (size_t)lab_round_up(n, LAB_DISK_GRAIN), start = 0, end;
    while (start < whole) {
        uint64_t at = v->next * LAB_DISK_SECTOR;
        for (end = start; end < whole && !lab_is_zero(bytes + end, LAB_DISK_GRAIN);
             end += LAB_DISK_GRAIN)
            if (take_grain(v, (offset + end) / LAB_DISK_GRAIN, err) < 0)
                return -1;
        if (end > start && lab_disk_write(w, at, bytes + start, end - start, err) < 0)
            return -1;
        start = end + LAB_DISK_GRAIN;
    }
    return 0;
}

/* --- sharing ------------------------------------------------------------------------------------
 */

/* Grains as this writer leaves them: in the disk's order, one behind the other, up to the file's
 * end. */
struct run {
    uint64_t first, grains; /* first: sector */
};

static int
find_run(const struct lab_vmdk_sparse *e, struct run *out, bool *found, struct lab_error *err)
{
    const struct lab_vmdk_header *h = &e->header;
    uint32_t sector;
    *out = (struct run){lab_round_up(h->overhead, GRAIN_SECTORS), 0};
    *found = false;
    if ((h->flags & LAB_VMDK_PACKED) || h->grain != GRAIN_SECTORS || e->source->start != 0 ||
        h->capacity % GRAIN_SECTORS || h->overhead != out->first)
        return 0;
    for (uint64_t at = 0; at < h->capacity; at += GRAIN_SECTORS) {
        if (lab_vmdk_sparse_locate(e, at * LAB_DISK_SECTOR, &sector, err) < 0)
            return -1;
        if (sector && sector != out->first + out->grains * GRAIN_SECTORS)
            return 0;
        out->grains += sector != 0;
    }
    *found = out->grains > 0 &&
             (out->first + out->grains * GRAIN_SECTORS) * LAB_DISK_SECTOR == e->source->size;
    return 0;
}

static int take_run(struct vmdk_writer *v, const struct lab_vmdk_sparse *e, struct lab_error *err)
{
    uint32_t sector;
    for (uint64_t at = 0; at < e->header.capacity; at += GRAIN_SECTORS) {
        if (lab_vmdk_sparse_locate(e, at * LAB_DISK_SECTOR, &sector, err) < 0)
            return -1;
        if (sector && take_grain(v, at / GRAIN_SECTORS, err) < 0)
            return -1;
    }
    return 0;
}

/* Only the tables differ between a disk and a larger one with the same data. */
static int vmdk_share(struct lab_disk_writer *w,
                      const struct lab_disk *disk,
                      bool *done,
                      struct lab_error *err)
{
    struct vmdk_writer *v = (struct vmdk_writer *)w;
    const struct lab_vmdk_sparse *e = lab_vmdk_single(disk);
    struct run run;
    bool found = false;
    *done = false;
    if (!e || find_run(e, &run, &found, err) < 0)
        return e ? -1 : 0;
    *done = found && plat_clone(e->source->fd, run.first * LAB_DISK_SECTOR, w->fd,
                                v->next * LAB_DISK_SECTOR);
    return *done ? take_run(v, e, err) : 0;
}

static int vmdk_finish(struct lab_disk_writer *w, struct lab_error *err)
{
    return flush_table((struct vmdk_writer *)w, err);
}

static void vmdk_close(struct lab_disk_writer *w)
{
    free(w);
}

const struct lab_disk_writer_ops lab_disk_vmdk_writer = {
    .unit = LAB_DISK_GRAIN,
    .max = ((UINT64_C(1) << 32) - GRAIN_SECTORS) * LAB_DISK_SECTOR,
    .too_large = LAB_N("a monolithic VMDK is smaller than 2 TiB; use --format raw"),
    .open = vmdk_open,
    .begin = vmdk_begin,
    .put = vmdk_put,
    .share = vmdk_share,
    .finish = vmdk_finish,
    .close = vmdk_close,
};
