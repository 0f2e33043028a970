/* Archives of `docker save`: manifest.json lists images by the names of their files. Nobody wrote a
 * specification; the reader of go-containerregistry (pkg/v1/tarball) was followed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "oci/json.h"
#include "oci/source_priv.h"

#define IMAGES_MAX 10000
#define LAYERS_MAX 4096

static void add_image(struct lab_source *s, const char *name, const json_t *entry)
{
    const json_t *layers = json_object_get(entry, "Layers");
    struct lab_source_image *image = lab_source_add_image(s, name);
    image->config_file = lab_strdup(lab_oci_text(entry, "Config"));
    for (size_t i = 0; i < json_array_size(layers) && i < LAYERS_MAX; i++)
        *lab_vec_push(&image->layer_files) =
            lab_strdup(json_string_value(json_array_get(layers, i)));
}

static int check_entry(const struct lab_source *s, const json_t *entry, struct lab_error *err)
{
    const json_t *layers = json_object_get(entry, "Layers");
    if (!lab_oci_text(entry, "Config") || !json_is_array(layers))
        return lab_fail(err, LAB_INTEGRITY,
                        "manifest.json in '%s' has an image without Config or Layers", s->path);
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (!json_is_string(json_array_get(layers, i)) || i >= LAYERS_MAX)
            return lab_fail(err, LAB_INTEGRITY, "manifest.json in '%s' has no good list of Layers",
                            s->path);
    return 0;
}

static int add_entry(struct lab_source *s, const json_t *entry, struct lab_error *err)
{
    const json_t *tags = json_object_get(entry, "RepoTags");
    if (check_entry(s, entry, err))
        return -1;
    if (s->images.len + json_array_size(tags) > IMAGES_MAX)
        return lab_fail(err, LAB_INTEGRITY, "manifest.json in '%s' names more than %d images",
                        s->path, IMAGES_MAX);
    for (size_t i = 0; i < json_array_size(tags); i++)
        add_image(s, json_string_value(json_array_get(tags, i)), entry);
    if (json_array_size(tags) == 0)
        add_image(s, NULL, entry);
    return 0;
}

int lab_source_list_docker(struct lab_source *s, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (lab_source_files_read(s->files, "manifest.json", LAB_MANIFEST_MAX, &text, err))
        return -1;
    json_t *json =
        lab_oci_json(lab_str_get(&text), text.len, LAB_MANIFEST_MAX, "manifest.json", err);
    if (!json)
        return lab_error_wrap(err, "'%s'", s->path);
    int rc = json_is_array(json)
                 ? 0
                 : lab_fail(err, LAB_INTEGRITY, "manifest.json in '%s' is no list", s->path);
    for (size_t i = 0; rc == 0 && i < json_array_size(json); i++)
        rc = add_entry(s, json_array_get(json, i), err);
    json_decref(json);
    return rc;
}

static int add_layer(struct lab_source *s,
                     struct lab_source_image *image,
                     const char *file,
                     const char *diff_id,
                     struct lab_error *err)
{
    struct lab_span span;
    if (lab_source_files_find(s->files, file, &span, err))
        return -1;
    *lab_vec_push(&image->blobs) = lab_source_add_blob(s, "", diff_id, span.size, file);
    lab_span_close(&span);
    return 0;
}

static int add_layers(struct lab_source *s,
                      struct lab_source_image *image,
                      const struct lab_config *config,
                      struct lab_error *err)
{
    if (config->diff_ids.len != image->layer_files.len)
        return lab_fail(err, LAB_INTEGRITY, "its config has %zu layers, manifest.json %zu",
                        config->diff_ids.len, image->layer_files.len);
    for (size_t i = 0; i < config->diff_ids.len; i++)
        if (add_layer(s, image, image->layer_files.items[i], config->diff_ids.items[i], err))
            return -1;
    return 0;
}

int lab_source_load_docker(struct lab_source *s,
                           struct lab_source_image *image,
                           const struct lab_platform *platform,
                           struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct lab_config config = {0};
    char hex[LAB_SHA256_HEX], digest[LAB_DIGEST_TEXT];
    if (lab_source_files_read(s->files, image->config_file, LAB_CONFIG_MAX, &text, err) ||
        lab_config_parse(&config, lab_str_get(&text), text.len, err))
        return -1;
    /* The config's name often is its digest, but need not be; its bytes are what counts. */
    lab_sha256_hex(lab_str_get(&text), text.len, hex);
    snprintf(digest, sizeof(digest), "sha256:%s", hex);
    *lab_vec_push(&image->blobs) = lab_source_add_blob(s, digest, "", text.len, image->config_file);
    int rc =
        lab_config_check(&config, platform, err) || add_layers(s, image, &config, err) ? -1 : 0;
    lab_config_clear(&config);
    return rc;
}

static json_t *describe(const struct lab_blob *b, const char *type)
{
    return json_pack("{s:s, s:I, s:s}", "mediaType", type, "size", (json_int_t)b->size, "digest",
                     b->digest);
}

void lab_source_make_manifest(const struct lab_source *s, struct lab_source_image *image)
{
    json_t *layers = json_array();
    for (size_t i = 1; i < image->blobs.len; i++)
        json_array_append_new(
            layers, describe(&s->blobs.items[image->blobs.items[i]], LAB_TYPE_DOCKER_LAYER));
    json_t *json = json_pack(
        "{s:i, s:s, s:o, s:o}", "schemaVersion", 2, "mediaType", LAB_TYPE_DOCKER_MANIFEST, "config",
        describe(&s->blobs.items[image->blobs.items[0]], LAB_TYPE_DOCKER_CONFIG), "layers", layers);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    image->text_len = strlen(text);
    image->text = lab_strdup(text);
    image->type = lab_strdup(LAB_TYPE_DOCKER_MANIFEST);
    free(text);
}
