#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "base/work.h"
#include "bundle/archive_priv.h"
#include "bundle/sums.h"

/* Manifests and configurations have some kilobytes; an index of hundreds of images still fits. */
#define MEMBER_MAX  (8u << 20)
#define KEPT_MAX    (64u << 20)
#define MEMBERS_MAX 20000
#define BLOBS       "blobs/sha256/"

/* --- the suffix ------------------------------------------------------------------------------- */

static const char *suffix_of(const unsigned char *b, size_t n)
{
    static const struct {
        const char *magic, *suffix;
        size_t len;
    } kinds[] = {
        {"\x1f\x8b", ".tar.gz", 2},
        {"\x28\xb5\x2f\xfd", ".tar.zst", 4},
        {"BZh", ".tar.bz2", 3},
        {"\x04\x22\x4d\x18", ".tar.lz4", 4},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(kinds); i++)
        if (n > kinds[i].len && memcmp(b, kinds[i].magic, kinds[i].len) == 0)
            return kinds[i].suffix;
    return n > 262 && memcmp(b + 257, "ustar", 5) == 0 ? ".tar" : NULL;
}

char *lab_archive_name(const char *path, const char *file, struct lab_error *err)
{
    static const char *const known[][2] = {
        {".tar.gz", ".tar.gz"},   {".tgz", ".tar.gz"},      {".tar.zst", ".tar.zst"},
        {".tzst", ".tar.zst"},    {".tar.bz2", ".tar.bz2"}, {".tbz", ".tar.bz2"},
        {".tar.lz4", ".tar.lz4"}, {".tar", ".tar"},
    };
    unsigned char head[512];
    int fd = lab_io_open(file, err);
    if (fd < 0)
        return NULL;
    int64_t n = lab_io_read(fd, head, sizeof(head), 0);
    lab_io_close(fd);
    const char *suffix = suffix_of(head, n > 0 ? (size_t)n : 0);
    if (!suffix) {
        lab_fail(err, LAB_USAGE, "it is no tar, and none packed with gzip, zstd, bzip2 or lz4");
        lab_error_hint(err, "make one with 'docker save', or skopeo's docker-archive: or "
                            "oci-archive:");
        return NULL;
    }
    size_t len = strlen(path);
    for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++)
        if (lab_ends_with(path, known[i][0])) {
            if (strcmp(known[i][1], suffix) == 0)
                return lab_strdup(path);
            len -= strlen(known[i][0]);
            break;
        }
    return lab_format("%.*s%s", (int)len, path, suffix);
}

/* --- one pass --------------------------------------------------------------------------------- */

static int damaged(const struct lab_members *m, struct archive *a, struct lab_error *err)
{
    const char *why = archive_error_string(a);
    return lab_fail(err, LAB_INTEGRITY, "the archive '%s' is damaged: %s", m->file,
                    why ? why : lab_tr("unknown reason"));
}

static bool is_json(const struct lab_str *text)
{
    return text->len && (text->ptr[0] == '{' || text->ptr[0] == '[');
}

static int read_member(struct lab_members *m,
                       struct archive *a,
                       struct lab_member *member,
                       bool small,
                       struct lab_error *err)
{
    const void *bytes;
    size_t n;
    la_int64_t offset;
    int rc;
    struct lab_sha256 *hash = lab_sha256_new();
    member->text.max = MEMBER_MAX + 1;
    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        lab_sha256_add(hash, bytes, n);
        if (small)
            lab_str_addn(&member->text, bytes, n);
        if (lab_work_cancelled())
            break;
    }
    lab_sha256_end(hash, member->sha256);
    if (lab_work_cancelled())
        return lab_fail(err, LAB_CANCELLED, "interrupted while reading '%s'", m->file);
    return rc == ARCHIVE_EOF ? 0 : damaged(m, a, err);
}

static int
check_blob(const struct lab_members *m, const struct lab_member *member, struct lab_error *err)
{
    const char *hex = member->name + strlen(BLOBS);
    if (!lab_starts_with(member->name, BLOBS) || !lab_is_sha256(hex) ||
        strcmp(hex, member->sha256) == 0)
        return 0;
    return lab_fail(err, LAB_INTEGRITY,
                    "the archive '%s' is damaged: the blob %s has the SHA-256 %s", m->file, hex,
                    member->sha256);
}

static int take_entry(struct lab_members *m,
                      struct archive *a,
                      struct archive_entry *entry,
                      struct lab_error *err)
{
    const char *name = archive_entry_pathname(entry);
    if (!name || archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    bool small = archive_entry_size(entry) <= MEMBER_MAX && m->bytes < KEPT_MAX;
    struct lab_member member = {.name = lab_strdup(lab_starts_with(name, "./") ? name + 2 : name)};
    int rc = read_member(m, a, &member, small, err);
    if (rc == 0)
        rc = check_blob(m, &member, err);
    if (rc == 0 && is_json(&member.text)) {
        m->bytes += member.text.len;
        *lab_vec_push(&m->list) = member;
        return 0;
    }
    lab_str_clear(&member.text);
    free(member.name);
    return rc;
}

static int read_all(struct lab_members *m, struct archive *a, struct lab_error *err)
{
    struct archive_entry *entry;
    size_t n = 0;
    for (int rc; (rc = archive_read_next_header(a, &entry)) != ARCHIVE_EOF; n++) {
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return damaged(m, a, err);
        if (n == MEMBERS_MAX)
            return lab_fail(err, LAB_INTEGRITY, "the archive '%s' has more than %d members",
                            m->file, MEMBERS_MAX);
        if (take_entry(m, a, entry, err) < 0)
            return -1;
    }
    return 0;
}

/* Not archive_read_open_fd(): libuv's descriptors may be another C library's on Windows. */
struct source {
    int fd;
    char bytes[256 << 10];
};

static la_ssize_t on_read(struct archive *a, void *arg, const void **bytes)
{
    struct source *s = arg;
    int64_t n = lab_io_read(s->fd, s->bytes, sizeof(s->bytes), -1);
    *bytes = s->bytes;
    if (n < 0)
        archive_set_error(a, EIO, "%s", uv_strerror((int)n));
    return (la_ssize_t)(n < 0 ? -1 : n);
}

int lab_members_read(struct lab_members *out, const char *file, struct lab_error *err)
{
    struct archive *a = archive_read_new();
    out->file = file;
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_lz4(a);
    archive_read_support_format_tar(a);
    LAB_AUTOFREE struct source *s = lab_alloc(sizeof(*s));
    s->fd = lab_io_open(file, err);
    int rc = s->fd < 0                                                    ? -1
             : archive_read_open(a, s, NULL, on_read, NULL) != ARCHIVE_OK ? damaged(out, a, err)
                                                                          : read_all(out, a, err);
    archive_read_free(a);
    if (s->fd >= 0)
        lab_io_close(s->fd);
    return rc;
}

const struct lab_member *lab_members_find(const struct lab_members *members, const char *name)
{
    LAB_VEC_FOREACH (m, &members->list)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

void lab_members_clear(struct lab_members *members)
{
    LAB_VEC_FOREACH (m, &members->list) {
        lab_str_clear(&m->text);
        free(m->name);
    }
    lab_vec_clear(&members->list);
}
