#include "oci/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/work.h"
#include "oci/source_priv.h"
#include "platform.h"

#define BLOCK ((size_t)256 << 10)

/* --- open, close --------------------------------------------------------------------------------
 */

/* A word alone ("latest") is a tag of nobody knows what. */
static bool is_reference(const char *name)
{
    return name && strpbrk(name, "/:@");
}

struct lab_source_image *lab_source_add_image(struct lab_source *s, const char *name)
{
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    struct lab_source_image *image = lab_vec_push(&s->images);
    if (is_reference(name) && lab_image_ref_parse(&image->ref, name, &ignored) == 0) {
        LAB_AUTO_STR struct lab_str full = LAB_STR_INIT;
        lab_image_ref_put(&full, &image->ref);
        image->name = lab_str_detach(&full);
    }
    return image;
}

size_t lab_source_add_blob(struct lab_source *s,
                           const char *digest,
                           const char *diff_id,
                           uint64_t stored,
                           const char *file)
{
    LAB_VEC_FOREACH (b, &s->blobs)
        if (*diff_id ? strcmp(b->diff_id, diff_id) == 0
                     : !*b->diff_id && strcmp(b->digest, digest) == 0)
            return (size_t)(b - s->blobs.items);
    struct lab_blob *b = lab_vec_push(&s->blobs);
    memcpy(b->digest, digest, strlen(digest) + 1);
    memcpy(b->diff_id, diff_id, strlen(diff_id) + 1);
    b->size = *digest ? stored : 0;
    b->stored = stored;
    b->file = lab_strdup(file);
    if (*diff_id && s->packed)
        lab_packed_get(s->packed, diff_id, b->digest, &b->size);
    return s->blobs.len - 1;
}

static void clear_image(struct lab_source_image *image)
{
    free(image->name);
    lab_image_ref_clear(&image->ref);
    lab_descriptor_clear(&image->manifest);
    free(image->asked);
    lab_vec_clear(&image->blobs);
    free(image->text);
    free(image->type);
    free(image->config_file);
    LAB_VEC_FOREACH (file, &image->layer_files)
        free(*file);
    lab_vec_clear(&image->layer_files);
}

void lab_source_close(struct lab_source *s)
{
    if (!s)
        return;
    LAB_VEC_FOREACH (image, &s->images)
        clear_image(image);
    lab_vec_clear(&s->images);
    LAB_VEC_FOREACH (b, &s->blobs)
        free(b->file);
    lab_vec_clear(&s->blobs);
    lab_packed_close(s->packed);
    lab_source_files_close(s->files);
    free(s->path);
    free(s);
}

