#include "cache/cache_priv.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/io.h"
#include "base/work.h"

#define BLOCK ((size_t)1 << 20)

struct copy {
    const char *source, *target;
    int from, to; /* to -1: nothing is written */
    uint64_t size, done;
    struct lab_sha256 *hash;
    char *block;
    lab_cache_progress *progress;
    void *arg;
};

static int failed(const struct copy *c, bool reading, int why, struct lab_error *err)
{
    return reading ? lab_fail(err, LAB_HOST, "cannot read '%s' at offset %llu: %s", c->source,
                              (unsigned long long)c->done, uv_strerror(why))
                   : lab_fail(err, LAB_HOST, "cannot write '%s' at offset %llu: %s", c->target,
                              (unsigned long long)c->done, uv_strerror(why));
}

static int step(struct copy *c, const char *bytes, size_t n, struct lab_error *err)
{
    if (lab_work_cancelled())
        return lab_fail(err, LAB_CANCELLED, "reading '%s' was interrupted", c->source);
    lab_sha256_add(c->hash, bytes, n);
    c->done += n;
    if (c->progress)
        c->progress(c->arg, c->done, c->size);
    return 0;
}

static int copy_data(struct copy *c, uint64_t end, struct lab_error *err)
{
    while (c->done < end) {
        size_t n = end - c->done < BLOCK ? (size_t)(end - c->done) : BLOCK;
        int rc = lab_io_read_all(c->from, c->block, n, (int64_t)c->done);
        if (rc < 0)
            return failed(c, true, rc, err);
        rc = c->to < 0 ? 0 : lab_io_write_all(c->to, c->block, n, (int64_t)c->done);
        if (rc < 0)
            return failed(c, false, rc, err);
        if (step(c, c->block, n, err))
            return -1;
    }
    return 0;
}

/* The digest has the zeros of a hole in it, the copy need not. */
static int skip_hole(struct copy *c, uint64_t end, struct lab_error *err)
{
    if (c->done < end)
        memset(c->block, 0, BLOCK);
    while (c->done < end) {
        size_t n = end - c->done < BLOCK ? (size_t)(end - c->done) : BLOCK;
        if (step(c, c->block, n, err))
            return -1;
    }
    return 0;
}

static int copy_all(struct copy *c, struct lab_error *err)
{
    while (c->done < c->size) {
        uint64_t from, to;
        plat_next_data(c->from, c->done, c->size, &from, &to);
        if (skip_hole(c, from, err) || copy_data(c, to, err))
            return -1;
    }
    return 0;
}

/* A clone is read instead of the source, since nobody changes it meanwhile. */
static int start_target(struct copy *c, int target, struct lab_error *err)
{
    if (plat_clone(c->from, 0, target, 0)) {
        c->from = target;
        return 0;
    }
    c->to = target;
    plat_make_sparse(target);
    int rc = lab_io_resize(target, (int64_t)c->size);
    return rc < 0 ? failed(c, false, rc, err) : 0;
}

static int copy(struct copy *c, char sha256[LAB_SHA256_HEX], struct lab_error *err)
{
    int target = -1, rc = 0;
    if (c->target) {
        target = plat_create(c->target, 0600, err);
        rc = target < 0 ? -1 : start_target(c, target, err);
    }
    c->hash = lab_sha256_new();
    c->block = lab_alloc(BLOCK);
    if (rc == 0)
        rc = copy_all(c, err);
    lab_sha256_end(c->hash, sha256);
    free(c->block);
    int closed = target < 0 ? 0 : lab_io_close(target);
    return rc == 0 && closed < 0 ? failed(c, false, closed, err) : rc;
}

int lab_cache_copy(const char *source,
                   const char *target,
                   char sha256[LAB_SHA256_HEX],
                   lab_cache_progress *progress,
                   void *arg,
                   struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(source, &st))
        return lab_fail(err, LAB_USAGE, "cannot find '%s'", source);
    int fd = lab_io_open(source, err);
    if (fd < 0)
        return -1;
    struct copy c = {.source = source,
                     .target = target,
                     .from = fd,
                     .to = -1,
                     .size = st.size,
                     .progress = progress,
                     .arg = arg};
    int rc = copy(&c, sha256, err);
    lab_io_close(fd);
    return rc;
}
