#include <platform.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "spec/draft.h"

static void free_nodes(struct lab_spec *spec)
{
    LAB_VEC_FOREACH (node, &spec->nodes) {
        LAB_VEC_FOREACH (nic, &node->nics)
            free(nic->model);
        lab_vec_clear(&node->nics);
        free(node->name);
    }
    lab_vec_clear(&spec->nodes);
    LAB_VEC_FOREACH (group, &spec->groups) {
        free(group->label);
        free(group->cloud_init.text);
    }
    lab_vec_clear(&spec->groups);
}

static void free_auth(struct lab_auth *auth)
{
    free(auth->username);
    free(auth->password_hash);
    free(auth->password_file);
    free(auth->password_env);
    LAB_VEC_FOREACH (key, &auth->authorized_keys)
        free(*key);
    lab_vec_clear(&auth->authorized_keys);
}

static void free_registry(struct lab_registry_spec *registry)
{
    free(registry->address);
    free(registry->node);
    free(registry->ca);
    free(registry->ca_pem);
    free(registry->username);
    free(registry->password_file);
    free(registry->password_env);
    LAB_VEC_FOREACH (name, &registry->mirrors)
        free(*name);
    lab_vec_clear(&registry->mirrors);
}

void lab_spec_free(struct lab_spec *spec)
{
    if (!spec)
        return;
    free_nodes(spec);
    free_auth(&spec->auth);
    LAB_VEC_FOREACH (image, &spec->images) {
        free(image->source);
        free(image->cached);
        free(image->path);
        free(image->sha256);
    }
    lab_vec_clear(&spec->images);
    LAB_VEC_FOREACH (network, &spec->networks) {
        free(network->name);
        free(network->bridge);
        lab_vec_clear(&network->nameservers);
    }
    lab_vec_clear(&spec->networks);
    free(spec->cloud_init.text);
    free(spec->payload.dir);
    free(spec->payload.bundle);
    free(spec->payload.key);
    free_registry(&spec->registry);
    lab_vec_clear(&spec->airgap_probe);
    free(spec->libvirt_uri);
    free(spec->vm_dir);
    free(spec->name);
    free(spec->timezone);
    free(spec->file);
    free(spec->path);
    free(spec->dir);
    free(spec);
}

static void clear_draft(struct lab_draft *d)
{
    LAB_VEC_FOREACH (g, &d->groups)
        lab_vec_clear(&g->nics);
    lab_vec_clear(&d->groups);
    lab_vec_clear(&d->networks);
    lab_yaml_doc_clear(&d->doc);
    lab_spec_free(d->spec);
}

static struct lab_spec *new_spec(const char *file)
{
    struct lab_spec *spec = lab_alloc(sizeof(*spec));
    spec->file = lab_strdup(file);
    spec->path = plat_absolute(file);
    spec->dir = lab_path_dir(spec->path);
    return spec;
}

static void run_passes(struct lab_draft *d)
{
    if (lab_yaml_read(&d->doc, &d->source, d->problems) < 0)
        return;
    lab_draft_read(d);
    lab_draft_expand(d);
    lab_draft_check_networks(d);
    lab_draft_check_nics(d);
    lab_draft_check_addresses(d);
    lab_draft_check_lab(d);
    lab_draft_check_registry(d);
}

int lab_spec_parse(struct lab_spec **out,
                   const char *file,
                   const char *text,
                   size_t len,
                   const struct lab_spec_options *options,
                   struct lab_problems *problems,
                   struct lab_error *err)
{
    static const struct lab_spec_options none;
    struct lab_draft d = {.spec = new_spec(file),
                          .options = options ? options : &none,
                          .problems = problems,
                          .source = {.text = text, .len = len, .about = ""}};
    run_passes(&d);
    int result = lab_problems_refuse(problems, file, err);
    if (!result)
        *out = lab_steal(&d.spec);
    clear_draft(&d);
    return result;
}

int lab_spec_load(struct lab_spec **out,
                  const char *path,
                  const struct lab_spec_options *options,
                  struct lab_problems *problems,
                  struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (!lab_file_exists(path)) {
        lab_fail(err, LAB_HOST, "cannot read '%s': there is no such file", path);
        return lab_error_hint(err, "write one to start from with 'labctl init', or name another "
                                   "with -f FILE");
    }
    if (lab_file_read(path, LAB_SPEC_MAX_BYTES, &text, &why) == 0)
        return lab_spec_parse(out, path, lab_str_get(&text), text.len, options, problems, err);
    if (why.code != LAB_USAGE) {
        lab_error_move(err, &why);
        return -1;
    }
    lab_problems_add(problems, LAB_PROBLEM_ERROR, (struct lab_pos){1, 1},
                     lab_tr("the file is larger than 1 MiB; is this the right file?"));
    return lab_problems_refuse(problems, path, err);
}
