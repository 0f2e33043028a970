/* libarchive's ISO writer, 3.6.2 and 3.8.9, as it really behaves:
 * - The default Rock Ridge mode makes every file readable (and, on Windows, executable): strict.
 * - At the default level 1 a file of 4 GiB or more is left out with a mere warning: iso-level=3,
 * and a warning is a failure.
 * - Too few bytes are padded with zeros and too many cut off in silence: they are counted here.
 * - Folders that nobody adds get the time of the moment: all are added. Extents follow the order of
 *   adding: files are sorted.
 * - "zisofs=0" would turn compression on; switches are left alone.
 * - The image is written inside archive_write_close(): full disks show only there. After a failure
 *   archive_write_free() still tries it, and is refused by on_write(). (archive_write_fail() would
 *   keep it from trying, but then its buffers are lost.) */
#include "media/iso_priv.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/log.h"
#include "base/work.h"
#include "platform.h"

#define COPY_BLOCK  (1u << 20)
#define IMAGE_BLOCK (64 << 10)

struct writer {
    struct lab_iso *iso;
    const char *path;
    char *part;
    int fd; /* of part; -1 when closed */
    struct archive *archive;
    const struct lab_iso_progress *progress;
    uint64_t done, total;
    int io_error; /* libuv's, of writing the image */
    bool failed;  /* whatever libarchive still wants to write is refused */
    char *block;  /* COPY_BLOCK */
    struct lab_error *err;
};

static void advance(struct writer *w, uint64_t bytes)
{
    w->done += bytes;
    if (w->progress && w->progress->fn)
        w->progress->fn(w->progress->arg, w->done < w->total ? w->done : w->total, w->total);
}

/* --- libarchive --------------------------------------------------------------------------------
 */

static int cancelled(struct writer *w)
{
    return lab_fail(w->err, LAB_CANCELLED, "writing the image '%s' was interrupted", w->path);
}

/* strerror() is no worse than libarchive's own texts: "Can't write to temporary file" says not why.
 */
static int archive_failed(struct writer *w)
{
    if (lab_work_cancelled())
        return cancelled(w);
    const char *why = archive_error_string(w->archive);
    int number = archive_errno(w->archive);
    LAB_AUTOFREE char *spool = lab_iso_spool();
    if (w->io_error < 0)
        lab_fail(w->err, LAB_HOST, "cannot write the image '%s': %s", w->path,
                 uv_strerror(w->io_error));
    else
        lab_fail(w->err, LAB_HOST,
                 "cannot write the image '%s' by way of a temporary copy in '%s': %s%s%s", w->path,
                 spool, why ? why : lab_tr("libarchive gives no reason"), number > 0 ? ": " : "",
                 number > 0 ? strerror(number) : ""); /* NOLINT(concurrency-mt-unsafe) */
    if (w->io_error == UV_ENOSPC || number == ENOSPC)
        return lab_error_hint(w->err, "make room for the image, and for its temporary copy in '%s'",
                              spool);
    return lab_error_hint(w->err, "check that the folder of the image and '%s' can be written",
                          spool);
}

static la_ssize_t on_write(struct archive *a, void *client, const void *bytes, size_t n)
{
    struct writer *w = client;
    if (w->failed || lab_work_cancelled()) {
        archive_set_error(a, EINTR, "interrupted");
        return -1;
    }
    int64_t put = lab_io_write(w->fd, bytes, n, -1);
    if (put < 0) {
        w->io_error = (int)put;
        archive_set_error(a, EIO, "%s", uv_strerror((int)put));
        return -1;
    }
    advance(w, (uint64_t)put);
    return (la_ssize_t)put;
}

static int open_archive(struct writer *w)
{
    struct archive *a = w->archive = archive_write_new();
    LAB_AUTOFREE char *options =
        lab_format("volume-id=%s,application-id=LABCTL,rockridge=strict,iso-level=3,%s",
                   w->iso->label, lab_iso_fits_joliet(w->iso) ? "joliet=long" : "!joliet");
    if (!a || archive_write_set_format_iso9660(a) != ARCHIVE_OK ||
        archive_write_set_options(a, options) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(a, IMAGE_BLOCK) != ARCHIVE_OK ||
        /* else the last block is padded to its full size */
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        archive_write_open(a, w, NULL, on_write, NULL) != ARCHIVE_OK)
        return archive_failed(w);
    return 0;
}

