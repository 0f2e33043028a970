#include "bundle/lock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/reader.h"

#define LOCK_MAX_BYTES (1u << 20)

char *lab_lock_path(const char *recipe)
{
    size_t n = strlen(recipe);
    if (lab_ends_with(recipe, ".yaml"))
        n -= 5;
    else if (lab_ends_with(recipe, ".yml"))
        n -= 4;
    return lab_format("%.*s.lock", (int)n, recipe);
}

static void read_pin(struct lab_reader *r, const struct lab_yaml *map, struct lab_lock *lock)
{
    static const char *const keys[] = {"source", "size", "sha256"};
    char hex[LAB_SHA256_HEX] = "";
    lab_reader_keys(r, map, lab_tr("a file"), keys, LAB_ARRAY_LEN(keys));
    LAB_AUTOFREE char *source = lab_reader_text(r, map, "source");
    uint64_t size = lab_reader_uint(r, map, "size", UINT64_MAX >> 1);
    lab_reader_sha256(r, map, "sha256", hex);
    if (source && lab_lock_find(lock, source))
        lab_reader_problem(r, map, "'%s' is there twice", source);
    else if (source)
        lab_lock_set(lock, source, size, hex);
}

static void read_lock(struct lab_reader *r, const struct lab_yaml *root, struct lab_lock *lock)
{
    static const char *const keys[] = {"format", "files"};
    uint64_t format = lab_reader_uint(r, root, "format", 1000000);
    if (lab_reader_fine(r) && format != 1)
        lab_reader_problem(r, lab_yaml_get(root, "format"),
                           "this format is not known to this labctl; use a newer one");
    lab_reader_keys(r, root, lab_tr("the lock"), keys, LAB_ARRAY_LEN(keys));
    const struct lab_yaml *files = lab_reader_list(r, root, "files");
    for (size_t i = 0; files && i < files->items.len; i++)
        read_pin(r, files->items.items[i], lock);
}

int lab_lock_parse(
    struct lab_lock *out, const char *path, const char *text, size_t len, struct lab_error *err)
{
    struct lab_reader r = {.file = path};
    const struct lab_yaml *root = lab_reader_open(&r, text, len, LOCK_MAX_BYTES);
    if (root)
        read_lock(&r, root, out);
    out->changed = false;
    if (lab_reader_close(&r, err) == 0)
        return 0;
    return lab_error_hint(err, "restore it from where bundle.yaml is kept, or remove it: what is "
                               "fetched next is then believed");
}

int lab_lock_load(struct lab_lock *out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LOCK_MAX_BYTES + 1);
    if (!lab_file_exists(path))
        return 0;
    if (lab_file_read(path, LOCK_MAX_BYTES, &text, err) < 0)
        return -1;
    return lab_lock_parse(out, path, lab_str_get(&text), text.len, err);
}

const struct lab_pin *lab_lock_find(const struct lab_lock *lock, const char *source)
{
    LAB_VEC_FOREACH (pin, &lock->pins)
        if (strcmp(pin->source, source) == 0)
            return pin;
    return NULL;
}

static int by_source(const void *a, const void *b)
{
    return strcmp(((const struct lab_pin *)a)->source, ((const struct lab_pin *)b)->source);
}

void lab_lock_set(struct lab_lock *lock,
                  const char *source,
                  uint64_t size,
                  const char sha256[LAB_SHA256_HEX])
{
    struct lab_pin *pin = NULL;
    LAB_VEC_FOREACH (other, &lock->pins)
        if (strcmp(other->source, source) == 0)
            pin = other;
    if (pin && pin->size == size && strcmp(pin->sha256, sha256) == 0)
        return;
    if (!pin) {
        pin = lab_vec_push(&lock->pins);
        pin->source = lab_strdup(source);
    }
    pin->size = size;
    memcpy(pin->sha256, sha256, LAB_SHA256_HEX);
    qsort(lock->pins.items, lock->pins.len, sizeof(*lock->pins.items), by_source);
    lock->changed = true;
}

int lab_lock_save(struct lab_lock *lock, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!lock->changed)
        return 0;
    lab_str_add(&text, "# Written by 'labctl bundle create'; keep it with bundle.yaml. What is "
                       "fetched later must be the same.\nformat: 1\nfiles:\n");
    LAB_VEC_FOREACH (pin, &lock->pins)
        lab_str_addf(&text, "  - source: \"%s\"\n    size: %" PRIu64 "\n    sha256: \"%s\"\n",
                     pin->source, pin->size, pin->sha256);
    if (lab_file_replace(path, lab_str_get(&text), text.len, 0644, err) < 0)
        return -1;
    lock->changed = false;
    return 0;
}

void lab_lock_clear(struct lab_lock *lock)
{
    LAB_VEC_FOREACH (pin, &lock->pins)
        free(pin->source);
    lab_vec_clear(&lock->pins);
}
