#include "disk/pump.h"
#include "disk/writer.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"

#define HASH_BLOCK ((size_t)1 << 20)

static const struct lab_disk_writer_ops *const writers[] = {
    [LAB_DISK_TO_RAW] = &lab_disk_raw_writer,
    [LAB_DISK_TO_VMDK] = &lab_disk_vmdk_writer,
    [LAB_DISK_TO_STREAM] = &lab_disk_stream_writer,
};

struct convert {
    const struct lab_disk_job *job;
    struct lab_disk *disk;
    struct lab_disk_writer *writer;
    char *part;
    /* the hash of the source file, by a thread that reads it beside the others, which find its
     * bytes in memory, or the other way round */
    uv_thread_t hasher;
    bool hashing;
    atomic_bool stop;
    int hash_rc;
    struct lab_error hash_err;
    char sha256[LAB_SHA256_HEX];
};

/* --- the source's SHA-256 ------------------------------------------------------------------------
 */

static int hash_blocks(struct convert *c, int fd, struct lab_sha256 *hash)
{
    LAB_AUTOFREE char *block = lab_alloc(HASH_BLOCK);
    for (;;) {
        if (atomic_load(&c->stop) || lab_work_cancelled())
            return lab_fail(&c->hash_err, LAB_CANCELLED, "reading '%s' was interrupted",
                            c->job->source);
        int64_t n = lab_io_read(fd, block, HASH_BLOCK, -1);
        if (n < 0)
            return lab_fail(&c->hash_err, LAB_HOST, "cannot read '%s': %s", c->job->source,
                            uv_strerror((int)n));
        if (n == 0)
            return 0;
        lab_sha256_add(hash, block, (size_t)n);
    }
}

static void hash_source(void *arg)
{
    struct convert *c = arg;
    struct lab_sha256 *hash = lab_sha256_new();
    int fd = lab_io_open(c->job->source, &c->hash_err);
    c->hash_rc = fd < 0 ? -1 : hash_blocks(c, fd, hash);
    lab_sha256_end(hash, c->sha256);
    if (fd >= 0)
        lab_io_close(fd);
}

static int start_hash(struct convert *c, struct lab_error *err)
{
    if (!c->job->hash && !c->job->expected)
        return 0;
    int rc = uv_thread_create(&c->hasher, hash_source, c);
    if (rc < 0)
        return lab_fail(err, LAB_HOST, "cannot start a thread: %s", uv_strerror(rc));
    c->hashing = true;
    return 0;
}

/* rc: how the conversion went; a failed one waits for no hash. */
static int end_hash(struct convert *c, int rc, struct lab_error *err)
{
    const char *expected = c->job->expected;
    if (!c->hashing)
        return rc;
    atomic_store(&c->stop, rc < 0);
    uv_thread_join(&c->hasher);
    if (rc == 0 && c->hash_rc < 0) {
        lab_error_move(err, &c->hash_err);
        rc = -1;
    }
    lab_error_clear(&c->hash_err);
    if (rc < 0 || !expected || strcmp(expected, c->sha256) == 0)
        return rc;
    lab_fail(err, LAB_INTEGRITY, "the SHA-256 of the image '%s' is %s and should be %s",
             c->job->source, c->sha256, expected);
    return lab_error_hint(err, "fetch the image again, or correct the expected checksum");
}

/* --- the new disk
 * ---------------------------------------------------------------------------------- */

static void report(const struct convert *c, uint64_t done)
{
    if (c->job->progress)
        c->job->progress(c->job->progress_arg, done, c->disk->info.size);
}

static int put(void *arg, const struct lab_disk_piece *piece, struct lab_error *err)
{
    struct convert *c = arg;
    const struct lab_disk_writer_ops *ops = c->writer->ops;
    report(c, piece->offset);
    return ops->put(c->writer, piece->offset, piece->bytes, piece->n, err);
}

static int put_all(struct convert *c, struct lab_error *err)
{
    const struct lab_disk_writer_ops *ops = c->writer->ops;
    bool shared = false;
    if (ops->share && ops->share(c->writer, c->disk, &shared, err) < 0)
        return -1;
    return shared ? 0 : lab_disk_pump(c->disk, LAB_DISK_GRAIN, put, c, err);
}

