/* Writing streamOptimized: header, descriptor, then in order packed grains, each grain table behind
 * its grains, the grain directory, footer and end; every piece of metadata has a marker in front.
 */
#include "disk/vmdk.h"
#include "disk/writer.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/i18n.h"

enum {
    GRAIN_SECTORS = LAB_DISK_GRAIN / LAB_DISK_SECTOR,
    DESCRIPTOR_SECTORS = 20,
    ENTRIES = 512,
    TABLE_BYTES = ENTRIES * 4,
    GRAIN_MARKER = 12,
};
#define NO_TABLE UINT64_MAX
#define BUFFER   ((size_t)1 << 20)

enum marker { MARK_END, MARK_TABLE, MARK_DIRECTORY, MARK_FOOTER };

struct stream_writer {
    struct lab_disk_writer w;
    struct lab_vmdk_header header;
    uint64_t tables, table; /* the second: whose entries are below; NO_TABLE */
    unsigned char entries[TABLE_BYTES];
    unsigned char *directory;
    size_t directory_bytes;
    unsigned char *buffer; /* not yet written: so many bytes, a multiple of a sector */
    size_t buffered;
    uint64_t at; /* sector behind the buffer */
    z_stream zlib;
    bool zlib_ready;
};

static struct lab_disk_writer *stream_open(void)
{
    struct stream_writer *s = lab_alloc(sizeof(*s));
    s->table = NO_TABLE;
    s->buffer = lab_alloc(BUFFER);
    return &s->w;
}

static int flush(struct stream_writer *s, struct lab_error *err)
{
    uint64_t at = s->at * LAB_DISK_SECTOR - s->buffered;
    size_t n = s->buffered;
    s->buffered = 0;
    return n ? lab_disk_write(&s->w, at, s->buffer, n, err) : 0;
}

/* Room for n more bytes (at most a quarter of the buffer), zeroed. */
static unsigned char *reserve(struct stream_writer *s, size_t n, struct lab_error *err)
{
    if (s->buffered + n > BUFFER && flush(s, err) < 0)
        return NULL;
    memset(s->buffer + s->buffered, 0, n);
    return s->buffer + s->buffered;
}

/* n bytes of what was reserved are used. */
static void use(struct stream_writer *s, size_t n)
{
    size_t whole = (size_t)lab_round_up(n, LAB_DISK_SECTOR);
    s->buffered += whole;
    s->at += whole / LAB_DISK_SECTOR;
}

/* A marker and what it announces; *sector is where that begins. */
static int put_marked(struct stream_writer *s,
                      enum marker type,
                      const unsigned char *bytes,
                      size_t n,
                      uint64_t *sector,
                      struct lab_error *err)
{
    unsigned char *marker = reserve(s, LAB_DISK_SECTOR, err);
    if (!marker)
        return -1;
    lab_put_le(marker, lab_round_up(n, LAB_DISK_SECTOR) / LAB_DISK_SECTOR, 8);
    lab_put_le(marker + 12, type, 4);
    use(s, LAB_DISK_SECTOR);
    *sector = s->at;
    for (size_t done = 0; done < n;) {
        size_t now = n - done < BUFFER / 4 ? n - done : BUFFER / 4;
        unsigned char *to = reserve(s, (size_t)lab_round_up(now, LAB_DISK_SECTOR), err);
        if (!to)
            return -1;
        memcpy(to, bytes + done, now);
        use(s, now);
        done += now;
    }
    return 0;
}

static int stream_begin(struct lab_disk_writer *w, struct lab_error *err)
{
    struct stream_writer *s = (struct stream_writer *)w;
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(DESCRIPTOR_SECTORS * LAB_DISK_SECTOR - 1);
    if (lab_vmdk_text_make(&text, "streamOptimized", w->path, w->size, err) < 0)
        return -1;
    s->zlib_ready = deflateInit(&s->zlib, Z_DEFAULT_COMPRESSION) == Z_OK;
    if (!s->zlib_ready)
        return lab_fail(err, LAB_INTERNAL, "zlib cannot compress");
    uint64_t covers = (uint64_t)ENTRIES * LAB_DISK_GRAIN;
    s->tables = (w->size + covers - 1) / covers;
    s->directory_bytes = (size_t)s->tables * 4; /* at most 256 KiB */
    s->directory = lab_alloc(s->directory_bytes);
    s->header = (struct lab_vmdk_header){
        .version = 3,
        .flags = LAB_VMDK_NEWLINES | LAB_VMDK_PACKED | LAB_VMDK_MARKERS,
        .capacity = w->size / LAB_DISK_SECTOR,
        .grain = GRAIN_SECTORS,
        .descriptor = 1,
        .descriptor_size = DESCRIPTOR_SECTORS,
        .per_table = ENTRIES,
        .directory = LAB_VMDK_GD_AT_END,
        .overhead = GRAIN_SECTORS,
        .compression = 1,
    };
    unsigned char *head = reserve(s, LAB_DISK_GRAIN, err);
    lab_vmdk_header_put(&s->header, head);
    memcpy(head + LAB_DISK_SECTOR, lab_str_get(&text), text.len);
    use(s, LAB_DISK_GRAIN);
    return 0;
}

