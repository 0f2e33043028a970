/* From a guest to this host. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "platform.h"
#include "run/copy_priv.h"

enum { LIST_MAX = 32 << 20 };

struct source {
    uint64_t size;
    int64_t mtime;
    unsigned mode;
    bool is_dir;
};

struct taking {
    const struct lab_copier *copier;
    const char *from;
    char *part;
    int fd;
    uint64_t size, at;
    struct lab_sha256 *sha;
};

/* $1 source: kind, size, time, mode. */
static const char look_script[] =
    "if [ -d \"$1\" ]; then echo d 0 0 0; exit; fi\n"
    "[ -e \"$1\" ] || { echo \"no file '$1'\" >&2; exit 12; }\n"
    "[ -f \"$1\" ] || { echo \"'$1' is neither a file nor a folder\" >&2; exit 12; }\n"
    "stat -L -c 'f %s %Y %a' -- \"$1\"";
/* $1 folder: kind, size, time, mode and name of all below it. */
static const char list_script[] = "cd -- \"$1\" && find . -mindepth 1 -printf '%y %s %T@ %m %P\\0'";
/* $1 source, $2 length */
static const char prefix_script[] = "head -c \"$2\" <\"$1\" | sha256sum";
/* $1 source, $2 first byte, $3 length. The digest of the whole goes beside the bytes. */
static const char take_script[] =
    "tail -c \"+$2\" <\"$1\" | head -c \"$3\"; h=$(sha256sum <\"$1\") && echo \"${h%% *}\" >&2";

/* --- one file -----------------------------------------------------------------------------------
 */

static int
take_bytes(struct lab_copy_call *call, const char *bytes, size_t n, struct lab_error *err)
{
    struct taking *t = call->arg;
    if (n > t->size - t->at)
        return lab_fail(err, LAB_INTEGRITY, "the guest sends more of '%s' than it said there is",
                        t->from);
    int rc = lab_io_write_all(t->fd, bytes, n, (int64_t)t->at);
    if (rc)
        return lab_fail(err, LAB_HOST, "cannot write '%s': %s", t->part, uv_strerror(rc));
    lab_sha256_add(t->sha, bytes, n);
    t->at += n;
    if (t->copier->progress)
        t->copier->progress(t->copier->arg, t->from, t->at, t->size);
    return 0;
}

/* What the guest says of the file is compared with what came: *is_same. */
static int take(struct taking *t, char hex[LAB_SHA256_HEX], bool *is_same, struct lab_error *err)
{
    LAB_AUTOFREE char *first = lab_format("%" PRIu64, t->at + 1);
    LAB_AUTOFREE char *len = lab_format("%" PRIu64, t->size - t->at);
    const char *args[] = {t->from, first, len, NULL};
    struct lab_copy_call call = {
        .copier = t->copier, .script = take_script, .args = args, .data = take_bytes, .arg = t};
    int rc = lab_copy_call(&call, err);
    lab_sha256_end(lab_steal(&t->sha), hex);
    size_t said = call.complaint.len; /* a shell may have had something to say before */
    *is_same = rc == 0 && t->at == t->size && said >= LAB_SHA256_HEX &&
               strncmp(call.complaint.ptr + said - LAB_SHA256_HEX, hex, LAB_SHA256_HEX - 1) == 0;
    lab_copy_call_clear(&call);
    return rc;
}

/* Whether the guest's file begins with what the part holds. */
static int prove_part(struct taking *t, uint64_t len, bool *is_prefix, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *text = lab_format("%" PRIu64, len);
    const char *args[] = {t->from, text, NULL};
    struct lab_copy_call call = {
        .copier = t->copier, .script = prefix_script, .args = args, .out = LAB_STR_MAX(4096)};
    int rc = lab_copy_hash(t->copier, t->part, len, hex, err) || lab_copy_call(&call, err) ? -1 : 0;
    *is_prefix = rc == 0 && strncmp(lab_str_get(&call.out), hex, LAB_SHA256_HEX - 1) == 0;
    lab_copy_call_clear(&call);
    return rc;
}

/* The hash goes on from the bytes that stay. */
static int hash_part(struct taking *t, uint64_t len, struct lab_error *err)
{
    char bytes[32 * 1024];
    while (t->at < len) {
        uint64_t left = len - t->at;
        int64_t n = lab_io_read(t->fd, bytes, left < sizeof(bytes) ? (size_t)left : sizeof(bytes),
                                (int64_t)t->at);
        if (n <= 0)
            return lab_fail(err, LAB_HOST, "cannot read '%s': %s", t->part,
                            n ? uv_strerror((int)n) : lab_tr("it became shorter meanwhile"));
        lab_sha256_add(t->sha, bytes, (size_t)n);
        t->at += (uint64_t)n;
    }
    return 0;
}

