#include "run/registry_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
#include "run/registry_sources.h"
#include "state/state.h"

static int open_registry(const struct lab_registry_target *target,
                         struct lab_registry **out,
                         struct lab_error *err)
{
    const struct lab_registry_options options = {
        .address = target->address,
        .ca_file = target->ca_file,
        .ca_pem = target->ca_pem,
        .username = target->username,
        .password = target->password,
        .insecure = target->insecure,
    };
    return lab_registry_open(out, &options, err);
}

static int open_source(const char *path, struct lab_source **out, struct lab_error *err)
{
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *spool = lab_path_join(home, "tmp");
    LAB_AUTOFREE char *packed = lab_path_join(home, "packed-layers");
    if (plat_mkdirs(spool, 0700, err))
        return -1;
    const struct lab_source_options options = {.spool = spool, .packed = packed};
    return lab_source_open(out, path, &options, err);
}

/* --- what was asked for, over all that a bundle holds -------------------------------------------
 */

/* Of the images that the job names, those in this source. false: none, though some were named; why
 * keeps the last word on one that is not there. */
static bool in_source(struct lab_source *source,
                      const struct lab_registry_job *job,
                      struct lab_registry_names *out,
                      bool *seen,
                      struct lab_error *why)
{
    for (size_t i = 0; i < job->images_len; i++) {
        LAB_AUTO_ERROR struct lab_error missing = LAB_ERROR_INIT;
        if (lab_source_find(source, job->images[i], &missing) < 0) {
            lab_error_move(why, &missing);
            continue;
        }
        seen[i] = true;
        *lab_vec_push(&out->list) = (char *)(uintptr_t)job->images[i];
    }
    return job->images_len == 0 || out->list.len > 0;
}

/* One source; names: what of it, none: all. */
typedef int work_on(void *arg,
                    struct lab_source *source,
                    struct lab_registry *registry,
                    const struct lab_registry_job *job,
                    struct lab_error *err);

static int on_source(const char *path,
                     struct lab_registry *registry,
                     const struct lab_registry_job *job,
                     bool *seen,
                     struct lab_error *why,
                     work_on *work,
                     void *arg,
                     struct lab_error *err)
{
    struct lab_source *source = NULL;
    struct lab_registry_names names = {{0}};
    struct lab_registry_job part = *job;
    int rc = open_source(path, &source, err);
    if (rc == 0 && in_source(source, job, &names, seen, why)) {
        part.images = (const char *const *)names.list.items;
        part.images_len = names.list.len;
        rc = work(arg, source, registry, &part, err);
    }
    lab_vec_clear(&names.list);
    lab_source_close(source);
    return rc;
}

static int
on_sources(const struct lab_registry_job *job, work_on *work, void *arg, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_SOURCES struct lab_registry_sources sources = {{0}};
    LAB_AUTOFREE bool *seen = lab_calloc(job->images_len + 1, sizeof(*seen));
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    struct lab_registry *registry = NULL;
    int rc = lab_registry_sources(&sources, job->source, err) ||
                     open_registry(job->target, &registry, err)
                 ? -1
                 : 0;
    if (rc == 0 && !sources.paths.len)
        rc = lab_fail(err, LAB_USAGE, "the bundle '%s' has no images but k3s' own", job->source);
    for (size_t i = 0; rc == 0 && i < sources.paths.len; i++)
        rc = on_source(sources.paths.items[i], registry, job, seen, &why, work, arg, err);
    for (size_t i = 0; rc == 0 && i < job->images_len; i++)
        if (!seen[i]) {
            lab_error_move(err, &why);
            rc = -1;
        }
    lab_registry_close(registry);
    return rc;
}

/* --- push ---------------------------------------------------------------------------------------
 */

struct push {
    const struct lab_registry_job *job;
    struct lab_push_result *out;
    struct lab_meter *meter;
};

static void feed(void *arg, uint64_t done, uint64_t total, const char *image)
{
    (void)image;
    lab_meter_feed(arg, done, total);
}

static int push_source(void *arg,
                       struct lab_source *source,
                       struct lab_registry *registry,
                       const struct lab_registry_job *part,
                       struct lab_error *err)
{
    struct push *p = arg;
    struct lab_push_result result = {{0}, 0};
    const struct lab_push_job job = {.source = source,
                                     .registry = registry,
                                     .prefix = part->target->prefix,
                                     .platform = part->platform,
                                     .images = part->images,
                                     .images_len = part->images_len,
                                     .progress = feed,
                                     .progress_arg = p->meter};
    if (lab_push(&job, &result, err)) {
        lab_push_result_clear(&result);
        return -1;
    }
    LAB_VEC_FOREACH (pushed, &result.images)
        *lab_vec_push(&p->out->images) = *pushed;
    p->out->failed += result.failed;
    lab_vec_clear(&result.images); /* its texts are the other's now */
    return 0;
}

static int push_fn(void *arg, struct lab_error *err)
{
    struct push *p = arg;
    return on_sources(p->job, push_source, p, err);
}

int lab_registry_push_here(const struct lab_registry_job *job,
                           struct lab_meter *meter,
                           struct lab_push_result *out,
                           struct lab_error *err)
{
    struct push p = {.job = job, .out = out, .meter = meter};
    *out = (struct lab_push_result){{0}, 0};
    return push_fn(&p, err);
}

int lab_registry_push(const struct lab_registry_job *job,
                      struct lab_push_result *out,
                      struct lab_error *err)
{
    struct lab_meter meter = {0};
    struct push p = {.job = job, .out = out, .meter = &meter};
    *out = (struct lab_push_result){{0}, 0};
    return lab_beside(push_fn, &p, &meter, job->progress, job->progress_arg, err);
}

