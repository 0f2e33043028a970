#include "platform.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Everything goes through folder handles opened with O_NOFOLLOW: a folder that somebody swaps for a
 * link while we work is removed as a link and never entered. */

static int remove_at(int folder, const char *name, const char *path, struct lab_error *err);

/* Removes what is in the open folder; owns fd. */
static int empty_folder(int fd, const char *path, struct lab_error *err)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        plat_fail_os(err, LAB_HOST, "cannot list the folder '%s'", path);
        close(fd);
        return -1;
    }
    int rc = 0;
    struct dirent *entry;
    while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        LAB_AUTOFREE char *below = lab_format("%s/%s", path, entry->d_name);
        rc = remove_at(dirfd(dir), entry->d_name, below, err);
    }
    if (rc == 0 && errno != 0)
        rc = plat_fail_os(err, LAB_HOST, "cannot list the folder '%s'", path);
    closedir(dir);
    return rc;
}

static int remove_folder(int folder, const char *name, const char *path, struct lab_error *err)
{
    /* Some file systems skip entries while others are being removed: look again before giving up.
     */
    for (int tries = 0; tries < 5; tries++) {
        int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            return 0;
        if (fd < 0)
            return plat_fail_os(err, LAB_HOST, "cannot open the folder '%s' to remove it", path);
        if (empty_folder(fd, path, err) < 0)
            return -1;
        if (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            return 0;
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    return plat_fail_os(err, LAB_HOST, "cannot remove the folder '%s'", path);
}

static int remove_at(int folder, const char *name, const char *path, struct lab_error *err)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    /* Linux says EISDIR, POSIX says EPERM, for a folder. */
    if (errno != EISDIR && errno != EPERM)
        return plat_fail_os(err, LAB_HOST, "cannot remove '%s'", path);
    return remove_folder(folder, name, path, err);
}

int plat_remove_tree(const char *path, struct lab_error *err)
{
    return remove_at(AT_FDCWD, path, path, err);
}
