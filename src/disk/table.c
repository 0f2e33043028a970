#include "disk/disk_priv.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define WINDOW  ((uint64_t)64 << 10)
#define WINDOWS 16

struct window {
    const struct lab_disk_source *source; /* NULL: empty */
    uint64_t offset, used;
    size_t len;
    unsigned char *bytes;
};

struct lab_disk_table {
    uv_mutex_t lock;
    uint64_t clock;
    struct window windows[WINDOWS];
};

struct lab_disk_table *lab_disk_table_new(void)
{
    struct lab_disk_table *table = lab_alloc(sizeof(*table));
    uv_mutex_init(&table->lock);
    return table;
}

void lab_disk_table_free(struct lab_disk_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < WINDOWS; i++)
        free(table->windows[i].bytes);
    uv_mutex_destroy(&table->lock);
    free(table);
}

/* The window that holds the offset, else the one that was not used for longest. */
static struct window *
choose(struct lab_disk_table *table, const struct lab_disk_source *source, uint64_t offset)
{
    struct window *oldest = &table->windows[0];
    for (size_t i = 0; i < WINDOWS; i++) {
        struct window *w = &table->windows[i];
        if (w->source == source && w->offset == offset)
            return w;
        if (w->used < oldest->used)
            oldest = w;
    }
    return oldest;
}

static int
load(struct window *w, const struct lab_disk_source *source, uint64_t offset, struct lab_error *err)
{
    if (!w->bytes)
        w->bytes = lab_alloc(WINDOW);
    w->source = NULL;
    if (lab_disk_source_some(source, offset, w->bytes, WINDOW, &w->len, err) < 0)
        return -1;
    w->source = source;
    w->offset = offset;
    return 0;
}

static int get(struct lab_disk_table *table,
               const struct lab_disk_source *source,
               uint64_t offset,
               void *bytes,
               size_t n,
               struct lab_error *err)
{
    uint64_t start = offset / WINDOW * WINDOW;
    struct window *w = choose(table, source, start);
    if ((w->source != source || w->offset != start) && load(w, source, start, err) < 0)
        return -1;
    w->used = ++table->clock;
    if (offset - start + n > w->len)
        return lab_disk_source_read(source, offset, bytes, n, err); /* says what is wrong */
    memcpy(bytes, w->bytes + (offset - start), n);
    return 0;
}

int lab_disk_table_get(struct lab_disk_table *table,
                       const struct lab_disk_source *source,
                       uint64_t offset,
                       void *bytes,
                       size_t n,
                       struct lab_error *err)
{
    uv_mutex_lock(&table->lock);
    int rc = get(table, source, offset, bytes, n, err);
    uv_mutex_unlock(&table->lock);
    return rc;
}
