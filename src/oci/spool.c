/* Packed archives, unpacked once as a whole. Not by libarchive's filters: in labctl.exe it has none
 * for zstd. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <zstd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "base/work.h"
#include "oci/archive_priv.h"
#include "oci/source_priv.h"
#include "platform.h"

#define BLOCK ((size_t)256 << 10)

struct spool {
    const char *path, *folder;
    int from, to;
    uint64_t at, written, max;
    struct lab_stretch *gzip;
    ZSTD_DCtx *zstd;
    bool whole; /* at the end of a frame */
    bool over;  /* there is more than max of it */
    int why;    /* the first error of a write, or 0 */
    struct lab_error *err;
    unsigned char block[BLOCK], plain[BLOCK];
};

static const struct {
    unsigned char magic[6];
    size_t n;
    const char *name;
    const char *unpack; /* NULL: labctl does it */
} kinds[] = {
    {{0x1f, 0x8b}, 2, "gzip", NULL},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd", NULL},
    {{0xfd, '7', 'z', 'X', 'Z', 0}, 6, "xz", "xz -d"},
    {{'B', 'Z', 'h'}, 3, "bzip2", "bzip2 -d"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "lz4", "lz4 -d"},
};

/* What the packed file says of its unpacked size; 0: nothing. gzip has it modulo 4 GiB. */
static uint64_t claimed_size(int fd, uint64_t packed, bool gzip)
{
    unsigned char b[18];
    if (packed < sizeof(b))
        return 0;
    if (gzip) {
        if (lab_io_read_all(fd, b, 4, (int64_t)packed - 4) < 0)
            return 0;
        return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
    }
    if (lab_io_read_all(fd, b, sizeof(b), 0) < 0)
        return 0;
    unsigned long long size = ZSTD_getFrameContentSize(b, sizeof(b));
    return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
}

static int no_room(struct spool *s, uint64_t needed, uint64_t there)
{
    LAB_AUTO_STR struct lab_str want = LAB_STR_INIT, have = LAB_STR_INIT;
    lab_put_size(&want, needed);
    lab_put_size(&have, there);
    lab_fail(s->err, LAB_HOST,
             "no room to unpack '%s': it wants at least %s in '%s', where %s are free", s->path,
             lab_str_get(&want), s->folder, lab_str_get(&have));
    return lab_error_hint(s->err,
                          "make room there, or unpack the archive yourself where there is room: "
                          "a plain tar is read in place");
}

static int too_much(struct spool *s)
{
    LAB_AUTO_STR struct lab_str most = LAB_STR_INIT;
    lab_put_size(&most, s->max);
    lab_fail(s->err, LAB_INTEGRITY, "'%s' cannot be unpacked: it has more than %s", s->path,
             lab_str_get(&most));
    return lab_error_hint(s->err, "if that is no mistake, unpack it yourself: a plain tar is read "
                                  "in place");
}

static int check_room(struct spool *s, bool gzip)
{
    struct plat_stat st;
    uint64_t there;
    if (plat_stat(s->path, &st))
        return lab_fail(s->err, LAB_HOST, "cannot find '%s'", s->path);
    uint64_t claimed = claimed_size(s->from, st.size, gzip);
    uint64_t needed = claimed > st.size ? claimed : st.size;
    if (plat_free_space(s->folder, &there, s->err))
        return -1;
    if (there < needed)
        return no_room(s, needed, there);
    return claimed > s->max ? too_much(s) : 0;
}

static int damaged(struct spool *s, const char *why)
{
    return lab_fail(s->err, LAB_INTEGRITY, "'%s' cannot be unpacked: %s", s->path, why);
}

static void put(void *arg, const void *bytes, size_t n)
{
    struct spool *s = arg;
    s->over = s->over || n > s->max - s->written;
    if (s->over)
        return;
    if (s->why == 0)
        s->why = lab_io_write_all(s->to, bytes, n, (int64_t)s->written);
    s->written += n;
}

