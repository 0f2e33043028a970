#include "run/registry_probe.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/text.h"

struct seen {
    bool registry; /* Docker-Distribution-Api-Version: registry/2.0 */
};

static size_t on_header(char *bytes, size_t one, size_t n, void *arg)
{
    static const char wanted[] = "docker-distribution-api-version:";
    struct seen *seen = arg;
    size_t len = one * n;
    if (len > strlen(wanted) && curl_strnequal(bytes, wanted, strlen(wanted)))
        seen->registry = true;
    return len;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    (void)bytes, (void)arg;
    return one * n;
}

static void set_trust(CURL *curl, const struct lab_registry_place *place)
{
    struct curl_blob blob = {place->ca_pem, place->ca_pem ? strlen(place->ca_pem) : 0,
                             CURL_BLOB_COPY};
    if (place->ca_pem)
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    else
        curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NATIVE_CA);
    if (place->insecure) {
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (place->username) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, place->username);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, place->password);
    }
}

static CURLcode get(const struct lab_registry_place *place,
                    const char *scheme,
                    struct seen *seen,
                    long *status,
                    char reason[CURL_ERROR_SIZE])
{
    CURL *curl = curl_easy_init();
    LAB_AUTOFREE char *url = lab_format("%s://%s/v2/", scheme, place->address);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    /* It is on the lab's own network: a proxy of this host's user has no part in it. */
    if (place->ours)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, seen);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    set_trust(curl, place);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(curl);
    return rc;
}

static enum lab_registry_answer judge(CURLcode rc, long status, bool registry)
{
    switch (rc) {
    case CURLE_OK:
        if (status == 200 && registry)
            return LAB_REGISTRY_ANSWERS;
        return status == 401 ? LAB_REGISTRY_NO_LOGIN : LAB_REGISTRY_OTHER;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return LAB_REGISTRY_NOBODY;
    case CURLE_OPERATION_TIMEDOUT:
        return LAB_REGISTRY_SILENT;
    case CURLE_PEER_FAILED_VERIFICATION:
        return LAB_REGISTRY_UNTRUSTED;
    default:
        return LAB_REGISTRY_OTHER;
    }
}

static char *words_of(enum lab_registry_answer answer, long status, const char *reason)
{
    switch (answer) {
    case LAB_REGISTRY_ANSWERS:
        return lab_strdup("answers");
    case LAB_REGISTRY_NO_LOGIN:
        return lab_strdup("it refuses the login (HTTP 401)");
    case LAB_REGISTRY_UNTRUSTED:
        return lab_format("its certificate is not trusted: %s", reason);
    case LAB_REGISTRY_SILENT:
        return lab_format("no answer in time: %s", reason);
    case LAB_REGISTRY_NOBODY:
        return lab_format("nobody answers: %s", reason);
    default:
        return *reason ? lab_format("it is no registry with TLS: %s", reason)
                       : lab_format("it answers like no registry (HTTP %ld)", status);
    }
}

enum lab_registry_answer lab_registry_probe(const struct lab_registry_place *place, char **words)
{
    char reason[CURL_ERROR_SIZE] = "";
    struct seen seen = {false};
    long status = 0;
    CURLcode rc = get(place, "https", &seen, &status, reason);
    if (place->insecure && rc == CURLE_SSL_CONNECT_ERROR) {
        reason[0] = '\0';
        rc = get(place, "http", &seen, &status, reason);
    }
    enum lab_registry_answer answer = judge(rc, status, seen.registry);
    /* Nexus and Harbor do not all send that header. */
    if (!place->ours && rc == CURLE_OK && status == 200)
        answer = LAB_REGISTRY_ANSWERS;
    *words = words_of(answer, status,
                      rc == CURLE_OK ? ""
                      : *reason      ? reason
                                     : curl_easy_strerror(rc));
    return answer;
}

/* --- an address for ourselves ------------------------------------------------------------------
 */

static int try_bind(const char *host, int port)
{
    uv_loop_t loop;
    uv_tcp_t tcp;
    struct sockaddr_in to;
    int rc = uv_ip4_addr(host, port, &to);
    if (rc < 0)
        return rc;
    uv_loop_init(&loop);
    uv_tcp_init(&loop, &tcp);
    rc = uv_tcp_bind(&tcp, (const struct sockaddr *)&to, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&tcp, 1, NULL); /* libuv says only here what bind said */
    uv_close((uv_handle_t *)&tcp, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return rc;
}

int lab_registry_can_bind(const char *address, bool *taken, struct lab_error *err)
{
    LAB_AUTOFREE char *host = lab_strndup(address, strcspn(address, ":"));
    int rc = try_bind(host, (int)strtol(strrchr(address, ':') + 1, NULL, 10));
    *taken = rc == UV_EADDRINUSE;
    if (rc == 0)
        return 0;
    lab_fail(err, *taken ? LAB_CONFLICT : LAB_HOST, "the registry cannot listen on %s: %s", address,
             uv_strerror(rc));
    if (rc == UV_EADDRNOTAVAIL)
        return lab_error_hint(err, "this host has no such address; on a network that labctl makes "
                                   "it has it after 'labctl up', with '--no-start' even without "
                                   "guests");
    if (rc == UV_EACCES)
        return lab_error_hint(err, "choose a port from 1024 upwards");
    return -1;
}
