#include "oci/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "oci/json.h"

#define LIST_MAX 4096 /* layers, or manifests of an index */

static const char *const manifest_types[] = {LAB_TYPE_DOCKER_MANIFEST, LAB_TYPE_OCI_MANIFEST};
static const char *const index_types[] = {LAB_TYPE_DOCKER_LIST, LAB_TYPE_OCI_INDEX};

static bool is_in(const char *type, const char *const list[2])
{
    return type && (strcmp(type, list[0]) == 0 || strcmp(type, list[1]) == 0);
}

bool lab_is_manifest_type(const char *type)
{
    return is_in(type, manifest_types) || is_in(type, index_types);
}

bool lab_is_config_type(const char *type)
{
    static const char *const types[] = {LAB_TYPE_DOCKER_CONFIG, LAB_TYPE_OCI_CONFIG};
    return is_in(type, types);
}

/* --- descriptors --------------------------------------------------------------------------------
 */

void lab_descriptor_copy(struct lab_descriptor *out, const struct lab_descriptor *in)
{
    *out = *in;
    out->type = lab_strdup(in->type);
    out->name = lab_strdup(in->name);
    out->platform.os = lab_strdup(in->platform.os);
    out->platform.arch = lab_strdup(in->platform.arch);
}

void lab_descriptor_clear(struct lab_descriptor *d)
{
    free(d->type);
    free(d->name);
    lab_platform_clear(&d->platform);
    *d = (struct lab_descriptor){0};
}

void lab_oci_manifest_clear(struct lab_oci_manifest *m)
{
    free(m->type);
    lab_descriptor_clear(&m->config);
    LAB_VEC_FOREACH (d, &m->list)
        lab_descriptor_clear(d);
    lab_vec_clear(&m->list);
    *m = (struct lab_oci_manifest){0};
}

/* --- manifests ----------------------------------------------------------------------------------
 */

static int
read_list(struct lab_oci_manifest *out, const json_t *json, const char *key, struct lab_error *err)
{
    const json_t *list = json_object_get(json, key);
    if (!json_is_array(list))
        return lab_fail(err, LAB_INTEGRITY, "the manifest has no list of %s", key);
    if (json_array_size(list) > LIST_MAX)
        return lab_fail(err, LAB_INTEGRITY, "the manifest lists %zu %s; %d are allowed",
                        json_array_size(list), key, LIST_MAX);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (lab_oci_descriptor(lab_vec_push(&out->list), json_array_get(list, i), err))
            return lab_error_wrap(err, "%s[%zu]", key, i);
    return 0;
}

static int check_layers(const struct lab_oci_manifest *m, struct lab_error *err)
{
    LAB_VEC_FOREACH (layer, &m->list)
        if (strstr(layer->type, "foreign") || strstr(layer->type, "nondistributable"))
            return lab_fail(err, LAB_USAGE,
                            "the image has a layer that its maker does not let others keep (%s)",
                            layer->type);
    return 0;
}

/* Its own word, else the caller's; else by what is in it. */
static const char *type_of(const json_t *json, const char *given)
{
    const char *own = lab_oci_text(json, "mediaType");
    if (own)
        return own;
    if (lab_is_manifest_type(given))
        return given;
    return json_object_get(json, "manifests") ? LAB_TYPE_OCI_INDEX : LAB_TYPE_OCI_MANIFEST;
}

static int read_manifest(struct lab_oci_manifest *out,
                         const json_t *json,
                         const char *given,
                         struct lab_error *err)
{
    const char *type = type_of(json, given);
    json_int_t version = json_integer_value(json_object_get(json, "schemaVersion"));
    if (version == 1) {
        lab_fail(err, LAB_USAGE, "the image is in Docker's old format (schema 1)");
        return lab_error_hint(err, "pull and push it once with a current Docker or skopeo");
    }
    if (version != 2)
        return lab_fail(err, LAB_INTEGRITY, "the manifest's schemaVersion is not 2");
    if (!lab_is_manifest_type(type))
        return lab_fail(err, LAB_INTEGRITY, "the manifest is of an unknown type, '%s'", type);
    if (lab_is_manifest_type(given) && strcmp(given, type) != 0)
        return lab_fail(err, LAB_INTEGRITY, "the manifest says that it is %s, but came as %s", type,
                        given);
    out->type = lab_strdup(type);
    out->index = is_in(type, index_types);
    if (out->index)
        return read_list(out, json, "manifests", err);
    if (lab_oci_descriptor(&out->config, json_object_get(json, "config"), err))
        return lab_error_wrap(err, "config");
    return read_list(out, json, "layers", err) ? -1 : check_layers(out, err);
}

