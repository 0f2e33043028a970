#include "cache/cache_priv.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "state/state.h"

enum { SUM_FILE_MAX = 4096 };

/* "DIGEST  FILE": what the file's bytes were when it was made. */
static int write_sum(const char *path, const char *sum, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    if (lab_sha256_file(path, hex, NULL, err))
        return -1;
    LAB_AUTOFREE char *line = lab_format("%s  %s\n", hex, lab_path_base(path));
    return lab_file_replace(sum, line, strlen(line), 0600, err);
}

static bool sum_is(const char *path, const char *hex)
{
    LAB_AUTOFREE char *sum = lab_format("%s" LAB_CACHE_SUM, path);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    return lab_file_read(sum, SUM_FILE_MAX, &text, &ignored) == 0 &&
           strncmp(lab_str_get(&text), hex, LAB_SHA256_HEX - 1) == 0;
}

/* Read again only when the file looks changed. */
static int is_sound(const char *path, bool *sound, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    *sound = false;
    if (!lab_file_exists(path))
        return 0;
    if (lab_digest_file(path, hex, err))
        return -1;
    *sound = sum_is(path, hex);
    if (!*sound)
        lab_log("'%s' is not what was made; it is made again", path);
    return 0;
}

static int make(const struct lab_disk_job *job, struct lab_error *err)
{
    struct lab_disk_result result;
    LAB_AUTOFREE char *sum = lab_format("%s" LAB_CACHE_SUM, job->target);
    /* A sum without its file, or a file without its sum, is made again. */
    if (plat_remove(sum, err) || lab_disk_convert(job, &result, err))
        return -1;
    return write_sum(job->target, sum, err);
}

static int make_once(const struct lab_disk_job *job, struct lab_error *err)
{
    struct plat_lock *lock;
    bool sound;
    if (lab_cache_lock(&lock, job->target, "labctl converts an image", err))
        return -1;
    int rc = is_sound(job->target, &sound, err);
    if (rc == 0 && !sound)
        rc = make(job, err);
    lab_cache_unlock(lock, job->target);
    return rc;
}

int lab_cache_make(const char *source,
                   const char *sha256,
                   enum lab_disk_target target,
                   lab_cache_progress *progress,
                   void *arg,
                   char **path,
                   struct lab_error *err)
{
    LAB_AUTOFREE char *file =
        lab_cache_path("%s.%s", sha256, target == LAB_DISK_TO_RAW ? "raw" : "vmdk");
    const struct lab_disk_job job = {.source = source,
                                     .target = file,
                                     .format = target,
                                     .mode = 0600,
                                     .expected = sha256,
                                     .progress = progress,
                                     .progress_arg = arg};
    if (lab_cache_make_dir(err))
        return -1;
    lab_cache_sweep();
    if (make_once(&job, err))
        return -1;
    *path = lab_steal(&file);
    return 0;
}

static int remove_made(const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *sum = lab_format("%s" LAB_CACHE_SUM, path);
    return plat_remove(path, err) || plat_remove(sum, err) ? -1 : 0;
}

int lab_cache_check_made(const struct lab_cached_made *made,
                         bool *sound,
                         lab_cache_progress *progress,
                         void *arg,
                         struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    struct plat_lock *lock;
    if (lab_cache_lock(&lock, made->path, "labctl verifies an image", err))
        return -1;
    int rc = lab_cache_copy(made->path, NULL, hex, progress, arg, err);
    if (rc == 0) {
        *sound = sum_is(made->path, hex);
        rc = *sound ? 0 : remove_made(made->path, err);
    }
    lab_cache_unlock(lock, made->path);
    return rc;
}

int lab_cache_remove_made(const struct lab_cached_made *made, struct lab_error *err)
{
    struct plat_lock *lock;
    if (!made->path)
        return 0;
    LAB_AUTOFREE char *file = lab_format("%s" LAB_CACHE_LOCK, made->path);
    if (plat_lock_take(&lock, file, "labctl removes an image", err))
        return -1;
    int rc = remove_made(made->path, err);
    lab_cache_unlock(lock, made->path);
    return rc;
}
