#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "state/internal.h"

/* A file that changed this recently may change again within the same tick of its file system's
 * clock (2 s on FAT) and look the same: it is not remembered. */
#define SETTLED_MS 2500

char *lab_cache_db_path(void)
{
    LAB_AUTOFREE char *home = lab_home();
    return lab_path_join(home, "digests.db");
}

int lab_cache_db_open(struct lab_db *db, const char *path, bool writable, struct lab_error *err)
{
    if (writable && !lab_file_exists(path)) {
        LAB_AUTOFREE char *dir = lab_path_dir(path);
        if (plat_mkdirs(dir, 0700, err))
            return -1;
        int fd = plat_create(path, 0600, NULL); /* another lab may have been faster */
        if (fd >= 0)
            close(fd);
    }
    if (lab_db_open(db, path, writable, err))
        return -1;
    if (!writable)
        return 0;
    if (lab_db_exec(db,
                    "CREATE TABLE IF NOT EXISTS digest(path TEXT PRIMARY KEY, size INTEGER, "
                    "mtime_ns INTEGER, inode INTEGER, sha256 TEXT);"
                    "CREATE TABLE IF NOT EXISTS times(lab TEXT, node TEXT, work TEXT, took TEXT, "
                    "at_ms INTEGER, PRIMARY KEY(lab, node, work))",
                    err) == 0)
        return 0;
    lab_db_close(db);
    return -1;
}

static bool is_digest(const char *s)
{
    return s && strlen(s) == LAB_SHA256_HEX - 1 &&
           strspn(s, "0123456789abcdef") == LAB_SHA256_HEX - 1;
}

static void bind_file(struct lab_query *q, const char *path, const struct plat_stat *st)
{
    lab_query_text(q, path);
    lab_query_int(q, (int64_t)st->size);
    lab_query_int(q, st->mtime_ns);
    lab_query_int(q, (int64_t)st->inode);
}

static bool look_up(struct lab_db *db,
                    const char *path,
                    const struct plat_stat *st,
                    char sha256[LAB_SHA256_HEX])
{
    struct lab_query q = lab_query(
        db, "SELECT sha256 FROM digest WHERE path=? AND size=? AND mtime_ns=? AND inode=?");
    bind_file(&q, path, st);
    LAB_AUTOFREE char *found = lab_query_row(&q) ? lab_query_get_text(&q, 0) : NULL;
    if (lab_query_end(&q, NULL) || !is_digest(found))
        return false;
    memcpy(sha256, found, LAB_SHA256_HEX);
    return true;
}

bool lab_digest_get(const char *path, char sha256[LAB_SHA256_HEX])
{
    LAB_AUTOFREE char *whole = plat_absolute(path);
    LAB_AUTOFREE char *cache = lab_cache_db_path();
    struct plat_stat st;
    struct lab_db db;
    if (plat_stat(whole, &st) || !st.is_file || !lab_file_exists(cache) ||
        lab_cache_db_open(&db, cache, false, NULL))
        return false;
    bool hit = look_up(&db, whole, &st, sha256);
    lab_db_close(&db);
    return hit;
}

static int put(const char *cache,
               const char *path,
               const struct plat_stat *st,
               const char *sha256,
               struct lab_error *err)
{
    struct lab_db db;
    if (lab_cache_db_open(&db, cache, true, err))
        return -1;
    struct lab_query q = lab_query(
        &db,
        "INSERT OR REPLACE INTO digest(path, size, mtime_ns, inode, sha256) VALUES(?, ?, ?, ?, ?)");
    bind_file(&q, path, st);
    lab_query_text(&q, sha256);
    int rc = lab_query_run(&q, err);
    lab_db_close(&db);
    return rc;
}

/* st: the file as it was when sha256 was taken, or before. */
static void remember(const char *path, const struct plat_stat *st, const char *sha256)
{
    if (!st->is_file || !is_digest(sha256) || plat_wall_ms() - st->mtime_ns / 1000000 < SETTLED_MS)
        return;
    LAB_AUTOFREE char *cache = lab_cache_db_path();
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (put(cache, path, st, sha256, &err) == 0)
        return;
    if (err.code == LAB_INTEGRITY) {
        lab_error_clear(&err);
        plat_remove(cache, NULL);
        if (put(cache, path, st, sha256, &err) == 0)
            return;
    }
    lab_log("digest of '%s' not remembered: %s", path, err.message);
}

void lab_digest_put(const char *path, const char *sha256)
{
    LAB_AUTOFREE char *whole = plat_absolute(path);
    struct plat_stat st;
    if (plat_stat(whole, &st) == 0)
        remember(whole, &st, sha256);
}

int lab_digest_file(const char *path, char sha256[LAB_SHA256_HEX], struct lab_error *err)
{
    if (lab_digest_get(path, sha256))
        return 0;
    LAB_AUTOFREE char *whole = plat_absolute(path);
    struct plat_stat before, after;
    bool seen = plat_stat(whole, &before) == 0;
    if (lab_sha256_file(whole, sha256, NULL, err))
        return -1;
    if (seen && plat_stat(whole, &after) == 0 && before.size == after.size &&
        before.mtime_ns == after.mtime_ns && before.inode == after.inode)
        remember(whole, &before, sha256);
    return 0;
}
