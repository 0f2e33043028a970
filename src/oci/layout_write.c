#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/io.h"
#include "base/log.h"
#include "oci/layout.h"
#include "platform.h"

#define BLOCK ((size_t)1 << 20)

struct lab_layout_part {
    char *path, *part;
    struct lab_descriptor blob; /* type and name are borrowed */
    struct lab_sha256 *hash;
    uint64_t size;
    int fd;
};

static int failed(const struct lab_layout_part *p, int why, struct lab_error *err)
{
    return lab_fail(err, LAB_HOST, "cannot write '%s': %s", p->part, uv_strerror(why));
}

static void forget(struct lab_layout_part *p, bool keep)
{
    char hex[LAB_SHA256_HEX];
    if (p->fd >= 0)
        lab_io_close(p->fd);
    if (p->hash)
        lab_sha256_end(p->hash, hex);
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (!keep && plat_remove(p->part, &why))
        lab_log("%s", why.message);
    free(p->path);
    free(p->part);
    free(p);
}

/* Takes what an earlier run has left into the hash. */
static int go_on(struct lab_layout_part *p, struct lab_error *err)
{
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    for (;;) {
        int64_t n = lab_io_read(p->fd, bytes, BLOCK, (int64_t)p->size);
        if (n < 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", p->part, uv_strerror((int)n));
        if (n == 0)
            break;
        lab_sha256_add(p->hash, bytes, (size_t)n);
        p->size += (uint64_t)n;
    }
    return p->size > p->blob.size ? lab_layout_part_restart(p, err) : 0;
}

static int open_part(struct lab_layout_part *p, struct lab_error *err)
{
    if (!lab_file_exists(p->part)) {
        p->fd = plat_create(p->part, 0644, err);
        return p->fd < 0 ? -1 : 0;
    }
    p->fd = lab_io_open_write(p->part, err);
    return p->fd < 0 ? -1 : go_on(p, err);
}

int lab_layout_begin(struct lab_layout_part **out,
                     struct lab_layout *layout,
                     const struct lab_descriptor *blob,
                     struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    *out = NULL;
    if (lab_layout_check_blob(layout, blob, &why) == 0)
        return 0;
    if (why.code != LAB_INTEGRITY) {
        lab_error_move(err, &why);
        return -1;
    }
    struct lab_layout_part *p = lab_alloc(sizeof(*p));
    p->path = lab_layout_blob_path(layout, blob->digest);
    p->part = lab_format("%s.part", p->path);
    p->blob = *blob;
    p->hash = lab_sha256_new();
    p->fd = -1;
    if (open_part(p, err)) {
        forget(p, true);
        return -1;
    }
    *out = p;
    return 0;
}

uint64_t lab_layout_part_size(const struct lab_layout_part *p)
{
    return p->size;
}

int lab_layout_part_add(struct lab_layout_part *p,
                        const void *bytes,
                        size_t n,
                        struct lab_error *err)
{
    if (n > p->blob.size - p->size)
        return lab_fail(err, LAB_INTEGRITY, "more bytes came for '%s' than the %llu that it has",
                        p->blob.digest, (unsigned long long)p->blob.size);
    int rc = lab_io_write_all(p->fd, bytes, n, (int64_t)p->size);
    if (rc < 0)
        return failed(p, rc, err);
    lab_sha256_add(p->hash, bytes, n);
    p->size += n;
    return 0;
}

int lab_layout_part_restart(struct lab_layout_part *p, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    int rc = lab_io_resize(p->fd, 0);
    if (rc < 0)
        return failed(p, rc, err);
    lab_sha256_end(p->hash, hex);
    p->hash = lab_sha256_new();
    p->size = 0;
    return 0;
}

static int check(struct lab_layout_part *p, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    lab_sha256_end(lab_steal(&p->hash), hex);
    if (p->size != p->blob.size)
        return lab_fail(err, LAB_INTEGRITY, "%llu bytes came for '%s', which has %llu",
                        (unsigned long long)p->size, p->blob.digest,
                        (unsigned long long)p->blob.size);
    if (strcmp(hex, p->blob.digest + 7) != 0)
        return lab_fail(err, LAB_INTEGRITY, "what came for '%s' has the digest sha256:%s",
                        p->blob.digest, hex);
    return 0;
}

int lab_layout_part_finish(struct lab_layout_part *p, struct lab_error *err)
{
    int rc = check(p, err);
    int synced = rc == 0 ? lab_io_sync(p->fd) : 0;
    int closed = lab_io_close(p->fd);
    p->fd = -1;
    if (rc == 0 && (synced < 0 || closed < 0))
        rc = failed(p, synced < 0 ? synced : closed, err);
    if (rc == 0)
        rc = plat_rename(p->part, p->path, err);
    forget(p, rc == 0);
    return rc;
}

void lab_layout_part_leave(struct lab_layout_part *p)
{
    forget(p, p->size > 0);
}

int lab_layout_add(struct lab_layout *layout,
                   const void *bytes,
                   size_t n,
                   struct lab_descriptor *out,
                   struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    struct lab_layout_part *p;
    lab_sha256_hex(bytes, n, hex);
    snprintf(out->digest, sizeof(out->digest), "sha256:%s", hex);
    out->size = n;
    if (lab_layout_begin(&p, layout, out, err))
        return -1;
    if (!p)
        return 0;
    if (lab_layout_part_restart(p, err) || lab_layout_part_add(p, bytes, n, err)) {
        lab_layout_part_leave(p);
        return -1;
    }
    return lab_layout_part_finish(p, err);
}

static int copy(struct lab_layout_part *p, int from, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    for (;;) {
        int64_t n = lab_io_read(from, bytes, BLOCK, (int64_t)lab_layout_part_size(p));
        if (n < 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror((int)n));
        if (n == 0)
            return 0;
        if (lab_layout_part_add(p, bytes, (size_t)n, err))
            return -1;
    }
}

int lab_layout_add_file(struct lab_layout *layout,
                        const char *path,
                        struct lab_descriptor *out,
                        struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    struct lab_layout_part *p;
    if (lab_sha256_file(path, hex, &out->size, err))
        return -1;
    snprintf(out->digest, sizeof(out->digest), "sha256:%s", hex);
    if (lab_layout_begin(&p, layout, out, err))
        return -1;
    if (!p)
        return 0;
    int from = lab_io_open(path, err);
    int rc = from < 0 || lab_layout_part_restart(p, err) || copy(p, from, path, err) ? -1 : 0;
    if (from >= 0)
        lab_io_close(from);
    if (rc == 0)
        return lab_layout_part_finish(p, err);
    lab_layout_part_leave(p);
    return -1;
}
