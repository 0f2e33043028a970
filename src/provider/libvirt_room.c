/* How much of the host's disks a lab of libvirt's VMs takes. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/libvirt_impl.h"

enum { SEED_BYTES = 1 << 20, OVERLAY_BYTES = 1 << 20 }; /* both are somewhat less */

/* Names in the pool of base images; none when there is no such pool yet. */
static int imported(struct lab_libvirt *lv, struct lab_libvirt_names *out, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_libvirt_volumes(lv, LAB_POOL_IMAGES, out, &why) == 0 ||
        strstr(why.message, "failed to get pool"))
        return 0;
    lab_error_move(err, &why);
    return -1;
}

static bool is_imported(const struct lab_libvirt_names *names, const struct lab_demand_image *image)
{
    LAB_VEC_FOREACH (name, &names->list)
        if (*image->sha256 && lab_starts_with(*name, image->sha256) && lab_ends_with(*name, ".ok"))
            return true;
    return false;
}

static int count_images(struct lab_libvirt *lv,
                        const struct lab_demand *demand,
                        struct lab_place *place,
                        struct lab_error *err)
{
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    bool any = false;
    LAB_VEC_FOREACH (image, &demand->images)
        any = any || (image->wanted && image->path);
    if (!any)
        return 0;
    if (imported(lv, &names, err) != 0)
        return -1;
    LAB_VEC_FOREACH (image, &demand->images) {
        struct plat_stat st;
        if (image->wanted && image->path && !is_imported(&names, image) &&
            plat_stat(image->path, &st) == 0)
            place->now += st.size;
    }
    return 0;
}

/* QEMU's user owns the disk, but its folder lets anybody ask for the size. */
static uint64_t disk_now(const struct lab_libvirt *lv, const char *name)
{
    LAB_AUTOFREE char *file = lab_format("%s/%s.qcow2", lv->pools[LAB_POOL_LAB].path, name);
    struct plat_stat st;
    return plat_stat(file, &st) == 0 ? st.size : 0;
}

int lab_libvirt_room(struct lab_provider *p,
                     const struct lab_demand *demand,
                     struct lab_places *out,
                     struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    out->elsewhere = lv->remote;
    if (lv->remote)
        return 0;
    struct lab_place *images = lab_places_add(out, lv->pools[LAB_POOL_IMAGES].path, "images");
    if (count_images(lv, demand, images, err) != 0)
        return -1;
    struct lab_place *disks =
        lab_places_add(out, lv->pools[LAB_POOL_LAB].path, lab_tr("disks and media"));
    bool any = false;
    LAB_VEC_FOREACH (node, &demand->nodes) {
        uint64_t used = node->made ? disk_now(lv, node->name) : 0;
        any = any || !node->made;
        disks->now += node->made ? 0 : OVERLAY_BYTES + SEED_BYTES;
        disks->later += node->disk_bytes > used ? node->disk_bytes - used : 0;
    }
    disks->now += any ? demand->payload_bytes : 0;
    return 0;
}