static int open_part(struct taking *t, struct lab_error *err)
{
    struct plat_stat st;
    bool is_prefix = false;
    if (plat_lstat(t->part, &st)) {
        t->fd = plat_create(t->part, 0600, err);
        return t->fd < 0 ? -1 : 0;
    }
    if (!st.is_file || st.is_link)
        return lab_fail(err, LAB_HOST, "'%s' is in the way: it is no file", t->part);
    if (st.size && st.size <= t->size && prove_part(t, st.size, &is_prefix, err))
        return -1;
    t->fd = lab_io_open_write(t->part, err);
    if (t->fd < 0)
        return -1;
    if (is_prefix)
        return hash_part(t, st.size, err);
    int rc = lab_io_resize(t->fd, 0);
    return rc ? lab_fail(err, LAB_HOST, "cannot empty '%s': %s", t->part, uv_strerror(rc)) : 0;
}

/* The guest's mode and time; where the file system has none of it, the copy is as good. */
static void set_attributes(int fd, const struct source *src)
{
    uv_fs_t req;
    uv_fs_fchmod(NULL, &req, fd, (int)(src->mode & 0777), NULL);
    uv_fs_req_cleanup(&req);
    uv_fs_futime(NULL, &req, fd, (double)src->mtime, (double)src->mtime, NULL);
    uv_fs_req_cleanup(&req);
}

static int finish(struct taking *t, const struct source *src, const char *to, struct lab_error *err)
{
    set_attributes(t->fd, src);
    int rc = lab_io_sync(t->fd);
    lab_io_close(t->fd);
    t->fd = -1;
    if (rc)
        return lab_fail(err, LAB_HOST, "cannot write '%s': %s", t->part, uv_strerror(rc));
    return plat_rename(t->part, to, err);
}

static int
take_open(struct taking *t, const struct source *src, const char *to, struct lab_error *err)
{
    const struct lab_copier *c = t->copier;
    struct lab_copied done = {.from = t->from, .to = to, .bytes = t->size};
    bool is_same;
    if (open_part(t, err))
        return -1;
    done.resumed_at = t->at;
    if (take(t, done.sha256, &is_same, err)) {
        if (t->at && err->code != LAB_INTEGRITY)
            lab_error_hint(err,
                           "what came over is kept as '%s'; the same command goes on from there",
                           t->part);
        return -1;
    }
    if (!is_same) {
        lab_io_close(t->fd);
        t->fd = -1;
        plat_remove(t->part, NULL);
        lab_fail(err, LAB_INTEGRITY, "the SHA-256 of '%s' in the guest is not that of what came",
                 t->from);
        return lab_error_hint(err, "it was changed while it was copied, or the way from the guest "
                                   "changes bytes; nothing was left here");
    }
    if (finish(t, src, to, err))
        return -1;
    if (c->copied)
        c->copied(c->arg, &done);
    return 0;
}

static int take_file(const struct lab_copier *c,
                     const char *from,
                     const struct source *src,
                     const char *to,
                     struct lab_error *err)
{
    struct plat_stat st;
    struct taking t = {.copier = c, .from = from, .fd = -1, .size = src->size};
    if (plat_stat(to, &st) == 0 && st.is_dir)
        return lab_fail(err, LAB_USAGE, "cannot copy '%s': '%s' is a folder", from, to);
    t.part = lab_format("%s" LAB_COPY_PART, to);
    t.sha = lab_sha256_new();
    int rc = take_open(&t, src, to, err);
    if (t.fd >= 0)
        lab_io_close(t.fd);
    if (t.sha) {
        char unused[LAB_SHA256_HEX];
        lab_sha256_end(t.sha, unused);
    }
    free(t.part);
    return rc ? lab_error_wrap(err, "cannot copy '%s' to '%s'", from, to) : 0;
}

/* --- folders ------------------------------------------------------------------------------------
 */

/* The next word of "f 12 1700000000.5 644 name", as a number. */
static int next_number(const char **at, int base, uint64_t *out)
{
    char *end;
    if (**at < '0' || **at > '9')
        return -1;
    *out = strtoull(*at, &end, base);
    while (*end == '.' || (*end >= '0' && *end <= '9')) /* parts of a second */
        end++;
    if (*end != ' ' && *end != '\n')
        return -1;
    *at = end + 1;
    return 0;
}

/* The kind of file; 0: not in the form asked for. *name: behind the numbers. */
static char read_row(const char *row, struct source *out, const char **name)
{
    uint64_t mtime, mode;
    if (!row[0] || row[1] != ' ')
        return 0;
    *name = row + 2;
    if (next_number(name, 10, &out->size) || next_number(name, 10, &mtime) ||
        next_number(name, 8, &mode) || out->size > INT64_MAX || mtime > INT64_MAX / 2)
        return 0;
    out->mtime = (int64_t)mtime;
    out->mode = (unsigned)(mode & 0777);
    out->is_dir = row[0] == 'd';
    return row[0];
}

