/* Manifests and lists. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/text.h"
#include "oci/manifest.h"
#include "registry/http.h"

/* An OCI manifest is "unknown" to distribution 2.8 when it is not asked for by its type. */
#define ACCEPT                                                                                     \
    LAB_TYPE_OCI_MANIFEST ", " LAB_TYPE_OCI_INDEX ", " LAB_TYPE_DOCKER_MANIFEST                    \
                          ", " LAB_TYPE_DOCKER_LIST

#define PAGES_MAX 1000
#define NAMES_MAX 100000

static char *
manifest_url(const struct lab_registry_conn *conn, const char *repository, const char *reference)
{
    return lab_format("%s/v2/%s/manifests/%s", conn->registry->base, repository, reference);
}

static char *name_of(const char *repository, const char *reference)
{
    return lab_format("%s%c%s", repository, lab_is_digest(reference) ? '@' : ':', reference);
}

int lab_registry_has_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              bool *there,
                              char digest[LAB_DIGEST_TEXT],
                              struct lab_error *err)
{
    LAB_AUTOFREE char *url = manifest_url(conn, repository, reference);
    LAB_AUTOFREE char *name = name_of(repository, reference);
    LAB_AUTOFREE char *what = lab_format(lab_tr("look for image '%s'"), name);
    LAB_AUTOFREE char *scope = lab_format("repository:%s:pull", repository);
    LAB_AUTO_CALL struct lab_call call = {
        .url = url, .what = what, .scopes = {scope}, .accept = ACCEPT};
    digest[0] = '\0';
    if (lab_http_has(conn, &call, there, err))
        return -1;
    if (*there && call.digest && lab_is_digest(call.digest))
        memcpy(digest, call.digest, LAB_DIGEST_TEXT);
    return 0;
}

static int
no_image(struct lab_registry_conn *conn, const struct lab_call *call, struct lab_error *err)
{
    lab_words_status(conn, call, err);
    err->code = LAB_USAGE;
    return lab_error_hint(err, "there is no such image; check its name and tag");
}

int lab_registry_get_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              struct lab_str *bytes,
                              char **type,
                              char digest[LAB_DIGEST_TEXT],
                              struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *url = manifest_url(conn, repository, reference);
    LAB_AUTOFREE char *name = name_of(repository, reference);
    LAB_AUTOFREE char *what = lab_format(lab_tr("fetch image '%s'"), name);
    LAB_AUTOFREE char *scope = lab_format("repository:%s:pull", repository);
    LAB_AUTO_CALL struct lab_call call = {
        .method = "GET", .url = url, .what = what, .scopes = {scope}, .accept = ACCEPT};
    *type = NULL;
    if (lab_http_as(conn, &call, err))
        return -1;
    if (call.status == 404)
        return no_image(conn, &call, err);
    if (call.status != 200)
        return lab_words_status(conn, &call, err);
    lab_sha256_hex(lab_str_get(&call.answer), call.answer.len, hex);
    snprintf(digest, LAB_DIGEST_TEXT, "sha256:%s", hex);
    if (lab_is_digest(reference) && strcmp(reference, digest) != 0)
        return lab_fail(err, LAB_INTEGRITY, "cannot %s: what came has the digest %s", what, digest);
    lab_str_addn(bytes, lab_str_get(&call.answer), call.answer.len);
    if (call.answer_type)
        *type = lab_strndup(call.answer_type, strcspn(call.answer_type, "; "));
    return 0;
}

int lab_registry_put_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              const char *type,
                              const char *bytes,
                              size_t n,
                              struct lab_error *err)
{
    char digest[LAB_DIGEST_TEXT], hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *url = manifest_url(conn, repository, reference);
    LAB_AUTOFREE char *name = name_of(repository, reference);
    LAB_AUTOFREE char *what = lab_format(lab_tr("push image '%s'"), name);
    LAB_AUTOFREE char *scope = lab_format("repository:%s:pull,push", repository);
    LAB_AUTO_CALL struct lab_call call = {.method = "PUT",
                                          .url = url,
                                          .what = what,
                                          .scopes = {scope},
                                          .type = type,
                                          .text = bytes,
                                          .text_len = n};
    if (lab_http_as(conn, &call, err))
        return -1;
    if (call.status != 201)
        return lab_words_status(conn, &call, err);
    lab_sha256_hex(bytes, n, hex);
    snprintf(digest, sizeof(digest), "sha256:%s", hex);
    if (call.digest && strcmp(call.digest, digest) != 0)
        return lab_fail(err, LAB_INTEGRITY, "cannot %s: it arrived as %s instead of %s", what,
                        call.digest, digest);
    return 0;
}

