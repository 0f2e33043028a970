/* zlib and zstd, one cluster at a time, into memory that is given: no declared window or size in
 * the packed data makes them allocate. */
#include "disk/disk_priv.h"

#include <stdlib.h>
#include <uv.h>
#include <zlib.h>
#include <zstd.h>

struct lab_unpacker {
    struct lab_unpacker *next;
    struct {
        unsigned char *bytes;
        size_t cap;
    } rooms[2];
    z_stream zlib[2]; /* raw deflate, zlib */
    bool ready[2];
    ZSTD_DCtx *zstd;
};

struct lab_unpackers {
    uv_mutex_t lock;
    struct lab_unpacker *idle;
};

struct lab_unpackers *lab_unpackers_new(void)
{
    struct lab_unpackers *pool = lab_alloc(sizeof(*pool));
    uv_mutex_init(&pool->lock);
    return pool;
}

static void unpacker_free(struct lab_unpacker *u)
{
    for (size_t i = 0; i < 2; i++) {
        free(u->rooms[i].bytes);
        if (u->ready[i])
            inflateEnd(&u->zlib[i]);
    }
    ZSTD_freeDCtx(u->zstd);
    free(u);
}

void lab_unpackers_free(struct lab_unpackers *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct lab_unpacker *u = pool->idle;
        pool->idle = u->next;
        unpacker_free(u);
    }
    uv_mutex_destroy(&pool->lock);
    free(pool);
}

struct lab_unpacker *lab_unpacker_take(struct lab_unpackers *pool)
{
    uv_mutex_lock(&pool->lock);
    struct lab_unpacker *u = pool->idle;
    if (u)
        pool->idle = u->next;
    uv_mutex_unlock(&pool->lock);
    return u ? u : lab_alloc(sizeof(*u));
}

void lab_unpacker_give(struct lab_unpackers *pool, struct lab_unpacker *unpacker)
{
    uv_mutex_lock(&pool->lock);
    unpacker->next = pool->idle;
    pool->idle = unpacker;
    uv_mutex_unlock(&pool->lock);
}

unsigned char *lab_unpacker_room(struct lab_unpacker *u, unsigned which, size_t n)
{
    if (u->rooms[which].cap < n) {
        free(u->rooms[which].bytes);
        u->rooms[which].bytes = lab_alloc(n);
        u->rooms[which].cap = n;
    }
    return u->rooms[which].bytes;
}

static int unpack_zlib(struct lab_unpacker *u,
                       bool header,
                       const unsigned char *in,
                       size_t in_len,
                       unsigned char *out,
                       size_t n,
                       size_t *got)
{
    z_stream *z = &u->zlib[header];
    int rc = u->ready[header] ? inflateReset(z) : inflateInit2(z, header ? MAX_WBITS : -MAX_WBITS);
    if (rc != Z_OK)
        return -1;
    u->ready[header] = true;
    z->next_in = (unsigned char *)(uintptr_t)in;
    z->avail_in = (unsigned)in_len;
    z->next_out = out;
    z->avail_out = (unsigned)n;
    rc = inflate(z, Z_FINISH);
    *got = n - z->avail_out;
    /* Z_BUF_ERROR: the room is full and the end mark was not read, which is fine. */
    return rc == Z_STREAM_END || (rc == Z_BUF_ERROR && *got == n) ? 0 : -1;
}

static int unpack_zstd(struct lab_unpacker *u,
                       const unsigned char *in,
                       size_t in_len,
                       unsigned char *out,
                       size_t n,
                       size_t *got)
{
    if (!u->zstd)
        u->zstd = ZSTD_createDCtx();
    *got = 0;
    while (*got < n) {
        size_t frame = ZSTD_findFrameCompressedSize(in, in_len);
        if (!u->zstd || ZSTD_isError(frame))
            return -1;
        size_t rc = ZSTD_decompressDCtx(u->zstd, out + *got, n - *got, in, frame);
        if (ZSTD_isError(rc))
            return -1;
        *got += rc;
        in += frame;
        in_len -= frame;
    }
    return 0;
}

int lab_unpack(struct lab_unpacker *unpacker,
               enum lab_unpack method,
               const unsigned char *in,
               size_t in_len,
               unsigned char *out,
               size_t n,
               size_t *got)
{
    if (method == LAB_UNPACK_ZSTD)
        return unpack_zstd(unpacker, in, in_len, out, n, got);
    return unpack_zlib(unpacker, method == LAB_UNPACK_ZLIB, in, in_len, out, n, got);
}
