#include "registry/pull.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
#include "registry/pull_priv.h"

#define NESTED_MAX 4

/* A manifest as it came. */
struct found {
    struct lab_str text;
    char digest[LAB_DIGEST_TEXT];
    struct lab_oci_manifest manifest;
};

static void clear(struct found *f)
{
    lab_str_clear(&f->text);
    lab_oci_manifest_clear(&f->manifest);
}

/* --- whom to ask --------------------------------------------------------------------------------
 */

static int
open_registry(struct lab_pull *pull, const struct lab_image_ref *ref, struct lab_error *err)
{
    const struct lab_pull_job *job = pull->job;
    const char *mirror = job->mirror, *scheme = mirror ? strstr(mirror, "://") : NULL;
    const char *slash = mirror ? strchr(scheme ? scheme + 3 : mirror, '/') : NULL;
    LAB_AUTOFREE char *address =
        mirror ? lab_strndup(mirror, slash ? (size_t)(slash - mirror) : strlen(mirror))
               : lab_strdup(ref->registry);
    LAB_AUTOFREE char *prefix =
        slash && slash[1]
            ? lab_strndup(slash + 1, strlen(slash + 1) - lab_ends_with(slash + 1, "/"))
            : NULL;
    const struct lab_registry_options options = {.address = address,
                                                 .ca_file = job->ca_file,
                                                 .username = job->username,
                                                 .password = job->password,
                                                 .insecure = job->insecure};
    if (prefix && !lab_is_repository(prefix))
        return lab_fail(err, LAB_USAGE, "'%s' is no mirror: '%s' is no prefix of repositories",
                        mirror, prefix);
    pull->repository = lab_push_repository(ref, prefix);
    return lab_registry_open(&pull->registry, &options, err);
}

/* --- which manifest -----------------------------------------------------------------------------
 */

static int get(struct lab_pull *pull,
               struct lab_registry_conn *conn,
               const char *reference,
               const char *type,
               struct found *f,
               struct lab_error *err)
{
    LAB_AUTOFREE char *came = NULL;
    unsigned tried = 1;
    int rc;
    clear(f);
    while ((rc = lab_registry_get_manifest(conn, pull->repository, reference, &f->text, &came,
                                           f->digest, err)) < 0 &&
           lab_registry_again(conn, tried, err))
        tried++;
    if (rc < 0)
        return -1;
    return lab_oci_manifest_parse(&f->manifest, lab_str_get(&f->text), f->text.len,
                                  type ? type : came, err);
}

static int find(struct lab_pull *pull,
                struct lab_registry_conn *conn,
                const struct lab_image_ref *ref,
                struct found *f,
                struct lab_error *err)
{
    if (get(pull, conn, lab_image_ref_wanted(ref), NULL, f, err))
        return -1;
    memcpy(pull->out->asked, f->digest, LAB_DIGEST_TEXT);
    for (unsigned depth = 0; f->manifest.index; depth++) {
        const struct lab_descriptor *d =
            lab_oci_manifest_choose(&f->manifest, &pull->job->platform, err);
        if (!d)
            return -1;
        if (depth == NESTED_MAX)
            return lab_fail(err, LAB_INTEGRITY, "its indexes are nested deeper than %d",
                            NESTED_MAX);
        char digest[LAB_DIGEST_TEXT];
        memcpy(digest, d->digest, sizeof(digest));
        LAB_AUTOFREE char *type = lab_strdup(d->type);
        if (get(pull, conn, digest, type, f, err))
            return -1;
    }
    memcpy(pull->out->digest, f->digest, LAB_DIGEST_TEXT);
    return 0;
}

/* --- blobs --------------------------------------------------------------------------------------
 */

static void add_task(struct lab_pull *pull, const struct lab_descriptor *blob)
{
    LAB_VEC_FOREACH (t, &pull->tasks)
        if (strcmp(t->blob.digest, blob->digest) == 0)
            return;
    lab_vec_push(&pull->tasks)->blob = *blob;
    pull->total += blob->size;
}

static uint64_t missing(const struct lab_pull *pull, const struct lab_descriptor *blob)
{
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_layout_blob_path(pull->job->layout, blob->digest);
    return plat_stat(path, &st) == 0 && st.size == blob->size ? 0 : blob->size;
}

