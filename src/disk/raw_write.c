/* Writing raw disks: a sparse file. Zeros are left out by blocks of 4 KiB, what file systems use.
 */
#include "disk/writer.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "platform.h"

#define BLOCK ((size_t)4 << 10)

static struct lab_disk_writer *raw_open(void)
{
    return lab_alloc(sizeof(struct lab_disk_writer));
}

static int raw_begin(struct lab_disk_writer *w, struct lab_error *err)
{
    plat_make_sparse(w->fd);
    return lab_disk_write_size(w, w->size, err);
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

static int raw_put(struct lab_disk_writer *w,
                   uint64_t offset,
                   const unsigned char *bytes,
                   size_t n,
                   struct lab_error *err)
{
    size_t start = 0, end;
    while (start < n) {
        while (start < n && lab_is_zero(bytes + start, at_most(n - start, BLOCK)))
            start += at_most(n - start, BLOCK);
        for (end = start; end < n && !lab_is_zero(bytes + end, at_most(n - end, BLOCK));)
            end += at_most(n - end, BLOCK);
        if (end > start && lab_disk_write(w, offset + start, bytes + start, end - start, err) < 0)
            return -1;
        start = end;
    }
    return 0;
}

static int raw_finish(struct lab_disk_writer *w, struct lab_error *err)
{
    (void)w;
    (void)err;
    return 0;
}

static void raw_close(struct lab_disk_writer *w)
{
    free(w);
}

const struct lab_disk_writer_ops lab_disk_raw_writer = {
    .unit = LAB_DISK_SECTOR,
    .max = LAB_DISK_MAX,
    .too_large = LAB_N("labctl makes disks of at most 64 TiB"),
    .open = raw_open,
    .begin = raw_begin,
    .put = raw_put,
    .finish = raw_finish,
    .close = raw_close,
};