int lab_oci_manifest_parse(struct lab_oci_manifest *out,
                           const char *bytes,
                           size_t n,
                           const char *type,
                           struct lab_error *err)
{
    *out = (struct lab_oci_manifest){0};
    json_t *json = lab_oci_json(bytes, n, LAB_MANIFEST_MAX, "manifest", err);
    if (!json)
        return -1;
    int rc = read_manifest(out, json, type, err);
    json_decref(json);
    if (rc < 0)
        lab_oci_manifest_clear(out);
    return rc;
}

/* --- platforms ----------------------------------------------------------------------------------
 */

static bool is_for(const struct lab_platform *it, const struct lab_platform *wanted)
{
    return it->os && it->arch && strcmp(it->os, wanted->os) == 0 &&
           strcmp(it->arch, wanted->arch) == 0;
}

const struct lab_descriptor *lab_oci_manifest_choose(const struct lab_oci_manifest *index,
                                                     const struct lab_platform *platform,
                                                     struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str others = LAB_STR_INIT;
    const struct lab_descriptor *only = NULL;
    size_t silent = 0;
    LAB_VEC_FOREACH (d, &index->list) {
        if (d->attestation)
            continue;
        if (is_for(&d->platform, platform))
            return d;
        if (d->platform.arch)
            lab_str_addf(&others, "%s%s/%s", others.len ? ", " : "",
                         d->platform.os ? d->platform.os : "?", d->platform.arch);
        else if (++silent)
            only = d;
    }
    if (silent == 1 && !others.len)
        return only;
    lab_fail(err, LAB_USAGE, "the image is not for %s/%s, but for %s", platform->os, platform->arch,
             others.len ? lab_str_get(&others) : lab_tr("no named platform"));
    return NULL;
}

int lab_platform_parse(struct lab_platform *out, const char *text, struct lab_error *err)
{
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : 0;
    static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    if (n == 0 || n > 32 || strspn(text, set) != n || !slash[1] || strlen(slash) > 32 ||
        strspn(slash + 1, set) != strlen(slash + 1))
        return lab_fail(err, LAB_USAGE, "'%s' is no platform such as linux/amd64", text);
    *out = (struct lab_platform){lab_strndup(text, n), lab_strdup(slash + 1)};
    return 0;
}

void lab_platform_clear(struct lab_platform *platform)
{
    free(platform->os);
    free(platform->arch);
    *platform = (struct lab_platform){0};
}

/* --- configs ------------------------------------------------------------------------------------
 */

static int read_config(struct lab_config *out, const json_t *json, struct lab_error *err)
{
    const json_t *ids = json_object_get(json_object_get(json, "rootfs"), "diff_ids");
    out->platform.os = lab_strdup(lab_oci_text(json, "os"));
    out->platform.arch = lab_strdup(lab_oci_text(json, "architecture"));
    if (json_array_size(ids) > LIST_MAX)
        return lab_fail(err, LAB_INTEGRITY, "the image's config lists %zu layers; %d are allowed",
                        json_array_size(ids), LIST_MAX);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (!id || !lab_is_digest(id))
            return lab_fail(err, LAB_INTEGRITY, "diff_ids[%zu] of the image's config is no digest",
                            i);
        *lab_vec_push(&out->diff_ids) = lab_strdup(id);
    }
    return 0;
}

int lab_config_parse(struct lab_config *out, const char *bytes, size_t n, struct lab_error *err)
{
    *out = (struct lab_config){0};
    json_t *json = lab_oci_json(bytes, n, LAB_CONFIG_MAX, lab_tr("image's config"), err);
    if (!json)
        return -1;
    int rc = read_config(out, json, err);
    json_decref(json);
    if (rc < 0)
        lab_config_clear(out);
    return rc;
}

void lab_config_clear(struct lab_config *config)
{
    lab_platform_clear(&config->platform);
    LAB_VEC_FOREACH (id, &config->diff_ids)
        free(*id);
    lab_vec_clear(&config->diff_ids);
}

int lab_config_check(const struct lab_config *config,
                     const struct lab_platform *platform,
                     struct lab_error *err)
{
    const struct lab_platform *is = &config->platform;
    if (is_for(is, platform))
        return 0;
    lab_fail(err, LAB_USAGE, "the image is for %s/%s; wanted is %s/%s", is->os ? is->os : "?",
             is->arch ? is->arch : "?", platform->os, platform->arch);
    return lab_error_hint(err,
                          "its programs would end with 'exec format error' on %s: fetch the image "
                          "for that platform",
                          platform->arch);
}
