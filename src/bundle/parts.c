#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/parts_priv.h"
#include "bundle/reader.h"

#define INDEX_MAX_BYTES (4u << 20)

char *lab_part_name(size_t number)
{
    return lab_format("bundle.tar.%04zu", number);
}

void lab_parts_put(struct lab_str *out, const struct lab_parts *parts)
{
    lab_str_addf(out, "format: 1\nbundle_bytes: %" PRIu64 "\nfiles: %" PRIu64 "\nparts:\n",
                 parts->bundle_bytes, parts->files);
    LAB_VEC_FOREACH (p, &parts->list)
        lab_str_addf(out, "  - file: \"%s\"\n    size: %" PRIu64 "\n    sha256: \"%s\"\n", p->name,
                     p->size, p->sha256);
}

static void read_part(struct lab_reader *r, const struct lab_yaml *map, struct lab_parts *out)
{
    static const char *const keys[] = {"file", "size", "sha256"};
    struct lab_part *p = lab_vec_push(&out->list);
    LAB_AUTOFREE char *name = lab_part_name(out->list.len);
    lab_reader_keys(r, map, "a part", keys, LAB_ARRAY_LEN(keys));
    p->name = lab_reader_text(r, map, "file");
    p->size = lab_reader_uint(r, map, "size", UINT64_MAX >> 1);
    lab_reader_sha256(r, map, "sha256", p->sha256);
    if (p->name && strcmp(p->name, name) != 0)
        lab_reader_problem(r, map, "the part is called '%s' and should be '%s'", p->name, name);
}

static void read_index(struct lab_reader *r, const struct lab_yaml *root, struct lab_parts *out)
{
    static const char *const keys[] = {"format", "bundle_bytes", "files", "parts"};
    uint64_t format = lab_reader_uint(r, root, "format", 1000000);
    if (lab_reader_fine(r) && format != 1)
        lab_reader_problem(r, lab_yaml_get(root, "format"),
                           "this format is not known to this labctl; use a newer one");
    lab_reader_keys(r, root, "the index", keys, LAB_ARRAY_LEN(keys));
    out->bundle_bytes = lab_reader_uint(r, root, "bundle_bytes", UINT64_MAX >> 1);
    out->files = lab_reader_uint(r, root, "files", UINT64_MAX >> 1);
    const struct lab_yaml *list = lab_reader_list(r, root, "parts");
    if (list && (list->items.len == 0 || list->items.len > LAB_PARTS_MAX))
        lab_reader_problem(r, list, "there are %zu parts; 1 to %d are possible", list->items.len,
                           LAB_PARTS_MAX);
    else
        for (size_t i = 0; list && i < list->items.len; i++)
            read_part(r, list->items.items[i], out);
}

int lab_parts_parse(
    struct lab_parts *out, const char *file, const char *text, size_t len, struct lab_error *err)
{
    struct lab_reader r = {.file = file};
    const struct lab_yaml *root = lab_reader_open(&r, text, len, INDEX_MAX_BYTES);
    if (root)
        read_index(&r, root, out);
    return lab_reader_close(&r, err);
}

void lab_parts_clear(struct lab_parts *parts)
{
    LAB_VEC_FOREACH (p, &parts->list)
        free(p->name);
    lab_vec_clear(&parts->list);
}
