#include "pki/ca.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/time.h"
#include "pki/cert.h"
#include "platform.h"

enum { CA_DAYS = 3653, SERVER_DAYS = 731 };
static const int64_t renew_ms = INT64_C(60) * 24 * 3600 * 1000;

struct lab_ca {
    EVP_PKEY *key;
    X509 *cert;
    char *pem;
    int64_t ends_ms;
};

void lab_ca_free(struct lab_ca **ca)
{
    if (!*ca)
        return;
    lab_pkey_free(&(*ca)->key);
    lab_x509_free(&(*ca)->cert);
    free((*ca)->pem);
    free(*ca);
    *ca = NULL;
}

const char *lab_ca_pem(const struct lab_ca *ca)
{
    return ca->pem;
}

/* --- the authority ---------------------------------------------------------------------------- */

/* A part of it is random: two CAs with one name make TLS libraries say "bad signature" where they
 * mean "not that one". */
static char *authority_name(const char *lab)
{
    char digits[9];
    lab_random_hex(digits, 8);
    return lab_format("labctl %.40s %s", lab, digits);
}

static int sign(X509 *cert, X509 *issuer, EVP_PKEY *key, struct lab_error *err)
{
    if (X509_set_issuer_name(cert, X509_get_subject_name(issuer)) &&
        X509_sign(cert, key, EVP_sha256()))
        return 0;
    return lab_pki_fail(err, LAB_INTERNAL, "cannot sign a certificate");
}

static int make_cert(struct lab_ca *ca, const char *lab, int64_t now_ms, struct lab_error *err)
{
    LAB_AUTOFREE char *name = authority_name(lab);
    return lab_x509_begin(&ca->cert, ca->key, name, now_ms, CA_DAYS, err) ||
                   lab_x509_extend(ca->cert, NULL, NID_basic_constraints,
                                   "critical,CA:TRUE,pathlen:0", err) ||
                   lab_x509_extend(ca->cert, NULL, NID_key_usage, "critical,keyCertSign,cRLSign",
                                   err) ||
                   lab_x509_extend(ca->cert, NULL, NID_subject_key_identifier, "hash", err) ||
                   sign(ca->cert, ca->cert, ca->key, err)
               ? -1
               : 0;
}

/* The key first: without a certificate nobody has trusted it yet, and one is made for it. */
static int load_or_make(struct lab_ca *ca,
                        const char *key,
                        const char *crt,
                        const char *lab,
                        int64_t now_ms,
                        struct lab_error *err)
{
    bool has_key = lab_file_exists(key), has_cert = lab_file_exists(crt);
    if (has_cert && !has_key) {
        lab_fail(err, LAB_HOST, "the key '%s' of the lab's own CA is missing", key);
        return lab_error_hint(err,
                              "put the file back; without a copy remove '%s', too: a new CA is "
                              "made, and every node needs 'up --recreate' to trust it",
                              crt);
    }
    if (has_key ? lab_pkey_read(&ca->key, key, err)
                : lab_pkey_make(&ca->key, err) || lab_pkey_write(ca->key, key, err))
        return -1;
    if (has_cert)
        return lab_x509_read(&ca->cert, crt, err);
    return make_cert(ca, lab, now_ms, err) || lab_x509_write(ca->cert, crt, err) ? -1 : 0;
}

static int check(struct lab_ca *ca, const char *crt, int64_t now_ms, struct lab_error *err)
{
    LAB_AUTO_CERT_LOOK struct lab_cert_look look = {{0}, NULL, 0, 0};
    LAB_AUTO_STR struct lab_str begins = LAB_STR_INIT, ends = LAB_STR_INIT, now = LAB_STR_INIT;
    if (!X509_check_private_key(ca->cert, ca->key)) {
        ERR_clear_error();
        return lab_fail(err, LAB_INTEGRITY, "'%s' does not belong to the key beside it", crt);
    }
    lab_cert_look_at(&look, ca->cert);
    ca->ends_ms = look.ends_ms;
    if (now_ms >= look.begins_ms && now_ms < look.ends_ms)
        return 0;
    lab_put_time(&begins, look.begins_ms);
    lab_put_time(&ends, look.ends_ms);
    lab_put_time(&now, now_ms);
    lab_fail(err, LAB_HOST,
             "the lab's own CA '%s' is valid from %s to %s, and this host's clock says %s", crt,
             lab_str_get(&begins), lab_str_get(&ends), lab_str_get(&now));
    return lab_error_hint(err, "set this host's clock right");
}