static int check_put(struct spool *s)
{
    if (s->over)
        return too_much(s);
    if (s->why == UV_ENOSPC)
        return no_room(s, s->written, 0);
    return s->why < 0 ? lab_fail(s->err, LAB_HOST, "cannot write into '%s': %s", s->folder,
                                 uv_strerror(s->why))
                      : 0;
}

static int unpack_zstd(struct spool *s, size_t n)
{
    ZSTD_inBuffer in = {s->block, n, 0};
    for (;;) {
        ZSTD_outBuffer out = {s->plain, BLOCK, 0};
        size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);
        if (ZSTD_isError(rc))
            return damaged(s, ZSTD_getErrorName(rc));
        put(s, s->plain, out.pos);
        s->whole = rc == 0;
        if (in.pos == in.size && out.pos < out.size)
            return 0;
    }
}

static int unpack_gzip(struct spool *s, size_t n)
{
    if (!lab_stretch_some(s->gzip, s->block, n, put, s))
        return damaged(s, lab_tr("its gzip data is damaged"));
    s->whole = lab_stretch_ended(s->gzip);
    return 0;
}

static int unpack(struct spool *s)
{
    for (;;) {
        int64_t n = lab_io_read(s->from, s->block, BLOCK, (int64_t)s->at);
        if (n < 0)
            return lab_fail(s->err, LAB_HOST, "cannot read '%s': %s", s->path, uv_strerror((int)n));
        if (n == 0)
            return s->whole ? 0 : damaged(s, lab_tr("it is cut off"));
        if (lab_work_cancelled())
            return lab_fail(s->err, LAB_CANCELLED, "unpacking '%s' was interrupted", s->path);
        s->at += (uint64_t)n;
        if ((s->gzip ? unpack_gzip : unpack_zstd)(s, (size_t)n) || check_put(s))
            return -1;
    }
}

static int spool(struct spool *s, bool gzip, char **temporary)
{
    char name[17];
    lab_random_hex(name, 16);
    LAB_AUTOFREE char *file = lab_format("labctl-%s.part", name);
    *temporary = lab_path_join(s->folder, file);
    s->to = plat_create(*temporary, 0600, s->err);
    if (s->to < 0) {
        free(lab_steal(temporary));
        return -1;
    }
    /* Where the system lets go of the name at once, nothing is left of a labctl that is killed. */
    if (plat_remove(*temporary, NULL) == 0)
        free(lab_steal(temporary));
    s->gzip = gzip ? lab_stretch_new() : NULL;
    s->zstd = gzip ? NULL : ZSTD_createDCtx();
    int rc = gzip || s->zstd ? unpack(s) : damaged(s, lab_tr("libzstd does not start"));
    lab_stretch_free(s->gzip);
    ZSTD_freeDCtx(s->zstd);
    if (rc == 0)
        return 0;
    lab_io_close(s->to);
    if (*temporary)
        plat_remove(*temporary, NULL);
    free(lab_steal(temporary));
    return -1;
}

int lab_archive_unpack(const char *path,
                       int from,
                       const char *folder,
                       uint64_t max,
                       int *fd,
                       char **temporary,
                       struct lab_error *err)
{
    unsigned char head[6] = "";
    size_t kind = 0;
    *fd = -1;
    *temporary = NULL;
    int64_t got = lab_io_read(from, head, sizeof(head), 0);
    if (got < 0)
        return lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror((int)got));
    while (kind < LAB_ARRAY_LEN(kinds) && memcmp(head, kinds[kind].magic, kinds[kind].n) != 0)
        kind++;
    if (kind == LAB_ARRAY_LEN(kinds))
        return 0;
    if (kinds[kind].unpack) {
        lab_fail(err, LAB_USAGE, "'%s' is packed by %s; gzip and zstd are read", path,
                 kinds[kind].name);
        return lab_error_hint(err, "unpack it first: %s", kinds[kind].unpack);
    }
    struct spool *s = lab_alloc(sizeof(*s));
    *s = (struct spool){
        .path = path, .folder = folder, .from = from, .to = -1, .max = max, .err = err};
    int rc = check_room(s, kind == 0) || spool(s, kind == 0, temporary) ? -1 : 0;
    *fd = rc == 0 ? s->to : -1;
    free(s);
    return rc;
}
