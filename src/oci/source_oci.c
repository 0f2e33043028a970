/* OCI image layout (image-spec 1.1, image-layout.md), in a folder or an archive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "oci/json.h"
#include "oci/layout.h"
#include "oci/source_priv.h"

#define NESTED_MAX 4

int lab_source_list_oci(struct lab_source *s, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str mark = LAB_STR_INIT, text = LAB_STR_INIT;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest index = {0};
    if (lab_source_files_read(s->files, "oci-layout", LAB_LAYOUT_MARK_MAX, &mark, err) ||
        lab_layout_check_mark(lab_str_get(&mark), mark.len, s->path, err) ||
        lab_source_files_read(s->files, "index.json", LAB_MANIFEST_MAX, &text, err))
        return -1;
    if (lab_oci_manifest_parse(&index, lab_str_get(&text), text.len, LAB_TYPE_OCI_INDEX, err))
        return lab_error_wrap(err, "'%s', index.json", s->path);
    LAB_VEC_FOREACH (d, &index.list)
        if (!d->attestation)
            lab_descriptor_copy(&lab_source_add_image(s, d->name)->manifest, d);
    return 0;
}

/* A small blob, with its size and digest checked. */
static int read_blob(const struct lab_source *s,
                     const struct lab_descriptor *d,
                     size_t max,
                     struct lab_str *out,
                     struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *file = lab_layout_blob_name(d->digest);
    if (lab_source_files_read(s->files, file, max, out, err))
        return -1;
    lab_sha256_hex(lab_str_get(out), out->len, hex);
    if (out->len != d->size)
        return lab_fail(err, LAB_INTEGRITY, "'%s' in '%s' has %zu bytes and should have %llu", file,
                        s->path, out->len, (unsigned long long)d->size);
    if (strcmp(hex, d->digest + 7) != 0)
        return lab_fail(err, LAB_INTEGRITY, "'%s' in '%s' is damaged: its SHA-256 is %s", file,
                        s->path, hex);
    return 0;
}

/* Reads down to the one manifest for the platform. *d is replaced by its descriptor. */
static int read_manifest(const struct lab_source *s,
                         struct lab_descriptor *d,
                         const struct lab_platform *platform,
                         struct lab_oci_manifest *out,
                         struct lab_str *text,
                         struct lab_error *err)
{
    for (unsigned depth = 0; depth < NESTED_MAX; depth++) {
        struct lab_descriptor chosen;
        lab_str_truncate(text, 0);
        lab_oci_manifest_clear(out);
        if (read_blob(s, d, LAB_MANIFEST_MAX, text, err) ||
            lab_oci_manifest_parse(out, lab_str_get(text), text->len, d->type, err))
            return -1;
        if (!out->index)
            return 0;
        const struct lab_descriptor *child = lab_oci_manifest_choose(out, platform, err);
        if (!child)
            return -1;
        lab_descriptor_copy(&chosen, child);
        lab_descriptor_clear(d);
        *d = chosen;
    }
    return lab_fail(err, LAB_INTEGRITY, "its indexes are nested deeper than %d", NESTED_MAX);
}

static int add_blob(struct lab_source *s,
                    struct lab_source_image *image,
                    const struct lab_descriptor *d,
                    struct lab_error *err)
{
    struct lab_span span;
    LAB_AUTOFREE char *file = lab_layout_blob_name(d->digest);
    if (lab_source_files_find(s->files, file, &span, err))
        return -1;
    uint64_t size = span.size;
    lab_span_close(&span);
    if (size != d->size)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has %llu bytes and should have %llu", file,
                        (unsigned long long)size, (unsigned long long)d->size);
    *lab_vec_push(&image->blobs) = lab_source_add_blob(s, d->digest, "", size, file);
    return 0;
}

static int check_config(struct lab_source *s,
                        const struct lab_oci_manifest *m,
                        const struct lab_platform *platform,
                        struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct lab_config config = {0};
    if (!lab_is_config_type(m->config.type))
        return 0;
    int rc = read_blob(s, &m->config, LAB_CONFIG_MAX, &text, err) ||
                     lab_config_parse(&config, lab_str_get(&text), text.len, err) ||
                     lab_config_check(&config, platform, err)
                 ? -1
                 : 0;
    lab_config_clear(&config);
    return rc;
}

static int load(struct lab_source *s,
                struct lab_source_image *image,
                struct lab_descriptor *d,
                const struct lab_platform *platform,
                struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    if (read_manifest(s, d, platform, &m, &text, err) || check_config(s, &m, platform, err) ||
        add_blob(s, image, &m.config, err))
        return -1;
    LAB_VEC_FOREACH (layer, &m.list)
        if (add_blob(s, image, layer, err))
            return -1;
    image->text_len = text.len;
    image->text = lab_str_detach(&text);
    image->type = lab_strdup(m.type);
    memcpy(image->digest, d->digest, LAB_DIGEST_TEXT);
    if (strcmp(d->digest, image->manifest.digest) != 0)
        image->asked = lab_strdup(image->manifest.digest);
    return 0;
}

int lab_source_load_oci(struct lab_source *s,
                        struct lab_source_image *image,
                        const struct lab_platform *platform,
                        struct lab_error *err)
{
    struct lab_descriptor d;
    lab_descriptor_copy(&d, &image->manifest);
    int rc = load(s, image, &d, platform, err);
    lab_descriptor_clear(&d);
    return rc;
}
