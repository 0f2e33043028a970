/* What went wrong, in words: facts from the failure catalogue of the registry. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "registry/http.h"

static int hint_down(const struct lab_registry *r, struct lab_error *err)
{
    return lab_error_hint(err, "is the registry running, and does a firewall let '%s' through?",
                          r->name);
}

static int no_connection(struct lab_registry_conn *conn, const char *reason, struct lab_error *err)
{
    conn->again = true;
    lab_fail(err, LAB_HOST, "nobody answers at '%s': %s", conn->registry->name, reason);
    return hint_down(conn->registry, err);
}

static int no_tls(const struct lab_registry *r, const char *reason, struct lab_error *err)
{
    bool plain = strstr(reason, "wrong version number") || strstr(reason, "packet length too long");
    lab_fail(err, LAB_HOST, "no TLS with '%s': %s", r->name, reason);
    if (plain)
        return lab_error_hint(err,
                              "it seems to speak plain HTTP; --insecure means that, without any "
                              "protection of what is pushed");
    return hint_down(r, err);
}

static int broken(struct lab_registry_conn *conn, const char *reason, struct lab_error *err)
{
    conn->again = true;
    lab_fail(err, LAB_HOST, "'%s' broke the connection off: %s", conn->registry->name, reason);
    return lab_error_hint(err,
                          "a proxy without a registry behind it, a firewall, or a registry that "
                          "was restarted does that; see its log");
}

int lab_words_curl(struct lab_registry_conn *conn,
                   const struct lab_call *call,
                   CURLcode code,
                   const char *reason,
                   struct lab_error *err)
{
    const struct lab_registry *r = conn->registry;
    if (!*reason)
        reason = curl_easy_strerror(code);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return lab_fail(err, LAB_CANCELLED, "interrupted while talking to '%s'", r->name);
    case CURLE_COULDNT_RESOLVE_HOST:
        lab_fail(err, LAB_HOST, "there is no host '%s': %s", r->host, reason);
        return lab_error_hint(err, "check the address; labs without DNS use IP addresses");
    case CURLE_COULDNT_RESOLVE_PROXY:
        lab_fail(err, LAB_HOST, "no way to '%s': %s", r->name, reason);
        return lab_error_hint(
            err, "the environment names a proxy (https_proxy); unset it, or set no_proxy");
    case CURLE_COULDNT_CONNECT:
        return no_connection(conn, reason, err);
    case CURLE_PEER_FAILED_VERIFICATION:
        return lab_tls_explain(r, reason, err);
    case CURLE_SSL_CACERT_BADFILE:
        return lab_fail(err, LAB_USAGE, "'%s' is no file of CA certificates (PEM): %s",
                        r->ca_file ? r->ca_file : "", reason);
    case CURLE_SSL_CONNECT_ERROR:
        return no_tls(r, reason, err);
    case CURLE_OPERATION_TIMEDOUT:
        conn->again = true;
        lab_fail(err, LAB_HOST, "'%s' is silent: %s", r->name, reason);
        return hint_down(r, err);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_FAIL_REWIND:
        return broken(conn, reason, err);
    default:
        conn->again = call->body != NULL;
        return lab_fail(err, LAB_HOST, "talking to '%s' failed: %s", r->name, reason);
    }
}

/* --- statuses -----------------------------------------------------------------------------------
 */

static json_t *first_error(const struct lab_call *call)
{
    json_t *json = json_loadb(lab_str_get(&call->answer), call->answer.len, 0, NULL);
    json_t *first = json_incref(json_array_get(json_object_get(json, "errors"), 0));
    json_decref(json);
    return first;
}

void lab_words_code(const struct lab_call *call, char code[64])
{
    json_t *first = first_error(call);
    const char *text = json_string_value(json_object_get(first, "code"));
    code[0] = '\0';
    if (text && strlen(text) < 64)
        memcpy(code, text, strlen(text) + 1);
    json_decref(first);
}

/* What the registry says, on one line. Proxies answer with pages, old registries with plain text.
 */