static int
check_room(const struct lab_pull *pull, const struct lab_oci_manifest *m, struct lab_error *err)
{
    uint64_t there, needed = missing(pull, &m->config);
    LAB_AUTO_STR struct lab_str wants = LAB_STR_INIT, has = LAB_STR_INIT;
    LAB_VEC_FOREACH (layer, &m->list)
        needed += missing(pull, layer);
    if (plat_free_space(pull->job->layout->path, &there, err))
        return -1;
    if (there >= needed)
        return 0;
    lab_put_size(&wants, needed);
    lab_put_size(&has, there);
    return lab_fail(err, LAB_HOST, "no room in '%s': it wants %s more, and %s are free",
                    pull->job->layout->path, lab_str_get(&wants), lab_str_get(&has));
}

/* Before the layers, since those are large. */
static int
check_config(const struct lab_pull *pull, const struct lab_oci_manifest *m, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_layout_blob_path(pull->job->layout, m->config.digest);
    struct lab_config config = {0};
    if (!lab_is_config_type(m->config.type))
        return 0;
    int rc = lab_file_read(path, LAB_CONFIG_MAX, &text, err) ||
                     lab_config_parse(&config, lab_str_get(&text), text.len, err) ||
                     lab_config_check(&config, &pull->job->platform, err)
                 ? -1
                 : 0;
    lab_config_clear(&config);
    return rc;
}

static int fetch(struct lab_pull *pull, const struct lab_oci_manifest *m, struct lab_error *err)
{
    add_task(pull, &m->config);
    if (check_room(pull, m, err) || lab_pull_blobs(pull, err) || check_config(pull, m, err))
        return -1;
    LAB_VEC_FOREACH (layer, &m->list)
        add_task(pull, layer);
    pull->out->bytes = pull->total;
    return lab_pull_blobs(pull, err);
}

static int keep(struct lab_pull *pull, const struct found *f, struct lab_error *err)
{
    struct lab_descriptor d = {.type = f->manifest.type, .platform = pull->job->platform};
    bool chosen = strcmp(pull->out->asked, pull->out->digest) != 0;
    if (lab_layout_add(pull->job->layout, lab_str_get(&f->text), f->text.len, &d, err))
        return -1;
    return lab_layout_put(pull->job->layout, pull->out->name, &d, chosen ? pull->out->asked : NULL,
                          err);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static void set_name(struct lab_pulled *out, const struct lab_image_ref *ref)
{
    LAB_AUTO_STR struct lab_str name = LAB_STR_INIT;
    struct lab_image_ref shown = *ref;
    if (ref->tag)
        shown.digest = NULL;
    lab_image_ref_put(&name, &shown);
    out->name = lab_str_detach(&name);
}

static int run(struct lab_pull *pull, const struct lab_image_ref *ref, struct lab_error *err)
{
    struct found f = {.text = LAB_STR_MAX(LAB_MANIFEST_MAX)};
    if (open_registry(pull, ref, err))
        return -1;
    struct lab_registry_conn *conn = lab_registry_connect(pull->registry);
    int rc = lab_registry_enter(conn, err) || find(pull, conn, ref, &f, err) ? -1 : 0;
    lab_registry_disconnect(conn);
    if (rc == 0)
        rc = fetch(pull, &f.manifest, err) || keep(pull, &f, err) ? -1 : 0;
    clear(&f);
    return rc;
}

int lab_pull(const struct lab_pull_job *job, struct lab_pulled *out, struct lab_error *err)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    struct lab_pull pull = {.job = job, .out = out};
    *out = (struct lab_pulled){0};
    if (lab_image_ref_parse(&ref, job->reference, err))
        return -1;
    set_name(out, &ref);
    uv_mutex_init(&pull.lock);
    int rc = run(&pull, &ref, err);
    uv_mutex_destroy(&pull.lock);
    lab_vec_clear(&pull.tasks);
    lab_error_clear(&pull.err);
    free(pull.repository);
    lab_registry_close(pull.registry);
    return rc < 0 ? lab_error_wrap(err, "cannot pull '%s'", out->name) : 0;
}

void lab_pulled_clear(struct lab_pulled *pulled)
{
    free(pulled->name);
    *pulled = (struct lab_pulled){0};
}
