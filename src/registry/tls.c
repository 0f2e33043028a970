/* Certificates of registries: what libcurl lets pass and Go's clients (containerd) do not, and
 * words for what nobody lets pass. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time.h"
#include "platform.h"
#include "registry/http.h"

char *lab_tls_pem(CURL *curl)
{
    struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return NULL;
    for (const struct curl_slist *at = info->certinfo[0]; at; at = at->next)
        if (strncmp(at->data, "Cert:", 5) == 0)
            return lab_strdup(at->data + 5);
    return NULL;
}

static X509 *read_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return cert;
}

/* --- dates --------------------------------------------------------------------------------------
 */

/* Seconds from now until that time. */
static int64_t seconds_until(const ASN1_TIME *time)
{
    int days = 0, seconds = 0;
    if (!ASN1_TIME_diff(&days, &seconds, NULL, time))
        return 0;
    return (int64_t)days * 86400 + seconds;
}

static int wrong_date(const ASN1_TIME *time, const char *name, bool early, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str at = LAB_STR_INIT, now = LAB_STR_INIT;
    lab_put_time(&at, plat_wall_ms() / 1000 * 1000 + seconds_until(time) * 1000);
    lab_put_time(&now, plat_wall_ms());
    if (early)
        lab_fail(err, LAB_INTEGRITY,
                 "the certificate of '%s' is not yet valid: it begins at %s, and this host's clock "
                 "says %s",
                 name, lab_str_get(&at), lab_str_get(&now));
    else
        lab_fail(
            err, LAB_INTEGRITY,
            "the certificate of '%s' has expired: it ended at %s, and this host's clock says %s",
            name, lab_str_get(&at), lab_str_get(&now));
    return lab_error_hint(err,
                          "set this host's clock right if it is wrong; else the registry needs a "
                          "new certificate");
}

/* --- names --------------------------------------------------------------------------------------
 */

static void put_name(struct lab_str *out, const GENERAL_NAME *name)
{
    const ASN1_OCTET_STRING *ip = name->type == GEN_IPADD ? name->d.iPAddress : NULL;
    const unsigned char *b = ip ? ASN1_STRING_get0_data(ip) : NULL;
    lab_str_add(out, out->len ? ", " : "");
    if (ip && ASN1_STRING_length(ip) == 4)
        lab_str_addf(out, "IP:%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    else if (name->type == GEN_DNS)
        lab_str_addf(out, "DNS:%.*s", ASN1_STRING_length(name->d.dNSName),
                     (const char *)ASN1_STRING_get0_data(name->d.dNSName));
    else
        lab_str_add(out, lab_tr("another kind"));
}

static void put_names(struct lab_str *out, X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        put_name(out, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
}

static bool is_address(const char *host)
{
    return strspn(host, "0123456789.") == strlen(host);
}

static int check_names(X509 *cert, const char *host, const char *name, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    bool address = is_address(host);
    int ok = address ? X509_check_ip_asc(cert, host, 0)
                     : X509_check_host(cert, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);
    if (ok == 1)
        return 0;
    put_names(&names, cert);
    if (!names.len)
        lab_fail(err, LAB_INTEGRITY,
                 "the certificate of '%s' has no subject alternative name; containerd refuses it: "
                 "\"certificate relies on legacy Common Name field, use SANs instead\"",
                 name);
    else
        lab_fail(err, LAB_INTEGRITY, "the certificate of '%s' is for %s, not for %s:%s", name,
                 lab_str_get(&names), address ? "IP" : "DNS", host);
    return lab_error_hint(err, "the registry needs a certificate with subjectAltName=%s:%s",
                          address ? "IP" : "DNS", host);
}

int lab_tls_judge(const char *pem, const char *host, const char *name, struct lab_error *err)
{
    X509 *cert = read_pem(pem);
    int rc = 0;
    if (!cert)
        return lab_fail(err, LAB_INTEGRITY, "the certificate of '%s' cannot be read", name);
    if (seconds_until(X509_get0_notBefore(cert)) > 0)
        rc = wrong_date(X509_get0_notBefore(cert), name, true, err);
    else if (seconds_until(X509_get0_notAfter(cert)) < 0)
        rc = wrong_date(X509_get0_notAfter(cert), name, false, err);
    else
        rc = check_names(cert, host, name, err);
    X509_free(cert);
    return rc;
}

/* --- after a failure ----------------------------------------------------------------------------
 */

static void put_issuer(struct lab_str *out, const char *pem)
{
    X509 *cert = read_pem(pem);
    char *text = cert ? X509_NAME_oneline(X509_get_issuer_name(cert), NULL, 0) : NULL;
    lab_str_add(out, text ? text : lab_tr("nobody"));
    OPENSSL_free(text);
    X509_free(cert);
}

static int unknown_authority(const struct lab_registry *r,
                             const char *pem,
                             const char *reason,
                             struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str issuer = LAB_STR_INIT;
    put_issuer(&issuer, pem);
    lab_fail(err, LAB_INTEGRITY,
             "the certificate of '%s' is signed by an unknown authority, '%s' (%s)", r->name,
             lab_str_get(&issuer), reason);
    if (r->ca_file || r->ca_pem)
        return lab_error_hint(err,
                              "'%s' is not that authority: give the CA certificate that signed the "
                              "registry's with --ca, or find out who answers at this address",
                              r->ca_file ? r->ca_file : lab_tr("the lab's CA"));
    return lab_error_hint(err, "give the registry's CA certificate with --ca FILE");
}

/* The handshake once more, without belief in what it shows and without sending anything, only to
 * see the certificate. */
static char *look(const struct lab_registry *r)
{
    CURL *curl = curl_easy_init();
    lab_http_common(curl, r);
    curl_easy_setopt(curl, CURLOPT_URL, r->base);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    char *pem = curl_easy_perform(curl) == CURLE_OK ? lab_tls_pem(curl) : NULL;
    curl_easy_cleanup(curl);
    return pem;
}

int lab_tls_explain(const struct lab_registry *r, const char *reason, struct lab_error *err)
{
    LAB_AUTOFREE char *pem = look(r);
    if (!pem)
        return lab_fail(err, LAB_INTEGRITY, "the certificate of '%s' is not trusted: %s", r->name,
                        reason);
    if (lab_tls_judge(pem, r->host, r->name, err))
        return -1;
    return unknown_authority(r, pem, reason, err);
}
