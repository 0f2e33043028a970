#include "media/iso_priv.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"

#define PER_FILE_BYTES 1024                /* directory records, both trees */
#define FIXED_BYTES    ((uint64_t)1 << 20) /* descriptors, path tables, padding, SHA256SUMS */

int lab_iso_spool_dir(const char *dir, struct lab_error *err)
{
    return plat_set_temp_dir(dir, err);
}

/* libarchive asks the system as plat_temp_dir() does. */
char *lab_iso_spool(void)
{
    return plat_temp_dir();
}

uint64_t lab_iso_data_bytes(const struct lab_iso *iso)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < iso->files.len; i++)
        sum += (iso->files.items[i].size + LAB_ISO_SECTOR - 1) / LAB_ISO_SECTOR * LAB_ISO_SECTOR;
    return sum;
}

uint64_t lab_iso_image_bytes(const struct lab_iso *iso)
{
    return lab_iso_data_bytes(iso) + iso->files.len * PER_FILE_BYTES + FIXED_BYTES;
}

static int too_full(const char *path,
                    const char *dir,
                    const char *what,
                    uint64_t need,
                    uint64_t available,
                    struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str needed = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str there = LAB_STR_INIT;
    lab_put_size(&needed, need);
    lab_put_size(&there, available);
    lab_fail(err, LAB_HOST, "cannot write the image '%s': %s in '%s' needs %s, and %s are free",
             path, what, dir, lab_str_get(&needed), lab_str_get(&there));
    return lab_error_hint(err, "make room in '%s'", dir);
}

/* Two folders with the same number of free bytes are taken for the same file system: then the spool
 * and the image need room side by side. */
int lab_iso_check_room(const struct lab_iso *iso, const char *path, struct lab_error *err)
{
    struct plat_stat st;
    LAB_AUTOFREE char *spool = lab_iso_spool();
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    uint64_t in_spool, in_dir;
    if (plat_stat(spool, &st) < 0 || !st.is_dir) {
        lab_fail(err, LAB_HOST,
                 "cannot write the image '%s': there is no folder '%s' for its temporary copy",
                 path, spool);
        return lab_error_hint(err, "make the folder, or set TMPDIR to another one");
    }
    if (plat_free_space(spool, &in_spool, err) < 0 || plat_free_space(dir, &in_dir, err) < 0)
        return lab_error_wrap(err, "cannot write the image '%s'", path);
    uint64_t data = lab_iso_data_bytes(iso);
    uint64_t image = lab_iso_image_bytes(iso);
    if (in_spool == in_dir)
        return in_dir < data + image
                   ? too_full(path, dir, lab_tr("the image with its temporary copy"), data + image,
                              in_dir, err)
                   : 0;
    if (in_spool < data)
        return too_full(path, spool, lab_tr("its temporary copy"), data, in_spool, err);
    return in_dir < image ? too_full(path, dir, lab_tr("the image"), image, in_dir, err) : 0;
}
