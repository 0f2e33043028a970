#include "media/iso_priv.h"

#include <string.h>

#include "base/i18n.h"

struct check {
    struct lab_iso *iso;
    const char *path;
    struct lab_error *err;
};

static int differs(struct check *c, const char *path, const char *how)
{
    lab_fail(c->err, LAB_INTEGRITY, "the image '%s' does not read back as it was written: '%s' %s",
             c->path, path, how);
    return lab_error_hint(c->err, "check the disk and the memory of this host, then run again");
}

static const char *difference(const struct lab_iso_file *file, const struct lab_iso_entry *entry)
{
    if (entry->size != file->size)
        return lab_tr("has another size");
    if (strcmp(entry->sha256, file->sha256) != 0)
        return lab_tr("has other content");
    return entry->mode == file->mode ? NULL : lab_tr("has other permissions");
}

static int compare(struct check *c, const struct lab_iso_listing *listing)
{
    lab_iso_sort(c->iso);
    size_t n = 0;
    for (size_t i = 0; i < listing->entries.len; i++) {
        const struct lab_iso_entry *entry = &listing->entries.items[i];
        if (entry->is_dir)
            continue;
        if (n == c->iso->files.len || strcmp(entry->path, c->iso->files.items[n].path) != 0)
            return differs(c, entry->path, lab_tr("is there and should not be"));
        const char *how = difference(&c->iso->files.items[n++], entry);
        if (how)
            return differs(c, entry->path, how);
    }
    if (n < c->iso->files.len)
        return differs(c, c->iso->files.items[n].path, lab_tr("is missing"));
    return strcmp(listing->label, c->iso->label) == 0
               ? 0
               : differs(c, lab_tr("the label"), lab_tr("is another one"));
}

int lab_iso_verify(struct lab_iso *iso,
                   const char *part,
                   const char *path,
                   const struct lab_iso_hook *hook,
                   struct lab_error *err)
{
    struct lab_iso_listing listing;
    struct check c = {iso, path, err};
    if (lab_iso_scan(part, true, hook, &listing, err) < 0)
        return -1;
    int rc = compare(&c, &listing);
    lab_iso_listing_clear(&listing);
    return rc;
}
