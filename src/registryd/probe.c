#include "registryd/probe.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/i18n.h"
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
        return lab_strdup(lab_tr("it refuses the login (HTTP 401)"));
    case LAB_REGISTRY_UNTRUSTED:
        return lab_format(lab_tr("its certificate is not trusted: %s"), reason);
    case LAB_REGISTRY_SILENT:
        return lab_format(lab_tr("no answer in time: %s"), reason);
    case LAB_REGISTRY_NOBODY:
        return lab_format(lab_tr("nobody answers: %s"), reason);
    default:
        return *reason ? lab_format(lab_tr("it is no registry with TLS: %s"), reason)
                       : lab_format(lab_tr("it answers like no registry (HTTP %ld)"), status);
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
