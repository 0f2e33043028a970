#include "provider/libvirt_upload.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"
#include "provider/virsh.h"

/* A shared pool may hold another labctl's upload of the same content, unfinished: it is waited for
 * while it grows. One that does not is taken for dead and removed. Should it live after all, its
 * owner notices that its volume is gone and starts again; two copies never mix, by their tokens. */

#define MARK ".ok"
enum { FULL_BYTES = 1 << 20 };
enum { TOKEN_DIGITS = 8, POLL_MS = 1000, DEAD_AFTER_MS = 30 * 1000, ATTEMPTS = 3 };

static bool has_token(const char *volume, const char *stem, const char *suffix, bool mark)
{
    size_t n = strlen(stem);
    if (strncmp(volume, stem, n) != 0 || volume[n] != '-')
        return false;
    const char *token = volume + n + 1;
    if (strspn(token, "0123456789abcdef") != TOKEN_DIGITS)
        return false;
    const char *rest = token + TOKEN_DIGITS;
    if (strncmp(rest, suffix, strlen(suffix)) != 0)
        return false;
    return strcmp(rest + strlen(suffix), mark ? MARK : "") == 0;
}

bool lab_libvirt_is_upload(const char *volume, const char *stem, const char *suffix)
{
    return has_token(volume, stem, suffix, false) || has_token(volume, stem, suffix, true);
}

static bool is_marked(const struct lab_libvirt_names *names, const char *volume)
{
    LAB_AUTOFREE char *mark = lab_format("%s" MARK, volume);
    return lab_libvirt_names_has(names, mark);
}

/* The first volume of this content: marked as complete, or not. NULL: none. */
static char *
find(const struct lab_libvirt_names *names, const struct lab_libvirt_upload *u, bool complete)
{
    for (size_t i = 0; i < names->list.len; i++) {
        const char *name = names->list.items[i];
        if (has_token(name, u->stem, u->suffix, false) && is_marked(names, name) == complete)
            return lab_strdup(name);
    }
    return NULL;
}

static int put_bytes(struct lab_libvirt *lv,
                     const struct lab_libvirt_upload *u,
                     const char *volume,
                     uint64_t size,
                     struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    /* A slow disk or a link of 1 MiB/s is slow, not stuck. */
    c.timeout_ms = 10 * 60 * 1000 + (size >> 20) * 1000;
    lab_child_args(&c, "vol-upload", "--sparse", "--pool", lv->pools[u->pool].name, "--vol", volume,
                   "--file", u->file, (char *)NULL);
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("upload '%s' into pool '%s'"), u->file, lv->pools[u->pool].name);
    struct lab_libvirt_watch *watch = lab_libvirt_watch_begin(lv, u, volume, size);
    int rc = lab_virsh_do(&c, what, NULL, err);
    lab_libvirt_watch_end(watch);
    return rc;
}

/* Of a volume whose last write found the disk full libvirt 9.0 says that it arrived, and it has its
 * size: libvirt sets that beforehand. A volume that takes less than its size is fine (holes, a file
 * system that compresses), but not where nothing more fits. */
static int check_room(struct lab_libvirt *lv,
                      const struct lab_libvirt_upload *u,
                      const char *volume,
                      uint64_t size,
                      struct lab_error *err)
{
    uint64_t allocated, available;
    if (lab_libvirt_volume_number(lv, u->pool, volume, LAB_VOLUME_ALLOCATED, &allocated, err) != 0)
        return -1;
    if (allocated >= size)
        return 0;
    if (lab_libvirt_pool_available(lv, u->pool, &available, err) != 0)
        return -1;
    if (available >= FULL_BYTES)
        return 0;
    lab_fail(err, LAB_HOST,
             "the upload of '%s' into pool '%s' (%s) did not arrive as a whole: No space left on "
             "device",
             u->file, lv->pools[u->pool].name, lv->uri);
    return lab_error_hint(err, "make room where libvirt keeps its volumes (df -h %s)",
                          lv->pools[u->pool].path);
}

/* vol-upload succeeds even when the volume was deleted meanwhile: believe only what is there. */
static int verify(struct lab_libvirt *lv,
                  const struct lab_libvirt_upload *u,
                  const char *volume,
                  uint64_t size,
                  struct lab_error *err)
{
    uint64_t arrived;
    if (lab_libvirt_volume_number(lv, u->pool, volume, LAB_VOLUME_FILE_SIZE, &arrived, err) != 0)
        return lab_error_wrap(err, "the upload of '%s' did not arrive", u->file);
    if (arrived == size)
        return check_room(lv, u, volume, size, err);
    return lab_fail(err, LAB_HYPERVISOR,
                    "the upload of '%s' (%llu bytes) arrived in volume '%s' with %llu bytes",
                    u->file, (unsigned long long)size, volume, (unsigned long long)arrived);
}

