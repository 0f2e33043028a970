/* Raw disks: the file is the disk, its holes are zeros. */
#include "disk/disk_priv.h"

#include <stdlib.h>

#include "base/i18n.h"

struct raw {
    struct lab_disk disk;
    struct lab_disk_source *source;
};

static int
raw_map(struct lab_disk *disk, uint64_t offset, struct lab_disk_extent *out, struct lab_error *err)
{
    struct raw *raw = (struct raw *)disk;
    (void)err;
    uint64_t size = raw->source->size;
    lab_disk_source_map(raw->source, offset, size - offset, out);
    return 0;
}

static int
raw_read(struct lab_disk *disk, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    return lab_disk_source_read(((struct raw *)disk)->source, offset, bytes, n, err);
}

static void raw_close(struct lab_disk *disk)
{
    lab_disk_source_close(((struct raw *)disk)->source);
    free(disk);
}

int lab_disk_open_raw(struct lab_disk **out,
                      struct lab_disk_source *source,
                      const struct lab_disk_chain *chain,
                      struct lab_error *err)
{
    static const struct lab_disk_ops ops = {raw_map, raw_read, raw_close};
    if (source->size > LAB_DISK_MAX || source->size % LAB_DISK_SECTOR) {
        lab_disk_refuse(err, chain->path, lab_tr("was the download cut short?"),
                        "is no raw disk: its size is above 64 TiB, or no multiple of 512");
        lab_disk_source_close(source);
        return -1;
    }
    struct raw *raw = lab_alloc(sizeof(*raw));
    raw->disk.ops = &ops;
    raw->disk.info = (struct lab_disk_info){.format = LAB_DISK_RAW, .size = source->size};
    raw->source = source;
    lab_disk_add_file(&raw->disk, source->path);
    *out = &raw->disk;
    return 0;
}
