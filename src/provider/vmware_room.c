/* How much of the host's disks a lab of VMware VMs takes. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "cache/cache.h"
#include "disk/disk.h"
#include "platform.h"
#include "provider/vmware_impl.h"

/* The bytes of an image that are not known to be zeros: that many its sparse copies take. Packed
 * images grow by it, so the size of their file would tell too little. */
static int data_bytes(const char *path, uint64_t *bytes, struct lab_error *err)
{
    struct lab_disk *disk;
    int rc = 0;
    *bytes = 0;
    if (lab_disk_open(&disk, path, err) != 0)
        return -1;
    uint64_t size = lab_disk_info(disk)->size;
    struct lab_disk_extent extent;
    for (uint64_t at = 0; rc == 0 && at < size; at += extent.length) {
        rc = lab_disk_map(disk, at, &extent, err);
        if (rc == 0 && !extent.zero)
            *bytes += extent.length;
    }
    lab_disk_close(disk);
    return rc;
}

static bool is_imported(const char *dir, const struct lab_demand_image *image)
{
    LAB_AUTOFREE char *file = lab_format("%s/%s.vmdk", dir, image->sha256);
    return *image->sha256 && lab_file_exists(file);
}

struct adding {
    const char *folder, *name;
    uint64_t bytes;
};

static int add_disk(void *arg, const char *file)
{
    struct adding *a = arg;
    LAB_AUTOFREE char *path = lab_path_join(a->folder, file);
    struct plat_stat st;
    if (lab_vmware_is_disk(a->name, file) && plat_stat(path, &st) == 0)
        a->bytes += st.size;
    return 0;
}

/* With what its snapshots hold. */
static uint64_t disk_now(const struct lab_vmware *vw, const char *name)
{
    LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
    LAB_AUTOFREE char *folder = lab_path_join(vw->vms, name);
    struct adding a = {folder, name, 0};
    if (!lab_file_exists(folder) || plat_list_dir(folder, add_disk, &a, &gone) != 0)
        return 0;
    return a.bytes;
}

int lab_vmware_room(struct lab_provider *p,
                    const struct lab_demand *demand,
                    struct lab_places *out,
                    struct lab_error *err)
{
    const struct lab_vmware *vw = p->impl;
    LAB_AUTOFREE uint64_t *data = lab_calloc(demand->images.len + 1, sizeof(*data));
    LAB_AUTOFREE char *dir = lab_cache_dir();
    struct lab_place *images = lab_places_add(out, dir, lab_tr("images as VMDK"));
    for (size_t i = 0; i < demand->images.len; i++) {
        const struct lab_demand_image *image = &demand->images.items[i];
        if (!image->wanted || !image->path)
            continue;
        if (data_bytes(image->path, &data[i], err) != 0)
            return -1;
        images->now += is_imported(dir, image) ? 0 : data[i];
    }
    struct lab_place *disks = lab_places_add(out, vw->vms, "disks");
    LAB_VEC_FOREACH (node, &demand->nodes) {
        uint64_t used = node->made ? disk_now(vw, node->name) : data[node->image];
        disks->now += node->made ? 0 : used;
        disks->later += node->disk_bytes > used ? node->disk_bytes - used : 0;
    }
    return 0;
}
