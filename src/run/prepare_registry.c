/* The registry on its way into the seeds. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"
#include "registryd/probe.h"
#include "run/prepare.h"
#include "run/registry_client.h"
#include "run/registry_seed.h"
#include "run/registry_sources.h"

enum { FILE_MAX = 64 * 1024, ANSWER_MS = 60 * 1000, LOOK_MS = 250 };

int lab_prepare_registry(struct lab_ladder *l, struct lab_error *err)
{
    if (!l->run->spec->has_registry)
        return 0;
    if (lab_registry_up(l->run, err))
        return -1;
    l->registry = lab_alloc(sizeof(*l->registry));
    return lab_registry_place(l->run, l->registry, err);
}

/* --- the bundle's images go into it -------------------------------------------------------------
 */

struct fill_work {
    struct lab_run *run;
    struct lab_registry_target target;
    char *words;
};

static int fail_push(const struct lab_push_result *result, struct lab_error *err)
{
    LAB_VEC_FOREACH (p, &result->images)
        if (p->error.code != LAB_OK) {
            lab_error_copy(err, &p->error);
            return lab_error_wrap(err, "%zu of %zu images were not pushed; %s", result->failed,
                                  result->images.len, p->image);
        }
    return 0;
}

static int fill_fn(void *arg, struct lab_error *err)
{
    struct fill_work *w = arg;
    struct lab_push_result result = {{0}, 0};
    const struct lab_registry_job job = {
        .target = &w->target,
        .source = w->run->spec->payload.bundle,
        .platform = {.os = (char *)"linux", .arch = (char *)"amd64"},
    };
    int rc = lab_registry_push_here(&job, &w->run->meter, &result, err);
    if (rc == 0 && result.failed)
        rc = fail_push(&result, err);
    size_t sent = 0;
    LAB_VEC_FOREACH (p, &result.images)
        sent += p->manifest_sent;
    w->words = lab_format(lab_tr("%zu in the registry, %zu of them new"), result.images.len, sent);
    lab_push_result_clear(&result);
    return rc;
}

/* Only into labctl's own: what others hold is not ours to change. */
static int fill(struct lab_run *run, struct lab_error *err)
{
    struct fill_work work = {.run = run};
    LAB_AUTO_REGISTRY_SOURCES struct lab_registry_sources sources = {{0}};
    if (!run->spec->payload.bundle)
        return 0;
    if (lab_registry_sources(&sources, run->spec->payload.bundle, err))
        return -1;
    if (!sources.paths.len)
        return 0;
    int rc = lab_registry_target(run, &work.target, err);
    if (rc == 0)
        rc = lab_await(run, "images", fill_fn, &work, &work.words, err);
    lab_registry_target_clear(&work.target);
    free(work.words);
    return rc;
}

int lab_fill_registry(struct lab_ladder *l, struct lab_error *err)
{
    return l->registry && l->run->spec->registry.serve ? fill(l->run, err) : 0;
}

/* --- in a guest ----------------------------------------------------------------------------------
 */

struct answer_work {
    const struct lab_registry_place *place;
    char *words;
};

static int answer_fn(void *arg, struct lab_error *err)
{
    struct answer_work *w = arg;
    uint64_t deadline = plat_now_ms() + ANSWER_MS;
    while (lab_registry_probe(w->place, &w->words) != LAB_REGISTRY_ANSWERS) {
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while waiting for the registry");
        if (plat_now_ms() >= deadline)
            return lab_fail(err, LAB_GUEST, "the registry on node '%s' (%s) does not answer: %s",
                            w->place->node, w->place->address, w->words);
        free(lab_steal(&w->words));
        uv_sleep(LOOK_MS);
    }
    lab_assign(&w->words, w->place->address);
    return 0;
}

/* Only when this run brought its node up, too. */
static bool has_climbed(const struct lab_ladder *l, const char *node)
{
    for (size_t i = 0; i < l->len; i++)
        if (strcmp(l->climbs[i].record->name, node) == 0)
            return l->last != LAB_GATE_DEFINED;
    return false;
}

int lab_await_registry(struct lab_ladder *l, struct lab_error *err)
{
    struct answer_work work = {.place = l->registry};
    if (!l->registry || !l->registry->node || !has_climbed(l, l->registry->node))
        return 0;
    int rc = lab_await(l->run, "registry", answer_fn, &work, &work.words, err);
    free(work.words);
    return rc ? lab_error_hint(err, "'%s ssh %s -- sudo journalctl -u labctl-registry' says why",
                               lab_run_self(l->run), l->registry->node)
              : fill(l->run, err);
}

/* --- into the seed -------------------------------------------------------------------------------
 */

static int read_file(const char *path, struct lab_str *out, struct lab_error *err)
{
    return lab_file_read(path, FILE_MAX, out, err);
}

static int
read_server(struct lab_registry_seed *s, const char *lab, bool auth, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    lab_registryd_files(&files, lab);
    if (read_file(files.config, &s->config, err) ||
        read_file(files.certificate, &s->certificate, err) || read_file(files.key, &s->key, err) ||
        (auth && read_file(files.htpasswd, &s->htpasswd, err)))
        return -1;
    s->texts.config = lab_str_get(&s->config);
    s->texts.certificate = lab_str_get(&s->certificate);
    s->texts.key = lab_str_get(&s->key);
    s->texts.htpasswd = auth ? lab_str_get(&s->htpasswd) : NULL;
    return 0;
}

int lab_registry_seed_fill(struct lab_registry_seed *out,
                           const struct lab_registry_place *place,
                           const char *lab,
                           const char *node,
                           struct lab_error *err)
{
    out->texts = (struct lab_seed_registry){
        .address = place->address,
        .ca_pem = place->ca_pem,
        .username = place->username,
        .password = place->password,
    };
    bool serves = place->node && strcmp(place->node, node) == 0;
    return serves ? read_server(out, lab, place->username != NULL, err) : 0;
}

void lab_registry_seed_clear(struct lab_registry_seed *seed)
{
    struct lab_str *all[] = {&seed->config, &seed->certificate, &seed->key, &seed->htpasswd};
    for (size_t i = 0; i < LAB_ARRAY_LEN(all); i++) {
        if (all[i]->ptr)
            lab_wipe(all[i]->ptr, all[i]->len);
        lab_str_clear(all[i]);
    }
}
