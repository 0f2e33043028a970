#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "bundle/archive.h"
#include "bundle/create_priv.h"
#include "bundle/tree.h"
#include "net/http.h"
#include "platform.h"

/* What is local is the user's own, and may change; what is not is pinned when first seen. */
static void vouch(struct lab_item *item, const char *sha256)
{
    if (sha256) {
        item->sha256 = lab_strdup(sha256);
        item->whose = "bundle.yaml";
    } else if (lab_is_url(item->source)) {
        item->pin = lab_strdup(item->source);
    }
}

/* The last part of a path or URL, as a name; caller frees. */
static char *base_of(const char *source)
{
    LAB_AUTOFREE char *copy = lab_strdup(source);
    if (lab_is_url(copy))
        copy[strcspn(copy, "?#")] = '\0';
    return lab_strdup(lab_path_base(copy));
}

static int plan_archive(struct lab_create *c, const char *source, struct lab_error *err)
{
    LAB_AUTOFREE char *base = base_of(source);
    LAB_AUTOFREE char *path = lab_format("images/%s", base);
    const char *bad = lab_bundle_bad_path(path);
    if (bad)
        return lab_fail(err, LAB_USAGE, "cannot carry the archive '%s': its name %s", source, bad);
    LAB_VEC_FOREACH (other, &c->items)
        if (strcmp(other->path, path) == 0)
            return lab_fail(err, LAB_USAGE, "the archives '%s' and '%s' would both be '%s'",
                            other->source, source, path);
    vouch(lab_create_item(c, source, path, LAB_FILE_IMAGES), NULL);
    return 0;
}

int lab_create_plan_files(struct lab_create *c, struct lab_error *err)
{
    LAB_VEC_FOREACH (f, &c->recipe.files) {
        struct lab_item *item = lab_create_item(c, f->source, f->path, LAB_FILE_OTHER);
        item->mode = f->mode;
        vouch(item, f->sha256);
    }
    LAB_VEC_FOREACH (image, &c->recipe.images)
        if (image->is_archive && plan_archive(c, image->source, err) < 0)
            return -1;
    return 0;
}

/* k3s goes by the suffix when it decodes (facts: section 1), so that has to be the true one. */
static int rename_archive(struct lab_create *c, struct lab_item *item, struct lab_error *err)
{
    LAB_AUTOFREE char *from = lab_path_join(c->dir.part, item->path);
    LAB_AUTOFREE char *path = lab_archive_name(item->path, from, err);
    if (!path)
        return lab_error_wrap(err, "cannot carry the archive '%s'", item->source);
    if (strcmp(path, item->path) == 0)
        return 0;
    LAB_AUTOFREE char *to = lab_path_join(c->dir.part, path);
    LAB_VEC_FOREACH (other, &c->items)
        if (other != item && strcmp(other->path, path) == 0)
            return lab_fail(err, LAB_USAGE, "the archives '%s' and '%s' would both be '%s'",
                            other->source, item->source, path);
    if (plat_rename(from, to, err) < 0)
        return -1;
    lab_create_note(c, "'%s' is carried as '%s', since that is what it holds", item->source, path);
    lab_assign(&item->path, path);
    return 0;
}

int lab_create_archives(struct lab_create *c, struct lab_error *err)
{
    LAB_VEC_FOREACH (item, &c->items)
        if (strcmp(item->role, LAB_FILE_IMAGES) == 0 &&
            (rename_archive(c, item, err) < 0 ||
             lab_archive_images(&c->manifest, c->dir.part, item->path, c->recipe.arch, err) < 0))
            return -1;
    return 0;
}
