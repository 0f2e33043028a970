#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "bundle/create_priv.h"
#include "net/download.h"
#include "platform.h"

/* Folders, lists, and a file system that should not be filled to the brim. */
#define SPARE_BYTES (64u << 20)

/* --- bundle.lock ------------------------------------------------------------------------------ */

static const char *expected(const struct lab_create *c, const struct lab_item *item)
{
    const struct lab_pin *pin = item->pin ? lab_lock_find(&c->lock, item->pin) : NULL;
    if (item->sha256)
        return item->sha256;
    return pin && !c->job->update ? pin->sha256 : NULL;
}

static int keep_pins(struct lab_create *c, size_t from, struct lab_error *err)
{
    for (size_t i = from; i < c->items.len; i++) {
        const struct lab_item *item = &c->items.items[i];
        if (item->pin && item->got[0])
            lab_lock_set(&c->lock, item->pin, item->bytes, item->got);
    }
    return lab_lock_save(&c->lock, c->lock_path, err);
}

/* --- free space ------------------------------------------------------------------------------- */

static uint64_t have_of(const struct lab_create *c, const struct lab_item *item)
{
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(c->dir.part, item->path);
    LAB_AUTOFREE char *part = lab_format("%s.part", path);
    if (plat_lstat(path, &st) == 0 || plat_lstat(part, &st) == 0)
        return st.size;
    return 0;
}

int lab_create_check_space(struct lab_create *c, struct lab_error *err)
{
    uint64_t need = SPARE_BYTES, room;
    LAB_AUTO_STR struct lab_str want = LAB_STR_INIT, have = LAB_STR_INIT;
    for (size_t i = c->fetched; i < c->items.len; i++) {
        const struct lab_item *item = &c->items.items[i];
        uint64_t there = have_of(c, item);
        uint64_t size = item->size ? item->size : lab_download_length(item->source);
        need += size > there ? size - there : 0;
    }
    if (plat_free_space(c->dir.part, &room, err) < 0)
        return -1;
    if (room >= need)
        return 0;
    lab_put_size(&want, need);
    lab_put_size(&have, room);
    lab_fail(err, LAB_HOST,
             "not enough free space for the bundle: '%s' wants %s more, and %s are free",
             c->dir.out, lab_str_get(&want), lab_str_get(&have));
    return lab_error_hint(err,
                          "free some, or write to another disk with -o DIR; what was fetched "
                          "already is in '%s'",
                          c->dir.part);
}

/* --- the fetch -------------------------------------------------------------------------------- */

static int prepare(struct lab_create *c,
                   const struct lab_item *item,
                   struct lab_download *d,
                   struct lab_error *err)
{
    *d = (struct lab_download){.source = item->source,
                               .mode = item->mode,
                               .sha256 = expected(c, item),
                               .size = item->size,
                               .max_bytes = item->max_bytes};
    d->path = lab_create_path(c, item->path, err);
    return d->path ? 0 : -1;
}

/* Whose promise was broken decides what to do. */
static void explain(const struct lab_create *c,
                    const struct lab_item *item,
                    const struct lab_download *d,
                    struct lab_error *err)
{
    if (d->done || !d->sha256 || !d->got[0] || strcmp(d->sha256, d->got) == 0)
        return;
    if (item->sha256) {
        lab_error_hint(err,
                       "%s says otherwise: the file was changed on the way or where it comes "
                       "from; try again, or another mirror",
                       item->whose);
        return;
    }
    lab_error_hint(err,
                   "'%s' pins what was fetched first ('%s'); when the new one is known to be "
                   "right, accept it with --update",
                   c->lock_path, item->pin);
}

static int
download(struct lab_create *c, struct lab_download *list, size_t n, struct lab_error *err)
{
    const struct lab_download_options options = {
        .tries = c->job->tries, .progress = c->job->progress, .arg = c->job->arg};
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    size_t from = c->fetched;
    int rc = lab_download_all(list, n, &options, err);
    for (size_t i = 0; i < n; i++) {
        struct lab_item *item = &c->items.items[from + i];
        if (rc < 0)
            explain(c, item, &list[i], err);
        if (!list[i].done)
            continue;
        item->bytes = list[i].bytes;
        memcpy(item->got, list[i].got, sizeof(item->got));
    }
    /* Also after a failure: what did come is complete, and need not be believed twice. */
    if (keep_pins(c, from, rc < 0 ? &ignored : err) < 0)
        return -1;
    return rc;
}

int lab_create_fetch(struct lab_create *c, struct lab_error *err)
{
    size_t n = c->items.len - c->fetched;
    struct lab_download *list = lab_calloc(n + 1, sizeof(*list));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = prepare(c, &c->items.items[c->fetched + i], &list[i], err);
    if (rc == 0)
        rc = download(c, list, n, err);
    for (size_t i = 0; i < n; i++)
        free((char *)(uintptr_t)list[i].path);
    free(list);
    if (rc == 0)
        c->fetched = c->items.len;
    return rc;
}
