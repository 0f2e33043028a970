#include "bundle/hash.h"

#include <uv.h>

#include "base/io.h"
#include "base/work.h"

void lab_meter_add(struct lab_meter_sum *meter, uint64_t bytes)
{
    meter->done += bytes;
    if (meter->fn)
        meter->fn(meter->arg, meter->done, meter->total);
}

int lab_bundle_hash(const char *path,
                    char hex[LAB_SHA256_HEX],
                    struct lab_meter_sum *meter,
                    struct lab_error *err)
{
    enum { BLOCK = 1 << 20 };
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    int fd = lab_io_open(path, err), rc = 0;
    if (fd < 0)
        return -1;
    struct lab_sha256 *hash = lab_sha256_new();
    for (int64_t n = 1; rc == 0 && n > 0;) {
        n = lab_io_read(fd, bytes, BLOCK, -1);
        if (n < 0)
            rc = lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror((int)n));
        else if (lab_work_cancelled())
            rc = lab_fail(err, LAB_CANCELLED, "interrupted while reading '%s'", path);
        if (n > 0) {
            lab_sha256_add(hash, bytes, (size_t)n);
            lab_meter_add(meter, (uint64_t)n);
        }
    }
    lab_sha256_end(hash, hex);
    lab_io_close(fd);
    return rc;
}
