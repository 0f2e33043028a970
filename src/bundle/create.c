#include "bundle/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/text.h"
#include "bundle/create_priv.h"
#include "pki/sign.h"
#include "platform.h"

/* --- what the parts share --------------------------------------------------------------------- */

struct lab_item *
lab_create_item(struct lab_create *c, const char *source, const char *path, const char *role)
{
    struct lab_item *item = lab_vec_push(&c->items);
    item->source = lab_strdup(source);
    item->path = lab_strdup(path);
    item->role = role;
    item->mode = 0644;
    return item;
}

void lab_create_note(struct lab_create *c, const char *fmt, ...)
{
    va_list ap;
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    lab_put_printable(&shown, text, strlen(text), 1000);
    *lab_vec_push(&c->job->notes) = lab_str_detach(&shown);
}

char *lab_create_path(struct lab_create *c, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *full = lab_path_join(c->dir.part, path);
    LAB_AUTOFREE char *dir = lab_path_dir(full);
    return plat_mkdirs(dir, 0755, err) < 0 ? NULL : lab_steal(&full);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void note_exposed(struct lab_create *c)
{
    LAB_VEC_FOREACH (registry, &c->recipe.registries) {
        const char *file = registry->password_file;
        LAB_AUTOFREE char *exposed = file ? lab_secret_exposed(file) : NULL;
        if (exposed)
            lab_create_note(c, "%s", exposed);
    }
}

static int read_inputs(struct lab_create *c, struct lab_error *err)
{
    struct lab_bundle_create *job = c->job;
    unsigned char signature[LAB_SIGNATURE_LEN];
    if (lab_recipe_load(&c->recipe, job->recipe, &job->problems, err) < 0)
        return -1;
    c->lock_path = lab_lock_path(job->recipe);
    c->manifest.arch = lab_strdup(c->recipe.arch);
    if (lab_lock_load(&c->lock, c->lock_path, err) < 0)
        return -1;
    note_exposed(c);
    /* Better now than after an hour of downloads. */
    return job->key ? lab_sign_file(job->key, job->recipe, signature, err) : 0;
}

static int plan_and_fetch(struct lab_create *c, struct lab_error *err)
{
    if (lab_create_pull_images(c, err) < 0 || lab_create_plan_k3s(c, err) < 0 ||
        lab_create_plan_files(c, err) < 0 || lab_create_plan_debs(c, err) < 0)
        return -1;
    if (c->items.len == 0 && c->manifest.images.len == 0 && !c->recipe.packages.release) {
        lab_fail(err, LAB_USAGE, "'%s' asks for nothing", c->recipe.file);
        return lab_error_hint(err, "name a k3s version, images, packages or files in it");
    }
    return lab_create_check_space(c, err) < 0 ? -1 : lab_create_fetch(c, err);
}

static int add_items(struct lab_create *c, struct lab_error *err)
{
    if (lab_create_k3s_images(c, err) < 0 || lab_create_archives(c, err) < 0 ||
        lab_create_index_debs(c, err) < 0)
        return -1;
    LAB_VEC_FOREACH (item, &c->items)
        lab_create_add(c, item->path, item->role, item->mode, item->bytes, item->got);
    return 0;
}

static int create(struct lab_create *c, struct lab_error *err)
{
    if (read_inputs(c, err) < 0 || lab_part_open(&c->dir, c->job->out, "create", err) < 0 ||
        plan_and_fetch(c, err) < 0 || add_items(c, err) < 0 || lab_create_seal(c, err) < 0)
        return -1;
    return lab_part_put_in_place(&c->dir, err);
}

static void clear(struct lab_create *c)
{
    LAB_VEC_FOREACH (item, &c->items) {
        free(item->source);
        free(item->path);
        free(item->pin);
        free(item->sha256);
    }
    lab_vec_clear(&c->items);
    lab_part_close(&c->dir);
    lab_manifest_clear(&c->manifest);
    lab_recipe_clear(&c->recipe);
    lab_lock_clear(&c->lock);
    free(c->lock_path);
}

int lab_bundle_create(struct lab_bundle_create *job, struct lab_error *err)
{
    struct lab_create c = {.job = job};
    int rc = create(&c, err);
    clear(&c);
    return rc;
}

void lab_bundle_create_clear(struct lab_bundle_create *job)
{
    LAB_VEC_FOREACH (note, &job->notes)
        free(*note);
    lab_vec_clear(&job->notes);
    lab_problems_clear(&job->problems);
}