static void put_said(struct lab_str *out, const struct lab_call *call)
{
    json_t *first = first_error(call);
    const char *code = json_string_value(json_object_get(first, "code"));
    const char *message = json_string_value(json_object_get(first, "message"));
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (code || message)
        lab_str_addf(&text, "%s%s%s", code ? code : "", code && message ? ", " : "",
                     message ? message : "");
    const json_t *detail = json_object_get(first, "detail");
    char *more =
        detail && !json_is_null(detail) ? json_dumps(detail, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (more)
        lab_str_addf(&text, ", %s", more);
    free(more);
    json_decref(first);
    const char *all = text.len ? lab_str_get(&text) : lab_str_get(&call->answer);
    lab_put_printable(out, all, strlen(all), 300);
}

static bool says(const struct lab_call *call, const char *words)
{
    return strstr(lab_str_get(&call->answer), words) != NULL;
}

/* Errno 28 is what distribution 2.8's file system driver has for it in `detail`. */
static bool is_full(const struct lab_call *call)
{
    return call->status == 507 || says(call, "no space left") || says(call, "\"Err\":28");
}

static const char *hint_of(const struct lab_call *call, const char *code)
{
    if (is_full(call))
        return lab_tr(
            "the registry's disk is full: make room where it keeps its data, then push again (what "
            "is there is not sent twice)");
    if (call->status == 400 && says(call, "HTTP request to an HTTPS server"))
        return lab_tr("it speaks TLS: leave --insecure away, and give its CA with --ca");
    if (call->status == 400 && !call->answer.len)
        return lab_tr(
            "distribution answers so when the path of its htpasswd is a folder, as in the "
            "configuration that Debian ships: give it a file there");
    if (call->status == 403)
        return lab_tr("this user may not do that there; ask whoever runs the registry");
    if (call->status == 405)
        return lab_tr(
            "the registry is read-only (maintenance mode, or a mirror): push to another, or end that");
    if (call->status == 413)
        return lab_tr("a proxy in front of the registry limits the size of requests (nginx: "
                      "client_max_body_size 0)");
    if (strcmp(code, "NAME_UNKNOWN") == 0)
        return lab_tr(
            "there is no repository of that name; 'labctl registry ls' shows those that are");
    if (call->status == 404 && !*code)
        return lab_tr(
            "this answer is not a registry's: is something else at this address, or is the name one "
            "that registries do not take?");
    return NULL;
}

static enum lab_code code_of(const struct lab_call *call, const char *code)
{
    if (strcmp(code, "DIGEST_INVALID") == 0)
        return LAB_INTEGRITY;
    if (call->status == 403 || strcmp(code, "NAME_UNKNOWN") == 0 ||
        strcmp(code, "MANIFEST_UNKNOWN") == 0)
        return LAB_USAGE;
    return LAB_HOST;
}

/* A session that broke is stale for good in distribution 2.8: 404 BLOB_UPLOAD_INVALID; a new POST
 * helps. */
static bool is_temporary(const struct lab_call *call, const char *code)
{
    if (is_full(call))
        return false;
    return call->status >= 500 || call->status == 429 || call->status == 408 ||
           call->status == 416 || lab_starts_with(code, "BLOB_UPLOAD") ||
           strcmp(code, "DIGEST_INVALID") == 0;
}

int lab_words_status(struct lab_registry_conn *conn,
                     const struct lab_call *call,
                     struct lab_error *err)
{
    char code[64];
    LAB_AUTO_STR struct lab_str said = LAB_STR_INIT;
    lab_words_code(call, code);
    put_said(&said, call);
    conn->again = is_temporary(call, code);
    conn->pause_s = call->retry_after_s;
    lab_fail(err, code_of(call, code), "cannot %s: '%s' answered %ld%s%s", call->what,
             conn->registry->name, call->status, said.len ? ": " : "", lab_str_get(&said));
    const char *hint = hint_of(call, code);
    return hint ? lab_error_hint(err, "%s", hint) : -1;
}
