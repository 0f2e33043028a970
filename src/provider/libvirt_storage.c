/* Base images and media: which file becomes which volume. */
#include <stdlib.h>
#include <string.h>

#include "provider/libvirt_impl.h"

enum { DIGEST_IN_NAME = 16 };

int lab_libvirt_import_base(struct lab_provider *p,
                            const char *path,
                            const char *sha256,
                            enum lab_image_format format,
                            const struct lab_progress *progress,
                            char **ref,
                            struct lab_error *err)
{
    if (format != LAB_IMAGE_QCOW2 && format != LAB_IMAGE_RAW)
        return lab_fail(
            err, LAB_INTERNAL,
            "image '%s' is neither qcow2 nor raw and was not converted before the import", path);
    const struct lab_libvirt_upload u = {
        .pool = LAB_POOL_IMAGES,
        .stem = sha256,
        .suffix = format == LAB_IMAGE_QCOW2 ? ".qcow2" : ".raw",
        .file = path,
        .progress = progress,
    };
    return lab_libvirt_upload(p->impl, &u, ref, err);
}

int lab_libvirt_put_medium(struct lab_provider *p,
                           const char *name,
                           const char *path,
                           const char *sha256,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err)
{
    LAB_AUTOFREE char *stem = lab_format("%s.%.*s", name, DIGEST_IN_NAME, sha256);
    const struct lab_libvirt_upload u = {
        .pool = LAB_POOL_LAB,
        .stem = stem,
        .suffix = ".iso",
        .file = path,
        .progress = progress,
    };
    return lab_libvirt_upload(p->impl, &u, ref, err);
}

/* NAME.DIGEST-TOKEN.iso of any digest. */
static bool is_medium(const char *volume, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(volume, name, n) != 0 || volume[n] != '.' ||
        strspn(volume + n + 1, "0123456789abcdef") != DIGEST_IN_NAME)
        return false;
    LAB_AUTOFREE char *stem = lab_strndup(volume, n + 1 + DIGEST_IN_NAME);
    return lab_libvirt_is_upload(volume, stem, ".iso");
}

int lab_libvirt_remove_medium(struct lab_provider *p, const char *name, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    bool there;
    if (lab_libvirt_pool_open(lv, LAB_POOL_LAB, &there, err) != 0)
        return -1;
    if (!there)
        return 0;
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    if (lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    /* Marks sort behind their volumes, so they go first: a mark alone would say "complete". */
    for (size_t i = names.list.len; i-- > 0;) {
        const char *volume = names.list.items[i];
        if (is_medium(volume, name) &&
            lab_libvirt_volume_delete(lv, LAB_POOL_LAB, volume, err) != 0)
            return -1;
    }
    return 0;
}
