#include "registry/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "platform.h"

#define ANSWER_MAX ((size_t)8 << 20)
#define HEADER_MAX 8192

/* --- addresses ----------------------------------------------------------------------------------
 */

static char *part_of(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = lab_strdup(text);
    curl_free(text);
    return copy;
}

static bool is_downgrade(const char *base, const char *url)
{
    return lab_starts_with(base, "https:") && !lab_starts_with(url, "https:");
}

char *lab_http_resolve(const char *base, const char *reference)
{
    CURLU *url = curl_url();
    char *out = NULL;
    if (url && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(url, CURLUPART_URL, reference, CURLU_DISALLOW_USER) == CURLUE_OK)
        out = part_of(url, CURLUPART_URL, 0);
    curl_url_cleanup(url);
    if (out && !is_downgrade(base, out) &&
        (lab_starts_with(out, "https://") || lab_starts_with(out, "http://")))
        return out;
    free(out);
    return NULL;
}

static char *origin_of(const char *text)
{
    CURLU *url = curl_url();
    LAB_AUTOFREE char *scheme = NULL, *host = NULL, *port = NULL;
    if (url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        scheme = part_of(url, CURLUPART_SCHEME, 0);
        host = part_of(url, CURLUPART_HOST, 0);
        port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    }
    curl_url_cleanup(url);
    return scheme && host && port ? lab_format("%s://%s:%s", scheme, host, port) : NULL;
}

bool lab_http_same_origin(const char *a, const char *b)
{
    LAB_AUTOFREE char *x = origin_of(a), *y = origin_of(b);
    return x && y && strcasecmp(x, y) == 0;
}

char *lab_http_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = lab_strdup(escaped);
    curl_free(escaped);
    return copy;
}

/* --- callbacks ----------------------------------------------------------------------------------
 */

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)arg, (void)a, (void)b, (void)c, (void)d;
    return lab_work_cancelled(); /* non-zero ends the transfer */
}

static size_t on_read(char *bytes, size_t one, size_t n, void *arg)
{
    struct lab_call *call = arg;
    size_t got;
    if (!call->body) {
        got = call->text_len - call->text_at;
        got = got < one * n ? got : one * n;
        memcpy(bytes, (const char *)call->text + call->text_at, got);
        call->text_at += got;
        return got;
    }
    if (call->body->read(call->body->arg, bytes, one * n, &got, call->err) == 0)
        return got;
    call->failed = true;
    return CURL_READFUNC_ABORT;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct lab_call *call = arg;
    if (call->body || origin != SEEK_SET || (uint64_t)offset > call->text_len)
        return CURL_SEEKFUNC_CANTSEEK;
    call->text_at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int give(struct lab_call *call, const char *bytes, size_t n)
{
    if (!call->begun && call->before && call->before(call->sink_arg, call, call->err))
        return -1;
    call->begun = true;
    return call->sink(call->sink_arg, bytes, n, call->err);
}

static size_t on_bytes(char *bytes, size_t one, size_t n, void *arg)
{
    struct lab_call *call = arg;
    curl_easy_getinfo(call->conn->curl, CURLINFO_RESPONSE_CODE, &call->status);
    if (call->sink && call->status >= 200 && call->status < 300) {
        call->failed = give(call, bytes, one * n) != 0;
        return call->failed ? 0 : one * n;
    }
    lab_str_addn(&call->answer, bytes, one * n);
    if (lab_str_ok(&call->answer))
        return one * n;
    call->failed = true;
    lab_fail(call->err, LAB_HOST, "'%s' sent more than %zu MiB as its answer",
             call->conn->registry->name, ANSWER_MAX >> 20);
    return 0;
}

/* The value of a header line, when it has this name. */
static char *value_of(const char *line, size_t n, const char *name)
{
    size_t len = strlen(name);
    if (n <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
        return NULL;
    const char *from = line + len + 1, *to = line + n;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == '\r' || to[-1] == '\n' || to[-1] == ' '))
        to--;
    return lab_strndup(from, (size_t)(to - from));
}

static void keep(char **to, const char *line, size_t n, const char *name)
{
    char *value = value_of(line, n, name);
    if (!value)
        return;
    free(*to);
    *to = value;
}

/* A registry may offer several ways in; the first that we know counts. */
static void keep_challenge(struct lab_call *call, const char *line, size_t n)
{
    LAB_AUTOFREE char *value = value_of(line, n, "Www-Authenticate");
    if (value && !call->challenge &&
        (strncasecmp(value, "Basic", 5) == 0 || strncasecmp(value, "Bearer", 6) == 0))
        call->challenge = lab_steal(&value);
}

