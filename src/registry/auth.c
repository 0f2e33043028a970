/* Who we are to a registry: RFC 7617 (Basic), and the token service of distribution's
 * docs/spec/auth/token.md (Bearer). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "registry/http.h"

#define REDIRECTS_MAX 5
#define TOKENS_MAX    512

/* --- challenges ---------------------------------------------------------------------------------
 */

char *lab_auth_parameter(const char *challenge, const char *key)
{
    size_t len = strlen(key);
    const char *at = strchr(challenge, ' ');
    while (at && *at) {
        at += strspn(at, " ,\t");
        size_t name = strcspn(at, "=, ");
        if (at[name] != '=')
            return NULL;
        const char *value = at + name + 1;
        bool quoted = *value == '"';
        value += quoted;
        size_t n = quoted ? strcspn(value, "\"") : strcspn(value, ", \t");
        if (name == len && strncasecmp(at, key, len) == 0)
            return lab_strndup(value, n);
        at = value + n + (quoted && value[n]);
    }
    return NULL;
}

int lab_auth_learn(struct lab_registry *r, const char *challenge, struct lab_error *err)
{
    bool bearer = challenge && strncasecmp(challenge, "Bearer", 6) == 0;
    LAB_AUTOFREE char *realm = bearer ? lab_auth_parameter(challenge, "realm") : NULL;
    LAB_AUTOFREE char *service = bearer ? lab_auth_parameter(challenge, "service") : NULL;
    LAB_AUTOFREE char *url = realm ? lab_http_resolve(r->base, realm) : NULL;
    if (!challenge)
        return lab_fail(err, LAB_HOST,
                        "'%s' wants credentials of an unknown kind (neither Basic nor Bearer)",
                        r->name);
    if (bearer && !url)
        return lab_fail(err, LAB_INTEGRITY,
                        "'%s' names a token service that credentials shall not go to: '%s'",
                        r->name, realm ? realm : "");
    uv_mutex_lock(&r->lock);
    r->auth = bearer ? LAB_AUTH_BEARER : LAB_AUTH_BASIC;
    lab_assign(&r->realm, url);
    lab_assign(&r->service, service);
    uv_mutex_unlock(&r->lock);
    return 0;
}

/* --- credentials --------------------------------------------------------------------------------
 */

static char *basic(const struct lab_registry *r)
{
    if (!r->username)
        return NULL;
    struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *both = lab_format("%s:%s", r->username, r->password ? r->password : "");
    lab_str_add(&out, "Basic ");
    lab_put_base64(&out, both, strlen(both));
    lab_wipe(both, strlen(both));
    return lab_str_detach(&out);
}

static void wipe(char *text)
{
    if (text)
        lab_wipe(text, strlen(text));
    free(text);
}

static char *scope_key(const char *const scopes[2])
{
    return lab_format("%s %s", scopes[0] ? scopes[0] : "", scopes[1] ? scopes[1] : "");
}

static char *known_token(struct lab_registry *r, const char *key)
{
    char *found = NULL;
    uv_mutex_lock(&r->lock);
    LAB_VEC_FOREACH (t, &r->tokens)
        if (strcmp(t->scope, key) == 0 && plat_now_ms() < t->until_ms)
            found = lab_strdup(t->value);
    uv_mutex_unlock(&r->lock);
    return found;
}

static void keep_token(struct lab_registry *r, const char *key, const char *value, uint64_t for_s)
{
    struct lab_token *at = NULL;
    uv_mutex_lock(&r->lock);
    LAB_VEC_FOREACH (t, &r->tokens)
        if (strcmp(t->scope, key) == 0)
            at = t;
    if (!at && r->tokens.len < TOKENS_MAX) {
        at = lab_vec_push(&r->tokens);
        at->scope = lab_strdup(key);
    }
    if (at) {
        wipe(lab_steal(&at->value));
        at->value = lab_strdup(value);
        /* A little early, so that it does not end on its way. */
        at->until_ms = plat_now_ms() + (for_s > 10 ? for_s - 5 : for_s / 2) * 1000;
    }
    uv_mutex_unlock(&r->lock);
}

static void forget_token(struct lab_registry *r, const char *key)
{
    uv_mutex_lock(&r->lock);
    LAB_VEC_FOREACH (t, &r->tokens)
        if (strcmp(t->scope, key) == 0)
            t->until_ms = 0;
    uv_mutex_unlock(&r->lock);
}

static char *token_url(struct lab_registry *r, const char *const scopes[2])
{
    struct lab_str url = LAB_STR_INIT;
    uv_mutex_lock(&r->lock);
    lab_str_addf(&url, "%s%c", r->realm, strchr(r->realm, '?') ? '&' : '?');
    LAB_AUTOFREE char *service = lab_http_escape(r->service ? r->service : "");
    uv_mutex_unlock(&r->lock);
    lab_str_addf(&url, "service=%s", service);
    for (size_t i = 0; i < 2 && scopes[i]; i++) {
        LAB_AUTOFREE char *scope = lab_http_escape(scopes[i]);
        lab_str_addf(&url, "&scope=%s", scope);
    }
    return lab_str_detach(&url);
}

int lab_auth_read_token(struct lab_registry *r,
                        const struct lab_call *call,
                        const char *key,
                        char **token,
                        struct lab_error *err)
{
    json_t *json = json_loadb(lab_str_get(&call->answer), call->answer.len, 0, NULL);
    const char *value = json_string_value(json_object_get(json, "token"));
    if (!value)
        value = json_string_value(json_object_get(json, "access_token"));
    json_int_t lasts = json_integer_value(json_object_get(json, "expires_in"));
    int rc = 0;
    if (!value || !*value || strpbrk(value, "\r\n"))
        rc = lab_fail(err, LAB_HOST, "the token service of '%s' answered without a token", r->name);
    else
        *token = lab_strdup(value);
    if (rc == 0) /* at least 60 s by the specification */
        keep_token(r, key, value, lasts >= 60 && lasts < 86400 ? (uint64_t)lasts : 60);
    json_decref(json);
    return rc;
}