/* A folder below the target, which is no link to somewhere else; made when it is missing. */
static int need_folder(const char *path, struct lab_error *err)
{
    struct plat_stat st;
    if (plat_lstat(path, &st))
        return plat_mkdirs(path, 0755, err);
    if (st.is_dir && !st.is_link)
        return 0;
    return lab_fail(err, LAB_HOST, "'%s' is in the way: it is %s", path,
                    st.is_link ? lab_tr("a symbolic link") : lab_tr("no folder"));
}

static int need_folders(const char *root, const char *below, struct lab_error *err)
{
    for (const char *slash = strchr(below, '/'); slash; slash = strchr(slash + 1, '/')) {
        LAB_AUTOFREE char *path = lab_format("%s/%.*s", root, (int)(slash - below), below);
        if (need_folder(path, err))
            return -1;
    }
    return 0;
}

static int take_row(const struct lab_copier *c,
                    const char *from,
                    const char *row,
                    const char *to,
                    struct lab_error *err)
{
    struct source src;
    const char *name;
    char kind = read_row(row, &src, &name);
    if (!kind || !lab_copy_name_is_safe(name)) {
        LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
        lab_put_printable(&shown, row, strlen(row), 120);
        return lab_fail(err, LAB_INTEGRITY,
                        "the guest names a file in '%s' as no file may be "
                        "called here: '%s'",
                        from, lab_str_get(&shown));
    }
    LAB_AUTOFREE char *source = lab_format("%s/%s", from, name);
    LAB_AUTOFREE char *target = lab_format("%s/%s", to, name);
    if (kind == 'd')
        return need_folders(to, name, err) || need_folder(target, err) ? -1 : 0;
    if (kind == 'f' && !lab_ends_with(name, LAB_COPY_PART))
        return need_folders(to, name, err) || take_file(c, source, &src, target, err) ? -1 : 0;
    if (c->skipped)
        c->skipped(c->arg, source,
                   kind == 'l'   ? lab_tr("a symbolic link")
                   : kind == 'f' ? lab_tr("what is left of a copy that was broken off")
                                 : lab_tr("neither a file nor a folder"));
    return 0;
}

static int
take_tree(const struct lab_copier *c, const char *from, const char *to, struct lab_error *err)
{
    const char *args[] = {from, NULL};
    struct lab_copy_call call = {
        .copier = c, .script = list_script, .args = args, .out = LAB_STR_MAX(LIST_MAX)};
    int rc = lab_copy_call(&call, err) || plat_mkdirs(to, 0755, err) ? -1 : 0;
    const char *row = lab_str_get(&call.out), *end = row + call.out.len;
    for (; rc == 0 && row < end; row += strlen(row) + 1)
        rc = take_row(c, from, row, to, err);
    lab_copy_call_clear(&call);
    return rc;
}

/* --- the sources --------------------------------------------------------------------------------
 */

static int
look(const struct lab_copier *c, const char *from, struct source *src, struct lab_error *err)
{
    const char *args[] = {from, NULL}, *rest;
    struct lab_copy_call call = {
        .copier = c, .script = look_script, .args = args, .out = LAB_STR_MAX(4096)};
    int rc = lab_copy_call(&call, err);
    if (rc == 0 && !read_row(lab_str_get(&call.out), src, &rest))
        rc = lab_fail(err, LAB_GUEST, "the guest does not say what '%s' is", from);
    lab_copy_call_clear(&call);
    if (rc == 0 && src->is_dir && !c->recursive) {
        lab_fail(err, LAB_USAGE, "'%s' is a folder", from);
        return lab_error_hint(err, "-r copies folders");
    }
    return rc ? lab_error_wrap(err, "cannot copy '%s'", from) : 0;
}

static int place(const char *from, const char *to, bool many, char **target, struct lab_error *err)
{
    struct plat_stat st;
    bool is_dir = plat_stat(to, &st) == 0 && st.is_dir;
    size_t len = strlen(to);
    if (!is_dir && (many || (len && plat_is_separator(to[len - 1]))))
        return lab_fail(err, LAB_USAGE, "'%s' is no folder", to);
    if (!is_dir) {
        *target = lab_strdup(to);
        return 0;
    }
    LAB_AUTOFREE char *base = lab_copy_base(from);
    if (!base || !lab_copy_name_is_safe(base))
        return lab_fail(err, LAB_USAGE,
                        "'%s' has no name that a file here can have: name the "
                        "target, too",
                        from);
    *target = lab_path_join(to, base);
    return 0;
}

int lab_copy_down(const struct lab_copier *c,
                  const char *const *from,
                  size_t n,
                  const char *to,
                  struct lab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct source src;
        LAB_AUTOFREE char *path = lab_copy_guest_path(from[i]);
        LAB_AUTOFREE char *target = NULL;
        if (look(c, path, &src, err) || place(path, to, n > 1, &target, err))
            return -1;
        if (src.is_dir ? take_tree(c, path, target, err) : take_file(c, path, &src, target, err))
            return -1;
    }
    return 0;
}
