#include "oci/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/i18n.h"
#include "oci/json.h"
#include "platform.h"

#define MARK  "{\"imageLayoutVersion\":\"1.0.0\"}"
#define ASKED "io.labctl.image.index" /* our annotation: the index that the image is of */

char *lab_layout_blob_name(const char *digest)
{
    return lab_format("blobs/sha256/%s", digest + strlen("sha256:"));
}

char *lab_layout_blob_path(const struct lab_layout *layout, const char *digest)
{
    LAB_AUTOFREE char *name = lab_layout_blob_name(digest);
    return lab_path_join(layout->path, name);
}

int lab_layout_check_mark(const char *bytes, size_t n, const char *path, struct lab_error *err)
{
    json_t *json = lab_oci_json(bytes, n, LAB_LAYOUT_MARK_MAX, lab_tr("file 'oci-layout'"), err);
    if (!json)
        return lab_error_wrap(err, "'%s'", path);
    const char *version = lab_oci_text(json, "imageLayoutVersion");
    int rc =
        version && strncmp(version, "1.", 2) == 0
            ? 0
            : lab_fail(err, LAB_INTEGRITY, "'%s' is an OCI layout of version %s; 1 is understood",
                       path, version ? version : lab_tr("(none)"));
    json_decref(json);
    return rc;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    const struct lab_layout_image *x = a, *y = b;
    int order = strcmp(x->name ? x->name : "", y->name ? y->name : "");
    return order ? order : strcmp(x->manifest.digest, y->manifest.digest);
}

static void sort(struct lab_layout *layout)
{
    if (layout->images.len)
        qsort(layout->images.items, layout->images.len, sizeof(*layout->images.items), by_name);
}

static int read_image(struct lab_layout *layout, const json_t *json, struct lab_error *err)
{
    struct lab_layout_image *image = lab_vec_push(&layout->images);
    if (lab_oci_descriptor(&image->manifest, json, err))
        return -1;
    const char *asked = lab_oci_text(json_object_get(json, "annotations"), ASKED);
    image->name = lab_strdup(image->manifest.name);
    image->asked = asked && lab_is_digest(asked) ? lab_strdup(asked) : NULL;
    return 0;
}

static int read_index(struct lab_layout *layout, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(layout->path, "index.json");
    if (lab_file_read(path, LAB_MANIFEST_MAX, &text, err))
        return -1;
    json_t *json = lab_oci_json(lab_str_get(&text), text.len, LAB_MANIFEST_MAX, "index", err);
    if (!json)
        return lab_error_wrap(err, "'%s'", path);
    const json_t *list = json_object_get(json, "manifests");
    int rc = json_is_array(list)
                 ? 0
                 : lab_fail(err, LAB_INTEGRITY, "'%s' has no list of manifests", path);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        rc = read_image(layout, json_array_get(list, i), err);
    json_decref(json);
    sort(layout);
    return rc;
}

static int read_mark(const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *mark = lab_path_join(path, "oci-layout");
    if (!lab_file_exists(mark))
        return lab_fail(err, LAB_USAGE,
                        "'%s' is no OCI image layout: there is no 'oci-layout' in it", path);
    return lab_file_read(mark, LAB_LAYOUT_MARK_MAX, &text, err) ||
                   lab_layout_check_mark(lab_str_get(&text), text.len, path, err)
               ? -1
               : 0;
}

int lab_layout_open(struct lab_layout **out, const char *path, struct lab_error *err)
{
    if (read_mark(path, err))
        return -1;
    struct lab_layout *layout = lab_alloc(sizeof(*layout));
    layout->path = lab_strdup(path);
    if (read_index(layout, err)) {
        lab_layout_close(layout);
        return -1;
    }
    *out = layout;
    return 0;
}

void lab_layout_close(struct lab_layout *layout)
{
    if (!layout)
        return;
    LAB_VEC_FOREACH (image, &layout->images) {
        free(image->name);
        free(image->asked);
        lab_descriptor_clear(&image->manifest);
    }
    lab_vec_clear(&layout->images);
    free(layout->path);
    free(layout);
}

