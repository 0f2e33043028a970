/* Whether an image can be a node's disk: what src/disk reads, as long as one file is all of it,
 * since that file's digest stands for it. */
#include "spec/spec.h"

#include "disk/disk.h"

static int check_whole(const struct lab_disk *disk, const char *path, struct lab_error *err)
{
    if (!lab_disk_file(disk, 1))
        return 0;
    if (lab_disk_info(disk)->backing)
        lab_fail(err, LAB_USAGE, "the image '%s' has a backing file, so it is not a whole disk",
                 path);
    else
        lab_fail(err, LAB_USAGE, "the image '%s' keeps its data in other files", path);
    return lab_error_hint(err, "make one file of it (labctl image convert --format raw)");
}

int lab_image_inspect(const char *path,
                      enum lab_image_format *format,
                      uint64_t *virtual_size,
                      struct lab_error *err)
{
    static const enum lab_image_format formats[] = {
        [LAB_DISK_RAW] = LAB_IMAGE_RAW,
        [LAB_DISK_QCOW2] = LAB_IMAGE_QCOW2,
        [LAB_DISK_VMDK] = LAB_IMAGE_VMDK,
        [LAB_DISK_OVA] = LAB_IMAGE_OVA,
    };
    struct lab_disk *disk = NULL;
    if (lab_disk_open(&disk, path, err) < 0)
        return -1;
    int rc = check_whole(disk, path, err);
    if (rc == 0) {
        *format = formats[lab_disk_info(disk)->format];
        *virtual_size = lab_disk_info(disk)->size;
    }
    lab_disk_close(disk);
    return rc;
}
