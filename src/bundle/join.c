#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "bundle/hash.h"
#include "bundle/part.h"
#include "bundle/parts_priv.h"
#include "bundle/tree.h"
#include "platform.h"

#define INDEX_MAX_BYTES (4u << 20)
#define SPARE_BYTES     (16u << 20)

struct join {
    struct lab_bundle_join *job;
    struct lab_parts parts;
    LAB_VEC(char *) paths; /* of the parts, in order */
    struct lab_part_dir dir;
    struct lab_meter_sum meter;
    struct lab_error *err;
    /* reading */
    size_t next;
    int fd;
    char *bytes;
    int why; /* the error of a read, or 0 */
    /* results */
    uint64_t files, written;
};

enum { BLOCK = 1 << 20 };

/* --- the parts are whole ---------------------------------------------------------------------- */

/* In the first of the folders that has it; NULL: in none. Caller frees. */
static char *find(const struct join *j, const char *name)
{
    for (size_t i = 0; i < j->job->dirs_len; i++) {
        LAB_AUTOFREE char *path = lab_path_join(j->job->dirs[i], name);
        struct plat_stat st;
        if (plat_stat(path, &st) == 0 && st.is_file)
            return lab_steal(&path);
    }
    return NULL;
}

static int read_index(struct join *j)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(INDEX_MAX_BYTES + 1);
    LAB_AUTOFREE char *path = find(j, LAB_PARTS_INDEX);
    if (!path) {
        lab_fail(j->err, LAB_USAGE,
                 "there are no parts of a bundle in '%s': it has no " LAB_PARTS_INDEX,
                 j->job->dirs[0]);
        return lab_error_hint(j->err, "name the folders with the parts and their index, which "
                                      "'labctl bundle split' writes last");
    }
    if (lab_file_read(path, INDEX_MAX_BYTES, &text, j->err) < 0)
        return -1;
    return lab_parts_parse(&j->parts, path, lab_str_get(&text), text.len, j->err);
}

static int check_one(struct join *j, const struct lab_part *part, struct lab_str *wrong)
{
    char hex[LAB_SHA256_HEX];
    struct plat_stat st;
    char *path = find(j, part->name);
    *lab_vec_push(&j->paths) = path;
    if (!path) {
        lab_str_addf(wrong, lab_tr("\n  '%s' is missing"), part->name);
        return 0;
    }
    if (plat_stat(path, &st) < 0)
        return plat_fail_os(j->err, LAB_HOST, "cannot look at '%s'", path);
    if (st.size != part->size) {
        lab_str_addf(wrong, lab_tr("\n  '%s' is damaged: it has %llu bytes and should have %llu"),
                     path, (unsigned long long)st.size, (unsigned long long)part->size);
        return 0;
    }
    if (lab_bundle_hash(path, hex, &j->meter, j->err) < 0)
        return -1;
    if (strcmp(hex, part->sha256) != 0)
        lab_str_addf(wrong, lab_tr("\n  '%s' is damaged: its SHA-256 is %s and should be %s"), path,
                     hex, part->sha256);
    return 0;
}

static int check_parts(struct join *j)
{
    LAB_AUTO_STR struct lab_str wrong = LAB_STR_INIT;
    LAB_VEC_FOREACH (part, &j->parts.list)
        if (check_one(j, part, &wrong) < 0)
            return -1;
    if (!wrong.len)
        return 0;
    lab_fail(j->err, LAB_INTEGRITY, "the bundle cannot be joined:%s", lab_str_get(&wrong));
    return lab_error_hint(j->err, "copy these parts again; parts on several media are joined by "
                                  "naming all of their folders");
}

static int check_room(struct join *j)
{
    LAB_AUTO_STR struct lab_str want = LAB_STR_INIT, have = LAB_STR_INIT;
    LAB_AUTOFREE char *out = plat_absolute(j->job->out), *parent = lab_path_dir(out);
    uint64_t need = j->parts.bundle_bytes + SPARE_BYTES, room;
    if (plat_mkdirs(parent, 0755, j->err) < 0 || plat_free_space(parent, &room, j->err) < 0)
        return -1;
    if (room >= need)
        return 0;
    lab_put_size(&want, need);
    lab_put_size(&have, room);
    lab_fail(j->err, LAB_HOST,
             "not enough free space for the bundle: '%s' wants %s, and %s are free", out,
             lab_str_get(&want), lab_str_get(&have));
    return lab_error_hint(j->err, "free some, or write to another disk with -o DIR");
}

/* --- unpacking: libarchive reads one part after the other ----------------------------------------
 */

static la_ssize_t on_read(struct archive *a, void *arg, const void **bytes)
{
    struct join *j = arg;
    *bytes = j->bytes;
    while (!j->why && !lab_work_cancelled()) {
        if (j->fd < 0) {
            if (j->next == j->paths.len)
                return 0;
            j->fd = lab_io_open(j->paths.items[j->next++], NULL);
            j->why = j->fd < 0 ? UV_EIO : 0;
            continue;
        }
        int64_t n = lab_io_read(j->fd, j->bytes, BLOCK, -1);
        if (n > 0)
            return (la_ssize_t)n;
        j->why = (int)n;
        lab_io_close(j->fd);
        j->fd = -1;
    }
    archive_set_error(a, -1, "see labctl's own message");
    return -1;
}

