/* The file: "DIFF_ID DIGEST SIZE\n" for each layer, the oldest first. */
#include "oci/packed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "oci/manifest.h"
#include "platform.h"

#define ENTRIES_MAX 10000
#define FILE_MAX_   ((size_t)4 << 20)

struct entry {
    char diff_id[LAB_DIGEST_TEXT], digest[LAB_DIGEST_TEXT];
    uint64_t size;
};

struct lab_packed {
    char *path;
    uv_mutex_t lock;
    LAB_VEC(struct entry) list;
};

static void read_line(struct lab_packed *p, char *line)
{
    char *digest = strchr(line, ' '), *size = digest ? strchr(digest + 1, ' ') : NULL;
    uint64_t bytes;
    if (!size || p->list.len >= ENTRIES_MAX)
        return;
    *digest++ = '\0';
    *size++ = '\0';
    if (!lab_is_digest(line) || !lab_is_digest(digest) ||
        lab_parse_uint(size, LAB_BLOB_MAX, &bytes))
        return;
    struct entry *e = lab_vec_push(&p->list);
    memcpy(e->diff_id, line, LAB_DIGEST_TEXT);
    memcpy(e->digest, digest, LAB_DIGEST_TEXT);
    e->size = bytes;
}

static void load(struct lab_packed *p)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (!lab_file_exists(p->path))
        return;
    if (lab_file_read(p->path, FILE_MAX_, &text, &why)) {
        lab_log("%s", why.message);
        return;
    }
    for (char *line = text.ptr, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        read_line(p, line);
    }
}

struct lab_packed *lab_packed_open(const char *path)
{
    struct lab_packed *p = lab_alloc(sizeof(*p));
    uv_mutex_init(&p->lock);
    p->path = lab_strdup(path);
    if (path)
        load(p);
    return p;
}

void lab_packed_close(struct lab_packed *p)
{
    if (!p)
        return;
    uv_mutex_destroy(&p->lock);
    lab_vec_clear(&p->list);
    free(p->path);
    free(p);
}

static struct entry *find(struct lab_packed *p, const char *diff_id)
{
    LAB_VEC_FOREACH (e, &p->list)
        if (strcmp(e->diff_id, diff_id) == 0)
            return e;
    return NULL;
}

bool lab_packed_get(struct lab_packed *p,
                    const char *diff_id,
                    char digest[LAB_DIGEST_TEXT],
                    uint64_t *size)
{
    uv_mutex_lock(&p->lock);
    const struct entry *e = find(p, diff_id);
    if (e) {
        memcpy(digest, e->digest, LAB_DIGEST_TEXT);
        *size = e->size;
    }
    uv_mutex_unlock(&p->lock);
    return e != NULL;
}

static void save(struct lab_packed *p)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *folder = lab_path_dir(p->path);
    LAB_VEC_FOREACH (e, &p->list)
        lab_str_addf(&text, "%s %s %" PRIu64 "\n", e->diff_id, e->digest, e->size);
    if (plat_mkdirs(folder, 0700, &why) ||
        lab_file_replace(p->path, lab_str_get(&text), text.len, 0600, &why))
        lab_log("%s", why.message);
}

void lab_packed_put(struct lab_packed *p, const char *diff_id, const char *digest, uint64_t size)
{
    uv_mutex_lock(&p->lock);
    struct entry *e = find(p, diff_id);
    bool known = e && strcmp(e->digest, digest) == 0 && e->size == size;
    if (!e && p->list.len >= ENTRIES_MAX) {
        memmove(p->list.items, p->list.items + 1, (p->list.len - 1) * sizeof(*e));
        p->list.len--;
    }
    if (!e)
        e = lab_vec_push(&p->list);
    memcpy(e->diff_id, diff_id, LAB_DIGEST_TEXT);
    memcpy(e->digest, digest, LAB_DIGEST_TEXT);
    e->size = size;
    if (!known && p->path)
        save(p);
    uv_mutex_unlock(&p->lock);
}