const struct lab_layout_image *lab_layout_find(const struct lab_layout *layout, const char *name)
{
    LAB_VEC_FOREACH (image, &layout->images)
        if (image->name && strcmp(image->name, name) == 0)
            return image;
    return NULL;
}

int lab_layout_check_blob(const struct lab_layout *layout,
                          const struct lab_descriptor *blob,
                          struct lab_error *err)
{
    struct plat_stat st;
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *path = lab_layout_blob_path(layout, blob->digest);
    if (plat_stat(path, &st) || !st.is_file)
        return lab_fail(err, LAB_INTEGRITY, "'%s' is missing", path);
    if (st.size != blob->size)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has %llu bytes and should have %llu", path,
                        (unsigned long long)st.size, (unsigned long long)blob->size);
    if (lab_sha256_file(path, hex, NULL, err))
        return -1;
    if (strcmp(hex, blob->digest + 7) != 0)
        return lab_fail(err, LAB_INTEGRITY, "'%s' is damaged: its SHA-256 is %s", path, hex);
    return 0;
}

/* --- index.json ---------------------------------------------------------------------------------
 */

static json_t *describe(const struct lab_layout_image *image)
{
    const struct lab_descriptor *d = &image->manifest;
    json_t *json = json_pack("{s:s, s:s, s:I}", "mediaType", d->type, "digest", d->digest, "size",
                             (json_int_t)d->size);
    if (d->platform.os && d->platform.arch)
        json_object_set_new(
            json, "platform",
            json_pack("{s:s, s:s}", "os", d->platform.os, "architecture", d->platform.arch));
    json_t *notes = json_object();
    if (image->name) {
        json_object_set_new(notes, "io.containerd.image.name", json_string(image->name));
        json_object_set_new(notes, "org.opencontainers.image.ref.name", json_string(image->name));
    }
    if (image->asked)
        json_object_set_new(notes, ASKED, json_string(image->asked));
    json_object_set_new(json, "annotations", notes);
    return json;
}

static int write_index(const struct lab_layout *layout, struct lab_error *err)
{
    json_t *list = json_array();
    LAB_VEC_FOREACH (image, &layout->images)
        json_array_append_new(list, describe(image));
    json_t *json = json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType", LAB_TYPE_OCI_INDEX,
                             "manifests", list);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_INDENT(1));
    json_decref(json);
    LAB_AUTOFREE char *path = lab_path_join(layout->path, "index.json");
    int rc = lab_file_replace(path, text, strlen(text), 0644, err);
    free(text);
    return rc;
}

int lab_layout_put(struct lab_layout *layout,
                   const char *name,
                   const struct lab_descriptor *manifest,
                   const char *asked,
                   struct lab_error *err)
{
    struct lab_layout_image *image =
        (struct lab_layout_image *)(uintptr_t)lab_layout_find(layout, name);
    if (!image)
        image = lab_vec_push(&layout->images);
    lab_descriptor_clear(&image->manifest);
    lab_descriptor_copy(&image->manifest, manifest);
    lab_assign(&image->name, name);
    lab_assign(&image->asked, asked);
    sort(layout);
    return write_index(layout, err);
}

static int look(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = true;
    return 1;
}

/* The mark comes last, so that a folder without it is none of ours, or one that was never used. */
int lab_layout_create(struct lab_layout **out, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *mark = lab_path_join(path, "oci-layout");
    LAB_AUTOFREE char *index = lab_path_join(path, "index.json");
    LAB_AUTOFREE char *blobs = lab_path_join(path, "blobs/sha256");
    bool used = false;
    if (lab_file_exists(mark))
        return lab_layout_open(out, path, err);
    if (plat_mkdirs(path, 0755, err) || plat_list_dir(path, look, &used, err))
        return -1;
    if (used && !lab_file_exists(index) && !lab_file_exists(blobs))
        return lab_fail(err, LAB_CONFLICT, "'%s' holds something else than an OCI image layout",
                        path);
    struct lab_layout empty = {.path = (char *)(uintptr_t)path};
    if (plat_mkdirs(blobs, 0755, err) || write_index(&empty, err) ||
        lab_file_replace(mark, MARK, strlen(MARK), 0644, err))
        return -1;
    return lab_layout_open(out, path, err);
}
