#include "cache/cache_priv.h"

#include <string.h>

static int remove_last(const struct lab_cached *image, struct lab_error *err)
{
    LAB_AUTOFREE char *used = lab_cache_path("%s" LAB_CACHE_USED, image->sha256);
    /* what was made first: it is of no use without its image, but not the other way round */
    return lab_cache_remove_made(&image->vmdk, err) || lab_cache_remove_made(&image->raw, err) ||
                   (image->path && plat_remove(image->path, err)) || plat_remove(used, err)
               ? -1
               : 0;
}

static int remove_name(const struct lab_cached *image, struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    if (lab_cache_read(&cache, err))
        return -1;
    LAB_VEC_FOREACH (e, &cache.list)
        if (image->path && e->path && strcmp(e->sha256, image->sha256) == 0 &&
            strcmp(e->path, image->path) != 0)
            return plat_remove(image->path, err);
    return remove_last(image, err);
}

int lab_cache_remove(const struct lab_cached *image, struct lab_error *err)
{
    struct plat_lock *lock;
    if (lab_cache_lock_names(&lock, err))
        return -1;
    int rc = remove_name(image, err);
    lab_cache_unlock_names(lock);
    return rc;
}
