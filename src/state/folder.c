#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/time.h"
#include "state/internal.h"
#include "state/schema.h"

int lab_folder_check(const char *dir, struct lab_error *err)
{
    struct plat_stat st;
    if (plat_lstat(dir, &st))
        return 0;
    if (!st.is_link && st.is_dir)
        return 0;
    if (st.is_link)
        lab_fail(err, LAB_CONFLICT, "'%s' is a symbolic link, not a folder that labctl made", dir);
    else
        lab_fail(err, LAB_CONFLICT, "'%s' is a file, not a folder that labctl made", dir);
    return lab_error_hint(
        err, "remove it, or give the lab another name; to keep labs on another disk, set "
             "LABCTL_HOME");
}

struct linked {
    const char *dir;
    char *path;
};

static int find_link(void *arg, const char *name)
{
    struct linked *l = arg;
    LAB_AUTOFREE char *path = lab_path_join(l->dir, name);
    struct plat_stat st;
    if (strcmp(name, LAB_STATE_FILE) == 0 || plat_lstat(path, &st) || !st.is_link)
        return 0; /* a linked ledger gets words of its own */
    l->path = lab_steal(&path);
    return 1;
}

int lab_folder_check_links(const char *dir, struct lab_error *err)
{
    struct linked l = {dir, NULL};
    if (plat_list_dir(dir, find_link, &l, err))
        return -1;
    LAB_AUTOFREE char *path = l.path;
    if (!path)
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "'%s' is a symbolic link, which labctl did not make and does not follow", path);
    return lab_error_hint(err,
                          "put what it leads to in its place; to keep labs on another disk, set "
                          "LABCTL_HOME (or vm_dir for VMware's VMs)");
}

bool lab_folder_has_ledger(const char *dir)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_STATE_FILE);
    struct plat_stat st;
    return plat_lstat(path, &st) == 0;
}

static char *holder_text(const char *command)
{
    LAB_AUTO_STR struct lab_str since = LAB_STR_INIT;
    lab_put_time(&since, plat_wall_ms());
    LAB_AUTOFREE char *user = plat_user_name();
    return lab_format("labctl %s (pid %lu, user %s) since %s",
                      command && *command ? command : "(no command)", plat_pid(),
                      user ? user : "unknown", lab_str_get(&since));
}

int lab_folder_lock(struct plat_lock **out,
                    const char *dir,
                    const char *command,
                    struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_STATE_LOCK);
    LAB_AUTOFREE char *holder = holder_text(command);
    return plat_lock_take(out, path, holder, err);
}

/* A power cut must not take the folder away from under a ledger that was reported as written. Not
 * every system can sync a folder; those that cannot need not be asked. */
static void sync_folder(const char *dir)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (plat_fsync_file(dir, &err))
        lab_log("%s", err.message);
}

void lab_folder_sync(const char *dir)
{
    LAB_AUTOFREE char *labs = lab_path_dir(dir);
    LAB_AUTOFREE char *home = lab_path_dir(labs);
    LAB_AUTOFREE char *above = lab_path_dir(home);
    sync_folder(labs);
    sync_folder(home);
    sync_folder(above);
}

static bool is_kept(const char *name)
{
    if (strcmp(name, LAB_STATE_LOCK) == 0 || strcmp(name, LAB_STATE_FILE) == 0)
        return true;
    if (strncmp(name, LAB_STATE_ASIDE, strlen(LAB_STATE_ASIDE)) == 0)
        return true;
    size_t n = strlen(LAB_STATE_FILE);
    if (strncmp(name, LAB_STATE_FILE, n) != 0)
        return false;
    for (const char *const *s = lab_schema_suffixes; *s; s++)
        if (strcmp(name + n, *s) == 0)
            return true;
    return false;
}

static int collect(void *arg, const char *name)
{
    struct lab_names *names = arg;
    if (!is_kept(name))
        *lab_vec_push(&names->list) = lab_strdup(name);
    return 0;
}

int lab_folder_empty(const char *dir, struct lab_error *err)
{
    LAB_CLEANUP(lab_names_clear) struct lab_names names = {0};
    if (plat_list_dir(dir, collect, &names, err))
        return -1;
    LAB_VEC_FOREACH (name, &names.list) {
        LAB_AUTOFREE char *path = lab_path_join(dir, *name);
        if (plat_remove_tree(path, err))
            return -1;
    }
    return 0;
}

/* The ledger before what SQLite keeps beside it: a ledger without its log would be an older one, a
 * log without its ledger is nothing (schema.c sweeps it). */
static int remove_ledger(const char *dir, struct lab_error *err)
{
    LAB_AUTOFREE char *ledger = lab_path_join(dir, LAB_STATE_FILE);
    if (plat_remove(ledger, err))
        return -1;
    for (const char *const *s = lab_schema_suffixes; *s; s++) {
        LAB_AUTOFREE char *beside = lab_format("%s%s", ledger, *s);
        if (plat_remove(beside, err))
            return -1;
    }
    return 0;
}

int lab_folder_remove(const char *dir, struct plat_lock *lock, struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_STATE_LOCK);
    int rc = remove_ledger(dir, err);
    /* While it is held, so that nobody can have taken it in between (who opened it before looks
     * again, see plat_lock_take); Windows removes no open file and gets a second try. */
    bool removed = rc == 0 && plat_remove(path, NULL) == 0;
    plat_lock_drop(lock);
    if (rc)
        return rc;
    if (!removed && plat_remove(path, err))
        return -1;
    /* Never recursive: since the lock was dropped a new lab of this name may live here. */
    uv_fs_t req;
    LAB_AUTOFREE char *name = plat_any_length(dir);
    int gone = uv_fs_rmdir(NULL, &req, name, NULL);
    uv_fs_req_cleanup(&req);
    if (gone < 0 && gone != UV_ENOENT)
        lab_log("folder '%s' stays: %s", dir, uv_strerror(gone));
    return 0;
}
