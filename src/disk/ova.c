/* OVA: a tar with an OVF description and disks (DMTF DSP0243). libarchive finds the first disk;
 * members of a tar are contiguous, so the disk is read in place, as a part of the file. */
#include "disk/disk_priv.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define BLOCK       ((size_t)64 << 10)
#define MEMBERS_MAX 1000

struct ova {
    struct archive *archive;
    struct lab_disk_source *source;
    struct lab_error *err;
    uint64_t at;
    unsigned char block[BLOCK];
    bool described;     /* an OVF was seen */
    uint64_t disk, len; /* of the first disk; 0: none yet */
};

static la_ssize_t on_read(struct archive *a, void *client, const void **bytes)
{
    struct ova *o = client;
    size_t got;
    if (lab_disk_source_some(o->source, o->at, o->block, BLOCK, &got, o->err) < 0) {
        archive_set_error(a, -1, "cannot be read");
        return -1;
    }
    o->at += got;
    *bytes = o->block;
    return (la_ssize_t)got;
}

static la_int64_t on_skip(struct archive *a, void *client, la_int64_t n)
{
    struct ova *o = client;
    (void)a;
    uint64_t left = o->at < o->source->size ? o->source->size - o->at : 0;
    uint64_t now = n > 0 && (uint64_t)n < left ? (uint64_t)n : n > 0 ? left : 0;
    o->at += now;
    return (la_int64_t)now;
}

static int failed(struct ova *o)
{
    const char *why = archive_error_string(o->archive);
    return lab_disk_damaged(o->err, o->source->path, "the archive cannot be read: %s",
                            why ? why : lab_tr("libarchive gives no reason"));
}

/* The member's first bytes through libarchive must be those at the offset, or it is not stored in
 * one piece. */
static int note_disk(struct ova *o, struct archive_entry *entry)
{
    unsigned char member[4] = "", there[4] = "";
    uint64_t at = (uint64_t)archive_filter_bytes(o->archive, 0);
    uint64_t len = (uint64_t)archive_entry_size(entry);
    if (archive_read_data(o->archive, member, sizeof(member)) != (la_ssize_t)sizeof(member))
        return 0;
    if (memcmp(member, "KDMV", 4) != 0)
        return 0;
    if (lab_disk_source_read(o->source, at, there, sizeof(there), o->err) < 0)
        return -1;
    if (memcmp(member, there, sizeof(there)) != 0 || archive_entry_sparse_count(entry) > 0)
        return lab_disk_refuse(o->err, o->source->path, lab_tr("unpack it first (tar -xf)"),
                               "stores its disk in pieces");
    if (len > o->source->size - at)
        return lab_disk_damaged(o->err, o->source->path,
                                "its disk, %llu bytes at offset %llu, goes beyond its end at %llu",
                                (unsigned long long)len, (unsigned long long)at,
                                (unsigned long long)o->source->size);
    o->disk = at;
    o->len = len;
    return 0;
}

static int look_at(struct ova *o, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || !name)
        return 0;
    if (lab_ends_with(name, ".ovf"))
        o->described = true;
    else if (!o->disk)
        return note_disk(o, entry);
    return 0;
}

static int scan(struct ova *o)
{
    struct archive *a = o->archive;
    struct archive_entry *entry;
    if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
        archive_read_open2(a, o, NULL, on_read, on_skip, NULL) != ARCHIVE_OK)
        return failed(o);
    for (unsigned i = 0; !o->described || !o->disk; i++) {
        int rc = archive_read_next_header(a, &entry);
        if (rc == ARCHIVE_EOF)
            break;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return failed(o);
        if (i >= MEMBERS_MAX)
            return lab_disk_refuse(o->err, o->source->path, lab_tr("unpack it first (tar -xf)"),
                                   "is an archive of more than %u files", MEMBERS_MAX);
        if (look_at(o, entry) < 0)
            return -1;
    }
    if (!o->described)
        return lab_disk_refuse(o->err, o->source->path, lab_tr("unpack it first (tar -xf)"),
                               "is a tar archive without an OVF description");
    if (!o->disk)
        return lab_disk_refuse(
            o->err, o->source->path,
            lab_tr("unpack it (tar -xf) and convert its disk (qemu-img convert)"),
            "is an OVA without a VMDK disk");
    return 0;
}

int lab_disk_open_ova(struct lab_disk **out,
                      struct lab_disk_source *source,
                      const struct lab_disk_chain *chain,
                      struct lab_error *err)
{
    struct ova *o = lab_alloc(sizeof(*o));
    o->archive = archive_read_new();
    o->source = source;
    o->err = err;
    int rc = scan(o);
    archive_read_free(o->archive);
    if (rc < 0) {
        lab_disk_source_close(source);
    } else {
        source->start = o->disk;
        source->size = o->len;
        rc = lab_disk_open_vmdk(out, source, chain, err);
    }
    free(o);
    if (rc == 0)
        (*out)->info.format = LAB_DISK_OVA;
    return rc;
}
