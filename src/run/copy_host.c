/* This host's side of cp: hashes, and names. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "platform.h"
#include "run/copy_priv.h"

struct hashing {
    const char *path;
    uint64_t left;
    char *hex;
    bool ended;
    struct lab_error error;
};

static int hash_rest(struct hashing *h, int fd, struct lab_sha256 *sha, struct lab_error *err)
{
    enum { BLOCK = 256 * 1024 };
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    while (h->left) {
        int64_t n = lab_io_read(fd, bytes, h->left < BLOCK ? (size_t)h->left : BLOCK, -1);
        if (n <= 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", h->path,
                            n ? uv_strerror((int)n) : lab_tr("it became shorter meanwhile"));
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted");
        lab_sha256_add(sha, bytes, (size_t)n);
        h->left -= (uint64_t)n;
    }
    return 0;
}

static int hash_fn(void *arg, struct lab_error *err)
{
    struct hashing *h = arg;
    int fd = lab_io_open(h->path, err);
    if (fd < 0)
        return -1;
    struct lab_sha256 *sha = lab_sha256_new();
    int rc = hash_rest(h, fd, sha, err);
    lab_sha256_end(sha, h->hex);
    lab_io_close(fd);
    return rc;
}

static void hash_done(void *arg, const struct lab_error *err)
{
    struct hashing *h = arg;
    h->ended = true;
    if (err)
        lab_error_copy(&h->error, err);
}

int lab_copy_hash(const struct lab_copier *c,
                  const char *path,
                  uint64_t n,
                  char hex[LAB_SHA256_HEX],
                  struct lab_error *err)
{
    struct hashing h = {.path = path, .left = n, .hex = hex};
    lab_work_submit(c->loop, hash_fn, hash_done, &h);
    while (!h.ended)
        uv_run(c->loop, UV_RUN_ONCE);
    if (h.error.code == LAB_OK)
        return 0;
    if (err)
        lab_error_move(err, &h.error);
    lab_error_clear(&h.error);
    return -1;
}

char *lab_copy_guest_path(const char *path)
{
    if (strcmp(path, "~") == 0 || strcmp(path, "~/") == 0 || !*path)
        return lab_strdup(".");
    if (lab_starts_with(path, "~/"))
        path += 2;
    return lab_format("%s%s", *path == '-' ? "./" : "", path);
}

char *lab_copy_base(const char *path)
{
    size_t end = strlen(path);
    while (end && plat_is_separator(path[end - 1]))
        end--;
    size_t start = end;
    while (start && !plat_is_separator(path[start - 1]))
        start--;
    LAB_AUTOFREE char *base = lab_strndup(path + start, end - start);
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return NULL;
    return lab_steal(&base);
}

static bool is_safe_part(const char *part, size_t n)
{
    if (n == 0 || n > 255 || (n == 1 && *part == '.') ||
        (n == 2 && part[0] == '.' && part[1] == '.'))
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)part[i];
        if (c < 0x20 || c == 0x7f || plat_is_separator(part[i]))
            return false;
        if (c == ':' && plat_is_separator('\\')) /* a drive, or a stream of a file */
            return false;
    }
    return true;
}

bool lab_copy_name_is_safe(const char *path)
{
    size_t len = strlen(path);
    if (len > 4000 || lab_utf8_check(path, len) != len)
        return false;
    for (;;) {
        size_t n = strcspn(path, "/");
        if (!is_safe_part(path, n))
            return false;
        if (!path[n])
            return true;
        path += n + 1;
    }
}
