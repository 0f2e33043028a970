#include "bundle/part.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"
#include "bundle/tree.h"

static bool is_bundle(const char *path)
{
    struct plat_stat st;
    LAB_AUTOFREE char *manifest = lab_path_join(path, LAB_MANIFEST_NAME);
    LAB_AUTOFREE char *sums = lab_path_join(path, LAB_SUMS_NAME);
    return plat_lstat(path, &st) == 0 && st.is_dir && !st.is_link && lab_file_exists(manifest) &&
           lab_file_exists(sums);
}

/* *there: it is a bundle. */
static int check_out(const char *out, bool *there, struct lab_error *err)
{
    struct plat_stat st;
    *there = is_bundle(out);
    if (*there || plat_lstat(out, &st) < 0)
        return 0;
    lab_fail(err, LAB_CONFLICT, "'%s' is there already, and is no bundle", out);
    return lab_error_hint(err, "name another folder with -o DIR, or move that one away");
}

static int on_name(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = false;
    return 1;
}

static int check_part(const char *part, struct lab_error *err)
{
    struct plat_stat st, work_st;
    LAB_AUTOFREE char *work = lab_path_join(part, LAB_PART_WORK);
    bool is_empty = true;
    if (plat_lstat(part, &st) < 0 || is_bundle(part))
        return 0;
    if (st.is_dir && !st.is_link) {
        if (plat_lstat(work, &work_st) == 0 && work_st.is_dir && !work_st.is_link)
            return 0;
        if (plat_list_dir(part, on_name, &is_empty, err) < 0)
            return -1;
        if (is_empty)
            return 0;
    }
    lab_fail(err, LAB_CONFLICT, "'%s' is in the way: labctl did not make it", part);
    return lab_error_hint(err, "move it away, or name another folder with -o DIR");
}

int lab_part_open(struct lab_part_dir *dir,
                  const char *out,
                  const char *verb,
                  struct lab_error *err)
{
    bool there;
    dir->out = plat_absolute(out);
    size_t n = strlen(dir->out);
    while (n > 1 && plat_is_separator(dir->out[n - 1]))
        dir->out[--n] = '\0';
    dir->part = lab_format("%s.part", dir->out);
    LAB_AUTOFREE char *work = lab_path_join(dir->part, LAB_PART_WORK);
    LAB_AUTOFREE char *lock = lab_path_join(work, "lock");
    LAB_AUTOFREE char *holder = lab_format("labctl bundle %s, process %lu", verb, plat_pid());
    if (check_out(dir->out, &there, err) < 0 || check_part(dir->part, err) < 0 ||
        plat_mkdirs(work, 0755, err) < 0)
        return -1;
    if (plat_lock_take(&dir->held, lock, holder, err) < 0)
        return lab_error_wrap(err, "cannot make the bundle '%s'", dir->out);
    return 0;
}

int lab_part_clean(const struct lab_part_dir *dir,
                   bool (*keep)(const void *arg, const char *path),
                   const void *arg,
                   struct lab_error *err)
{
    LAB_AUTO_TREE struct lab_tree tree = {{0}};
    if (lab_tree_read(&tree, dir->part, err) < 0)
        return -1;
    LAB_VEC_FOREACH (f, &tree.files) {
        LAB_AUTOFREE char *full = lab_path_join(dir->part, f->path);
        if (!lab_starts_with(f->path, LAB_PART_WORK "/") && !(keep && keep(arg, f->path)) &&
            plat_remove_tree(full, err) < 0)
            return -1;
    }
    return 0;
}

int lab_part_finish(struct lab_part_dir *dir, struct lab_error *err)
{
    LAB_AUTOFREE char *work = lab_path_join(dir->part, LAB_PART_WORK);
    plat_lock_drop(dir->held); /* Windows removes no file that is open */
    dir->held = NULL;
    return plat_remove_tree(work, err);
}

int lab_part_put_in_place(const struct lab_part_dir *dir, struct lab_error *err)
{
    LAB_AUTOFREE char *old = lab_format("%s.old", dir->out);
    LAB_AUTO_ERROR struct lab_error cleanup = LAB_ERROR_INIT;
    bool there, old_there;
    if (check_out(dir->out, &there, err) < 0 || check_out(old, &old_there, err) < 0)
        return -1;
    if (there && old_there && plat_remove_tree(old, err) < 0)
        return -1;
    if (there && plat_rename(dir->out, old, err) < 0)
        return -1;
    if (plat_rename(dir->part, dir->out, err) < 0)
        return -1;
    if (plat_remove_tree(old, &cleanup) < 0)
        lab_log("%s", cleanup.message);
    return 0;
}

void lab_part_close(struct lab_part_dir *dir)
{
    plat_lock_drop(dir->held);
    free(dir->out);
    free(dir->part);
    *dir = (struct lab_part_dir){0};
}
