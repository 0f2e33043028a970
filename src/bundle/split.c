#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "base/work.h"
#include "bundle/hash.h"
#include "bundle/manifest.h"
#include "bundle/parts_priv.h"
#include "bundle/sums.h"
#include "bundle/tree.h"
#include "platform.h"

struct split {
    struct lab_bundle_split *job;
    struct lab_tree tree;
    struct lab_sums sums;
    struct lab_manifest manifest;
    struct lab_parts parts;
    struct lab_meter_sum meter;
    struct lab_error *err;
    bool failed; /* err is set, by a callback of libarchive's */
    int fd;      /* of the part that is being written; -1: none */
    uint64_t at; /* bytes in it */
    struct lab_sha256 *hash;
};

/* --- parts, one after the other --------------------------------------------------------------- */

static char *part_path(const struct split *s, const char *name)
{
    return lab_path_join(s->job->out, name);
}

static int begin_part(struct split *s)
{
    if (s->parts.list.len == LAB_PARTS_MAX) {
        lab_fail(s->err, LAB_USAGE, "the bundle would have more than %d parts", LAB_PARTS_MAX);
        return lab_error_hint(s->err, "choose a larger --size");
    }
    struct lab_part *part = lab_vec_push(&s->parts.list);
    part->name = lab_part_name(s->parts.list.len);
    LAB_AUTOFREE char *path = part_path(s, part->name);
    if (plat_remove(path, s->err) < 0)
        return -1;
    s->fd = plat_create(path, 0644, s->err);
    s->at = 0;
    if (s->fd < 0)
        return -1;
    s->hash = lab_sha256_new();
    return 0;
}

static int end_part(struct split *s)
{
    struct lab_part *part = &s->parts.list.items[s->parts.list.len - 1];
    int synced = lab_io_sync(s->fd), closed = lab_io_close(s->fd);
    s->fd = -1;
    part->size = s->at;
    lab_sha256_end(s->hash, part->sha256);
    s->hash = NULL;
    if (synced < 0 || closed < 0)
        return lab_fail(s->err, LAB_HOST, "cannot finish writing '%s': %s", part->name,
                        uv_strerror(synced < 0 ? synced : closed));
    return 0;
}

static int write_some(struct split *s, const char *bytes, size_t n)
{
    while (n > 0) {
        if (s->fd < 0 && begin_part(s) < 0)
            return -1;
        uint64_t room = s->job->part_bytes - s->at;
        size_t now = n < room ? n : (size_t)room;
        int rc = lab_io_write_all(s->fd, bytes, now, -1);
        if (rc < 0)
            return lab_fail(s->err, LAB_HOST, "cannot write '%s' in '%s': %s",
                            s->parts.list.items[s->parts.list.len - 1].name, s->job->out,
                            uv_strerror(rc));
        lab_sha256_add(s->hash, bytes, now);
        s->at += now;
        bytes += now;
        n -= now;
        if (s->at == s->job->part_bytes && end_part(s) < 0)
            return -1;
    }
    return 0;
}

static la_ssize_t on_write(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct split *s = arg;
    if (!s->failed && write_some(s, bytes, n) == 0)
        return (la_ssize_t)n;
    s->failed = true;
    archive_set_error(a, -1, "see labctl's own message");
    return -1;
}

/* --- files ------------------------------------------------------------------------------------ */

static int tar_failed(struct split *s, struct archive *a)
{
    const char *why = archive_error_string(a);
    if (s->failed)
        return -1;
    return lab_fail(s->err, LAB_HOST, "cannot write the parts: %s",
                    why ? why : lab_tr("unknown reason"));
}