/* --- lists --------------------------------------------------------------------------------------
 */

void lab_registry_names_clear(struct lab_registry_names *names)
{
    LAB_VEC_FOREACH (name, &names->list)
        free(*name);
    lab_vec_clear(&names->list);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names that are not what they should be are left out: they will be printed and asked for. */
int lab_document_names(struct lab_registry_names *out,
                       const struct lab_call *call,
                       const char *key,
                       bool (*is_name)(const char *),
                       struct lab_error *err)
{
    json_t *json = json_loadb(lab_str_get(&call->answer), call->answer.len, 0, NULL);
    const json_t *list = json_object_get(json, key);
    int rc = 0;
    if (!json_is_object(json))
        rc = lab_fail(err, LAB_HOST, "cannot %s: the answer is no JSON", call->what);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (out->list.len >= NAMES_MAX)
            rc =
                lab_fail(err, LAB_HOST, "cannot %s: there are more than %d", call->what, NAMES_MAX);
        else if (name && is_name(name))
            *lab_vec_push(&out->list) = lab_strdup(name);
    }
    json_decref(json);
    return rc;
}

/* <…>; rel="next" */
char *lab_document_next(const struct lab_call *call)
{
    const char *from = call->link ? strchr(call->link, '<') : NULL;
    const char *to = from ? strchr(from, '>') : NULL;
    if (!to || !strstr(to, "next"))
        return NULL;
    LAB_AUTOFREE char *reference = lab_strndup(from + 1, (size_t)(to - from - 1));
    char *url = lab_http_resolve(call->url, reference);
    if (url && !lab_http_same_origin(url, call->url))
        free(lab_steal(&url));
    return url;
}

static int list(struct lab_registry_conn *conn,
                const char *path,
                const char *what,
                const char *scope,
                const char *key,
                bool (*is_name)(const char *),
                struct lab_registry_names *out,
                struct lab_error *err)
{
    char *url = lab_format("%s/v2/%s", conn->registry->base, path);
    int rc = 0;
    *out = (struct lab_registry_names){{0}};
    for (unsigned page = 0; rc == 0 && url && page < PAGES_MAX; page++) {
        LAB_AUTO_CALL struct lab_call call = {
            .method = "GET", .url = url, .what = what, .scopes = {scope}};
        rc = lab_http_as(conn, &call, err);
        /* A repository with blobs and without an image is in the catalogue, but unknown. */
        if (rc == 0 && call.status == 404)
            break;
        if (rc == 0 && call.status != 200)
            rc = lab_words_status(conn, &call, err);
        if (rc == 0)
            rc = lab_document_names(out, &call, key, is_name, err);
        char *next = rc == 0 ? lab_document_next(&call) : NULL;
        free(url);
        url = next;
    }
    free(url);
    if (rc == 0 && out->list.len)
        qsort(out->list.items, out->list.len, sizeof(char *), by_text);
    if (rc < 0)
        lab_registry_names_clear(out);
    return rc;
}

int lab_registry_catalog(struct lab_registry_conn *conn,
                         struct lab_registry_names *out,
                         struct lab_error *err)
{
    return list(conn, "_catalog?n=1000", lab_tr("list repositories"), "registry:catalog:*",
                "repositories", lab_is_repository, out, err);
}

int lab_registry_tags(struct lab_registry_conn *conn,
                      const char *repository,
                      struct lab_registry_names *out,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_format("%s/tags/list", repository);
    LAB_AUTOFREE char *what = lab_format(lab_tr("list tags of '%s'"), repository);
    LAB_AUTOFREE char *scope = lab_format("repository:%s:pull", repository);
    return list(conn, path, what, scope, "tags", lab_is_tag, out, err);
}
