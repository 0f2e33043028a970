/* libcurl's easy handles, set up in one way for everything that labctl fetches: proxies from the
 * environment (http_proxy, HTTPS_PROXY, NO_PROXY …), certificates verified against this system's
 * own, only http, https and file, at most ten redirects, a stall ends the transfer. */
#ifndef LAB_NET_HTTP_H
#define LAB_NET_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

#define LAB_HTTP_STALL_S 60 /* without a byte */

/* reason: where libcurl writes its words; lives as long as the handle. Safe from any thread. */
CURL *lab_http_new(const char *url, char reason[CURL_ERROR_SIZE]);

/* Whether what ended this transfer may be otherwise next time: connections that break or are not
 * made, and the answers that say so (408, 425, 429, 500, 502, 503, 504). */
bool lab_http_may_pass(CURL *curl, CURLcode rc);

/* Sets LAB_CANCELLED when lab_work_cancelled() ended the transfer, else LAB_HOST with the reason
 * and a hint. Returns -1. */
int lab_http_fail(struct lab_error *err, CURLcode rc, const char *url, const char *reason);

/* Whether a source is a URL and not a path. */
bool lab_is_url(const char *source);
/* Whether a URL carries a user name or password, which must not be shown. */
bool lab_url_has_login(const char *url);

#endif
