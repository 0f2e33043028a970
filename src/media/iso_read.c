#include "media/iso_priv.h"

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
#include "platform.h"

#define READ_BLOCK (256u << 10)

/* --- volume descriptors, which libarchive does not show --------------------------------------- */

enum { VD_PRIMARY = 1, VD_SUPPLEMENTARY = 2, VD_TERMINATOR = 255 };
enum { MOST_DESCRIPTORS = 64 };

#define VD_LABEL   40
#define VD_SECTORS 80
#define VD_ESCAPES 88

static void trim(char *label)
{
    size_t len = strlen(label);
    while (len > 0 && label[len - 1] == ' ')
        label[--len] = '\0';
}

static void take_primary_label(char label[33], const unsigned char *vd)
{
    memcpy(label, vd + VD_LABEL, LAB_ISO_LABEL_MAX);
    label[LAB_ISO_LABEL_MAX] = '\0';
    trim(label);
}

/* UCS-2, big-endian; ours are ASCII, of others' labels that is what we show. */
static void take_joliet_label(char label[33], const unsigned char *vd)
{
    size_t n = 0;
    for (; n < LAB_ISO_LABEL_MAX / 2; n++) {
        const unsigned char *c = vd + VD_LABEL + 2 * n;
        label[n] = c[0] == 0 && c[1] < 0x7f ? (char)c[1] : '?';
    }
    label[n] = '\0';
    trim(label);
}

static bool is_joliet(const unsigned char *vd)
{
    const unsigned char *e = vd + VD_ESCAPES;
    return vd[0] == VD_SUPPLEMENTARY && e[0] == '%' && e[1] == '/' &&
           (e[2] == '@' || e[2] == 'C' || e[2] == 'E');
}

/* Returns NULL, or why the image is no good. */
static const char *read_descriptors(int fd, uint64_t size, struct lab_iso_listing *out)
{
    unsigned char vd[LAB_ISO_SECTOR];
    bool primary = false, joliet = false;
    for (int64_t i = 0; i < MOST_DESCRIPTORS; i++) {
        if (lab_io_read_all(fd, vd, sizeof(vd), (LAB_ISO_SYSTEM + i) * LAB_ISO_SECTOR) < 0)
            return lab_tr("it is cut short, or no ISO 9660 image");
        if (memcmp(vd + 1, "CD001", 5) != 0)
            return lab_tr("it is no ISO 9660 image");
        if (vd[0] == VD_TERMINATOR)
            return primary ? NULL : lab_tr("it has no primary volume descriptor");
        if (vd[0] == VD_PRIMARY) {
            uint64_t sectors = vd[VD_SECTORS] | (uint64_t)vd[VD_SECTORS + 1] << 8 |
                               (uint64_t)vd[VD_SECTORS + 2] << 16 |
                               (uint64_t)vd[VD_SECTORS + 3] << 24;
            if (sectors * LAB_ISO_SECTOR > size)
                return lab_tr("it is cut short");
            primary = true;
            if (!joliet)
                take_primary_label(out->label, vd);
        } else if (is_joliet(vd)) {
            joliet = true;
            take_joliet_label(out->label, vd);
        }
    }
    return lab_tr("its volume descriptors do not end");
}

/* --- entries ---------------------------------------------------------------------------------- */

struct scan {
    int fd;
    uint64_t offset, end; /* of libarchive's reading */
    const char *path;
    bool hash;
    const struct lab_iso_hook *hook;
    struct lab_iso_listing *out;
    char *block; /* READ_BLOCK, for libarchive's reader */
    char *data;  /* the same, for a file's bytes */
};

/* Not archive_read_open_filename(): on Windows its paths are not UTF-8. */
static la_ssize_t on_read(struct archive *a, void *client, const void **bytes)
{
    struct scan *s = client;
    int64_t got = lab_io_read(s->fd, s->block, READ_BLOCK, (int64_t)s->offset);
    if (got < 0)
        archive_set_error(a, EIO, "%s", uv_strerror((int)got));
    else
        s->offset += (uint64_t)got;
    *bytes = s->block;
    return (la_ssize_t)got;
}

static la_int64_t on_skip(struct archive *a, void *client, la_int64_t request)
{
    struct scan *s = client;
    (void)a;
    uint64_t left = s->end - s->offset;
    uint64_t n = (uint64_t)request < left ? (uint64_t)request : left;
    s->offset += n;
    return (la_int64_t)n;
}

static int damaged(const struct scan *s, struct archive *a, struct lab_error *err)
{
    const char *why = archive_error_string(a);
    lab_fail(err, LAB_INTEGRITY, "the image '%s' is damaged: %s", s->path,
             why ? why : lab_tr("libarchive cannot read it"));
    return lab_error_hint(err, "make or fetch it again");
}

