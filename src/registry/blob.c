#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "oci/manifest.h"
#include "registry/http.h"

#define SCOPE_PULL "repository:%s:pull"
#define SCOPE_PUSH "repository:%s:pull,push"

int lab_registry_has_blob(struct lab_registry_conn *conn,
                          const char *repository,
                          const char *digest,
                          bool *there,
                          uint64_t *size,
                          struct lab_error *err)
{
    LAB_AUTOFREE char *url =
        lab_format("%s/v2/%s/blobs/%s", conn->registry->base, repository, digest);
    LAB_AUTOFREE char *what = lab_format(lab_tr("look for blob %s of '%s'"), digest, repository);
    LAB_AUTOFREE char *scope = lab_format(SCOPE_PULL, repository);
    LAB_AUTO_CALL struct lab_call call = {.url = url, .what = what, .scopes = {scope}};
    if (lab_http_has(conn, &call, there, err))
        return -1;
    if (*there)
        *size = call.length >= 0 ? (uint64_t)call.length : UINT64_MAX;
    return 0;
}

/* --- upload -------------------------------------------------------------------------------------
 */

static int take_location(const struct lab_call *call, char **location, struct lab_error *err)
{
    const char *name = call->conn->registry->name;
    *location = call->location ? lab_http_resolve(call->url, call->location) : NULL;
    if (*location)
        return 0;
    if (!call->location)
        return lab_fail(err, LAB_HOST, "cannot %s: '%s' does not say where to", call->what, name);
    lab_fail(err, LAB_HOST, "cannot %s: '%s' wants it at '%s', where it does not go from here",
             call->what, name, call->location);
    return lab_error_hint(err, "a proxy that ends TLS in front of a registry must tell it so "
                               "(X-Forwarded-Proto: https)");
}

int lab_registry_start(struct lab_registry_conn *conn,
                       const char *repository,
                       const char *digest,
                       const char *from,
                       char **location,
                       struct lab_error *err)
{
    LAB_AUTOFREE char *url =
        lab_format("%s/v2/%s/blobs/uploads/", conn->registry->base, repository);
    LAB_AUTOFREE char *mount = from ? lab_format("%s?mount=%s&from=%s", url, digest, from) : NULL;
    LAB_AUTOFREE char *what = lab_format(lab_tr("push to '%s'"), repository);
    LAB_AUTOFREE char *scope = lab_format(SCOPE_PUSH, repository);
    LAB_AUTOFREE char *other = from ? lab_format(SCOPE_PULL, from) : NULL;
    LAB_AUTO_CALL struct lab_call call = {
        .method = "POST", .url = mount ? mount : url, .what = what, .scopes = {scope, other}};
    *location = NULL;
    if (lab_http_as(conn, &call, err))
        return -1;
    if (call.status == 201 && from)
        return 0;
    if (call.status != 202)
        return lab_words_status(conn, &call, err);
    return take_location(&call, location, err);
}

/* The bytes, when their digest is not known yet: *location becomes the newer one. */
static int patch(struct lab_registry_conn *conn,
                 char **location,
                 const char *what,
                 const char *scope,
                 const struct lab_body *body,
                 struct lab_error *err)
{
    char *newer;
    LAB_AUTO_CALL struct lab_call call = {.method = "PATCH",
                                          .url = *location,
                                          .what = what,
                                          .scopes = {scope},
                                          .type = "application/octet-stream",
                                          .body = body};
    if (lab_http_as(conn, &call, err))
        return -1;
    /* 201 is what some answer who mean the same. */
    if (call.status != 202 && call.status != 204 && call.status != 201)
        return lab_words_status(conn, &call, err);
    if (!call.location)
        return 0;
    if (take_location(&call, &newer, err))
        return -1;
    free(*location);
    *location = newer;
    return 0;
}

/* The end of it, with the bytes or after them. */
static int put(struct lab_registry_conn *conn,
               const char *location,
               const char *what,
               const char *scope,
               const char *digest,
               const struct lab_body *body,
               struct lab_error *err)
{
    LAB_AUTOFREE char *url =
        lab_format("%s%cdigest=%s", location, strchr(location, '?') ? '&' : '?', digest);
    LAB_AUTO_CALL struct lab_call call = {.method = "PUT",
                                          .url = url,
                                          .what = what,
                                          .scopes = {scope},
                                          .type = "application/octet-stream",
                                          .body = body};
    if (lab_http_as(conn, &call, err))
        return -1;
    if (call.status != 201)
        return lab_words_status(conn, &call, err);
    if (call.digest && strcmp(call.digest, digest) != 0) {
        conn->again = true;
        return lab_fail(err, LAB_INTEGRITY, "cannot %s: it arrived as %s", what, call.digest);
    }
    return 0;
}

int lab_registry_send(struct lab_registry_conn *conn,
                      const char *repository,
                      const char *location,
                      const struct lab_body *body,
                      struct lab_error *err)
{
    char digest[LAB_DIGEST_TEXT];
    uint64_t size;
    LAB_AUTOFREE char *at = lab_strdup(location);
    LAB_AUTOFREE char *scope = lab_format(SCOPE_PUSH, repository);
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("push blob %s to '%s'"),
                   *body->digest ? body->digest : lab_tr("(packed on the way)"), repository);
    if (*body->digest)
        return put(conn, at, what, scope, body->digest, body, err);
    if (patch(conn, &at, what, scope, body, err))
        return -1;
    body->sum(body->arg, digest, &size);
    return put(conn, at, what, scope, digest, NULL, err);
}

/* --- download -----------------------------------------------------------------------------------
 */

struct download {
    uint64_t *from;
    lab_registry_sink *sink;
    void *arg;
};

/* A server without ranges sends all of it. */
static int before(void *arg, const struct lab_call *call, struct lab_error *err)
{
    struct download *d = arg;
    (void)err;
    if (call->status != 206)
        *d->from = 0;
    return 0;
}

static int on_bytes(void *arg, const void *bytes, size_t n, struct lab_error *err)
{
    struct download *d = arg;
    return d->sink(d->arg, bytes, n, err);
}

int lab_registry_get_blob(struct lab_registry_conn *conn,
                          const char *repository,
                          const char *digest,
                          uint64_t *from,
                          lab_registry_sink *sink,
                          void *arg,
                          struct lab_error *err)
{
    LAB_AUTOFREE char *url =
        lab_format("%s/v2/%s/blobs/%s", conn->registry->base, repository, digest);
    LAB_AUTOFREE char *what = lab_format(lab_tr("fetch blob %s of '%s'"), digest, repository);
    LAB_AUTOFREE char *scope = lab_format(SCOPE_PULL, repository);
    LAB_AUTOFREE char *range = *from ? lab_format("bytes=%" PRIu64 "-", *from) : NULL;
    struct download d = {.from = from, .sink = sink, .arg = arg};
    LAB_AUTO_CALL struct lab_call call = {.method = "GET",
                                          .url = url,
                                          .what = what,
                                          .scopes = {scope},
                                          .range = range,
                                          .before = before,
                                          .sink = on_bytes,
                                          .sink_arg = &d};
    if (lab_http_as(conn, &call, err))
        return -1;
    return call.status == 200 || call.status == 206 ? 0 : lab_words_status(conn, &call, err);
}
