#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/i18n.h"

int plat_fail_os(struct lab_error *err, enum lab_code code, const char *fmt, ...)
{
    int number = errno;
    char words[256];
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    return lab_fail(err, code, "%s: %s", text, strerror_r(number, words, sizeof(words)));
}

static void fill(struct plat_stat *out, const struct stat *st)
{
    *out = (struct plat_stat){
        .size = (uint64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .inode = st->st_ino,
        .mode = st->st_mode & 07777,
        .is_dir = S_ISDIR(st->st_mode),
        .is_file = S_ISREG(st->st_mode),
        .is_link = S_ISLNK(st->st_mode),
    };
}

int plat_stat(const char *path, struct plat_stat *out)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -1;
    fill(out, &st);
    return 0;
}

int plat_lstat(const char *path, struct plat_stat *out)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return -1;
    fill(out, &st);
    return 0;
}

static int make_one(const char *path, unsigned mode, struct lab_error *err)
{
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0)
        return 0;
    int number = errno;
    /* A read-only parent answers EROFS or EACCES even where the folder exists. */
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    errno = number;
    return plat_fail_os(err, LAB_HOST, "cannot make the folder '%s'", path);
}

int plat_mkdirs(const char *path, unsigned mode, struct lab_error *err)
{
    LAB_AUTOFREE char *copy = lab_strdup(path);
    for (char *s = copy; *s; s++) {
        if (*s != '/' || s == copy)
            continue;
        *s = '\0';
        if (make_one(copy, mode, err) < 0)
            return -1;
        *s = '/';
    }
    return make_one(copy, mode, err);
}

static int sync_open(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    int number = errno;
    close(fd);
    errno = number;
    return rc;
}

int plat_fsync_file(const char *path, struct lab_error *err)
{
    if (sync_open(path, 0) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot write '%s' to the disk", path);
    return 0;
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return lab_strdup(".");
    return lab_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int plat_rename(const char *from, const char *to, struct lab_error *err)
{
    if (rename(from, to) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot rename '%s' to '%s'", from, to);
    LAB_AUTOFREE char *folder = parent_of(to);
    /* EINVAL: this file system cannot sync a folder. EACCES: a folder that we may write into but
     * not read; the rename has happened, only its durability is the file system's affair. */
    if (sync_open(folder, O_DIRECTORY) < 0 && errno != EINVAL && errno != EACCES)
        return plat_fail_os(err, LAB_HOST, "cannot write the folder '%s' to the disk", folder);
    return 0;
}

int plat_create(const char *path, unsigned mode, struct lab_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode & 0700);
    if (fd < 0)
        return plat_fail_os(err, LAB_HOST, "cannot create '%s'", path);
    if (fchmod(fd, (mode_t)mode) < 0) {
        plat_fail_os(err, LAB_HOST, "cannot set the mode of '%s' to %04o", path, mode);
        close(fd);
        unlink(path);
        return -1;
    }
    return fd;
}

int plat_remove(const char *path, struct lab_error *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return plat_fail_os(err, LAB_HOST, "cannot remove '%s'", path);
    return 0;
}

static int skip_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* alphasort() would depend on the locale */
}

int plat_list_dir(const char *path,
                  int (*fn)(void *arg, const char *name),
                  void *arg,
                  struct lab_error *err)
{
    struct dirent **entries;
    int n = scandir(path, &entries, skip_dots, by_bytes);
    if (n < 0)
        return plat_fail_os(err, LAB_HOST, "cannot list the folder '%s'", path);
    bool stop = false;
    for (int i = 0; i < n; i++) {
        stop = stop || fn(arg, entries[i]->d_name) != 0;
        free(entries[i]);
    }
    free(entries);
    return 0;
}

int plat_free_space(const char *path, uint64_t *bytes, struct lab_error *err)
{
    struct statvfs fs;
    LAB_AUTOFREE char *at = lab_strdup(path);
    /* A folder that is yet to be made will be on the file system of its nearest parent. */
    while (statvfs(at, &fs) < 0) {
        if (errno != ENOENT || strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return plat_fail_os(err, LAB_HOST, "cannot tell the free space of '%s'", path);
        char *up = parent_of(at);
        free(at);
        at = up;
    }
    *bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}