static int refused(const struct lab_registry *r, struct lab_error *err)
{
    if (!r->username) {
        lab_fail(err, LAB_USAGE, "'%s' wants to know who is there: it takes no anonymous users",
                 r->name);
        return lab_error_hint(err, "give --username and --password-file");
    }
    lab_fail(err, LAB_USAGE, "'%s' refused user '%s': wrong name or password", r->name,
             r->username);
    return lab_error_hint(err,
                          "check --username and the file of --password-file; registries with an "
                          "htpasswd file know only passwords hashed by bcrypt (htpasswd -B)");
}

int lab_auth_token(struct lab_registry_conn *conn,
                   const char *const scopes[2],
                   char **token,
                   struct lab_error *err)
{
    struct lab_registry *r = conn->registry;
    LAB_AUTOFREE char *key = scope_key(scopes);
    *token = known_token(r, key);
    if (*token)
        return 0;
    LAB_AUTOFREE char *url = token_url(r, scopes);
    char *credentials = basic(r);
    LAB_AUTO_CALL struct lab_call call = {
        .method = "GET", .url = url, .what = lab_tr("get a token"), .authorization = credentials};
    int rc = lab_http(conn, &call, err);
    wipe(credentials);
    if (rc == 0 && (call.status == 401 || call.status == 403))
        rc = refused(r, err);
    else if (rc == 0 && call.status != 200)
        rc = lab_words_status(conn, &call, err);
    else if (rc == 0)
        rc = lab_auth_read_token(r, &call, key, token, err);
    lab_wipe(call.answer.ptr, call.answer.len);
    return rc;
}

/* --- exchanges ----------------------------------------------------------------------------------
 */

static enum lab_auth auth_of(struct lab_registry *r)
{
    uv_mutex_lock(&r->lock);
    enum lab_auth auth = r->auth;
    uv_mutex_unlock(&r->lock);
    return auth;
}

/* *out NULL: none. */
static int authorize(struct lab_registry_conn *conn,
                     const struct lab_call *call,
                     char **out,
                     struct lab_error *err)
{
    struct lab_registry *r = conn->registry;
    char *token;
    *out = NULL;
    if (!lab_http_same_origin(call->url, r->base))
        return 0;
    switch (auth_of(r)) {
    case LAB_AUTH_NONE:
        return 0;
    case LAB_AUTH_BASIC:
        *out = basic(r);
        return 0;
    case LAB_AUTH_BEARER:
        break;
    }
    if (lab_auth_token(conn, call->scopes, &token, err))
        return -1;
    *out = lab_format("Bearer %s", token);
    wipe(token);
    return 0;
}

static int exchange(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    char *authorization;
    if (authorize(conn, call, &authorization, err))
        return -1;
    call->authorization = authorization;
    int rc = lab_http(conn, call, err);
    call->authorization = NULL;
    wipe(authorization);
    return rc;
}

/* A 401 means: say who you are, or a token that has ended, or one that was not for this. */
static bool
is_worth_more(struct lab_registry_conn *conn, const struct lab_call *call, enum lab_auth was)
{
    if (call->status != 401 || !call->challenge ||
        !lab_http_same_origin(call->url, conn->registry->base))
        return false;
    return was == LAB_AUTH_NONE || was == LAB_AUTH_BEARER;
}

static int
learn_and_repeat(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    LAB_AUTOFREE char *key = scope_key(call->scopes);
    forget_token(conn->registry, key);
    if (lab_auth_learn(conn->registry, call->challenge, err))
        return -1;
    if (call->body) { /* it is half read: whoever has it starts again */
        conn->again = true;
        return lab_fail(err, LAB_HOST, "'%s' wanted a new token in the middle",
                        conn->registry->name);
    }
    return exchange(conn, call, err);
}

static bool is_redirect(const struct lab_call *call)
{
    long s = call->status;
    return call->location && (s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

static int once(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    enum lab_auth was = auth_of(conn->registry);
    if (exchange(conn, call, err))
        return -1;
    if (is_worth_more(conn, call, was) && learn_and_repeat(conn, call, err))
        return -1;
    if (call->status == 401)
        return refused(conn->registry, err);
    return 0;
}

static int follow(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    const char *asked = call->url;
    char *url = lab_strdup(asked);
    int rc = once(conn, call, err);
    for (unsigned i = 0; rc == 0 && is_redirect(call) && i < REDIRECTS_MAX; i++) {
        char *next = lab_http_resolve(url, call->location);
        if (!next) {
            rc = lab_fail(err, LAB_HOST, "'%s' redirects to where we do not go: '%s'",
                          conn->registry->name, call->location);
            break;
        }
        free(url);
        url = next;
        call->url = url;
        rc = once(conn, call, err);
    }
    call->url = asked;
    free(url);
    return rc;
}

int lab_http_as(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    bool reads = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
    int rc = reads ? follow(conn, call, err) : once(conn, call, err);
    if (rc < 0 && call->what && err->code != LAB_CANCELLED && err->code != LAB_OK)
        lab_error_wrap(err, "cannot %s", call->what);
    return rc;
}

int lab_http_has(struct lab_registry_conn *conn,
                 struct lab_call *call,
                 bool *there,
                 struct lab_error *err)
{
    *there = false;
    call->method = "HEAD";
    if (lab_http_as(conn, call, err))
        return -1;
    if (call->status != 200 && call->status != 404)
        return lab_words_status(conn, call, err);
    *there = call->status == 200;
    return 0;
}
