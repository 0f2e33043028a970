#include "disk/writer.h"

#include <uv.h>

#include "base/io.h"

static int failed(const struct lab_disk_writer *writer, int why, struct lab_error *err)
{
    lab_fail(err, LAB_HOST, "cannot write the image '%s': %s", writer->path, uv_strerror(why));
    if (why == UV_ENOSPC)
        return lab_error_hint(err, "make room for it, or write it to another disk");
    if (why == UV_EFBIG)
        return lab_error_hint(err, "this file system holds no file of that size; use another one");
    return lab_error_hint(err, "check that its folder can be written");
}

int lab_disk_write(struct lab_disk_writer *writer,
                   uint64_t offset,
                   const void *bytes,
                   size_t n,
                   struct lab_error *err)
{
    int rc = lab_io_write_all(writer->fd, bytes, n, (int64_t)offset);
    writer->written += n;
    return rc < 0 ? failed(writer, rc, err) : 0;
}

int lab_disk_write_size(struct lab_disk_writer *writer, uint64_t size, struct lab_error *err)
{
    int rc = lab_io_resize(writer->fd, (int64_t)size);
    return rc < 0 ? failed(writer, rc, err) : 0;
}
