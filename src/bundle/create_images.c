/* Images that are named by a reference: pulled into one OCI layout, images/oci, for the one
 * platform. Layers that images share are there once. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/text.h"
#include "bundle/create_priv.h"
#include "oci/layout.h"
#include "registry/pull.h"

#define LAYOUT "images/oci"

static const struct lab_recipe_registry *find_registry(const struct lab_create *c, const char *name)
{
    LAB_VEC_FOREACH (one, &c->recipe.registries)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

static void on_progress(void *arg, uint64_t done, uint64_t total, const char *image)
{
    const struct lab_bundle_create *job = arg;
    (void)image;
    if (job->progress)
        job->progress(job->arg, done, total);
}

/* --- what a tag stands for stays so ------------------------------------------------------------
 */

/* A digest in the reference is its own pin. */
static int check_pin(struct lab_create *c,
                     const char *ref,
                     const struct lab_pulled *pulled,
                     struct lab_error *err)
{
    const char *hex = strchr(pulled->asked, ':') + 1;
    LAB_AUTOFREE char *name = lab_format(lab_tr("image %s"), ref);
    const struct lab_pin *pin = lab_lock_find(&c->lock, name);
    if (strchr(ref, '@') || (pin && strcmp(pin->sha256, hex) == 0))
        return 0;
    if (pin && !c->job->update) {
        lab_fail(err, LAB_INTEGRITY, "'%s' stands for sha256:%s now, and for sha256:%s in '%s'",
                 ref, hex, pin->sha256, c->lock_path);
        return lab_error_hint(err,
                              "somebody has pushed another image by that name; accept it with "
                              "--update, or name the digest: %s@sha256:%s",
                              ref, pin->sha256);
    }
    lab_lock_set(&c->lock, name, pulled->bytes, hex);
    return lab_lock_save(&c->lock, c->lock_path, err);
}

/* --- pulling -----------------------------------------------------------------------------------
 */

static void note(struct lab_create *c, const struct lab_pulled *pulled)
{
    struct lab_bundle_image *image = lab_vec_push(&c->manifest.images);
    image->ref = lab_strdup(pulled->name);
    image->file = lab_strdup(LAYOUT "/index.json"); /* a file stands for the layout */
    image->digest = lab_strdup(pulled->digest);
    image->platform = lab_format("linux/%s", c->recipe.arch);
}

static int pull_as(struct lab_create *c,
                   const struct lab_pull_job *job,
                   struct lab_pulled *pulled,
                   struct lab_error *err)
{
    if (lab_pull(job, pulled, err))
        return lab_error_wrap(err, "cannot pull '%s'", job->reference);
    if (check_pin(c, job->reference, pulled, err))
        return -1;
    note(c, pulled);
    return 0;
}

static int
pull_image(struct lab_create *c, struct lab_layout *layout, const char *text, struct lab_error *err)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    struct lab_pulled pulled = {0};
    LAB_AUTO_SECRET char *password = NULL;
    if (lab_image_ref_parse(&ref, text, err))
        return -1;
    const struct lab_recipe_registry *registry = find_registry(c, ref.registry);
    struct lab_pull_job job = {
        .reference = text,
        .platform = {.os = (char *)"linux", .arch = c->recipe.arch},
        .layout = layout,
        .mirror = registry ? registry->mirror : NULL,
        .ca_file = registry ? registry->ca : NULL,
        .username = registry ? registry->username : NULL,
        .progress = on_progress,
        .progress_arg = c->job,
    };
    int rc = 0;
    if (registry && registry->password_file)
        rc = lab_secret_read(&password, registry->password_file, err);
    job.password = password;
    if (rc == 0)
        rc = pull_as(c, &job, &pulled, err);
    lab_pulled_clear(&pulled);
    return rc;
}

/* --- the layout's files into the manifest ------------------------------------------------------
 */

static int add_file(struct lab_create *c, const char *path, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    uint64_t size;
    LAB_AUTOFREE char *name = lab_format(LAYOUT "/%s", path);
    LAB_AUTOFREE char *full = lab_path_join(c->dir.part, name);
    LAB_VEC_FOREACH (file, &c->manifest.files) /* not sorted yet */
        if (strcmp(file->path, name) == 0)
            return 0;
    if (lab_sha256_file(full, hex, &size, err))
        return -1;
    lab_create_add(c, name, LAB_FILE_IMAGE, 0644, size, hex);
    return 0;
}

static int add_blob(struct lab_create *c, const char *digest, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_layout_blob_name(digest);
    return add_file(c, name, err);
}

static int add_image(struct lab_create *c,
                     const struct lab_layout *layout,
                     const struct lab_layout_image *image,
                     struct lab_error *err)
{
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest manifest = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LAB_MANIFEST_MAX + 1);
    LAB_AUTOFREE char *path = lab_layout_blob_path(layout, image->manifest.digest);
    if (lab_file_read(path, LAB_MANIFEST_MAX, &text, err) ||
        lab_oci_manifest_parse(&manifest, lab_str_get(&text), text.len, image->manifest.type,
                               err) ||
        add_blob(c, image->manifest.digest, err) || add_blob(c, manifest.config.digest, err))
        return -1;
    LAB_VEC_FOREACH (layer, &manifest.list)
        if (add_blob(c, layer->digest, err))
            return -1;
    return 0;
}

static int add_layout(struct lab_create *c, const struct lab_layout *layout, struct lab_error *err)
{
    LAB_VEC_FOREACH (image, &layout->images)
        if (add_image(c, layout, image, err))
            return -1;
    return add_file(c, "oci-layout", err) || add_file(c, "index.json", err) ? -1 : 0;
}

/* An earlier run with another bundle.yaml may have left one: its blobs are used again, its list is
 * not. */
static int open_layout(struct lab_create *c, struct lab_layout **out, struct lab_error *err)
{
    static const char none[] = "{\"schemaVersion\":2,\"manifests\":[]}";
    LAB_AUTOFREE char *dir = lab_create_path(c, LAYOUT, err);
    if (!dir)
        return -1;
    LAB_AUTOFREE char *index = lab_path_join(dir, "index.json");
    if (lab_file_exists(index) && lab_file_replace(index, none, strlen(none), 0644, err))
        return -1;
    return lab_layout_create(out, dir, err);
}

int lab_create_pull_images(struct lab_create *c, struct lab_error *err)
{
    struct lab_layout *layout = NULL;
    int rc = 0;
    LAB_VEC_FOREACH (image, &c->recipe.images) {
        if (image->is_archive)
            continue;
        if (!layout && open_layout(c, &layout, err))
            return -1;
        rc = pull_image(c, layout, image->source, err);
        if (rc)
            break;
    }
    if (rc == 0 && layout)
        rc = add_layout(c, layout, err);
    lab_layout_close(layout);
    return rc;
}