static int by_name(const void *a, const void *b)
{
    const struct lab_source_image *x = a, *y = b;
    return strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

static int list(struct lab_source *s, struct lab_error *err)
{
    if (lab_source_files_has(s->files, "oci-layout"))
        return lab_source_list_oci(s, err);
    if (!lab_source_files_has(s->files, "manifest.json")) {
        lab_fail(err, LAB_USAGE,
                 "'%s' holds no images: neither 'oci-layout' nor 'manifest.json' is in it",
                 s->path);
        return lab_error_hint(
            err, "it should be an OCI image layout, or an archive made by 'docker save', "
                 "'skopeo copy' or 'ctr images export'");
    }
    s->docker = true;
    return lab_source_list_docker(s, err);
}

/* A bundle keeps its layout in a folder of its own. */
static char *layout_of(const char *path)
{
    LAB_AUTOFREE char *mark = lab_path_join(path, "images/oci/oci-layout");
    return lab_file_exists(mark) ? lab_path_join(path, "images/oci") : lab_strdup(path);
}

int lab_source_open(struct lab_source **out,
                    const char *path,
                    const struct lab_source_options *options,
                    struct lab_error *err)
{
    struct lab_source *s = lab_alloc(sizeof(*s));
    s->path = layout_of(path);
    int rc = lab_source_files_open(&s->files, s->path, options->spool, err);
    s->packed = lab_packed_open(options->packed);
    if (rc == 0)
        rc = list(s, err);
    if (rc == 0 && s->images.len == 0)
        rc = lab_fail(err, LAB_USAGE, "there is no image in '%s'", s->path);
    if (rc < 0) {
        lab_source_close(s);
        return -1;
    }
    qsort(s->images.items, s->images.len, sizeof(*s->images.items), by_name);
    *out = s;
    return 0;
}

/* --- find ---------------------------------------------------------------------------------------
 */

static int take_name(struct lab_source_image *image, const struct lab_image_ref *ref)
{
    LAB_AUTO_STR struct lab_str full = LAB_STR_INIT;
    lab_image_ref_put(&full, ref);
    image->name = lab_strdup(lab_str_get(&full));
    image->ref = (struct lab_image_ref){lab_strdup(ref->registry), lab_strdup(ref->repository),
                                        lab_strdup(ref->tag), lab_strdup(ref->digest)};
    return 0;
}

static int unknown(const struct lab_source *s, const char *text, struct lab_error *err)
{
    LAB_AUTOFREE const char **names = lab_calloc(s->images.len, sizeof(*names));
    size_t n = 0;
    LAB_VEC_FOREACH (image, &s->images)
        if (image->name)
            names[n++] = image->name;
    const char *nearest = lab_nearest(text, names, n);
    lab_fail(err, LAB_USAGE, "no image '%s' in '%s'", text, s->path);
    return nearest ? lab_error_hint(err, "did you mean '%s'?", nearest)
           : n     ? lab_error_hint(err, "there is '%s'%s", names[0],
                                n > 1 ? lab_tr(" and others") : "")
                   : lab_error_hint(err, "its images have no names");
}

int lab_source_find(struct lab_source *s, const char *text, struct lab_error *err)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    LAB_AUTO_STR struct lab_str full = LAB_STR_INIT;
    if (lab_image_ref_parse(&ref, text, err))
        return -1;
    lab_image_ref_put(&full, &ref);
    LAB_VEC_FOREACH (image, &s->images)
        if (image->name && strcmp(image->name, lab_str_get(&full)) == 0)
            return (int)(image - s->images.items);
    if (s->images.len == 1 && !s->images.items[0].name)
        return take_name(&s->images.items[0], &ref);
    return unknown(s, lab_str_get(&full), err);
}

/* --- load, finish -------------------------------------------------------------------------------
 */

int lab_source_load(struct lab_source *s,
                    size_t index,
                    const struct lab_platform *platform,
                    struct lab_error *err)
{
    struct lab_source_image *image = &s->images.items[index];
    if (image->loaded)
        return 0;
    if ((s->docker ? lab_source_load_docker : lab_source_load_oci)(s, image, platform, err))
        return lab_error_wrap(err, "cannot use image '%s' of '%s'",
                              image->name ? image->name : lab_tr("(no name)"), s->path);
    image->loaded = true;
    return 0;
}

static int measure(struct lab_source *s, size_t index, struct lab_error *err)
{
    struct lab_blob *blob = &s->blobs.items[index];
    struct lab_blob_reader *reader;
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    size_t got;
    if (lab_blob_open(&reader, s, index, err))
        return -1;
    int rc = 0;
    do {
        rc = lab_work_cancelled()
                 ? lab_fail(err, LAB_CANCELLED, "reading '%s' was interrupted", s->path)
                 : lab_blob_read(reader, bytes, BLOCK, &got, err);
    } while (rc == 0 && got > 0);
    if (rc == 0) {
        lab_blob_sum(reader, blob->digest, &blob->size);
        lab_packed_put(s->packed, blob->diff_id, blob->digest, blob->size);
    }
    lab_blob_close(reader);
    return rc;
}

int lab_source_measure(struct lab_source *s, size_t index, struct lab_error *err)
{
    LAB_VEC_FOREACH (i, &s->images.items[index].blobs)
        if (!*s->blobs.items[*i].digest && measure(s, *i, err))
            return -1;
    return 0;
}

int lab_source_finish(struct lab_source *s, size_t index, struct lab_error *err)
{
    struct lab_source_image *image = &s->images.items[index];
    char hex[LAB_SHA256_HEX];
    if (image->text)
        return 0;
    LAB_VEC_FOREACH (i, &image->blobs)
        if (!*s->blobs.items[*i].digest)
            return lab_fail(err, LAB_INTERNAL, "the digest of '%s' in '%s' is not known yet",
                            s->blobs.items[*i].file, s->path);
    lab_source_make_manifest(s, image);
    lab_sha256_hex(image->text, image->text_len, hex);
    snprintf(image->digest, sizeof(image->digest), "sha256:%s", hex);
    return 0;
}
