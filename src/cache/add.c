#include "cache/cache_priv.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "state/state.h"

enum { LOOK_AGAIN_MS = 500 };

struct lab_cache_slot {
    char *name, *part, *stem; /* stem: of part and lock */
    struct plat_lock *lock;
};

/* --- locks --------------------------------------------------------------------------------------
 */

int lab_cache_lock(struct plat_lock **out,
                   const char *path,
                   const char *holder,
                   struct lab_error *err)
{
    LAB_AUTOFREE char *file = lab_format("%s" LAB_CACHE_LOCK, path);
    for (bool said = false;; said = true) {
        LAB_AUTO_ERROR struct lab_error held = LAB_ERROR_INIT;
        if (plat_lock_take(out, file, holder, &held) == 0)
            return 0;
        if (held.code != LAB_CONFLICT) {
            lab_error_move(err, &held);
            return -1;
        }
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while another labctl works on '%s'",
                            path);
        if (!said)
            lab_log("waiting: %s", held.message);
        uv_sleep(LOOK_AGAIN_MS);
    }
}

/* Whoever opened the file meanwhile sees that it is gone, and looks again. */
void lab_cache_unlock(struct plat_lock *lock, const char *path)
{
    LAB_AUTOFREE char *file = lab_format("%s" LAB_CACHE_LOCK, path);
    if (lock)
        plat_remove(file, NULL); /* an empty file that stays harms nobody */
    plat_lock_drop(lock);
}

int lab_cache_lock_names(struct plat_lock **out, struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_cache_path("names");
    return lab_cache_lock(out, path, "labctl names an image", err);
}

void lab_cache_unlock_names(struct plat_lock *lock)
{
    LAB_AUTOFREE char *path = lab_cache_path("names");
    lab_cache_unlock(lock, path);
}

/* Small files are written in a moment, without a lock: a minute later, nobody writes them any more.
 */
static void sweep_small(const char *file)
{
    struct plat_stat st;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *part = lab_cache_path("%s", file);
    if (plat_lstat(part, &st) == 0 && plat_wall_ms() - st.mtime_ns / 1000000 > 60 * 1000 &&
        plat_remove(part, &why))
        lab_log("%s", why.message);
}

static int sweep_one(void *arg, const char *file)
{
    (void)arg;
    if (!lab_ends_with(file, LAB_CACHE_PART))
        return 0;
    if (lab_ends_with(file, LAB_CACHE_SUM LAB_CACHE_PART) ||
        lab_ends_with(file, LAB_CACHE_USED LAB_CACHE_PART)) {
        sweep_small(file);
        return 0;
    }
    struct plat_lock *lock = NULL;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *part = lab_cache_path("%s", file);
    LAB_AUTOFREE char *stem = lab_strndup(part, strlen(part) - strlen(LAB_CACHE_PART));
    LAB_AUTOFREE char *lock_file = lab_format("%s" LAB_CACHE_LOCK, stem);
    if (plat_lock_take(&lock, lock_file, "labctl cleans up", &why) == 0)
        plat_remove(part, &why);
    if (why.code != LAB_OK && why.code != LAB_CONFLICT)
        lab_log("%s", why.message);
    lab_cache_unlock(lock, stem);
    return 0;
}

void lab_cache_sweep(void)
{
    LAB_AUTOFREE char *dir = lab_cache_dir();
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (lab_file_exists(dir) && plat_list_dir(dir, sweep_one, NULL, &ignored))
        lab_log("%s", ignored.message);
}

/* --- a new image --------------------------------------------------------------------------------
 */

int lab_cache_begin(struct lab_cache_slot **out, const char *name, struct lab_error *err)
{
    if (lab_cache_make_dir(err))
        return -1;
    lab_cache_sweep();
    struct lab_cache_slot *slot = lab_alloc(sizeof(*slot));
    slot->name = lab_strdup(name);
    slot->stem = lab_cache_path("get-%s", name);
    slot->part = lab_format("%s" LAB_CACHE_PART, slot->stem);
    if (lab_cache_lock(&slot->lock, slot->stem, "labctl gets an image", err) ||
        plat_remove(slot->part, err)) {
        lab_cache_end(slot);
        return -1;
    }
    *out = slot;
    return 0;
}