static int pass_bytes(struct split *s,
                      struct archive *a,
                      const struct lab_tree_file *f,
                      int fd,
                      char hex[LAB_SHA256_HEX])
{
    enum { BLOCK = 1 << 20 };
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    struct lab_sha256 *hash = lab_sha256_new();
    uint64_t left = f->size;
    int rc = 0;
    while (rc == 0 && left > 0) {
        int64_t n = lab_io_read(fd, bytes, left < BLOCK ? (size_t)left : BLOCK, -1);
        if (lab_work_cancelled())
            rc = lab_fail(s->err, LAB_CANCELLED, "interrupted while splitting");
        else if (n <= 0)
            rc = lab_fail(s->err, LAB_HOST, "cannot read '%s': %s", f->path,
                          n < 0 ? uv_strerror((int)n) : lab_tr("it became shorter"));
        else if (archive_write_data(a, bytes, (size_t)n) != n)
            rc = tar_failed(s, a);
        if (rc < 0)
            break;
        lab_sha256_add(hash, bytes, (size_t)n);
        left -= (uint64_t)n;
        lab_meter_add(&s->meter, (uint64_t)n);
    }
    lab_sha256_end(hash, hex);
    return rc;
}

static int write_entry(struct split *s, struct archive *a, const struct lab_tree_file *f)
{
    const struct lab_bundle_file *known = lab_manifest_find(&s->manifest, f->path);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, f->path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, known ? known->mode : 0644);
    archive_entry_set_size(entry, (la_int64_t)f->size);
    archive_entry_set_mtime(entry, (time_t)s->manifest.created, 0);
    int rc = archive_write_header(a, entry) == ARCHIVE_OK ? 0 : tar_failed(s, a);
    archive_entry_free(entry);
    return rc;
}

static int add_file(struct split *s, struct archive *a, const struct lab_tree_file *f)
{
    char hex[LAB_SHA256_HEX];
    const struct lab_sum *sum = lab_sums_find(&s->sums, f->path);
    LAB_AUTOFREE char *path = lab_path_join(s->job->dir, f->path);
    int fd = lab_io_open(path, s->err);
    if (fd < 0)
        return -1;
    int rc = write_entry(s, a, f) < 0 ? -1 : pass_bytes(s, a, f, fd, hex);
    lab_io_close(fd);
    if (rc == 0 && sum && strcmp(sum->sha256, hex) != 0)
        rc = lab_fail(s->err, LAB_INTEGRITY,
                      "'%s' in the bundle is altered: its SHA-256 is %s and should be %s", f->path,
                      hex, sum->sha256);
    return rc;
}

/* The lists first: who reads the parts knows at once what is to come. */
static bool is_list(const char *path)
{
    return strcmp(path, LAB_SUMS_NAME) == 0 || strcmp(path, LAB_SUMS_SIGNATURE) == 0 ||
           strcmp(path, LAB_MANIFEST_NAME) == 0;
}

static int write_tar(struct split *s)
{
    struct archive *a = archive_write_new();
    int rc = 0;
    archive_write_set_format_pax_restricted(a);
    archive_write_set_bytes_in_last_block(a, 1);
    if (archive_write_open(a, s, NULL, on_write, NULL) != ARCHIVE_OK)
        rc = tar_failed(s, a);
    for (int lists = 1; rc == 0 && lists >= 0; lists--)
        LAB_VEC_FOREACH (f, &s->tree.files)
            if (rc == 0 && is_list(f->path) == (lists == 1))
                rc = add_file(s, a, f);
    if (rc == 0 && archive_write_close(a) != ARCHIVE_OK)
        rc = tar_failed(s, a);
    s->failed = s->failed || rc < 0; /* nothing more is written while it is freed */
    archive_write_free(a);
    if (rc == 0 && s->fd >= 0)
        rc = end_part(s);
    return rc;
}

/* --- before and after ------------------------------------------------------------------------- */

