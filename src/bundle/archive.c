/* Which images an archive holds, by its JSON (OCI image-spec: image-layout, annotations, image
 * index, config; docker-save's manifest.json). */
#include "bundle/archive.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/archive_priv.h"
#include "bundle/sums.h"

struct images {
    struct lab_manifest *out;
    const struct lab_members *members;
    const char *path, *arch; /* path: in the bundle */
    struct lab_error *err;
    size_t named;
};

static void free_json(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON LAB_CLEANUP(free_json)

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int broken(struct images *i, const char *what, const char *name)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, name, strlen(name), 200);
    return lab_fail(i->err, LAB_INTEGRITY, "the archive '%s' %s: '%s'", i->path, what,
                    lab_str_get(&shown));
}

/* NULL: err is set. */
static json_t *load(struct images *i, const char *name)
{
    const struct lab_member *m = lab_members_find(i->members, name);
    json_t *json = m ? json_loadb(m->text.ptr, m->text.len, 0, NULL) : NULL;
    if (!json)
        broken(i, m ? lab_tr("has a member that is no JSON") : lab_tr("lacks a member"), name);
    return json;
}

static json_t *load_blob(struct images *i, const char *digest)
{
    if (!digest || !lab_starts_with(digest, "sha256:") || !lab_is_sha256(digest + 7)) {
        broken(i, lab_tr("names a blob by no SHA-256"), digest ? digest : "");
        return NULL;
    }
    LAB_AUTOFREE char *name = lab_format("blobs/sha256/%s", digest + 7);
    return load(i, name);
}

/* --- names ------------------------------------------------------------------------------------ */

char *lab_image_full_name(const char *ref)
{
    size_t first = strcspn(ref, "/");
    LAB_AUTOFREE char *domain = lab_strndup(ref, first);
    bool has_domain = ref[first] && (strpbrk(domain, ".:") || strcmp(domain, "localhost") == 0);
    const char *last = strrchr(ref, '/');
    bool has_tag = strchr(last ? last : ref, ':') || strchr(ref, '@');
    return lab_format("%s%s%s%s", has_domain ? "" : "docker.io/",
                      has_domain || ref[first] ? "" : "library/", ref, has_tag ? "" : ":latest");
}

static int add(struct images *i, const char *ref, const char *digest, const char *platform)
{
    LAB_AUTOFREE char *full = lab_image_full_name(ref);
    LAB_AUTOFREE char *wanted = lab_format("linux/%s", i->arch);
    if (!lab_manifest_can_say(full))
        return broken(i, lab_tr("holds an image with an impossible name"), ref);
    if (strcmp(platform, wanted) != 0) {
        lab_fail(i->err, LAB_USAGE, "the image '%s' in '%s' is for %s, and the bundle for %s", full,
                 i->path, platform, wanted);
        return lab_error_hint(i->err, "fetch it with --platform %s, or change 'arch' of the bundle",
                              wanted);
    }
    i->named++;
    *lab_vec_push(&i->out->images) = (struct lab_bundle_image){
        lab_steal(&full), lab_strdup(i->path), lab_strdup(digest), lab_steal(&wanted)};
    return 0;
}

/* --- platforms -------------------------------------------------------------------------------- */

/* "linux/amd64" of a configuration, or of a descriptor's `platform`. Caller frees; NULL: it does
 * not say. Variants (v8) are no other processor here. */
static char *platform_of(const json_t *json)
{
    const char *os = text_at(json, "os"), *arch = text_at(json, "architecture");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!os || !arch)
        return NULL;
    LAB_AUTOFREE char *both = lab_format("%s/%s", os, arch);
    lab_put_printable(&text, both, strlen(both), 60);
    return lab_str_detach(&text);
}

static bool is_index(const json_t *descriptor)
{
    const char *type = text_at(descriptor, "mediaType");
    return type && (strcmp(type, "application/vnd.oci.image.index.v1+json") == 0 ||
                    strcmp(type, "application/vnd.docker.distribution.manifest.list.v2+json") == 0);
}

/* Of one manifest, by its configuration. Caller frees; NULL: err is set. */
static char *manifest_platform(struct images *i, const char *digest)
{
    AUTO_JSON json_t *manifest = load_blob(i, digest);
    AUTO_JSON json_t *config =
        manifest ? load_blob(i, text_at(json_object_get(manifest, "config"), "digest")) : NULL;
    char *platform = config ? platform_of(config) : NULL;
    if (config && !platform)
        broken(i, lab_tr("has an image that does not say for which processor it is"), digest);
    return platform;
}

