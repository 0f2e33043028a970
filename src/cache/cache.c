#include "cache/cache_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "state/state.h"

enum { NAME_MAX_BYTES = 100, DIGEST = LAB_SHA256_HEX - 1 };

char *lab_cache_dir(void)
{
    LAB_AUTOFREE char *home = lab_home();
    return lab_path_join(home, "images");
}

char *lab_cache_path(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *name = lab_vformat(fmt, ap);
    va_end(ap);
    LAB_AUTOFREE char *dir = lab_cache_dir();
    return lab_path_join(dir, name);
}

int lab_cache_make_dir(struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_cache_dir();
    return plat_mkdirs(dir, 0700, err);
}

/* --- names --------------------------------------------------------------------------------------
 */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

bool lab_cache_is_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_BYTES || !is_letter(*name) || name[n - 1] == '.' ||
        lab_utf8_check(name, n) < n || lab_ends_with(name, LAB_CACHE_PART) ||
        lab_ends_with(name, LAB_CACHE_LOCK))
        return false;
    for (const char *c = name; *c; c++)
        if (!is_letter(*c) && !strchr("._+-", *c))
            return false;
    return true;
}

/* Longest first part of at most n bytes that ends with a whole character. */
static size_t cut(const char *text, size_t n, size_t most)
{
    if (n <= most)
        return n;
    for (n = most; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
        n--;
    return n;
}

static size_t without_suffix(const char *name, size_t n)
{
    static const char *const suffixes[] = {".qcow2", ".img", ".raw", ".vmdk", ".ova"};
    LAB_AUTOFREE char *whole = lab_strndup(name, n);
    for (size_t i = 0; i < LAB_ARRAY_LEN(suffixes); i++)
        if (lab_ends_with(whole, suffixes[i]) && n > strlen(suffixes[i]))
            return n - strlen(suffixes[i]);
    return n;
}

char *lab_cache_name_for(const char *source)
{
    const char *url = strstr(source, "://");
    LAB_AUTOFREE char *place = lab_strndup(source, url ? strcspn(source, "?#") : strlen(source));
    const char *base = lab_path_base(place);
    size_t n = cut(base, without_suffix(base, strlen(base)), NAME_MAX_BYTES);
    char *name = lab_strndup(base, n);
    for (char *c = name; *c; c++)
        if (!is_letter(*c) && (c == name || !strchr("._+-", *c)))
            *c = c == name ? 'x' : '-';
    if (lab_cache_is_name(name))
        return name;
    free(name);
    return lab_strdup("image");
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool is_hex(const char *text, size_t n)
{
    return strspn(text, "0123456789abcdef") >= n;
}

/* The entry that what is made of this digest belongs to: its names come first in the folder. */
static struct lab_cached *entry_of(struct lab_cache *cache, const char *file)
{
    size_t n = cache->list.len;
    if (n > 0 && strncmp(cache->list.items[n - 1].sha256, file, DIGEST) == 0)
        return &cache->list.items[n - 1];
    struct lab_cached *entry = lab_vec_push(&cache->list);
    memcpy(entry->sha256, file, DIGEST);
    return entry;
}

static void add_image(struct lab_cache *cache, const char *path, const char *file, uint64_t bytes)
{
    struct lab_cached *e = lab_vec_push(&cache->list);
    memcpy(e->sha256, file, DIGEST);
    e->name = lab_strdup(file + DIGEST + 1);
    e->path = lab_strdup(path);
    e->bytes = bytes;
}

static void set_made(struct lab_cached_made *made, const char *path, uint64_t bytes)
{
    lab_assign(&made->path, path);
    made->bytes = bytes;
}

static int add(void *arg, const char *file)
{
    struct lab_cache *cache = arg;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_cache_path("%s", file);
    const char *rest = file + DIGEST;
    if (strlen(file) <= DIGEST + 1 || !is_hex(file, DIGEST) || plat_lstat(path, &st) || !st.is_file)
        return 0;
    if (*rest == '-' && lab_cache_is_name(rest + 1))
        add_image(cache, path, file, st.size);
    else if (strcmp(rest, ".vmdk") == 0)
        set_made(&entry_of(cache, file)->vmdk, path, st.size);
    else if (strcmp(rest, ".raw") == 0)
        set_made(&entry_of(cache, file)->raw, path, st.size);
    else if (strcmp(rest, LAB_CACHE_USED) == 0)
        entry_of(cache, file)->used_ms = st.mtime_ns / 1000000;
    return 0;
}

/* Every name of an image shows what was made of it, and when it was used. */
static void share(struct lab_cache *cache)
{
    for (size_t i = cache->list.len; i-- > 1;) {
        const struct lab_cached *from = &cache->list.items[i];
        struct lab_cached *to = &cache->list.items[i - 1];
        if (strcmp(from->sha256, to->sha256) != 0)
            continue;
        set_made(&to->vmdk, from->vmdk.path, from->vmdk.bytes);
        set_made(&to->raw, from->raw.path, from->raw.bytes);
        to->used_ms = from->used_ms;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct lab_cached *x = a, *y = b;
    if (x->name && y->name && strcmp(x->name, y->name) != 0)
        return strcmp(x->name, y->name);
    if (!x->name != !y->name)
        return x->name ? -1 : 1;
    return strcmp(x->sha256, y->sha256);
}

static void clear_entry(struct lab_cached *e)
{
    free(e->name);
    free(e->path);
    free(e->vmdk.path);
    free(e->raw.path);
}

/* A time of use alone is nothing that anybody could use. */
static void drop_empty(struct lab_cache *cache)
{
    size_t kept = 0;
    LAB_VEC_FOREACH (e, &cache->list) {
        if (e->path || e->vmdk.path || e->raw.path)
            cache->list.items[kept++] = *e;
        else
            clear_entry(e);
    }
    cache->list.len = kept;
}

int lab_cache_read(struct lab_cache *out, struct lab_error *err)
{
    *out = (struct lab_cache){{0}};
    LAB_AUTOFREE char *dir = lab_cache_dir();
    struct plat_stat st;
    if (plat_stat(dir, &st))
        return 0;
    if (plat_list_dir(dir, add, out, err))
        return -1;
    share(out);
    drop_empty(out);
    if (out->list.len)
        qsort(out->list.items, out->list.len, sizeof(*out->list.items), by_name);
    return 0;
}

void lab_cache_clear(struct lab_cache *cache)
{
    LAB_VEC_FOREACH (e, &cache->list)
        clear_entry(e);
    lab_vec_clear(&cache->list);
}

/* --- finding ------------------------------------------------------------------------------------
 */

const struct lab_cached *lab_cache_by_digest(const struct lab_cache *cache, const char *sha256)
{
    LAB_VEC_FOREACH (e, &cache->list)
        if (strncmp(e->sha256, sha256, strlen(sha256)) == 0)
            return e;
    return NULL;
}

const struct lab_cached *lab_cache_find(const struct lab_cache *cache, const char *name)
{
    LAB_VEC_FOREACH (e, &cache->list)
        if (e->name && strcmp(e->name, name) == 0)
            return e;
    size_t n = strlen(name);
    return n >= LAB_CACHE_DIGITS && is_hex(name, n) ? lab_cache_by_digest(cache, name) : NULL;
}

const char *lab_cache_nearest(const struct lab_cache *cache, const char *name)
{
    LAB_AUTOFREE const char **names = lab_calloc(cache->list.len + 1, sizeof(*names));
    size_t n = 0;
    LAB_VEC_FOREACH (e, &cache->list)
        if (e->name)
            names[n++] = e->name;
    return lab_nearest(name, names, n);
}