static int write_disk(struct convert *c, struct lab_error *err)
{
    const struct lab_disk_writer_ops *ops = c->writer->ops;
    report(c, 0);
    if (ops->begin(c->writer, err) < 0 || put_all(c, err) < 0)
        return -1;
    report(c, c->disk->info.size);
    return ops->finish(c->writer, err);
}

static int close_part(struct convert *c, int rc, struct lab_error *err)
{
    int synced = rc == 0 ? lab_io_sync(c->writer->fd) : 0;
    int closed = lab_io_close(c->writer->fd);
    c->writer->fd = -1;
    if (rc < 0 || (synced == 0 && closed == 0))
        return rc;
    return lab_fail(err, LAB_HOST, "cannot write the image '%s' to the disk: %s", c->job->target,
                    uv_strerror(synced < 0 ? synced : closed));
}

static int write_part(struct convert *c, struct lab_error *err)
{
    /* One may be left over from a run that was killed. */
    if (plat_remove(c->part, err) < 0)
        return -1;
    c->writer->fd = plat_create(c->part, c->job->mode ? c->job->mode : 0644, err);
    if (c->writer->fd < 0)
        return -1;
    int rc = start_hash(c, err);
    rc = close_part(c, rc < 0 ? rc : write_disk(c, err), err);
    rc = end_hash(c, rc, err);
    if (rc == 0)
        rc = plat_rename(c->part, c->job->target, err);
    if (rc == 0)
        return 0;
    LAB_AUTO_ERROR struct lab_error cleanup = LAB_ERROR_INIT;
    if (plat_remove(c->part, &cleanup) < 0)
        lab_log("%s", cleanup.message);
    return -1;
}

/* --- what is asked for
 * ----------------------------------------------------------------------------- */

static int check_target(const struct convert *c, struct lab_error *err)
{
    const char *file;
    for (size_t i = 0; (file = lab_disk_file(c->disk, i)); i++)
        if (lab_same_file(file, c->job->target) || lab_same_file(file, c->part)) {
            lab_fail(err, LAB_USAGE, "cannot convert '%s' to '%s': the target is read itself",
                     c->job->source, c->job->target);
            return lab_error_hint(err, "write it under another name");
        }
    return 0;
}

static void put_bytes(struct lab_str *out, uint64_t bytes)
{
    lab_put_size(out, bytes);
    lab_str_addf(out, lab_tr(" (%llu bytes)"), (unsigned long long)bytes);
}

static int choose_size(const struct convert *c, uint64_t *size, struct lab_error *err)
{
    const struct lab_disk_writer_ops *ops = c->writer->ops;
    uint64_t is = c->disk->info.size, wanted = c->job->size ? c->job->size : is;
    LAB_AUTO_STR struct lab_str a = LAB_STR_INIT, b = LAB_STR_INIT;
    put_bytes(&a, is);
    put_bytes(&b, wanted);
    if (wanted < is) {
        lab_fail(err, LAB_USAGE, "cannot convert '%s' to a disk of %s: it has %s", c->job->source,
                 lab_str_get(&b), lab_str_get(&a));
        return lab_error_hint(err, "a disk can grow, not shrink: ask for at least its size");
    }
    if (wanted > ops->max) {
        lab_fail(err, LAB_USAGE, "cannot make '%s' a disk of %s", c->job->target, lab_str_get(&b));
        return lab_error_hint(err, "%s", lab_tr(ops->too_large));
    }
    *size = lab_round_up(wanted, ops->unit);
    return 0;
}

static int convert(struct convert *c, struct lab_disk_result *out, struct lab_error *err)
{
    if (check_target(c, err) < 0 || choose_size(c, &c->writer->size, err) < 0 ||
        write_part(c, err) < 0)
        return -1;
    out->source = c->disk->info;
    out->size = c->writer->size;
    out->written = c->writer->written;
    memcpy(out->sha256, c->sha256, sizeof(out->sha256));
    return 0;
}

int lab_disk_convert(const struct lab_disk_job *job,
                     struct lab_disk_result *out,
                     struct lab_error *err)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", job->target);
    struct convert c = {.job = job, .part = part};
    if (lab_disk_open(&c.disk, job->source, err) < 0)
        return -1;
    c.writer = writers[job->format]->open();
    c.writer->ops = writers[job->format];
    c.writer->fd = -1;
    c.writer->path = job->target;
    int rc = convert(&c, out, err);
    c.writer->ops->close(c.writer);
    lab_disk_close(c.disk);
    return rc;
}