static int put_header(struct writer *w, const char *path, unsigned mode, bool is_dir, uint64_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_mode(entry, (is_dir ? AE_IFDIR : AE_IFREG) | (mode & 07777));
    archive_entry_set_nlink(entry, is_dir ? 2 : 1);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_size(entry, is_dir ? 0 : (la_int64_t)size);
    archive_entry_set_mtime(entry, w->iso->epoch, 0);
    int rc = archive_write_header(w->archive, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? 0 : archive_failed(w);
}

/* --- files ------------------------------------------------------------------------------------ */

static int changed(struct writer *w, const struct lab_iso_file *file)
{
    lab_fail(w->err, LAB_HOST, "cannot write the image '%s': '%s' changed while it was read",
             w->path, file->source);
    return lab_error_hint(w->err, "wait until nothing writes to it any more, then run again");
}

static int check_unchanged(struct writer *w, const struct lab_iso_file *file)
{
    struct plat_stat st;
    if (plat_stat(file->source, &st) < 0)
        return plat_fail_os(w->err, LAB_HOST, "cannot look at '%s'", file->source);
    return st.size == file->size && st.mtime_ns == file->mtime_ns ? 0 : changed(w, file);
}

/* ELF or "#!": a payload that was unpacked on Windows, or from a zip, has lost its modes. */
static bool looks_executable(const char *bytes, size_t n)
{
    return (n >= 4 && memcmp(bytes, "\177ELF", 4) == 0) || (n >= 2 && memcmp(bytes, "#!", 2) == 0);
}

static void choose_mode(struct lab_iso_file *file, const char *head, size_t n)
{
    struct plat_stat st;
    if (file->mode != 0)
        return;
    bool program = looks_executable(head, n) ||
                   (file->source && plat_stat(file->source, &st) == 0 && (st.mode & 0111) != 0);
    file->mode = program ? 0755 : 0644;
}

static int put_data(struct writer *w, struct lab_sha256 *hash, const char *bytes, size_t n)
{
    lab_sha256_add(hash, bytes, n);
    while (n > 0) {
        if (lab_work_cancelled())
            return cancelled(w);
        la_ssize_t put = archive_write_data(w->archive, bytes, n);
        if (put <= 0)
            return archive_failed(w);
        advance(w, (uint64_t)put);
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

/* A full block unless the file ends. */
static int64_t fill_block(struct writer *w, int fd)
{
    int64_t n = 0;
    while (n < (int64_t)COPY_BLOCK) {
        int64_t got = lab_io_read(fd, w->block + n, COPY_BLOCK - (size_t)n, -1);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        n += got;
    }
    return n;
}

static int copy_blocks(struct writer *w, struct lab_iso_file *file, int fd, struct lab_sha256 *hash)
{
    uint64_t total = 0;
    for (bool first = true;; first = false) {
        int64_t n = fill_block(w, fd);
        if (n < 0)
            return lab_fail(w->err, LAB_HOST, "cannot read '%s': %s", file->source,
                            uv_strerror((int)n));
        if (first) {
            choose_mode(file, w->block, (size_t)n);
            if (put_header(w, file->path, file->mode, false, file->size) < 0)
                return -1;
        }
        total += (uint64_t)n;
        if (total > file->size || (n < (int64_t)COPY_BLOCK && total < file->size))
            return changed(w, file);
        if (put_data(w, hash, w->block, (size_t)n) < 0)
            return -1;
        if (n < (int64_t)COPY_BLOCK)
            return check_unchanged(w, file);
    }
}

static int copy_source(struct writer *w, struct lab_iso_file *file, struct lab_sha256 *hash)
{
    if (check_unchanged(w, file) < 0)
        return -1;
    int fd = lab_io_open(file->source, w->err);
    if (fd < 0)
        return -1;
    int rc = copy_blocks(w, file, fd, hash);
    lab_io_close(fd);
    return rc;
}

static int copy_bytes(struct writer *w, struct lab_iso_file *file, struct lab_sha256 *hash)
{
    choose_mode(file, file->bytes, file->size);
    if (put_header(w, file->path, file->mode, false, file->size) < 0)
        return -1;
    return put_data(w, hash, file->bytes, file->size);
}

static int other_hash(struct writer *w, const struct lab_iso_file *file, const char *hex)
{
    /* who gave the checksum knows what to do next */
    return lab_fail(w->err, LAB_INTEGRITY,
                    "cannot write the image '%s': the SHA-256 of '%s' is %s and should be %s",
                    w->path, file->source ? file->source : file->path, hex, file->sha256);
}

static int put_file(struct writer *w, struct lab_iso_file *file)
{
    char hex[LAB_SHA256_HEX];
    struct lab_sha256 *hash = lab_sha256_new();
    int rc = file->source ? copy_source(w, file, hash) : copy_bytes(w, file, hash);
    lab_sha256_end(hash, hex);
    if (rc < 0)
        return -1;
    if (archive_write_finish_entry(w->archive) != ARCHIVE_OK)
        return archive_failed(w);
    if (file->sha256[0] != '\0' && strcmp(file->sha256, hex) != 0)
        return other_hash(w, file, hex);
    memcpy(file->sha256, hex, sizeof(hex));
    return 0;
}

/* The folders of path that the file before it does not share. */
static int put_folders(struct writer *w, const char *path, const char *before)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        if (before && strncmp(before, path, len + 1) == 0)
            continue;
        LAB_AUTOFREE char *folder = lab_strndup(path, len);
        if (put_header(w, folder, 0755, true, 0) < 0)
            return -1;
    }
    return 0;
}

static int put_files(struct writer *w, const struct lab_iso_last *last)
{
    const char *before = NULL;
    size_t given = w->iso->files.len;
    for (size_t i = 0; i < given; i++) {
        struct lab_iso_file *file = &w->iso->files.items[i];
        if (put_folders(w, file->path, before) < 0 || put_file(w, file) < 0)
            return -1;
        before = file->path;
    }
    if (!last)
        return 0;
    if (last->fn(last->arg, w->iso, w->err) < 0)
        return -1;
    return w->iso->files.len > given ? put_file(w, &w->iso->files.items[given]) : 0;
}

/* --- the whole image -------------------------------------------------------------------------- */

static int make_image(struct writer *w, const struct lab_iso_last *last)
{
    if (open_archive(w) < 0 || put_files(w, last) < 0)
        return -1;
    if (archive_write_close(w->archive) != ARCHIVE_OK)
        return archive_failed(w);
    if (lab_iso_stamp(w->fd, w->part, w->iso->label, w->iso->epoch, w->err) < 0)
        return -1;
    int synced = lab_io_sync(w->fd);
    int closed = lab_io_close(w->fd);
    w->fd = -1;
    if (synced == 0 && closed == 0)
        return 0;
    return lab_fail(w->err, LAB_HOST, "cannot write the image '%s' to the disk: %s", w->path,
                    uv_strerror(synced < 0 ? synced : closed));
}

static void on_verified(void *arg, uint64_t bytes)
{
    advance(arg, bytes);
}

static int write_part(struct writer *w, const struct lab_iso_last *last, char *sha256)
{
    /* One may be left over from a run that was killed. */
    if (plat_remove(w->part, w->err) < 0)
        return -1;
    w->fd = plat_create(w->part, w->iso->file_mode ? w->iso->file_mode : 0644, w->err);
    if (w->fd < 0)
        return -1;
    int rc = make_image(w, last);
    w->failed = rc < 0;
    archive_write_free(w->archive);
    if (w->fd >= 0)
        lab_io_close(w->fd);
    const struct lab_iso_hook hook = {on_verified, w};
    if (rc < 0 || lab_iso_verify(w->iso, w->part, w->path, &hook, w->err) < 0 ||
        (sha256 && lab_sha256_file(w->part, sha256, NULL, w->err) < 0))
        return -1;
    return plat_rename(w->part, w->path, w->err);
}

int lab_iso_write_last(struct lab_iso *iso,
                       const char *path,
                       const struct lab_iso_progress *progress,
                       const struct lab_iso_last *last,
                       char sha256[LAB_SHA256_HEX],
                       struct lab_error *err)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", path);
    struct writer w = {
        .iso = iso, .path = path, .part = part, .fd = -1, .progress = progress, .err = err};
    if (iso->epoch == 0)
        iso->epoch = LAB_ISO_EPOCH;
    if (lab_iso_prepare(iso, err) < 0 || lab_iso_check_room(iso, path, err) < 0)
        return -1;
    w.total = 2 * lab_iso_data_bytes(iso) + lab_iso_image_bytes(iso);
    LAB_AUTOFREE char *block = lab_alloc(COPY_BLOCK);
    w.block = block;
    int rc = write_part(&w, last, sha256);
    if (rc == 0) {
        advance(&w, w.total - (w.done < w.total ? w.done : w.total));
        return 0;
    }
    LAB_AUTO_ERROR struct lab_error cleanup = LAB_ERROR_INIT;
    if (plat_remove(part, &cleanup) < 0)
        lab_log("%s", cleanup.message);
    return -1;
}

int lab_iso_write(struct lab_iso *iso,
                  const char *path,
                  const struct lab_iso_progress *progress,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err)
{
    return lab_iso_write_last(iso, path, progress, NULL, sha256, err);
}
