#include "run/fetch.h"

#include <string.h>

#include "base/file.h"
#include "base/io.h"
#include "net/http.h"
#include "platform.h"
#include "state/state.h"

struct transfer {
    int fd, why; /* why: the error of a write, or 0 */
    struct lab_sha256 *hash;
    lab_cache_progress *progress;
    void *arg;
};

static int on_progress(void *arg, curl_off_t total, curl_off_t done, curl_off_t u1, curl_off_t u2)
{
    const struct transfer *t = arg;
    (void)u1;
    (void)u2;
    if (t->progress)
        t->progress(t->arg, (uint64_t)done, (uint64_t)total);
    return lab_work_cancelled(); /* non-zero ends the transfer */
}

static size_t on_bytes(char *bytes, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    t->why = lab_io_write_all(t->fd, bytes, one * n, -1);
    if (t->why < 0)
        return 0; /* ends the transfer */
    lab_sha256_add(t->hash, bytes, one * n);
    return one * n;
}

static CURLcode perform(struct transfer *t, const char *url, char reason[CURL_ERROR_SIZE])
{
    CURL *curl = lab_http_new(url, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return rc;
}

int lab_fetch(const char *url,
              const char *target,
              char sha256[LAB_SHA256_HEX],
              lab_cache_progress *progress,
              void *arg,
              struct lab_error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    struct transfer t = {.fd = plat_create(target, 0600, err), .progress = progress, .arg = arg};
    if (t.fd < 0)
        return -1;
    t.hash = lab_sha256_new();
    CURLcode rc = perform(&t, url, reason);
    lab_sha256_end(t.hash, sha256);
    int closed = lab_io_close(t.fd);
    if (t.why == 0)
        t.why = closed;
    if (t.why < 0)
        return lab_fail(err, LAB_HOST, "cannot write '%s': %s", target, uv_strerror(t.why));
    return rc == CURLE_OK ? 0 : lab_http_fail(err, rc, url, reason);
}

/* --- image_url: https://… ------------------------------------------------------------------------
 */

static char *find(const char *sha256, struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    if (lab_cache_read(&cache, err))
        return NULL;
    const struct lab_cached *e = lab_cache_by_digest(&cache, sha256);
    return e ? lab_strdup(e->path) : NULL;
}

static int fill(struct lab_run *run,
                struct lab_cache_slot *slot,
                const struct lab_image *image,
                char **path,
                struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    struct lab_progress p = lab_run_progress(run);
    if (lab_fetch(image->source, lab_cache_part(slot), hex, p.fn, p.arg, err))
        return -1;
    if (strcmp(hex, image->sha256) != 0)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has SHA-256 %s, lab.yaml says %s", image->source,
                        hex, image->sha256);
    return lab_cache_finish(slot, hex, true, path, err);
}

char *lab_fetched_path(const struct lab_image *image)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    return find(image->sha256, &ignored);
}

int lab_fetch_image(struct lab_run *run,
                    const struct lab_image *image,
                    char **path,
                    struct lab_error *err)
{
    struct lab_error why = LAB_ERROR_INIT;
    struct lab_cache_slot *slot;
    *path = find(image->sha256, &why);
    if (!*path && why.code == LAB_OK) {
        LAB_AUTOFREE char *name = lab_cache_name_for(image->source);
        if (lab_cache_begin(&slot, name, &why) == 0) {
            *path = find(image->sha256, &why); /* another labctl may have been waited for */
            if (!*path && why.code == LAB_OK && fill(run, slot, image, path, &why))
                *path = NULL;
            lab_cache_end(slot);
        }
    }
    if (*path)
        return 0;
    lab_error_move(err, &why);
    return -1;
}
