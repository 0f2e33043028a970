#include "net/http.h"

#include <string.h>
#include <uv.h>

#include "base/work.h"

static void init_once(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURL *lab_http_new(const char *url, char reason[CURL_ERROR_SIZE])
{
    static uv_once_t once =
        UV_ONCE_INIT; /* by itself curl would do it at the first handle, unlocked */
    uv_once(&once, init_once);
    CURL *curl = curl_easy_init();
    reason[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "labctl/" LABCTL_VERSION);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    /* Windows keeps its certificates in no file; elsewhere this changes nothing. */
    curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NATIVE_CA);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
    /* Else a web server could make labctl read a file of this machine. */
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)LAB_HTTP_STALL_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    return curl;
}

static bool status_may_pass(long status)
{
    static const long codes[] = {408, 425, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < LAB_ARRAY_LEN(codes); i++)
        if (codes[i] == status)
            return true;
    return false;
}

bool lab_http_may_pass(CURL *curl, CURLcode rc)
{
    static const CURLcode codes[] = {
        CURLE_COULDNT_RESOLVE_PROXY,
        CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT,
        CURLE_PARTIAL_FILE,
        CURLE_OPERATION_TIMEDOUT,
        CURLE_SSL_CONNECT_ERROR,
        CURLE_GOT_NOTHING,
        CURLE_SEND_ERROR,
        CURLE_RECV_ERROR,
        CURLE_HTTP2,
        CURLE_HTTP2_STREAM,
    };
    long status = 0;
    for (size_t i = 0; i < LAB_ARRAY_LEN(codes); i++)
        if (codes[i] == rc)
            return true;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return rc == CURLE_HTTP_RETURNED_ERROR && status_may_pass(status);
}

int lab_http_fail(struct lab_error *err, CURLcode rc, const char *url, const char *reason)
{
    if (rc == CURLE_ABORTED_BY_CALLBACK)
        return lab_fail(err, LAB_CANCELLED, "interrupted while downloading '%s'", url);
    lab_fail(err, LAB_HOST, "cannot download '%s': %s", url,
             *reason ? reason : curl_easy_strerror(rc));
    if (rc == CURLE_PEER_FAILED_VERIFICATION)
        return lab_error_hint(err,
                              "add the certificate authority to this system's own (a proxy that "
                              "looks into TLS has one), or set SSL_CERT_FILE; labctl does not "
                              "skip the check");
    return lab_error_hint(err, "check the address and the network, or copy the file here and give "
                               "its path instead");
}

bool lab_is_url(const char *source)
{
    const char *mark = strstr(source, "://");
    return mark && mark != source &&
           strspn(source, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") ==
               (size_t)(mark - source);
}

bool lab_url_has_login(const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return false;
    host += 3;
    return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}
