#include "registry/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/ipv4.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"
#include "registry/http.h"

#define TRIES_MAX 5

/* --- open, close --------------------------------------------------------------------------------
 */

/* The lab's own networks, and this host: a proxy of the environment is for elsewhere. */
static bool is_near(const char *host)
{
    static const struct lab_cidr nets[] = {
        {0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0x7f000000, 8}, {0xa9fe0000, 16}};
    uint32_t ip;
    if (strcmp(host, "localhost") == 0)
        return true;
    if (lab_ipv4_parse(host, &ip))
        return false;
    for (size_t i = 0; i < LAB_ARRAY_LEN(nets); i++)
        if (lab_cidr_contains(nets[i], ip))
            return true;
    return false;
}

static bool is_host(const char *host)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t n = strlen(host);
    return n > 0 && n < 254 && strspn(host, set) == n && *host != '-' && *host != '.';
}

static int bad_address(const char *address, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, address, strlen(address), 200);
    lab_fail(err, LAB_USAGE, "'%s' is no registry's address", lab_str_get(&shown));
    return lab_error_hint(err, "write it as HOST:PORT, as in 192.168.6.1:5000");
}

static int
set_address(struct lab_registry *r, const char *address, bool insecure, struct lab_error *err)
{
    const char *scheme = strstr(address, "://"), *at = scheme ? scheme + 3 : address;
    uint64_t port;
    r->tls = !insecure && !lab_starts_with(address, "http://");
    if (scheme && !lab_starts_with(address, "http://") && !lab_starts_with(address, "https://"))
        return bad_address(address, err);
    LAB_AUTOFREE char *rest = lab_strndup(at, strlen(at) - lab_ends_with(at, "/"));
    char *colon = strchr(rest, ':');
    r->host = lab_strndup(rest, colon ? (size_t)(colon - rest) : strlen(rest));
    if (!is_host(r->host) || (colon && (lab_parse_uint(colon + 1, 65535, &port) || port == 0)))
        return bad_address(address, err);
    /* The name that images carry is not the address of its registry. */
    if (strcmp(rest, "docker.io") == 0)
        lab_assign(&r->host, "registry-1.docker.io");
    r->name = lab_format("%s%s", r->host, colon ? colon : "");
    r->base = lab_format("%s://%s", r->tls ? "https" : "http", r->name);
    r->direct = is_near(r->host);
    return 0;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

int lab_registry_open(struct lab_registry **out,
                      const struct lab_registry_options *options,
                      struct lab_error *err)
{
    static uv_once_t once =
        UV_ONCE_INIT; /* else the first handle does it, perhaps on two threads */
    struct lab_registry *r = lab_alloc(sizeof(*r));
    uv_once(&once, start_curl);
    uv_mutex_init(&r->lock);
    if (set_address(r, options->address, options->insecure, err)) {
        lab_registry_close(r);
        return -1;
    }
    r->ca_file = lab_strdup(options->ca_file);
    r->ca_pem = options->ca_file ? NULL : lab_strdup(options->ca_pem);
    r->username = lab_strdup(options->username);
    r->password = lab_strdup(options->password);
    *out = r;
    return 0;
}

static void wipe(char *text)
{
    if (text)
        lab_wipe(text, strlen(text));
    free(text);
}

void lab_registry_close(struct lab_registry *r)
{
    if (!r)
        return;
    LAB_VEC_FOREACH (t, &r->tokens) {
        free(t->scope);
        wipe(t->value);
    }
    lab_vec_clear(&r->tokens);
    uv_mutex_destroy(&r->lock);
    wipe(r->password);
    free(r->username);
    free(r->ca_file);
    free(r->ca_pem);
    free(r->realm);
    free(r->service);
    free(r->name);
    free(r->host);
    free(r->base);
    free(r);
}

const char *lab_registry_name(const struct lab_registry *r)
{
    return r->name;
}

struct lab_registry_conn *lab_registry_connect(struct lab_registry *registry)
{
    struct lab_registry_conn *conn = lab_alloc(sizeof(*conn));
    conn->registry = registry;
    conn->curl = curl_easy_init();
    if (!conn->curl)
        abort(); /* only without memory */
    return conn;
}

void lab_registry_disconnect(struct lab_registry_conn *conn)
{
    if (conn)
        curl_easy_cleanup(conn->curl);
    free(conn);
}

/* --- again --------------------------------------------------------------------------------------
 */

bool lab_registry_may_retry(const struct lab_registry_conn *conn)
{
    return conn->again && !lab_work_cancelled();
}

bool lab_registry_again(const struct lab_registry_conn *conn, unsigned tried, struct lab_error *err)
{
    if (!lab_registry_may_retry(conn) || tried >= TRIES_MAX || err->code == LAB_CANCELLED)
        return false;
    uint64_t pause = conn->pause_s ? conn->pause_s * 1000u : 250u << tried;
    uint64_t until = plat_now_ms() + pause;
    while (plat_now_ms() < until && !lab_work_cancelled())
        uv_sleep(50);
    if (lab_work_cancelled())
        return false;
    lab_error_clear(err);
    return true;
}

/* --- probe --------------------------------------------------------------------------------------
 */

static int check_certificate(struct lab_registry_conn *conn, struct lab_error *err)
{
    const struct lab_registry *r = conn->registry;
    LAB_AUTOFREE char *pem = lab_tls_pem(conn->curl);
    if (!pem)
        return lab_fail(err, LAB_INTERNAL, "the certificate of '%s' was not shown", r->name);
    return lab_tls_judge(pem, r->host, r->name, err);
}

static int judge(struct lab_registry_conn *conn, const struct lab_call *call, struct lab_error *err)
{
    if (call->status == 200)
        return 0;
    lab_words_status(conn, call, err);
    if (call->status == 404 || (call->status >= 300 && call->status < 400))
        lab_error_hint(err, "something answers at '%s', but it is no registry",
                       conn->registry->name);
    return -1;
}

/* Token services differ in what they say to somebody who wants nothing yet; a no to the password is
 * the one answer that counts. */
static int try_credentials(struct lab_registry_conn *conn, struct lab_error *err)
{
    static const char *const nothing[2];
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    char *token = NULL;
    if (!conn->registry->username || lab_auth_token(conn, nothing, &token, &why) == 0) {
        wipe(token);
        return 0;
    }
    if (why.code == LAB_HOST)
        return 0;
    lab_error_move(err, &why);
    return -1;
}

static int enter(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    if (lab_auth_learn(conn->registry, call->challenge, err))
        return -1;
    if (conn->registry->auth == LAB_AUTH_BEARER)
        return try_credentials(conn, err);
    call->look_at_certificate = false;
    return lab_http_as(conn, call, err) ? -1 : judge(conn, call, err);
}

/* The certificate is looked at before anybody says who he is. */
int lab_registry_enter(struct lab_registry_conn *conn, struct lab_error *err)
{
    struct lab_registry *r = conn->registry;
    LAB_AUTOFREE char *url = lab_format("%s/v2/", r->base);
    LAB_AUTO_CALL struct lab_call call = {.method = "GET",
                                          .url = url,
                                          .what = lab_tr("reach the registry"),
                                          .look_at_certificate = true};
    if (lab_http(conn, &call, err) || (r->tls && check_certificate(conn, err)))
        return lab_error_wrap(err, "cannot use registry '%s'", r->name);
    return call.status == 401 ? enter(conn, &call, err) : judge(conn, &call, err);
}