int lab_ca_open(
    struct lab_ca **out, const char *dir, const char *name, int64_t now_ms, struct lab_error *err)
{
    LAB_AUTO_CA struct lab_ca *ca = lab_alloc(sizeof(*ca));
    LAB_AUTOFREE char *key = lab_path_join(dir, "ca.key");
    LAB_AUTOFREE char *crt = lab_path_join(dir, "ca.crt");
    if (plat_mkdirs(dir, 0700, err) || load_or_make(ca, key, crt, name, now_ms, err) ||
        check(ca, crt, now_ms, err))
        return -1;
    struct lab_str pem = LAB_STR_INIT;
    lab_x509_pem(&pem, ca->cert);
    ca->pem = lab_str_detach(&pem);
    *out = lab_steal(&ca);
    return 0;
}

/* --- servers ---------------------------------------------------------------------------------- */

static bool same_names(const struct lab_cert_look *look, const char *const *names, size_t n)
{
    bool same = look->names.len == n;
    for (size_t i = 0; same && i < n; i++)
        same = strcmp(look->names.items[i], names[i]) == 0;
    return same;
}

/* Whatever is wrong with them: they are made anew, so nobody needs to know why. */
static bool fits(const struct lab_ca *ca,
                 const char *crt,
                 const char *key_file,
                 const char *const *names,
                 size_t n,
                 int64_t now_ms)
{
    LAB_AUTO_CERT_LOOK struct lab_cert_look look = {{0}, NULL, 0, 0};
    LAB_AUTO_X509 X509 *cert = NULL;
    LAB_AUTO_PKEY EVP_PKEY *key = NULL;
    bool ok = lab_file_exists(crt) && lab_file_exists(key_file) &&
              lab_x509_read(&cert, crt, NULL) == 0 && lab_pkey_read(&key, key_file, NULL) == 0 &&
              X509_check_private_key(cert, key) == 1 && X509_verify(cert, ca->key) == 1 &&
              X509_check_issued(ca->cert, cert) == X509_V_OK;
    ERR_clear_error();
    if (!ok)
        return false;
    lab_cert_look_at(&look, cert);
    return same_names(&look, names, n) && look.begins_ms <= now_ms &&
           look.ends_ms - now_ms > renew_ms;
}

/* Not beyond the CA itself, which clients would then blame. */
static int days_left(const struct lab_ca *ca, int64_t now_ms)
{
    int64_t days = (ca->ends_ms - now_ms) / (INT64_C(24) * 3600 * 1000);
    return days < SERVER_DAYS ? (int)days + 1 : SERVER_DAYS;
}

static int make_server(const struct lab_ca *ca,
                       X509 **cert,
                       EVP_PKEY *key,
                       const char *const *names,
                       size_t n,
                       int64_t now_ms,
                       struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_format("%.60s", names[0]);
    return lab_x509_begin(cert, key, name, now_ms, days_left(ca, now_ms), err) ||
                   lab_x509_extend(*cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE",
                                   err) ||
                   lab_x509_extend(*cert, ca->cert, NID_key_usage, "critical,digitalSignature",
                                   err) ||
                   lab_x509_extend(*cert, ca->cert, NID_ext_key_usage, "serverAuth", err) ||
                   lab_x509_extend(*cert, ca->cert, NID_subject_key_identifier, "hash", err) ||
                   lab_x509_extend(*cert, ca->cert, NID_authority_key_identifier, "keyid", err) ||
                   lab_x509_extend_names(*cert, names, n, err) ||
                   sign(*cert, ca->cert, ca->key, err)
               ? -1
               : 0;
}

int lab_ca_server(const struct lab_ca *ca,
                  const char *crt,
                  const char *key,
                  const char *const *names,
                  size_t names_len,
                  int64_t now_ms,
                  bool *made,
                  struct lab_error *err)
{
    LAB_AUTO_PKEY EVP_PKEY *fresh = NULL;
    LAB_AUTO_X509 X509 *cert = NULL;
    *made = !fits(ca, crt, key, names, names_len, now_ms);
    if (!*made)
        return 0;
    /* a kill between the two files leaves a pair that does not fit, and is made anew */
    return lab_pkey_make(&fresh, err) ||
                   make_server(ca, &cert, fresh, names, names_len, now_ms, err) ||
                   lab_pkey_write(fresh, key, err) || lab_x509_write(cert, crt, err)
               ? -1
               : 0;
}