static int tar_failed(struct join *j, struct archive *a)
{
    const char *why = archive_error_string(a);
    if (lab_work_cancelled())
        return lab_fail(j->err, LAB_CANCELLED, "interrupted while joining");
    if (j->why)
        return lab_fail(j->err, LAB_HOST, "cannot read '%s': %s", j->paths.items[j->next - 1],
                        uv_strerror(j->why));
    return lab_fail(j->err, LAB_INTEGRITY, "the parts are no tar: %s",
                    why ? why : lab_tr("unknown reason"));
}

static int write_bytes(struct join *j, struct archive *a, int fd, const char *path)
{
    const void *bytes;
    size_t n;
    la_int64_t offset;
    int rc;
    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        j->written += n;
        if (j->written > j->parts.bundle_bytes)
            return lab_fail(j->err, LAB_INTEGRITY, "the parts hold more than their index says");
        int wrote = lab_io_write_all(fd, bytes, n, offset);
        if (wrote < 0)
            return lab_fail(j->err, LAB_HOST, "cannot write '%s': %s", path, uv_strerror(wrote));
        lab_meter_add(&j->meter, n);
    }
    return rc == ARCHIVE_EOF ? 0 : tar_failed(j, a);
}

/* Plain files below the folder, and nothing else, whatever the tar says. */
static const char *bad_entry(struct archive_entry *entry, const char *path)
{
    if (!path)
        return lab_tr("has no name");
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
        archive_entry_symlink(entry))
        return lab_tr("is no plain file");
    return lab_bundle_bad_path(path);
}

static int unpack_entry(struct join *j, struct archive *a, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry), *bad = bad_entry(entry, name);
    if (bad) {
        LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
        lab_put_printable(&shown, name ? name : "", name ? strlen(name) : 0, 300);
        return lab_fail(j->err, LAB_INTEGRITY, "the parts are no bundle: '%s' in them %s",
                        lab_str_get(&shown), bad);
    }
    LAB_AUTOFREE char *path = lab_path_join(j->dir.part, name), *dir = lab_path_dir(path);
    if (++j->files > j->parts.files)
        return lab_fail(j->err, LAB_INTEGRITY, "the parts hold more files than their index says");
    if (plat_mkdirs(dir, 0755, j->err) < 0)
        return -1;
    int fd = plat_create(path, archive_entry_perm(entry) & 0755 & ~022u, j->err);
    if (fd < 0)
        return -1;
    int rc = write_bytes(j, a, fd, path);
    int synced = rc == 0 ? lab_io_sync(fd) : 0, closed = lab_io_close(fd);
    if (rc == 0 && (synced < 0 || closed < 0))
        rc = lab_fail(j->err, LAB_HOST, "cannot finish writing '%s'", path);
    return rc;
}

static int unpack(struct join *j)
{
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    int rc = 0, got = ARCHIVE_OK;
    archive_read_support_format_tar(a);
    if (archive_read_open(a, j, NULL, on_read, NULL) != ARCHIVE_OK)
        rc = tar_failed(j, a);
    while (rc == 0 && (got = archive_read_next_header(a, &entry)) != ARCHIVE_EOF)
        rc =
            got == ARCHIVE_OK || got == ARCHIVE_WARN ? unpack_entry(j, a, entry) : tar_failed(j, a);
    archive_read_free(a);
    return rc;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int verify(struct join *j)
{
    LAB_AUTO_CHECK struct lab_bundle_check check = {.dir = j->dir.part, .key = j->job->key};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_bundle_verify(&check, &why) < 0) {
        if (why.code == LAB_USAGE)
            return lab_fail(j->err, LAB_INTEGRITY, "the parts are no bundle: %s", why.message);
        lab_error_move(j->err, &why);
        return -1;
    }
    j->job->files = check.files;
    j->job->bytes = check.bytes;
    j->job->signature = check.signature;
    return lab_bundle_judge(&check, j->err);
}

static int unpack_here(struct join *j)
{
    if (lab_part_clean(&j->dir, NULL, NULL, j->err) == 0 && unpack(j) == 0 &&
        lab_part_finish(&j->dir, j->err) == 0 && verify(j) == 0 &&
        lab_part_put_in_place(&j->dir, j->err) == 0)
        return 0;
    LAB_AUTO_ERROR struct lab_error cleanup = LAB_ERROR_INIT;
    if (lab_part_finish(&j->dir, &cleanup) < 0 || plat_remove_tree(j->dir.part, &cleanup) < 0)
        lab_log("%s", cleanup.message);
    return -1;
}

static int join(struct join *j)
{
    if (read_index(j) < 0)
        return -1;
    LAB_VEC_FOREACH (part, &j->parts.list)
        j->meter.total += part->size;
    j->meter.total += j->parts.bundle_bytes;
    if (check_parts(j) < 0 || check_room(j) < 0 ||
        lab_part_open(&j->dir, j->job->out, "join", j->err) < 0)
        return -1;
    return unpack_here(j);
}

int lab_bundle_join(struct lab_bundle_join *job, struct lab_error *err)
{
    struct join j = {.job = job,
                     .err = err,
                     .fd = -1,
                     .bytes = lab_alloc(BLOCK),
                     .meter = {job->progress, job->arg, 0, 0}};
    int rc = join(&j);
    if (j.fd >= 0)
        lab_io_close(j.fd);
    LAB_VEC_FOREACH (path, &j.paths)
        free(*path);
    lab_vec_clear(&j.paths);
    lab_parts_clear(&j.parts);
    lab_part_close(&j.dir);
    free(j.bytes);
    return rc;
}
