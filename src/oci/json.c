#include "oci/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define DEPTH_MAX 64
#define TEXT_MAX  4096

/* jansson goes by recursion and allows 2048; nothing here needs more than a few. */
static bool is_deep(const char *bytes, size_t n)
{
    unsigned depth = 0;
    bool text = false;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (text && c == '\\')
            i++;
        else if (c == '"')
            text = !text;
        else if (!text && (c == '{' || c == '['))
            depth++;
        else if (!text && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

json_t *
lab_oci_json(const char *bytes, size_t n, size_t max, const char *what, struct lab_error *err)
{
    json_error_t why;
    if (n > max) {
        lab_fail(err, LAB_INTEGRITY, "the %s has %zu bytes; %zu are allowed", what, n, max);
        return NULL;
    }
    if (is_deep(bytes, n)) {
        lab_fail(err, LAB_INTEGRITY, "the %s is nested deeper than %d", what, DEPTH_MAX);
        return NULL;
    }
    json_t *json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        lab_fail(err, LAB_INTEGRITY, "the %s is no JSON: line %d: %s", what, why.line, why.text);
    return json;
}

const char *lab_oci_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value) || json_string_length(value) > TEXT_MAX)
        return NULL;
    return json_string_value(value);
}

static int refuse(struct lab_error *err, const char *key, const char *value)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    if (value)
        lab_put_printable(&shown, value, strlen(value), 100);
    if (!value)
        return lab_fail(err, LAB_INTEGRITY, "a descriptor's %s is missing", key);
    return lab_fail(err, LAB_INTEGRITY, "a descriptor's %s is not allowed: '%s'", key,
                    lab_str_get(&shown));
}

static void read_annotations(struct lab_descriptor *out, const json_t *annotations)
{
    const char *name = lab_oci_text(annotations, "io.containerd.image.name");
    if (!name)
        name = lab_oci_text(annotations, "org.opencontainers.image.ref.name");
    out->name = lab_strdup(name);
    /* buildkit's mark of what is beside the images */
    const char *type = lab_oci_text(annotations, "vnd.docker.reference.type");
    out->attestation = type && strcmp(type, "attestation-manifest") == 0;
}

static void read_platform(struct lab_descriptor *out, const json_t *platform)
{
    out->platform.os = lab_strdup(lab_oci_text(platform, "os"));
    out->platform.arch = lab_strdup(lab_oci_text(platform, "architecture"));
    if (out->platform.os && strcmp(out->platform.os, "unknown") == 0)
        out->attestation = true;
}

int lab_oci_descriptor(struct lab_descriptor *out, const json_t *json, struct lab_error *err)
{
    const char *type = lab_oci_text(json, "mediaType"), *digest = lab_oci_text(json, "digest");
    const json_t *size = json_object_get(json, "size");
    if (!type || !*type || strlen(type) > 255 || strpbrk(type, "\r\n"))
        return refuse(err, "mediaType", type);
    if (!digest || !lab_is_digest(digest))
        return refuse(err, "digest", digest);
    if (!json_is_integer(size))
        return refuse(err, "size", NULL);
    if (json_integer_value(size) < 0 || (uint64_t)json_integer_value(size) > LAB_BLOB_MAX)
        return lab_fail(err, LAB_INTEGRITY, "a descriptor's size is %lld; up to 1 TiB is allowed",
                        (long long)json_integer_value(size));
    out->type = lab_strdup(type);
    memcpy(out->digest, digest, LAB_DIGEST_TEXT);
    out->size = (uint64_t)json_integer_value(size);
    read_annotations(out, json_object_get(json, "annotations"));
    read_platform(out, json_object_get(json, "platform"));
    return 0;
}