/* Of an index: ours when one of those that are in the archive is, else the first. */
static char *index_platform(struct images *i, const char *digest)
{
    AUTO_JSON json_t *index = load_blob(i, digest);
    json_t *children = json_object_get(index, "manifests"), *child;
    LAB_AUTOFREE char *first = NULL;
    size_t n;
    if (!index)
        return NULL;
    json_array_foreach(children, n, child)
    {
        const char *of = text_at(child, "digest");
        LAB_AUTOFREE char *platform = platform_of(json_object_get(child, "platform"));
        LAB_AUTOFREE char *name =
            of && strlen(of) > 7 ? lab_format("blobs/sha256/%s", of + 7) : NULL;
        if (!platform || !name || !lab_members_find(i->members, name))
            continue;
        if (lab_starts_with(platform, "linux/") && strcmp(platform + 6, i->arch) == 0)
            return lab_steal(&platform);
        if (!first && strcmp(platform, "unknown/unknown") != 0) /* an attestation */
            first = lab_steal(&platform);
    }
    if (!first)
        broken(i, lab_tr("has an index without any of its images"), digest);
    return lab_steal(&first);
}

/* --- the two kinds ---------------------------------------------------------------------------- */

static const char *name_of(const json_t *descriptor)
{
    const json_t *notes = json_object_get(descriptor, "annotations");
    const char *full = text_at(notes, "io.containerd.image.name");
    const char *ref = text_at(notes, "org.opencontainers.image.ref.name");
    if (full)
        return full;
    return ref && strpbrk(ref, "/:") ? ref : NULL; /* else it is a tag of nobody knows what */
}

static int read_oci(struct images *i)
{
    AUTO_JSON json_t *index = load(i, "index.json");
    json_t *list = json_object_get(index, "manifests"), *descriptor;
    size_t n;
    if (!index)
        return -1;
    json_array_foreach(list, n, descriptor)
    {
        const char *name = name_of(descriptor), *digest = text_at(descriptor, "digest");
        if (!name)
            continue;
        LAB_AUTOFREE char *platform =
            is_index(descriptor) ? index_platform(i, digest) : manifest_platform(i, digest);
        if (!platform || add(i, name, digest, platform) < 0)
            return -1;
    }
    return 0;
}

static int read_docker(struct images *i)
{
    AUTO_JSON json_t *manifest = load(i, "manifest.json");
    json_t *image, *tag;
    size_t n, k;
    if (!manifest)
        return -1;
    json_array_foreach(manifest, n, image)
    {
        const char *name = text_at(image, "Config");
        name = name ? name : "";
        AUTO_JSON json_t *config = load(i, name);
        if (!config)
            return -1;
        LAB_AUTOFREE char *platform = platform_of(config);
        LAB_AUTOFREE char *digest =
            lab_format("sha256:%s", lab_members_find(i->members, name)->sha256);
        if (!platform)
            return broken(i, lab_tr("has an image that does not say for which processor it is"),
                          name);
        json_array_foreach(json_object_get(image, "RepoTags"), k, tag)
        {
            const char *ref = json_string_value(tag);
            if (ref && add(i, ref, digest, platform) < 0)
                return -1;
        }
    }
    return 0;
}

static int read_images(struct images *i)
{
    bool oci = lab_members_find(i->members, "index.json") != NULL;
    if (!oci && !lab_members_find(i->members, "manifest.json")) {
        lab_fail(i->err, LAB_USAGE,
                 "'%s' is no archive of images: it has neither index.json nor manifest.json",
                 i->path);
        return lab_error_hint(i->err, "make one with 'docker save', or skopeo's docker-archive: or "
                                      "oci-archive:");
    }
    if ((oci ? read_oci(i) : read_docker(i)) < 0)
        return -1;
    if (i->named)
        return 0;
    lab_fail(i->err, LAB_USAGE, "no image in '%s' has a name, so nobody could ask for it", i->path);
    return lab_error_hint(i->err, "save it by its name: 'docker save NAME:TAG', or skopeo's "
                                  "oci-archive:FILE:NAME:TAG");
}

int lab_archive_images(struct lab_manifest *out,
                       const char *dir,
                       const char *path,
                       const char *arch,
                       struct lab_error *err)
{
    LAB_AUTOFREE char *file = lab_path_join(dir, path);
    struct lab_members members = {0};
    struct images i = {.out = out, .members = &members, .path = path, .arch = arch, .err = err};
    int rc = lab_members_read(&members, file, err);
    if (rc == 0)
        rc = read_images(&i);
    lab_members_clear(&members);
    return rc;
}
