#include "oci/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "base/vec.h"
#include "base/work.h"
#include "oci/archive_priv.h"
#include "platform.h"

#define BLOCK       ((size_t)64 << 10)
#define MEMBERS_MAX 100000
#define NAME_MAX_   4096
#define HOPS_MAX    16

struct member {
    char *name;
    char *link; /* the name that it stands for, or NULL */
    uint64_t offset, size;
    size_t order;
    bool broken; /* not stored in one piece */
};

struct lab_archive {
    char *path, *temporary;
    int fd;
    uint64_t size;
    LAB_VEC(struct member) members; /* by name; of equal ones the last counts */
};

/* --- spans --------------------------------------------------------------------------------------
 */

void lab_span_close(struct lab_span *span)
{
    if (span->own)
        lab_io_close(span->fd);
    *span = (struct lab_span){.fd = -1};
}

int lab_span_read(const struct lab_span *span,
                  const char *path,
                  uint64_t at,
                  void *bytes,
                  size_t n,
                  size_t *got,
                  struct lab_error *err)
{
    uint64_t left = at < span->size ? span->size - at : 0;
    *got = n < left ? n : (size_t)left;
    int rc = lab_io_read_all(span->fd, bytes, *got, (int64_t)(span->offset + at));
    if (rc == UV_EOF)
        return lab_fail(err, LAB_INTEGRITY, "'%s' became shorter while it was read", path);
    return rc < 0 ? lab_fail(err, LAB_HOST, "cannot read '%s': %s", path, uv_strerror(rc)) : 0;
}

/* --- names --------------------------------------------------------------------------------------
 */

/* Adds a path's components to a clean one; false when that leaves the archive. */
static bool add_path(struct lab_str *out, const char *path)
{
    while (*path) {
        size_t n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0) {
            const char *slash = out->len ? strrchr(out->ptr, '/') : NULL;
            if (!out->len)
                return false;
            lab_str_truncate(out, slash ? (size_t)(slash - out->ptr) : 0);
        } else if (n > 0 && !(n == 1 && *path == '.')) {
            if (out->len)
                lab_str_addc(out, '/');
            lab_str_addn(out, path, n);
        }
        path += n + (path[n] == '/');
    }
    return true;
}

/* What a link in this folder means; NULL: something outside. */
static char *resolve(const char *member, const char *target, bool symbolic)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    const char *slash = strrchr(member, '/');
    LAB_AUTOFREE char *folder = lab_strndup(member, slash ? (size_t)(slash - member) : 0);
    if (*target == '/' || (symbolic && !add_path(&out, folder)) || !add_path(&out, target))
        return NULL;
    return lab_str_detach(&out);
}

static bool is_clean(const char *name)
{
    const char *at = name;
    if (*name == '/' || strlen(name) > NAME_MAX_)
        return false;
    while ((at = strstr(at, ".."))) {
        if ((at == name || at[-1] == '/') && (at[2] == '/' || !at[2]))
            return false;
        at += 2;
    }
    return true;
}

/* --- the list of members ------------------------------------------------------------------------
 */

struct scan {
    struct lab_archive *out;
    struct archive *archive;
    struct lab_error *err;
    uint64_t at;
    unsigned char block[BLOCK];
};

static la_ssize_t on_read(struct archive *a, void *client, const void **bytes)
{
    struct scan *s = client;
    int64_t got = lab_io_read(s->out->fd, s->block, BLOCK, (int64_t)s->at);
    if (got < 0) {
        lab_fail(s->err, LAB_HOST, "cannot read '%s': %s", s->out->path, uv_strerror((int)got));
        archive_set_error(a, -1, "cannot be read");
        return -1;
    }
    s->at += (uint64_t)got;
    *bytes = s->block;
    return (la_ssize_t)got;
}

static la_int64_t on_skip(struct archive *a, void *client, la_int64_t n)
{
    struct scan *s = client;
    uint64_t left = s->at < s->out->size ? s->out->size - s->at : 0;
    (void)a;
    uint64_t now = n <= 0 ? 0 : (uint64_t)n < left ? (uint64_t)n : left;
    s->at += now;
    return (la_int64_t)now;
}

static int failed(struct scan *s)
{
    const char *why = archive_error_string(s->archive);
    bool first = s->out->members.len == 0;
    return lab_fail(s->err, first ? LAB_USAGE : LAB_INTEGRITY, "'%s' %s: %s", s->out->path,
                    first ? lab_tr("is no tar archive") : lab_tr("is a damaged archive"),
                    why ? why : lab_tr("libarchive gives no reason"));
}