/* --- verify -------------------------------------------------------------------------------------
 */

struct check {
    const struct lab_registry_job *job;
    struct lab_verify_result *out;
    struct lab_meter meter;
};

static int load(struct lab_source *source,
                size_t index,
                const struct lab_registry_job *job,
                struct lab_error *err)
{
    if (!source->images.items[index].name)
        return lab_fail(err, LAB_USAGE, "an image of '%s' has no name", source->path);
    return lab_source_load(source, index, &job->platform, err) ||
                   lab_source_measure(source, index, err) || lab_source_finish(source, index, err)
               ? -1
               : 0;
}

static int choose(struct lab_source *source,
                  const struct lab_registry_job *job,
                  bool *chosen,
                  struct lab_error *err)
{
    for (size_t i = 0; i < job->images_len; i++) {
        int found = lab_source_find(source, job->images[i], err);
        if (found < 0)
            return -1;
        chosen[found] = true;
    }
    for (size_t i = 0; i < source->images.len; i++) {
        chosen[i] = chosen[i] || job->images_len == 0;
        if (chosen[i] && load(source, i, job, err))
            return -1;
    }
    return 0;
}

static int check_source(void *arg,
                        struct lab_source *source,
                        struct lab_registry *registry,
                        const struct lab_registry_job *part,
                        struct lab_error *err)
{
    struct check *c = arg;
    struct lab_verify_result result = {{0}, 0};
    LAB_AUTOFREE bool *chosen = lab_calloc(source->images.len + 1, sizeof(*chosen));
    LAB_VEC(struct lab_verify_image) wanted = {0};
    int rc = choose(source, part, chosen, err);
    for (size_t i = 0; rc == 0 && i < source->images.len; i++) {
        const struct lab_source_image *image = &source->images.items[i];
        if (chosen[i])
            *lab_vec_push(&wanted) = (struct lab_verify_image){
                .image = image->name,
                .repository = lab_push_repository(&image->ref, part->target->prefix),
                .digest = image->digest,
                .tag = image->ref.tag};
    }
    if (rc == 0)
        rc = lab_registry_verify(registry, wanted.items, wanted.len, &result, err);
    LAB_VEC_FOREACH (v, &result.images)
        *lab_vec_push(&c->out->images) = *v;
    c->out->failed += result.failed;
    lab_vec_clear(&result.images);
    LAB_VEC_FOREACH (w, &wanted)
        free((char *)(uintptr_t)w->repository);
    lab_vec_clear(&wanted);
    return rc;
}

static int check_fn(void *arg, struct lab_error *err)
{
    struct check *c = arg;
    return on_sources(c->job, check_source, c, err);
}

int lab_registry_check(const struct lab_registry_job *job,
                       struct lab_verify_result *out,
                       struct lab_error *err)
{
    struct check c = {.job = job, .out = out};
    *out = (struct lab_verify_result){{0}, 0};
    return lab_beside(check_fn, &c, &c.meter, NULL, NULL, err);
}

/* --- ls -----------------------------------------------------------------------------------------
 */

struct list {
    const struct lab_registry_target *target;
    struct lab_registry_rows *out;
    struct lab_meter meter;
};

static bool is_below(const char *repository, const char *prefix)
{
    if (!prefix)
        return true;
    size_t n = strlen(prefix);
    return strncmp(repository, prefix, n) == 0 && repository[n] == '/';
}

static int list_tags(struct list *l,
                     struct lab_registry_conn *conn,
                     const char *repository,
                     struct lab_error *err)
{
    struct lab_registry_names tags;
    int rc = lab_registry_tags(conn, repository, &tags, err);
    LAB_VEC_FOREACH (tag, &tags.list) {
        bool there;
        struct lab_registry_row *row = lab_vec_push(&l->out->list);
        row->repository = lab_strdup(repository);
        row->tag = lab_strdup(*tag);
        if (rc == 0)
            rc = lab_registry_has_manifest(conn, repository, *tag, &there, row->digest, err);
    }
    lab_registry_names_clear(&tags);
    return rc;
}

static int list_all(struct list *l, struct lab_registry *registry, struct lab_error *err)
{
    struct lab_registry_names names = {{0}};
    struct lab_registry_conn *conn = lab_registry_connect(registry);
    int rc = lab_registry_enter(conn, err) || lab_registry_catalog(conn, &names, err) ? -1 : 0;
    LAB_VEC_FOREACH (name, &names.list)
        if (rc == 0 && is_below(*name, l->target->prefix))
            rc = list_tags(l, conn, *name, err);
    lab_registry_names_clear(&names);
    lab_registry_disconnect(conn);
    return rc;
}

static int list_fn(void *arg, struct lab_error *err)
{
    struct list *l = arg;
    struct lab_registry *registry;
    if (open_registry(l->target, &registry, err))
        return -1;
    int rc = list_all(l, registry, err);
    lab_registry_close(registry);
    return rc;
}

int lab_registry_list(const struct lab_registry_target *target,
                      struct lab_registry_rows *out,
                      struct lab_error *err)
{
    struct list l = {.target = target, .out = out};
    *out = (struct lab_registry_rows){{0}};
    return lab_beside(list_fn, &l, &l.meter, NULL, NULL, err);
}

void lab_registry_rows_clear(struct lab_registry_rows *rows)
{
    LAB_VEC_FOREACH (row, &rows->list) {
        free(row->repository);
        free(row->tag);
    }
    lab_vec_clear(&rows->list);
}
