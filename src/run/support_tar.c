/* The archive: pax in gzip (libarchive), in a .part until all of it is on the disk. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "base/io.h"
#include "platform.h"
#include "run/support_priv.h"

struct lab_support_tar {
    struct archive *a;
    char *path, *part, *folder;
    int fd;
    int failed; /* libuv's error of a write; 0: none */
    uint64_t bytes;
    int64_t time_s;
};

static la_ssize_t on_write(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct lab_support_tar *tar = arg;
    if (!tar->failed)
        tar->failed = lab_io_write_all(tar->fd, bytes, n, -1);
    if (tar->failed) {
        archive_set_error(a, -1, "see labctl's own message");
        return -1;
    }
    tar->bytes += n;
    return (la_ssize_t)n;
}

static int fail(struct lab_support_tar *tar, struct lab_error *err)
{
    const char *why = tar->failed ? uv_strerror(tar->failed) : archive_error_string(tar->a);
    return lab_fail(err, LAB_HOST, "cannot write '%s': %s", tar->part, why ? why : "-");
}

static void tar_free(struct lab_support_tar *tar)
{
    if (tar->a)
        archive_write_free(tar->a);
    if (tar->fd >= 0)
        lab_io_close(tar->fd);
    free(tar->path);
    free(tar->part);
    free(tar->folder);
    free(tar);
}

static int begin(struct lab_support_tar *tar, struct lab_error *err)
{
    if (plat_remove(tar->part, err))
        return -1;
    tar->fd = plat_create(tar->part, 0600, err);
    if (tar->fd < 0)
        return -1;
    tar->a = archive_write_new();
    if (archive_write_set_format_pax_restricted(tar->a) != ARCHIVE_OK ||
        archive_write_add_filter_gzip(tar->a) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(tar->a, 1) != ARCHIVE_OK ||
        archive_write_open(tar->a, tar, NULL, on_write, NULL) != ARCHIVE_OK)
        return fail(tar, err);
    return 0;
}

int lab_support_tar_open(struct lab_support_tar **out,
                         const char *path,
                         const char *folder,
                         struct lab_error *err)
{
    struct lab_support_tar *tar = lab_alloc(sizeof(*tar));
    tar->path = lab_strdup(path);
    tar->part = lab_format("%s.part", path);
    tar->folder = lab_strdup(folder);
    tar->fd = -1;
    tar->time_s = plat_wall_ms() / 1000;
    if (begin(tar, err)) {
        bool made = tar->fd >= 0;
        LAB_AUTOFREE char *part = lab_strdup(tar->part);
        tar_free(tar);
        if (made)
            plat_remove(part, NULL);
        return -1;
    }
    *out = tar;
    return 0;
}

int lab_support_tar_add(struct lab_support_tar *tar,
                        const char *name,
                        const char *bytes,
                        size_t n,
                        struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_format("%s/%s", tar->folder, name);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)n);
    archive_entry_set_mtime(entry, (time_t)tar->time_s, 0);
    int rc = archive_write_header(tar->a, entry) == ARCHIVE_OK ? 0 : fail(tar, err);
    archive_entry_free(entry);
    if (rc == 0 && n && archive_write_data(tar->a, bytes, n) != (la_ssize_t)n)
        rc = fail(tar, err);
    return rc;
}

static int finish(struct lab_support_tar *tar, struct lab_error *err)
{
    if (archive_write_close(tar->a) != ARCHIVE_OK)
        return fail(tar, err);
    tar->failed = lab_io_sync(tar->fd);
    int closed = lab_io_close(tar->fd);
    tar->fd = -1;
    tar->failed = tar->failed ? tar->failed : closed;
    if (tar->failed)
        return fail(tar, err);
    return plat_rename(tar->part, tar->path, err);
}

int lab_support_tar_close(struct lab_support_tar *tar,
                          bool good,
                          uint64_t *bytes,
                          struct lab_error *err)
{
    LAB_AUTOFREE char *part = lab_strdup(tar->part);
    int rc = good ? finish(tar, err) : 0;
    *bytes = tar->bytes;
    tar->failed = tar->failed ? tar->failed : rc || !good; /* nothing more is written */
    tar_free(tar);
    if (rc || !good)
        plat_remove(part, NULL);
    return rc;
}
