#include <inttypes.h>
#include <string.h>
#include <uv.h>

#include "base/io.h"
#include "base/work.h"
#include "net/download_priv.h"
#include "platform.h"

struct copy {
    struct lab_download *d;
    struct lab_download_counts *counts;
    char *part;
    int in, out;
    struct lab_sha256 *hash;
};

static int pass(struct copy *c, struct lab_error *err)
{
    enum { BLOCK = 1 << 20 };
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    for (;;) {
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while copying '%s'", c->d->source);
        int64_t n = lab_io_read(c->in, bytes, BLOCK, -1);
        if (n < 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", c->d->source,
                            uv_strerror((int)n));
        if (n == 0)
            break;
        lab_sha256_add(c->hash, bytes, (size_t)n);
        c->d->bytes += (uint64_t)n;
        int rc = lab_io_write_all(c->out, bytes, (size_t)n, -1);
        if (rc < 0)
            return lab_fail(err, LAB_HOST, "cannot write '%s': %s", c->part, uv_strerror(rc));
        atomic_store(&c->counts->done, c->d->bytes);
    }
    int rc = lab_io_sync(c->out);
    return rc < 0
               ? lab_fail(err, LAB_HOST, "cannot finish writing '%s': %s", c->part, uv_strerror(rc))
               : 0;
}

static int check(const struct lab_download *d, struct lab_error *err)
{
    if (d->size && d->size != d->bytes)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has %llu bytes, and it should have %llu",
                        d->source, (unsigned long long)d->bytes, (unsigned long long)d->size);
    if (d->max_bytes && d->bytes > d->max_bytes)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has %llu bytes, and at most %llu can be right",
                        d->source, (unsigned long long)d->bytes, (unsigned long long)d->max_bytes);
    if (d->sha256 && strcmp(d->sha256, d->got) != 0)
        return lab_fail(err, LAB_INTEGRITY, "the SHA-256 of '%s' is %s and should be %s", d->source,
                        d->got, d->sha256);
    return 0;
}

static int copy_open(struct copy *c, struct lab_error *err)
{
    struct plat_stat st;
    /* A folder, a pipe or a device is no file to carry, and may have no end. */
    if (plat_stat(c->d->source, &st) < 0 || !st.is_file)
        return lab_fail(err, LAB_HOST, "cannot copy '%s': there is no such file", c->d->source);
    atomic_store(&c->counts->total, st.size);
    c->in = lab_io_open(c->d->source, err);
    if (c->in < 0 || plat_remove(c->part, err) < 0)
        return -1;
    c->out = plat_create(c->part, c->d->mode, err);
    return c->out < 0 ? -1 : 0;
}

int lab_download_copy(struct lab_download *d,
                      struct lab_download_counts *counts,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", d->path);
    struct copy c = {.d = d, .counts = counts, .part = part, .in = -1, .out = -1};
    d->bytes = 0;
    c.hash = lab_sha256_new();
    int rc = copy_open(&c, err) < 0 ? -1 : pass(&c, err);
    lab_sha256_end(c.hash, d->got);
    if (c.in >= 0)
        lab_io_close(c.in);
    if (c.out >= 0 && lab_io_close(c.out) < 0 && rc == 0)
        rc = lab_fail(err, LAB_HOST, "cannot finish writing '%s'", part);
    if (rc == 0)
        rc = check(d, err);
    if (rc == 0)
        rc = plat_rename(part, d->path, err);
    if (rc < 0 && c.out >= 0)
        (void)plat_remove(part, NULL);
    d->done = rc == 0;
    return rc;
}
