#include "run/registry_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
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

/* --- push ---------------------------------------------------------------------------------------
 */

struct push {
    const struct lab_registry_job *job;
    struct lab_push_result *out;
    struct lab_meter meter;
};

static void feed(void *arg, uint64_t done, uint64_t total, const char *image)
{
    (void)image;
    lab_meter_feed(arg, done, total);
}

static int push_fn(void *arg, struct lab_error *err)
{
    struct push *p = arg;
    struct lab_source *source = NULL;
    struct lab_registry *registry = NULL;
    int rc =
        open_registry(p->job->target, &registry, err) || open_source(p->job->source, &source, err);
    const struct lab_push_job job = {.source = source,
                                     .registry = registry,
                                     .prefix = p->job->target->prefix,
                                     .platform = p->job->platform,
                                     .images = p->job->images,
                                     .images_len = p->job->images_len,
                                     .progress = feed,
                                     .progress_arg = &p->meter};
    rc = rc ? -1 : lab_push(&job, p->out, err);
    lab_source_close(source);
    lab_registry_close(registry);
    return rc;
}

int lab_registry_push(const struct lab_registry_job *job,
                      struct lab_push_result *out,
                      struct lab_error *err)
{
    struct push p = {.job = job, .out = out};
    *out = (struct lab_push_result){{0}, 0};
    return lab_beside(push_fn, &p, &p.meter, job->progress, job->progress_arg, err);
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

static int check_images(struct check *c,
                        struct lab_source *source,
                        struct lab_registry *registry,
                        struct lab_error *err)
{
    LAB_AUTOFREE bool *chosen = lab_calloc(source->images.len, sizeof(*chosen));
    LAB_VEC(struct lab_verify_image) wanted = {0};
    int rc = choose(source, c->job, chosen, err);
    for (size_t i = 0; rc == 0 && i < source->images.len; i++) {
        const struct lab_source_image *image = &source->images.items[i];
        if (chosen[i])
            *lab_vec_push(&wanted) = (struct lab_verify_image){
                .image = image->name,
                .repository = lab_push_repository(&image->ref, c->job->target->prefix),
                .digest = image->digest,
                .tag = image->ref.tag};
    }
    if (rc == 0)
        rc = lab_registry_verify(registry, wanted.items, wanted.len, c->out, err);
    LAB_VEC_FOREACH (w, &wanted)
        free((char *)(uintptr_t)w->repository);
    lab_vec_clear(&wanted);
    return rc;
}

static int check_fn(void *arg, struct lab_error *err)
{
    struct check *c = arg;
    struct lab_source *source = NULL;
    struct lab_registry *registry = NULL;
    int rc = open_registry(c->job->target, &registry, err) ||
                     open_source(c->job->source, &source, err) ||
                     check_images(c, source, registry, err)
                 ? -1
                 : 0;
    lab_source_close(source);
    lab_registry_close(registry);
    return rc;
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