static int flush_table(struct stream_writer *s, struct lab_error *err)
{
    uint64_t sector;
    if (s->table == NO_TABLE)
        return 0;
    if (put_marked(s, MARK_TABLE, s->entries, sizeof(s->entries), &sector, err) < 0)
        return -1;
    lab_put_le(s->directory + s->table * 4, sector, 4);
    s->table = NO_TABLE;
    memset(s->entries, 0, sizeof(s->entries));
    return 0;
}

static int put_grain(struct stream_writer *s,
                     uint64_t grain,
                     const unsigned char *bytes,
                     struct lab_error *err)
{
    if (s->table != grain / ENTRIES && flush_table(s, err) < 0)
        return -1;
    if (s->at > UINT32_MAX - 2 * GRAIN_SECTORS) {
        lab_fail(err, LAB_USAGE, "cannot write the image '%s': it would become larger than 2 TiB",
                 s->w.path);
        return lab_error_hint(err, "use --format raw");
    }
    size_t most = GRAIN_MARKER + (size_t)deflateBound(&s->zlib, LAB_DISK_GRAIN);
    unsigned char *to = reserve(s, (size_t)lab_round_up(most, LAB_DISK_SECTOR), err);
    if (!to)
        return -1;
    deflateReset(&s->zlib);
    s->zlib.next_in = (unsigned char *)(uintptr_t)bytes;
    s->zlib.avail_in = LAB_DISK_GRAIN;
    s->zlib.next_out = to + GRAIN_MARKER;
    s->zlib.avail_out = (unsigned)(most - GRAIN_MARKER);
    if (deflate(&s->zlib, Z_FINISH) != Z_STREAM_END)
        return lab_fail(err, LAB_INTERNAL, "zlib cannot compress a grain");
    lab_put_le(to, grain * GRAIN_SECTORS, 8);
    lab_put_le(to + 8, s->zlib.total_out, 4);
    s->table = grain / ENTRIES;
    lab_put_le(s->entries + grain % ENTRIES * 4, s->at, 4);
    use(s, GRAIN_MARKER + s->zlib.total_out);
    return 0;
}

static int stream_put(struct lab_disk_writer *w,
                      uint64_t offset,
                      const unsigned char *bytes,
                      size_t n,
                      struct lab_error *err)
{
    for (size_t i = 0; i < n; i += LAB_DISK_GRAIN)
        if (!lab_is_zero(bytes + i, LAB_DISK_GRAIN) &&
            put_grain((struct stream_writer *)w, (offset + i) / LAB_DISK_GRAIN, bytes + i, err) < 0)
            return -1;
    return 0;
}

static int stream_finish(struct lab_disk_writer *w, struct lab_error *err)
{
    struct stream_writer *s = (struct stream_writer *)w;
    unsigned char footer[LAB_DISK_SECTOR];
    uint64_t sector;
    if (flush_table(s, err) < 0 ||
        put_marked(s, MARK_DIRECTORY, s->directory, s->directory_bytes, &sector, err) < 0)
        return -1;
    s->header.directory = sector;
    lab_vmdk_header_put(&s->header, footer);
    if (put_marked(s, MARK_FOOTER, footer, sizeof(footer), &sector, err) < 0 ||
        put_marked(s, MARK_END, NULL, 0, &sector, err) < 0)
        return -1;
    return flush(s, err);
}

static void stream_close(struct lab_disk_writer *w)
{
    struct stream_writer *s = (struct stream_writer *)w;
    if (s->zlib_ready)
        deflateEnd(&s->zlib);
    free(s->directory);
    free(s->buffer);
    free(s);
}

const struct lab_disk_writer_ops lab_disk_stream_writer = {
    .unit = LAB_DISK_GRAIN,
    .max = ((UINT64_C(1) << 32) - GRAIN_SECTORS) * LAB_DISK_SECTOR,
    .too_large = LAB_N("a VMDK is smaller than 2 TiB; use --format raw"),
    .open = stream_open,
    .begin = stream_begin,
    .put = stream_put,
    .finish = stream_finish,
    .close = stream_close,
};
