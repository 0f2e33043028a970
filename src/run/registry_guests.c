#include "run/registry_guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/i18n.h"
#include "base/text.h"
#include "oci/ref.h"
#include "run/commands.h"

enum { PULL_MS = 20 * 60 * 1000 };

/* "docker.io/library/busybox@sha256:…": the name that a pod would use, and no tag. */
static char *by_digest(const struct lab_verified *image)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    if (!image->image || lab_image_ref_parse(&ref, image->image, &ignored))
        return NULL;
    return lab_format("%s/%s@%s", ref.registry, ref.repository, image->digest);
}

struct asked {
    const struct lab_verify_result *images;
    struct lab_guest_pulls *out;
    LAB_VEC(char *) refs;
};

static struct lab_guest_pull *
pull_of(struct lab_guest_pulls *out, const char *node, const char *ref)
{
    LAB_VEC_FOREACH (pull, &out->list)
        if (strcmp(pull->node, node) == 0 && strcmp(pull->image, ref) == 0)
            return pull;
    return NULL;
}

/* "pulled=REF" or "failed=REF WORDS" */
static void on_line(void *arg, const char *node, int fd, const char *text)
{
    struct asked *a = arg;
    bool pulled = lab_starts_with(text, "pulled=");
    if (fd != 1 || (!pulled && !lab_starts_with(text, "failed=")))
        return;
    const char *ref = strchr(text, '=') + 1;
    LAB_AUTOFREE char *name = lab_strndup(ref, strcspn(ref, " "));
    struct lab_guest_pull *pull = pull_of(a->out, node, name);
    if (!pull)
        return;
    lab_assign(&pull->error, NULL);
    if (pulled)
        return;
    LAB_AUTO_STR struct lab_str words = LAB_STR_INIT;
    const char *why = ref + strlen(name);
    lab_put_printable(&words, why, strlen(why), 600);
    lab_assign(&pull->error, lab_str_get(&words));
}

static void plan(struct lab_run *run, struct asked *a)
{
    LAB_VEC_FOREACH (image, &a->images->images) {
        char *ref = image->error.code == LAB_OK ? by_digest(image) : NULL;
        if (ref)
            *lab_vec_push(&a->refs) = ref;
    }
    LAB_VEC_FOREACH (node, &run->records.list) {
        if (node->role == LAB_ROLE_NONE || !lab_run_targeted(run, node->name))
            continue;
        LAB_VEC_FOREACH (ref, &a->refs)
            *lab_vec_push(&a->out->list) =
                (struct lab_guest_pull){lab_strdup(node->name), lab_strdup(*ref),
                                        lab_strdup(lab_tr("the node did not answer"))};
    }
}

/* References have no character that a shell would take for its own (oci/ref.h). */
static int ask(struct lab_run *run, struct asked *a, struct lab_error *err)
{
    const struct lab_asset *script = lab_asset_get("seeds/guest/pull-images");
    LAB_AUTO_STR struct lab_str command = LAB_STR_INIT;
    struct lab_exec_report report = {0};
    LAB_AUTO_ERROR struct lab_error failed = LAB_ERROR_INIT;
    lab_str_add(&command, "sudo -n sh -s --");
    LAB_VEC_FOREACH (ref, &a->refs)
        lab_str_addf(&command, " %s", *ref);
    const struct lab_exec_options options = {.command = lab_str_get(&command),
                                             .input = script->text,
                                             .input_len = script->size,
                                             .line = on_line,
                                             .arg = a,
                                             .timeout_ms = PULL_MS};
    int rc = lab_exec_all(run, &options, &report, &failed);
    LAB_VEC_FOREACH (row, &report.rows)
        LAB_VEC_FOREACH (pull, &a->out->list)
            if (row->error.code != LAB_OK && pull->error && strcmp(pull->node, row->node) == 0)
                lab_assign(&pull->error, row->error.message);
    if (rc && (failed.code == LAB_CANCELLED || !report.rows.len))
        lab_error_move(err, &failed);
    else
        rc = 0; /* it is in the rows */
    lab_exec_report_clear(&report);
    return rc;
}

int lab_registry_ask_guests(struct lab_run *run,
                            const struct lab_verify_result *images,
                            struct lab_guest_pulls *out,
                            struct lab_error *err)
{
    struct asked a = {.images = images, .out = out};
    *out = (struct lab_guest_pulls){{0}, 0};
    plan(run, &a);
    int rc = out->list.len ? ask(run, &a, err) : 0;
    LAB_VEC_FOREACH (pull, &out->list)
        out->failed += pull->error != NULL;
    LAB_VEC_FOREACH (ref, &a.refs)
        free(*ref);
    lab_vec_clear(&a.refs);
    return rc;
}

void lab_guest_pulls_clear(struct lab_guest_pulls *pulls)
{
    LAB_VEC_FOREACH (pull, &pulls->list) {
        free(pull->node);
        free(pull->image);
        free(pull->error);
    }
    lab_vec_clear(&pulls->list);
    pulls->failed = 0;
}