/* What does not fit the lists is not worth a walk across the gap. Bytes are checked while read. */
static int look_over(struct split *s)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LAB_SUMS_MAX_BYTES + 1);
    const char *dir = s->job->dir;
    LAB_AUTOFREE char *sums = lab_path_join(dir, LAB_SUMS_NAME);
    if (lab_bundle_trust(dir, s->err) < 0 || lab_manifest_load(&s->manifest, dir, s->err) < 0 ||
        lab_file_read(sums, LAB_SUMS_MAX_BYTES, &text, s->err) < 0)
        return -1;
    LAB_AUTOFREE char *why = lab_sums_parse(&s->sums, lab_str_get(&text), text.len);
    if (why)
        return lab_fail(s->err, LAB_INTEGRITY, "'%s' cannot be used: %s", sums, why);
    if (lab_tree_read(&s->tree, dir, s->err) < 0)
        return -1;
    LAB_VEC_FOREACH (sum, &s->sums.list)
        if (!lab_tree_find(&s->tree, sum->path))
            return lab_fail(s->err, LAB_INTEGRITY, "'%s' is missing in the bundle", sum->path);
    LAB_VEC_FOREACH (f, &s->tree.files) {
        if (f->bad || (!lab_sums_find(&s->sums, f->path) && strcmp(f->path, LAB_SUMS_NAME) != 0 &&
                       strcmp(f->path, LAB_SUMS_SIGNATURE) != 0))
            return lab_fail(s->err, LAB_INTEGRITY, "'%s' in the bundle %s", f->path,
                            f->bad ? f->bad : lab_tr("is not in SHA256SUMS"));
        s->parts.bundle_bytes += f->size;
        s->parts.files++;
    }
    return 0;
}

/* Of an earlier split. The index goes first: without it nobody takes them for whole. */
static int remove_old(struct split *s)
{
    LAB_AUTOFREE char *index = part_path(s, LAB_PARTS_INDEX);
    if (plat_mkdirs(s->job->out, 0755, s->err) < 0 || plat_remove(index, s->err) < 0)
        return -1;
    for (size_t i = 1; i <= LAB_PARTS_MAX; i++) {
        LAB_AUTOFREE char *name = lab_part_name(i), *path = part_path(s, name);
        if (!lab_file_exists(path))
            break;
        if (plat_remove(path, s->err) < 0)
            return -1;
    }
    return 0;
}

static int check_room(struct split *s)
{
    enum { ENTRY = 2048 }; /* header and padding */
    LAB_AUTO_STR struct lab_str want = LAB_STR_INIT, have = LAB_STR_INIT;
    uint64_t need = s->parts.bundle_bytes + s->parts.files * ENTRY + (1u << 20), room;
    if (plat_free_space(s->job->out, &room, s->err) < 0)
        return -1;
    if (room >= need)
        return 0;
    lab_put_size(&want, need);
    lab_put_size(&have, room);
    return lab_fail(s->err, LAB_HOST,
                    "not enough free space for the parts: '%s' wants %s, and %s are free",
                    s->job->out, lab_str_get(&want), lab_str_get(&have));
}

static int write_index(struct split *s)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *index = part_path(s, LAB_PARTS_INDEX);
    lab_parts_put(&text, &s->parts);
    return lab_file_replace(index, lab_str_get(&text), text.len, 0644, s->err);
}

static int split(struct split *s)
{
    if (s->job->part_bytes < LAB_PART_MIN_BYTES)
        return lab_fail(s->err, LAB_USAGE, "parts of less than 64 KiB are not made");
    if (look_over(s) < 0 || remove_old(s) < 0 || check_room(s) < 0)
        return -1;
    s->meter.total = s->parts.bundle_bytes;
    if (write_tar(s) == 0)
        return write_index(s);
    LAB_VEC_FOREACH (part, &s->parts.list) {
        LAB_AUTOFREE char *path = part_path(s, part->name);
        (void)plat_remove(path, NULL);
    }
    return -1;
}

int lab_bundle_split(struct lab_bundle_split *job, struct lab_error *err)
{
    struct split s = {.job = job, .err = err, .fd = -1, .meter = {job->progress, job->arg, 0, 0}};
    char ignored[LAB_SHA256_HEX];
    int rc = split(&s);
    job->parts = s.parts.list.len;
    if (s.fd >= 0)
        lab_io_close(s.fd);
    if (s.hash)
        lab_sha256_end(s.hash, ignored);
    lab_tree_clear(&s.tree);
    lab_sums_clear(&s.sums);
    lab_manifest_clear(&s.manifest);
    lab_parts_clear(&s.parts);
    return rc;
}