static int add(struct scan *s, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);
    if (!name || !is_clean(name))
        return lab_fail(s->err, LAB_INTEGRITY, "'%s' has a member outside of the archive: '%s'",
                        s->out->path, name ? name : "?");
    if (!hard && !soft && archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    LAB_AUTO_STR struct lab_str clean = LAB_STR_INIT;
    add_path(&clean, name);
    struct member *m = lab_vec_push(&s->out->members);
    m->name = lab_str_detach(&clean);
    m->order = s->out->members.len;
    m->offset = (uint64_t)archive_filter_bytes(s->archive, 0);
    m->size = hard || soft ? 0 : (uint64_t)archive_entry_size(entry);
    m->broken = archive_entry_sparse_count(entry) > 0;
    if (hard || soft)
        m->link = resolve(m->name, hard ? hard : soft, !hard);
    if ((hard || soft) && !m->link)
        return lab_fail(s->err, LAB_INTEGRITY, "'%s' has a link out of the archive: '%s' to '%s'",
                        s->out->path, m->name, hard ? hard : soft);
    if (m->offset > s->out->size || m->size > s->out->size - m->offset)
        return lab_fail(s->err, LAB_INTEGRITY,
                        "'%s' is cut off: its member '%s' goes beyond the end", s->out->path,
                        m->name);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static int scan(struct scan *s)
{
    struct archive_entry *entry;
    if (!s->archive || archive_read_support_format_tar(s->archive) != ARCHIVE_OK ||
        archive_read_open2(s->archive, s, NULL, on_read, on_skip, NULL) != ARCHIVE_OK)
        return failed(s);
    for (;;) {
        int rc = archive_read_next_header(s->archive, &entry);
        if (rc == ARCHIVE_EOF)
            break;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return failed(s);
        if (lab_work_cancelled())
            return lab_fail(s->err, LAB_CANCELLED, "reading '%s' was interrupted", s->out->path);
        if (s->out->members.len >= MEMBERS_MAX)
            return lab_fail(s->err, LAB_INTEGRITY, "'%s' has more than %d members", s->out->path,
                            MEMBERS_MAX);
        if (add(s, entry))
            return -1;
    }
    if (s->out->members.len)
        qsort(s->out->members.items, s->out->members.len, sizeof(struct member), by_name);
    return 0;
}

static int list(struct lab_archive *a, struct lab_error *err)
{
    struct scan *s = lab_alloc(sizeof(*s));
    s->out = a;
    s->err = err;
    s->archive = archive_read_new();
    int rc = scan(s);
    archive_read_free(s->archive);
    free(s);
    return rc;
}

/* --- open, close, find --------------------------------------------------------------------------
 */

static int measure(struct lab_archive *a, struct lab_error *err)
{
    uv_fs_t req;
    int rc = uv_fs_fstat(NULL, &req, a->fd, NULL);
    int64_t size = rc < 0 ? rc : (int64_t)req.statbuf.st_size;
    uv_fs_req_cleanup(&req);
    if (size < 0)
        return lab_fail(err, LAB_HOST, "cannot tell the size of '%s': %s", a->path,
                        uv_strerror(rc));
    a->size = (uint64_t)size;
    return 0;
}

int lab_archive_open(struct lab_archive **out,
                     const char *path,
                     const char *spool,
                     struct lab_error *err)
{
    struct lab_archive *a = lab_alloc(sizeof(*a));
    int plain = -1;
    a->path = lab_strdup(path);
    a->fd = lab_io_open(path, err);
    int rc = a->fd < 0 ? -1
                       : lab_archive_unpack(path, a->fd, spool, LAB_ARCHIVE_UNPACKED_MAX, &plain,
                                            &a->temporary, err);
    if (rc == 0 && plain >= 0) {
        lab_io_close(a->fd);
        a->fd = plain;
    }
    if (rc == 0)
        rc = measure(a, err) || list(a, err) ? -1 : 0;
    if (rc == 0)
        *out = a;
    else
        lab_archive_close(a);
    return rc;
}

void lab_archive_close(struct lab_archive *a)
{
    if (!a)
        return;
    LAB_VEC_FOREACH (m, &a->members) {
        free(m->name);
        free(m->link);
    }
    lab_vec_clear(&a->members);
    if (a->fd >= 0)
        lab_io_close(a->fd);
    if (a->temporary)
        plat_remove(a->temporary, NULL);
    free(a->temporary);
    free(a->path);
    free(a);
}

static const struct member *look_up(const struct lab_archive *a, const char *name)
{
    size_t low = 0, high = a->members.len; /* the last that is not behind name */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(a->members.items[middle].name, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct member *m = low > 0 ? &a->members.items[low - 1] : NULL;
    return m && strcmp(m->name, name) == 0 ? m : NULL;
}

bool lab_archive_has(const struct lab_archive *a, const char *name)
{
    return look_up(a, name) != NULL;
}

int lab_archive_find(const struct lab_archive *a,
                     const char *name,
                     struct lab_span *out,
                     struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str clean = LAB_STR_INIT;
    if (!is_clean(name) || !add_path(&clean, name))
        return lab_fail(err, LAB_INTEGRITY, "'%s' names a file outside of it: '%s'", a->path, name);
    const char *at = lab_str_get(&clean);
    for (unsigned hop = 0; hop < HOPS_MAX; hop++) {
        const struct member *m = look_up(a, at);
        if (!m)
            return lab_fail(err, LAB_INTEGRITY, "'%s' lacks '%s', which it names", a->path, at);
        if (m->broken)
            return lab_fail(err, LAB_USAGE, "'%s' stores '%s' in pieces (tar --sparse)", a->path,
                            at);
        if (!m->link) {
            *out = (struct lab_span){.fd = a->fd, .offset = m->offset, .size = m->size};
            return 0;
        }
        at = m->link;
    }
    return lab_fail(err, LAB_INTEGRITY, "'%s' has links in a circle, at '%s'", a->path, name);
}
