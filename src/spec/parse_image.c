#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cache/cache.h"
#include "spec/values.h"

#define CACHED "image:"

static enum lab_image_format format_by_name(const char *source)
{
    static const struct {
        const char *end;
        enum lab_image_format format;
    } ends[] = {{".raw", LAB_IMAGE_RAW}, {".vmdk", LAB_IMAGE_VMDK}, {".ova", LAB_IMAGE_OVA}};
    size_t n = strstr(source, "://") ? strcspn(source, "?#") : strlen(source);
    LAB_AUTOFREE char *name = lab_strndup(source, n);
    for (size_t i = 0; i < LAB_ARRAY_LEN(ends); i++)
        if (lab_ends_with(name, ends[i].end))
            return ends[i].format;
    return LAB_IMAGE_QCOW2; /* .qcow2, and .img of the distributions that ship qcow2 under it */
}

static bool has_credentials(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

static void check_url(struct lab_draft *d, const struct lab_yaml *value, const char *sha256)
{
    const char *url = value->text, *why = NULL;
    if (has_credentials(url)) { /* and never repeat it on the screen */
        lab_draft_error(d, value->pos,
                        "'image_url' contains a user name or password, which does not belong into "
                        "a file; download the image and write its path");
        return;
    }
    if (!lab_starts_with(url, "http://") && !lab_starts_with(url, "https://"))
        why = lab_tr(
            "only http:// and https:// are known; for anything else download it and write the "
            "path");
    else if (!strcspn(strstr(url, "://") + 3, "/?#"))
        why = lab_tr("it names no host");
    else if (!sha256)
        why = lab_tr("a URL needs 'sha256' beside it, so that the download can be checked");
    if (!why)
        return;
    LAB_AUTOFREE char *quoted = lab_quote(url);
    lab_draft_error(d, value->pos, "'image_url' is %s; %s", quoted, why);
}

static void inspect(struct lab_draft *d, const struct lab_yaml *value, struct lab_image *image)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_image_inspect(image->path, &image->format, &image->virtual_size, &err) < 0)
        lab_draft_error(d, value->pos, "%s%s%s", err.message, err.hint ? "; " : "",
                        err.hint ? err.hint : "");
}

/* "image:NAME" */
static void find_cached(struct lab_draft *d, const struct lab_yaml *value, struct lab_image *image)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const char *name = image->source + strlen(CACHED);
    if (lab_cache_read(&cache, &err)) {
        if (!d->options->skip_files)
            lab_draft_error(d, value->pos, "%s", err.message);
        return;
    }
    const struct lab_cached *found = lab_cache_find(&cache, name);
    if (found && found->path) {
        image->path = lab_strdup(found->path);
        image->cached = lab_strdup(found->sha256);
    }
    if (d->options->skip_files)
        return;
    if (image->path) {
        inspect(d, value, image);
        return;
    }
    const char *nearest = lab_cache_nearest(&cache, name);
    LAB_AUTOFREE char *quoted = lab_quote(image->source);
    if (nearest)
        lab_draft_error(
            d, value->pos,
            "'image_url' is %s, but no image of that name was imported; did you mean \"%s%s\"? "
            "('labctl image list' shows those that were, 'labctl image import' takes one)",
            quoted, CACHED, nearest);
    else
        lab_draft_error(
            d, value->pos,
            "'image_url' is %s, but no image of that name was imported "
            "('labctl image list' shows those that were, 'labctl image import' takes one)",
            quoted);
}

/* The digest beside it must be that of the image, or the name means something else here. */
static void
check_cached_sum(struct lab_draft *d, const struct lab_yaml *yaml, const struct lab_image *image)
{
    if (!d->options->skip_files && image->cached && image->sha256 &&
        strcmp(image->cached, image->sha256) != 0)
        lab_draft_error(d, lab_yaml_pos(yaml, "sha256"),
                        "'sha256' is %.*s…, but the image \"%s\" that was imported here has %.*s…",
                        LAB_CACHE_DIGITS, image->sha256, image->source + strlen(CACHED),
                        LAB_CACHE_DIGITS, image->cached);
}

static char *lower_case(const char *hex)
{
    char *out = lab_strdup(hex);
    for (char *c = out; c && *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c + 32);
    return out;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

size_t lab_draft_read_image(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const char *source = lab_yaml_text(yaml, "image_url");
    LAB_AUTOFREE char *sha256 = lower_case(lab_yaml_text(yaml, "sha256"));
    if (!source) {
        if (lab_yaml_get(yaml, "sha256") && !lab_yaml_get(yaml, "image_url"))
            lab_draft_error(d, lab_yaml_pos(yaml, "sha256"),
                            "'sha256' without 'image_url' beside it");
        return LAB_NO_INDEX;
    }
    const struct lab_yaml *value = lab_yaml_get(yaml, "image_url");
    bool is_url = strstr(source, "://") != NULL;
    if (is_url)
        check_url(d, value, sha256);
    for (size_t i = 0; i < d->spec->images.len; i++)
        if (strcmp(d->spec->images.items[i].source, source) == 0 &&
            same(d->spec->images.items[i].sha256, sha256))
            return i;
    struct lab_image *image = lab_vec_push(&d->spec->images);
    image->source = lab_strdup(source);
    image->sha256 = lab_steal(&sha256);
    image->pos = value->pos;
    if (is_url) {
        image->format = format_by_name(source);
    } else if (lab_starts_with(source, CACHED)) {
        find_cached(d, value, image);
        check_cached_sum(d, yaml, image);
    } else {
        image->path = lab_draft_path(d, source);
        image->format = format_by_name(source);
        if (!d->options->skip_files)
            inspect(d, value, image);
    }
    return d->spec->images.len - 1;
}