static int upload_once(struct lab_libvirt *lv,
                       const struct lab_libvirt_upload *u,
                       uint64_t size,
                       char **volume,
                       struct lab_error *err)
{
    char token[TOKEN_DIGITS + 1];
    lab_random_hex(token, TOKEN_DIGITS);
    LAB_AUTOFREE char *name = lab_format("%s-%s%s", u->stem, token, u->suffix);
    LAB_AUTOFREE char *mark = lab_format("%s" MARK, name);
    if (lab_libvirt_volume_create(lv, u->pool, name, size, err) != 0)
        return -1;
    if (put_bytes(lv, u, name, size, err) == 0 && verify(lv, u, name, size, err) == 0 &&
        lab_libvirt_volume_create(lv, u->pool, mark, 0, err) == 0) {
        *volume = lab_steal(&name);
        return 0;
    }
    LAB_AUTO_ERROR struct lab_error later = LAB_ERROR_INIT;
    if (lab_libvirt_volume_delete(lv, u->pool, name, &later) != 0)
        lab_log("%s", later.message);
    return -1;
}

/* 0 when the unfinished volume has gone or stopped growing, or was finished. */
static int wait_while_growing(struct lab_libvirt *lv,
                              const struct lab_libvirt_upload *u,
                              const char *volume,
                              uint64_t size,
                              struct lab_error *err)
{
    lab_libvirt_notice(lv, "another labctl is uploading the same content as '%s'; waiting for it",
                       u->file);
    uint64_t last = 0, since = plat_now_ms();
    LAB_AUTOFREE char *mark = lab_format("%s" MARK, volume);
    while (plat_now_ms() - since < DEAD_AFTER_MS) {
        LAB_AUTO_ERROR struct lab_error gone = LAB_ERROR_INIT;
        uint64_t allocated, none;
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while another labctl uploads '%s'",
                            u->file);
        if (lab_libvirt_volume_number(lv, u->pool, volume, LAB_VOLUME_ALLOCATED, &allocated,
                                      &gone) != 0)
            return 0;
        if (allocated != last) {
            last = allocated;
            since = plat_now_ms();
            lab_libvirt_report(u, allocated, size);
        }
        if (lab_libvirt_volume_number(lv, u->pool, mark, LAB_VOLUME_FILE_SIZE, &none, &gone) == 0)
            return 0;
        uv_sleep(POLL_MS);
    }
    lab_log("volume '%s' has not grown for %d s; its upload is taken for dead", volume,
            DEAD_AFTER_MS / 1000);
    return lab_libvirt_volume_delete(lv, u->pool, volume, err);
}

/* *found: a complete one. In the lab's own pool nobody else uploads: unfinished means dead. */
static int look_around(struct lab_libvirt *lv,
                       const struct lab_libvirt_upload *u,
                       uint64_t size,
                       char **found,
                       struct lab_error *err)
{
    for (;;) {
        LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
        if (lab_libvirt_volumes(lv, u->pool, &names, err) != 0)
            return -1;
        *found = find(&names, u, true);
        LAB_AUTOFREE char *unfinished = *found ? NULL : find(&names, u, false);
        if (!unfinished)
            return 0;
        int rc = u->pool == LAB_POOL_LAB ? lab_libvirt_volume_delete(lv, u->pool, unfinished, err)
                                         : wait_while_growing(lv, u, unfinished, size, err);
        if (rc != 0)
            return -1;
    }
}

static int upload(struct lab_libvirt *lv,
                  const struct lab_libvirt_upload *u,
                  uint64_t size,
                  char **volume,
                  struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        lab_error_clear(&why);
        if (look_around(lv, u, size, volume, &why) != 0)
            break;
        if (*volume || upload_once(lv, u, size, volume, &why) == 0)
            return 0;
        if (why.code != LAB_HYPERVISOR)
            break;
        lab_log("attempt %d: %s", attempt + 1, why.message);
    }
    if (err)
        lab_error_move(err, &why);
    return -1;
}

/* Two threads of ours with the same content: the second waits and then finds it. */
static void claim(struct lab_libvirt *lv, const char *stem)
{
    uv_mutex_lock(&lv->upload_lock);
    for (size_t i = 0; i < lv->uploads.len;) {
        if (strcmp(lv->uploads.items[i], stem) != 0) {
            i++;
            continue;
        }
        uv_cond_wait(&lv->upload_done, &lv->upload_lock);
        i = 0;
    }
    *lab_vec_push(&lv->uploads) = stem;
    uv_mutex_unlock(&lv->upload_lock);
}

static void release(struct lab_libvirt *lv, const char *stem)
{
    uv_mutex_lock(&lv->upload_lock);
    for (size_t i = 0; i < lv->uploads.len; i++) {
        if (lv->uploads.items[i] == stem) {
            lv->uploads.items[i] = lv->uploads.items[--lv->uploads.len];
            break;
        }
    }
    uv_cond_broadcast(&lv->upload_done);
    uv_mutex_unlock(&lv->upload_lock);
}

int lab_libvirt_upload(struct lab_libvirt *lv,
                       const struct lab_libvirt_upload *u,
                       char **path,
                       struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(u->file, &st) != 0 || !st.is_file)
        return lab_fail(err, LAB_HOST, "cannot upload '%s': it is not a file that can be read",
                        u->file);
    if (lab_libvirt_pool_ensure(lv, u->pool, err) != 0)
        return -1;
    LAB_AUTOFREE char *volume = NULL;
    claim(lv, u->stem);
    int rc = upload(lv, u, st.size, &volume, err);
    release(lv, u->stem);
    if (rc != 0)
        return -1;
    lab_libvirt_report(u, st.size, st.size);
    *path = lab_libvirt_volume_path(lv, u->pool, volume);
    return 0;
}
