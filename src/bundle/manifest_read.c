#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"
#include "bundle/sums.h"
#include "bundle/tree.h"
#include "platform.h"

static char *read_path(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    char *path = lab_reader_text(r, map, key);
    const char *bad = path ? lab_bundle_bad_path(path) : NULL;
    if (bad)
        lab_reader_problem(r, lab_yaml_get(map, key), "the path '%s' %s", path, bad);
    return path;
}

static void read_file(struct lab_reader *r, const struct lab_yaml *map, struct lab_manifest *m)
{
    static const char *const keys[] = {"path", "size", "sha256", "mode", "role"};
    struct lab_bundle_file *f = lab_vec_push(&m->files);
    lab_reader_keys(r, map, lab_tr("a file"), keys, LAB_ARRAY_LEN(keys));
    f->path = read_path(r, map, "path");
    f->size = lab_reader_uint(r, map, "size", UINT64_MAX >> 1);
    lab_reader_sha256(r, map, "sha256", f->sha256);
    f->mode = lab_reader_mode(r, map, "mode");
    f->role = lab_reader_text(r, map, "role");
    const struct lab_bundle_file *before = m->files.len > 1 ? f - 1 : NULL;
    if (f->path && before && before->path && strcmp(before->path, f->path) >= 0)
        lab_reader_problem(r, lab_yaml_get(map, "path"),
                           "the path '%s' is not in order behind '%s', or is there twice", f->path,
                           before->path);
}

static void read_image(struct lab_reader *r, const struct lab_yaml *map, struct lab_manifest *m)
{
    static const char *const keys[] = {"ref", "file", "digest", "platform"};
    struct lab_bundle_image *i = lab_vec_push(&m->images);
    lab_reader_keys(r, map, lab_tr("an image"), keys, LAB_ARRAY_LEN(keys));
    i->ref = lab_reader_text(r, map, "ref");
    i->file = read_path(r, map, "file");
    i->digest = lab_reader_text(r, map, "digest");
    i->platform = lab_reader_text(r, map, "platform");
    if (i->digest && (!lab_starts_with(i->digest, "sha256:") || !lab_is_sha256(i->digest + 7)))
        lab_reader_problem(r, lab_yaml_get(map, "digest"), "'%s' is no sha256:… digest", i->digest);
}

static void read_package(struct lab_reader *r, const struct lab_yaml *map, struct lab_manifest *m)
{
    static const char *const keys[] = {"name", "version", "arch", "file", "wanted"};
    struct lab_bundle_package *p = lab_vec_push(&m->packages);
    lab_reader_keys(r, map, lab_tr("a package"), keys, LAB_ARRAY_LEN(keys));
    p->name = lab_reader_text(r, map, "name");
    p->version = lab_reader_text(r, map, "version");
    p->arch = lab_reader_text(r, map, "arch");
    p->file = read_path(r, map, "file");
    p->wanted = lab_reader_bool(r, map, "wanted");
}

static void read_packages(struct lab_reader *r, const struct lab_yaml *map, struct lab_manifest *m)
{
    static const char *const keys[] = {"release", "sha256", "list"};
    if (!map)
        return;
    lab_reader_keys(r, map, "packages", keys, LAB_ARRAY_LEN(keys));
    m->release = lab_reader_text(r, map, "release");
    lab_reader_sha256(r, map, "sha256", m->packages_sha256);
    const struct lab_yaml *list = lab_reader_list(r, map, "list");
    for (size_t i = 0; list && i < list->items.len; i++)
        read_package(r, list->items.items[i], m);
}

/* What an image or a package names is a file of the bundle. */
static void check_files(struct lab_reader *r, const struct lab_manifest *m)
{
    LAB_VEC_FOREACH (i, &m->images)
        if (!lab_manifest_find(m, i->file))
            lab_reader_problem(r, NULL, "the file '%s' of the image '%s' is not among the files",
                               i->file, i->ref);
    LAB_VEC_FOREACH (p, &m->packages)
        if (!lab_manifest_find(m, p->file))
            lab_reader_problem(r, NULL, "the file '%s' of the package '%s' is not among the files",
                               p->file, p->name);
}

static void read_all(struct lab_reader *r, const struct lab_yaml *root, struct lab_manifest *m)
{
    static const char *const keys[] = {"format",         "k3s_version", "arch",   "created",
                                       "min_free_bytes", "files",       "images", "packages"};
    uint64_t format = lab_reader_uint(r, root, "format", 1000000);
    if (!lab_reader_fine(r))
        return;
    if (format != LAB_MANIFEST_FORMAT) {
        lab_reader_problem(r, lab_yaml_get(root, "format"),
                           "format %llu is not known to this labctl (it knows %d); use a newer one",
                           (unsigned long long)format, LAB_MANIFEST_FORMAT);
        return;
    }
    lab_reader_keys(r, root, lab_tr("the manifest"), keys, LAB_ARRAY_LEN(keys));
    if (lab_yaml_get(root, "k3s_version"))
        m->k3s_version = lab_reader_text(r, root, "k3s_version");
    m->arch = lab_reader_text(r, root, "arch");
    m->created = (int64_t)lab_reader_uint(r, root, "created", INT64_MAX / 1000);
    m->min_free_bytes = lab_reader_uint(r, root, "min_free_bytes", UINT64_MAX >> 1);
    const struct lab_yaml *files = lab_reader_list(r, root, "files");
    for (size_t i = 0; files && i < files->items.len; i++)
        read_file(r, files->items.items[i], m);
    const struct lab_yaml *images = lab_reader_list(r, root, "images");
    for (size_t i = 0; images && i < images->items.len; i++)
        read_image(r, images->items.items[i], m);
    read_packages(r, lab_yaml_get(root, "packages"), m);
    if (lab_reader_fine(r))
        check_files(r, m);
}

int lab_manifest_parse(
    struct lab_manifest *out, const char *file, const char *text, size_t len, struct lab_error *err)
{
    struct lab_reader r = {.file = file};
    const struct lab_yaml *root = lab_reader_open(&r, text, len, LAB_MANIFEST_MAX_BYTES);
    if (root)
        read_all(&r, root, out);
    if (lab_reader_close(&r, err) == 0)
        return 0;
    lab_manifest_clear(out);
    return -1;
}

int lab_manifest_load(struct lab_manifest *out, const char *dir, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LAB_MANIFEST_MAX_BYTES + 1);
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_MANIFEST_NAME);
    struct plat_stat st;
    if (plat_lstat(path, &st) < 0 || !st.is_file) {
        lab_fail(err, LAB_USAGE, "'%s' is no bundle: it has no %s", dir, LAB_MANIFEST_NAME);
        return lab_error_hint(err, "'labctl bundle create' makes one");
    }
    if (lab_file_read(path, LAB_MANIFEST_MAX_BYTES, &text, err) < 0)
        return -1;
    return lab_manifest_parse(out, path, lab_str_get(&text), text.len, err);
}
