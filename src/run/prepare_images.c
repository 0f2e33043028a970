/* What the nodes start from: the base images, digested, fetched and imported. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cache/cache.h"
#include "run/fetch.h"
#include "run/prepare.h"

struct digest_work {
    struct lab_run *run;
    const struct lab_image *image;
    char *path, *sum, *words;
};

static int check_digest(const struct lab_image *image,
                        const char *path,
                        const char *hex,
                        struct lab_error *err)
{
    if (image->cached && strcmp(image->cached, hex) != 0) {
        lab_fail(err, LAB_INTEGRITY,
                 "the image '%s' in the image cache is damaged: its SHA-256 is "
                 "%s and was %s",
                 path, hex, image->cached);
        return lab_error_hint(err, "import it again from where it came: labctl image import");
    }
    if (!image->sha256 || strcmp(image->sha256, hex) == 0)
        return 0;
    lab_fail(err, LAB_INTEGRITY, "image '%s' has SHA-256 %s, lab.yaml says %s", path, hex,
             image->sha256);
    if (!image->path)
        return lab_error_hint(err,
                              "the downloaded file is damaged: 'labctl image rm --force %.*s', "
                              "and the next 'up' downloads it anew",
                              LAB_CACHE_DIGITS, image->sha256);
    return lab_error_hint(err, "the file is damaged or another version; copy it again, or "
                               "correct sha256");
}

static int digest_fn(void *arg, struct lab_error *err)
{
    struct digest_work *w = arg;
    const struct lab_image *image = w->image;
    char hex[LAB_SHA256_HEX];
    if (!image->path && w->run->options->mode == LAB_STATE_READ) {
        w->sum = lab_strdup(image->sha256); /* a plan believes the promise and fetches nothing */
        return 0;
    }
    if (image->path)
        w->path = lab_strdup(image->path);
    else if (lab_fetch_image(w->run, image, &w->path, err))
        return -1;
    if (lab_digest_file(w->path, hex, err))
        return -1;
    if (check_digest(image, w->path, hex, err))
        return -1;
    if (w->run->options->mode != LAB_STATE_READ)
        lab_cache_touch(hex);
    w->sum = lab_strdup(hex);
    w->words = lab_format("%s (%.12s)", lab_path_base(w->path), hex);
    return 0;
}

/* The lab-level image_url may be one that every node replaces. */
static bool is_used(const struct lab_spec *spec, size_t image)
{
    LAB_VEC_FOREACH (node, &spec->nodes)
        if (node->image == image)
            return true;
    return false;
}

int lab_prepare_digests(struct lab_run *run, char **sums, struct lab_error *err)
{
    for (size_t i = 0; i < run->spec->images.len; i++) {
        if (!is_used(run->spec, i))
            continue;
        struct lab_image *image = &run->spec->images.items[i];
        struct digest_work work = {.run = run, .image = image};
        int rc = lab_await(run, run->options->mode == LAB_STATE_READ ? NULL : "image", digest_fn,
                           &work, &work.words, err);
        if (rc == 0 && !image->path && work.path) {
            image->path = lab_steal(&work.path);
            rc = lab_image_inspect(image->path, &image->format, &image->virtual_size, err);
        }
        sums[i] = work.sum;
        free(work.path);
        free(work.words);
        if (rc)
            return -1;
    }
    return 0;
}

struct import_work {
    struct lab_run *run;
    const struct lab_image *image;
    const char *sum;
    char *ref;
};

/* Libvirt's pool takes what QEMU reads and writes best; for the rest there is the cache. */
static bool needs_raw(const struct import_work *w)
{
    bool plain = w->image->format == LAB_IMAGE_QCOW2 || w->image->format == LAB_IMAGE_RAW;
    return w->run->provider.ops->kind == LAB_PROVIDER_LIBVIRT && !plain;
}

static int import_fn(void *arg, struct lab_error *err)
{
    struct import_work *w = arg;
    struct lab_progress progress = lab_run_progress(w->run);
    struct lab_provider *p = &w->run->provider;
    LAB_AUTOFREE char *raw = NULL;
    if (needs_raw(w) && lab_cache_make(w->image->path, w->sum, LAB_DISK_TO_RAW, progress.fn,
                                       progress.arg, &raw, err))
        return lab_error_wrap(err, "cannot import an image for libvirt");
    return p->ops->import_base(p, raw ? raw : w->image->path, w->sum,
                               raw ? LAB_IMAGE_RAW : w->image->format, &progress, &w->ref, err);
}

int lab_prepare_images(struct lab_ladder *l, char *const *sums, struct lab_error *err)
{
    for (size_t i = 0; i < l->run->spec->images.len; i++) {
        if (!sums[i])
            continue;
        const struct lab_image *image = &l->run->spec->images.items[i];
        struct import_work work = {l->run, image, sums[i], NULL};
        LAB_AUTOFREE char *words = lab_format("%s", lab_path_base(image->path));
        if (lab_await(l->run, "import", import_fn, &work, &words, err))
            return -1;
        l->base_refs[i] = work.ref;
    }
    return 0;
}