const char *lab_cache_part(const struct lab_cache_slot *slot)
{
    return slot->part;
}

void lab_cache_end(struct lab_cache_slot *slot)
{
    if (!slot)
        return;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (slot->lock && plat_remove(slot->part, &why))
        lab_log("%s", why.message);
    lab_cache_unlock(slot->lock, slot->stem);
    free(slot->name);
    free(slot->part);
    free(slot->stem);
    free(slot);
}

/* One more name of a file. Not every file system has that: -1. */
static int link_file(const char *from, const char *to)
{
    uv_fs_t request;
    int rc = uv_fs_link(NULL, &request, from, to, NULL);
    uv_fs_req_cleanup(&request);
    return rc;
}

static int taken(const struct lab_cached *other, struct lab_error *err)
{
    lab_fail(err, LAB_CONFLICT, "another image is called '%s' (SHA-256 %.*s…)", other->name,
             LAB_CACHE_DIGITS, other->sha256);
    return lab_error_hint(err,
                          "give this one another name with --name, or first remove that one: "
                          "labctl image rm %s",
                          other->name);
}

static int publish(const struct lab_cache *cache,
                   const struct lab_cache_slot *slot,
                   const char *sha256,
                   bool any_name,
                   char **path,
                   struct lab_error *err)
{
    const struct lab_cached *other = lab_cache_find(cache, slot->name);
    bool is_taken = other && other->name && strcmp(other->sha256, sha256) != 0;
    if (is_taken && !any_name)
        return taken(other, err);
    LAB_AUTOFREE char *final =
        is_taken ? lab_cache_path("%s-%s-%.*s", sha256, slot->name, LAB_CACHE_DIGITS, sha256)
                 : lab_cache_path("%s-%s", sha256, slot->name);
    if (plat_rename(slot->part, final, err))
        return -1;
    lab_digest_put(final, sha256);
    *path = lab_steal(&final);
    return 0;
}

int lab_cache_finish(struct lab_cache_slot *slot,
                     const char *sha256,
                     bool any_name,
                     char **path,
                     struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    struct plat_lock *lock;
    if (plat_fsync_file(slot->part, err) || lab_cache_lock_names(&lock, err))
        return -1;
    int rc = lab_cache_read(&cache, err);
    if (rc == 0)
        rc = publish(&cache, slot, sha256, any_name, path, err);
    lab_cache_unlock_names(lock);
    return rc;
}

static int give_name(const struct lab_cached *image, const char *name, struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    if (lab_cache_read(&cache, err))
        return -1;
    LAB_VEC_FOREACH (e, &cache.list)
        if (e->name && strcmp(e->name, name) == 0)
            return strcmp(e->sha256, image->sha256) == 0 ? 0 : taken(e, err);
    LAB_AUTOFREE char *to = lab_cache_path("%s-%s", image->sha256, name);
    int rc = link_file(image->path, to);
    if (rc == 0)
        return 0;
    lab_fail(err, LAB_HOST, "cannot give the image '%s' the second name '%s': %s", image->name,
             name, uv_strerror(rc));
    return lab_error_hint(err, "write image:%s in lab.yaml", image->name);
}

int lab_cache_name(const struct lab_cached *image, const char *name, struct lab_error *err)
{
    struct plat_lock *lock;
    if (lab_cache_lock_names(&lock, err))
        return -1;
    int rc = give_name(image, name, err);
    lab_cache_unlock_names(lock);
    return rc;
}

void lab_cache_touch(const char *sha256)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_cache_path("%s" LAB_CACHE_USED, sha256);
    int rc = lab_cache_read(&cache, &why);
    if (rc == 0 && lab_cache_by_digest(&cache, sha256))
        rc = lab_file_replace(path, "", 0, 0600, &why);
    if (rc)
        lab_log("%s", why.message); /* only the time of the last use is lost */
}
