#include "disk/disk_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "platform.h"

int lab_disk_refuse(struct lab_error *err, const char *path, const char *hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *what = lab_vtr(fmt, ap);
    va_end(ap);
    lab_fail(err, LAB_USAGE, "the image '%s' %s", path, what);
    return hint ? lab_error_hint(err, "%s", lab_tr(hint)) : -1;
}

int lab_disk_damaged(struct lab_error *err, const char *path, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *what = lab_vtr(fmt, ap);
    va_end(ap);
    lab_fail(err, LAB_INTEGRITY, "the image '%s' is damaged: %s", path, what);
    return lab_error_hint(err, "was the download cut short? fetch the image again");
}

int lab_disk_source_open(struct lab_disk_source **out, const char *path, struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(path, &st) < 0)
        return lab_fail(err, LAB_HOST, "the image '%s' does not exist", path);
    if (st.is_dir)
        return lab_disk_refuse(err, path, NULL, "is a folder, not a file");
    if (!st.is_file)
        return lab_disk_refuse(err, path, NULL, "is a device or a pipe, not a file");
    int fd = lab_io_open(path, err);
    if (fd < 0)
        return -1;
    struct lab_disk_source *source = lab_alloc(sizeof(*source));
    *source = (struct lab_disk_source){.fd = fd, .path = lab_strdup(path), .size = st.size};
    *out = source;
    return 0;
}

void lab_disk_source_close(struct lab_disk_source *source)
{
    if (!source)
        return;
    lab_io_close(source->fd);
    free(source->path);
    free(source);
}

static int
failed(const struct lab_disk_source *source, uint64_t offset, int64_t why, struct lab_error *err)
{
    lab_fail(err, LAB_HOST, "cannot read '%s' at offset %llu: %s", source->path,
             (unsigned long long)(source->start + offset), uv_strerror((int)why));
    return lab_error_hint(err, "check the disk or share that holds it");
}

int lab_disk_source_some(const struct lab_disk_source *source,
                         uint64_t offset,
                         void *bytes,
                         size_t n,
                         size_t *got,
                         struct lab_error *err)
{
    uint64_t left = offset < source->size ? source->size - offset : 0;
    *got = left < n ? (size_t)left : n;
    int rc = lab_io_read_all(source->fd, bytes, *got, (int64_t)(source->start + offset));
    return rc < 0 ? failed(source, offset, rc, err) : 0;
}

int lab_disk_source_read(const struct lab_disk_source *source,
                         uint64_t offset,
                         void *bytes,
                         size_t n,
                         struct lab_error *err)
{
    if (offset > source->size || n > source->size - offset)
        return lab_disk_damaged(err, source->path,
                                "it refers to %zu bytes at offset %llu, but ends at %llu", n,
                                (unsigned long long)offset, (unsigned long long)source->size);
    size_t got;
    return lab_disk_source_some(source, offset, bytes, n, &got, err);
}

void lab_disk_source_map(const struct lab_disk_source *source,
                         uint64_t offset,
                         uint64_t n,
                         struct lab_disk_extent *out)
{
    uint64_t from, to, at = source->start + offset;
    plat_next_data(source->fd, at, at + n, &from, &to);
    out->zero = from > at;
    out->length = (out->zero ? from : to) - at;
}
