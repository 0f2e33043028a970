#include "bundle/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1023

bool lab_manifest_can_say(const char *text)
{
    size_t n = 0;
    for (; text[n]; n++)
        if (text[n] < 0x20 || text[n] > 0x7e || text[n] == '"' || text[n] == '\\')
            return false;
    return n > 0 && n <= TEXT_MAX;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_bundle_file *)a)->path,
                  ((const struct lab_bundle_file *)b)->path);
}

static int by_ref(const void *a, const void *b)
{
    const struct lab_bundle_image *x = a, *y = b;
    int order = strcmp(x->ref, y->ref);
    return order ? order : strcmp(x->file, y->file);
}

static int by_name(const void *a, const void *b)
{
    const struct lab_bundle_package *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->arch, y->arch);
}

#define SORT(vec, order)                                                                           \
    do {                                                                                           \
        if ((vec)->len > 0)                                                                        \
            qsort((vec)->items, (vec)->len, sizeof(*(vec)->items), order);                         \
    } while (0)

static void put_files(struct lab_str *out, const struct lab_manifest *m)
{
    lab_str_add(out, m->files.len ? "files:\n" : "files: []\n");
    LAB_VEC_FOREACH (f, &m->files)
        lab_str_addf(out,
                     "  - path: \"%s\"\n    size: %" PRIu64
                     "\n    sha256: \"%s\"\n    mode: \"%04o\"\n    role: \"%s\"\n",
                     f->path, f->size, f->sha256, f->mode, f->role);
}

static void put_images(struct lab_str *out, const struct lab_manifest *m)
{
    lab_str_add(out, m->images.len ? "images:\n" : "images: []\n");
    LAB_VEC_FOREACH (i, &m->images)
        lab_str_addf(
            out, "  - ref: \"%s\"\n    file: \"%s\"\n    digest: \"%s\"\n    platform: \"%s\"\n",
            i->ref, i->file, i->digest, i->platform);
}

static void put_packages(struct lab_str *out, const struct lab_manifest *m)
{
    if (!m->release)
        return;
    lab_str_addf(out, "packages:\n  release: \"%s\"\n  sha256: \"%s\"\n  list:%s\n", m->release,
                 m->packages_sha256, m->packages.len ? "" : " []");
    LAB_VEC_FOREACH (p, &m->packages)
        lab_str_addf(out,
                     "    - name: \"%s\"\n      version: \"%s\"\n      arch: \"%s\"\n"
                     "      file: \"%s\"\n      wanted: %s\n",
                     p->name, p->version, p->arch, p->file, p->wanted ? "true" : "false");
}

void lab_manifest_put(struct lab_str *out, struct lab_manifest *m)
{
    SORT(&m->files, by_path);
    SORT(&m->images, by_ref);
    SORT(&m->packages, by_name);
    lab_str_addf(out, "format: %d\n", LAB_MANIFEST_FORMAT);
    if (m->k3s_version)
        lab_str_addf(out, "k3s_version: \"%s\"\n", m->k3s_version);
    lab_str_addf(out, "arch: \"%s\"\ncreated: %" PRId64 "\nmin_free_bytes: %" PRIu64 "\n", m->arch,
                 m->created, m->min_free_bytes);
    put_files(out, m);
    put_images(out, m);
    put_packages(out, m);
}

const struct lab_bundle_file *lab_manifest_find(const struct lab_manifest *m, const char *path)
{
    const struct lab_bundle_file key = {.path = (char *)(uintptr_t)path};
    if (m->files.len == 0)
        return NULL;
    return bsearch(&key, m->files.items, m->files.len, sizeof(key), by_path);
}

uint64_t lab_manifest_bytes(const struct lab_manifest *m)
{
    uint64_t sum = 0;
    LAB_VEC_FOREACH (f, &m->files)
        sum += f->size;
    return sum;
}

void lab_manifest_clear(struct lab_manifest *m)
{
    LAB_VEC_FOREACH (f, &m->files) {
        free(f->path);
        free(f->role);
    }
    LAB_VEC_FOREACH (i, &m->images) {
        free(i->ref);
        free(i->file);
        free(i->digest);
        free(i->platform);
    }
    LAB_VEC_FOREACH (p, &m->packages) {
        free(p->name);
        free(p->version);
        free(p->arch);
        free(p->file);
    }
    lab_vec_clear(&m->files);
    lab_vec_clear(&m->images);
    lab_vec_clear(&m->packages);
    free(m->k3s_version);
    free(m->arch);
    free(m->release);
    *m = (struct lab_manifest){0};
}
