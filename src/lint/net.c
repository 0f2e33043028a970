#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "lint/text.h"

static const char host_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
/* git+https:// and the like hold one of these. oci: Helm's. */
static const char *const schemes[] = {"https://", "http://", "ftp://", "git://",
                                      "ssh://",   "oci://",  "ftps://"};

static const char *find_url(const char *word, size_t *scheme)
{
    const char *found = NULL;
    for (size_t i = 0; i < LAB_ARRAY_LEN(schemes); i++) {
        const char *p = strstr(word, schemes[i]);
        if (p && (!found || p < found)) {
            found = p;
            *scheme = strlen(schemes[i]);
        }
    }
    return found;
}

bool lint_has_url(const char *word)
{
    size_t n;
    return find_url(word, &n) != NULL;
}

char *lint_url_host(const char *word, size_t *at)
{
    size_t n = 0;
    const char *url = find_url(word, &n);
    const char *git = strstr(word, "git@");
    if (!url && (!git || !strchr(git, ':')))
        return NULL;
    const char *host = url ? url + n : git + 4;
    *at = (size_t)((url ? url : git) - word);
    const char *end = host + strcspn(host, "/?# \t\n\"'`<>|)");
    for (const char *p = host; p < end; p++) /* user:password@ */
        if (*p == '@')
            host = p + 1;
    if (*host == '[')
        return lab_strndup(host + 1, strcspn(host + 1, "]"));
    n = strspn(host, host_set);
    if (!n || (host[n] && strchr("${", host[n])))
        return NULL;
    return lab_strndup(host, n);
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || lab_ends_with(host, ".localhost") ||
           strcmp(host, "::1") == 0;
}

/* Services of a cluster; k3s' own ranges for pods and services (its --cluster-cidr,
 * --service-cidr).
 */
static bool is_cluster(const char *host)
{
    return lab_ends_with(host, ".svc") || lab_ends_with(host, ".cluster.local") ||
           lab_ends_with(host, ".local") || lab_ends_with(host, ".internal");
}

static bool is_ours(const struct lab_lint_lab *lab, uint32_t ip)
{
    static const struct lab_cidr always[] = {
        {0x7f000000, 8}, {0, 32}, {0x0a2a0000, 16}, {0x0a2b0000, 16}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(always); i++)
        if (lab_cidr_contains(always[i], ip))
            return true;
    for (size_t i = 0; i < lab->networks_len; i++)
        if (lab_cidr_contains(lab->networks[i], ip))
            return true;
    return false;
}

bool lab_lint_is_inside(const struct lab_lint_lab *lab, const char *host)
{
    uint32_t ip;
    if (is_loopback(host) || is_cluster(host))
        return true;
    size_t n = lab->registry ? strcspn(lab->registry, ":") : 0;
    if (n && strncmp(lab->registry, host, n) == 0 && !host[n])
        return true;
    for (size_t i = 0; i < lab->hosts_len; i++)
        if (strcmp(lab->hosts[i], host) == 0)
            return true;
    return lab_ipv4_parse(host, &ip) == 0 && is_ours(lab, ip);
}

bool lint_url(const struct lint_text *t,
              size_t offset,
              enum lab_lint_severity severity,
              const char *word)
{
    bool said = false;
    while (*word) {
        size_t at = 0;
        LAB_AUTOFREE char *host = lint_url_host(word, &at);
        if (!host)
            return said;
        /* One label is the name of a Service of the same namespace. */
        bool service = t->kind == LAB_LINT_MANIFEST && !strchr(host, '.');
        size_t length = strcspn(word + at, " \t\n\"'`<>");
        LAB_AUTOFREE char *shown = lab_strndup(word + at, length);
        if (!service && !lab_lint_is_inside(t->lab, host)) {
            said = true;
            lint_add(
                t, offset + at, severity, shown,
                lab_tr("put the file into the payload (/usr/local/seed in the guest), or name an "
                       "address of the lab"),
                "'%s' is outside the lab: guests cannot reach it", host);
        }
        word += at + length;
        offset += at + length;
    }
    return said;
}