static void keep_numbers(struct lab_call *call, const char *line, size_t n)
{
    LAB_AUTOFREE char *length = value_of(line, n, "Content-Length");
    LAB_AUTOFREE char *after = value_of(line, n, "Retry-After");
    uint64_t number;
    if (length && lab_parse_uint(length, INT64_MAX, &number) == 0)
        call->length = (int64_t)number;
    if (after && lab_parse_uint(after, 60, &number) == 0)
        call->retry_after_s = (unsigned)number;
}

void lab_http_header(struct lab_call *call, const char *line, size_t n)
{
    if (n > HEADER_MAX)
        return;
    if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0) /* after "100 Continue" comes the real one */
        lab_call_forget(call);
    keep(&call->location, line, n, "Location");
    keep(&call->digest, line, n, "Docker-Content-Digest");
    keep(&call->link, line, n, "Link");
    keep(&call->answer_type, line, n, "Content-Type");
    keep_challenge(call, line, n);
    keep_numbers(call, line, n);
}

static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
    lab_http_header(arg, line, one * n);
    return one * n;
}

/* --- the exchange -------------------------------------------------------------------------------
 */

void lab_http_common(CURL *curl, const struct lab_registry *registry)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "labctl/" LABCTL_VERSION);
    /* Windows keeps its certificates in no file; elsewhere this changes nothing. */
    curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NATIVE_CA);
    if (registry->ca_file || registry->ca_pem) { /* that authority and no other */
        curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, 0L);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (registry->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, registry->ca_file);
    if (registry->ca_pem) {
        struct curl_blob blob = {registry->ca_pem, strlen(registry->ca_pem), CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
    if (registry->direct)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    LAB_AUTOFREE char *line = value ? lab_format("%s: %s", name, value) : NULL;
    struct curl_slist *longer = line ? curl_slist_append(list, line) : list;
    if (line)
        lab_wipe(line, strlen(line));
    return longer ? longer : list;
}

static struct curl_slist *headers_of(const struct lab_call *call)
{
    struct curl_slist *list = NULL;
    list = add_header(list, "Authorization", call->authorization);
    list = add_header(list, "Accept", call->accept);
    list = add_header(list, "Content-Type", call->type);
    list = add_header(list, "Range", call->range);
    if (call->body && !*call->body->digest)
        list = add_header(list, "Transfer-Encoding", "chunked");
    return list;
}

static void set_body(CURL *curl, const struct lab_call *call)
{
    bool known = !call->body || *call->body->digest;
    uint64_t size = call->body ? call->body->size : call->text_len;
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, call);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, call);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, known ? (curl_off_t)size : (curl_off_t)-1);
}

static void set_call(CURL *curl, struct lab_call *call)
{
    bool head = strcmp(call->method, "HEAD") == 0, get = strcmp(call->method, "GET") == 0;
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    if (head)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (!get)
        set_body(curl, call);
    if (!head && !get)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    /* A registry that takes a large layer is silent while it computes its digest. */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, get || head ? 60L : 300L);
    if (call->look_at_certificate)
        curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
}

static void log_call(const struct lab_call *call, uint64_t began_ms)
{
    lab_log("registry: %s %.*s: %ld in %llu ms", call->method, (int)strcspn(call->url, "?"),
            call->url, call->status, (unsigned long long)(plat_now_ms() - began_ms));
}

int lab_http(struct lab_registry_conn *conn, struct lab_call *call, struct lab_error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    uint64_t began = plat_now_ms();
    lab_call_forget(call);
    call->conn = conn;
    call->err = err;
    call->status = 0;
    call->text_at = 0;
    call->failed = call->begun = false;
    conn->again = false;
    conn->pause_s = 0;
    curl_easy_reset(conn->curl);
    lab_http_common(conn->curl, conn->registry);
    set_call(conn->curl, call);
    curl_easy_setopt(conn->curl, CURLOPT_ERRORBUFFER, reason);
    struct curl_slist *headers = headers_of(call);
    curl_easy_setopt(conn->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(conn->curl);
    curl_slist_free_all(headers);
    curl_easy_getinfo(conn->curl, CURLINFO_RESPONSE_CODE, &call->status);
    log_call(call, began);
    if (code == CURLE_OK)
        return 0;
    return call->failed ? -1 : lab_words_curl(conn, call, code, reason, err);
}

void lab_call_forget(struct lab_call *call)
{
    char **const texts[] = {&call->location, &call->digest, &call->challenge, &call->link,
                            &call->answer_type};
    for (size_t i = 0; i < LAB_ARRAY_LEN(texts); i++)
        free(lab_steal(texts[i]));
    lab_str_clear(&call->answer);
    call->answer.max = ANSWER_MAX;
    call->length = -1;
    call->retry_after_s = 0;
}

void lab_call_clear(struct lab_call *call)
{
    lab_call_forget(call);
}