static int
hash_data(struct scan *s, struct archive *a, struct lab_iso_entry *e, struct lab_error *err)
{
    struct lab_sha256 *hash = lab_sha256_new();
    uint64_t total = 0;
    la_ssize_t n;
    while ((n = archive_read_data(a, s->data, READ_BLOCK)) > 0) {
        lab_sha256_add(hash, s->data, (size_t)n);
        total += (uint64_t)n;
        if (s->hook)
            s->hook->fn(s->hook->arg, (uint64_t)n);
        if (lab_work_cancelled())
            break;
    }
    lab_sha256_end(hash, e->sha256);
    if (n > 0)
        return lab_fail(err, LAB_CANCELLED, "reading the image '%s' was interrupted", s->path);
    if (n < 0)
        return damaged(s, a, err);
    if (total != e->size) {
        lab_fail(err, LAB_INTEGRITY,
                 "the image '%s' is damaged: '%s' has %llu bytes instead of %llu", s->path, e->path,
                 (unsigned long long)total, (unsigned long long)e->size);
        return lab_error_hint(err, "make or fetch it again");
    }
    return 0;
}

/* The root itself is "."; folders come with or without a final slash. */
static char *entry_path(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname_utf8(entry);
    if (!path)
        path = archive_entry_pathname(entry);
    if (!path)
        return lab_strdup("?");
    if (strcmp(path, ".") == 0)
        return NULL;
    if (lab_starts_with(path, "./"))
        path += 2;
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    return len > 0 ? lab_strndup(path, len) : NULL;
}

static int
take_entry(struct scan *s, struct archive *a, struct archive_entry *entry, struct lab_error *err)
{
    LAB_AUTOFREE char *path = entry_path(entry);
    if (!path)
        return 0;
    struct lab_iso_entry *e = lab_vec_push(&s->out->entries);
    e->path = lab_steal(&path);
    e->is_dir = archive_entry_filetype(entry) == AE_IFDIR;
    e->size = e->is_dir ? 0 : (uint64_t)archive_entry_size(entry);
    e->mode = (unsigned)archive_entry_perm(entry);
    e->mtime = archive_entry_mtime(entry);
    if (s->hash && archive_entry_filetype(entry) == AE_IFREG)
        return hash_data(s, a, e, err);
    return 0;
}

/* A warning is a lost file or a wrong size, except for a name that this locale cannot spell. */
static bool is_bad(struct archive *a, int rc)
{
    const char *why = archive_error_string(a);
    return rc != ARCHIVE_OK &&
           !(rc == ARCHIVE_WARN && why && lab_starts_with(why, "Pathname cannot be converted"));
}

static int take_entries(struct scan *s, struct archive *a, struct lab_error *err)
{
    struct archive_entry *entry;
    if (archive_read_support_format_iso9660(a) != ARCHIVE_OK ||
        archive_read_open2(a, s, NULL, on_read, on_skip, NULL) != ARCHIVE_OK)
        return damaged(s, a, err);
    for (;;) {
        int rc = archive_read_next_header(a, &entry);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (is_bad(a, rc))
            return damaged(s, a, err);
        if (take_entry(s, a, entry, err) < 0)
            return -1;
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_iso_entry *)a)->path, ((const struct lab_iso_entry *)b)->path);
}

static int scan_open(struct scan *s, struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(s->path, &st) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot look at '%s'", s->path);
    const char *why = read_descriptors(s->fd, st.size, s->out);
    if (why) {
        lab_fail(err, LAB_INTEGRITY, "cannot use the image '%s': %s", s->path, why);
        return lab_error_hint(err, "make or fetch it again");
    }
    s->end = st.size;
    s->block = lab_alloc(READ_BLOCK);
    s->data = lab_alloc(READ_BLOCK);
    struct archive *a = archive_read_new();
    int rc = take_entries(s, a, err);
    archive_read_free(a);
    free(s->block);
    free(s->data);
    return rc;
}

int lab_iso_scan(const char *path,
                 bool hash,
                 const struct lab_iso_hook *hook,
                 struct lab_iso_listing *out,
                 struct lab_error *err)
{
    *out = (struct lab_iso_listing){0};
    int fd = lab_io_open(path, err);
    if (fd < 0)
        return -1;
    struct scan s = {.fd = fd, .path = path, .hash = hash, .hook = hook, .out = out};
    int rc = scan_open(&s, err);
    lab_io_close(fd);
    if (rc < 0) {
        lab_iso_listing_clear(out);
        return -1;
    }
    if (out->entries.len > 0)
        qsort(out->entries.items, out->entries.len, sizeof(*out->entries.items), by_path);
    return 0;
}

int lab_iso_read(const char *path, bool hash, struct lab_iso_listing *out, struct lab_error *err)
{
    return lab_iso_scan(path, hash, NULL, out, err);
}

void lab_iso_listing_clear(struct lab_iso_listing *listing)
{
    LAB_VEC_FOREACH (e, &listing->entries)
        free(e->path);
    lab_vec_clear(&listing->entries);
}
