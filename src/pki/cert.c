#include "pki/cert.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/ipv4.h"

enum { PEM_MAX = 1 << 20, DAY_S = 24 * 3600 };

void lab_x509_free(X509 **cert)
{
    X509_free(*cert);
    *cert = NULL;
}

void lab_pkey_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
    *key = NULL;
}

int lab_pki_fail(struct lab_error *err, enum lab_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *what = lab_vtr(fmt, ap);
    va_end(ap);
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return lab_fail(err, code, "%s: %s", what, why ? why : lab_tr("libcrypto gives no reason"));
}

static int read_pem(const char *path, struct lab_str *text, BIO **bio, struct lab_error *err)
{
    if (lab_file_read(path, PEM_MAX, text, err))
        return -1;
    *bio = BIO_new_mem_buf(lab_str_get(text), (int)text->len);
    return *bio ? 0 : lab_pki_fail(err, LAB_INTERNAL, "cannot read '%s'", path);
}

int lab_x509_read(X509 **out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    BIO *bio;
    if (read_pem(path, &text, &bio, err))
        return -1;
    *out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return *out ? 0 : lab_pki_fail(err, LAB_INTEGRITY, "'%s' holds no certificate", path);
}

/* libcrypto would ask on the terminal. */
static int no_password(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

int lab_pkey_read(EVP_PKEY **out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    BIO *bio;
    if (read_pem(path, &text, &bio, err))
        return -1;
    *out = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    lab_wipe(text.ptr, text.len);
    return *out ? 0 : lab_pki_fail(err, LAB_INTEGRITY, "'%s' holds no private key", path);
}

static void take_bio(struct lab_str *out, BIO *bio)
{
    char *bytes;
    long n = BIO_get_mem_data(bio, &bytes);
    if (n > 0)
        lab_str_addn(out, bytes, (size_t)n);
    if (n > 0)
        lab_wipe(bytes, (size_t)n);
    BIO_free(bio);
}

void lab_x509_pem(struct lab_str *out, X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    take_bio(out, bio);
}

int lab_x509_write(X509 *cert, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_x509_pem(&text, cert);
    return lab_file_replace(path, lab_str_get(&text), text.len, 0644, err);
}

int lab_pkey_write(EVP_PKEY *key, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    take_bio(&text, bio);
    int rc = lab_file_replace(path, lab_str_get(&text), text.len, 0600, err);
    lab_wipe(text.ptr, text.len);
    return rc;
}

int lab_pkey_make(EVP_PKEY **out, struct lab_error *err)
{
    *out = EVP_EC_gen("P-256");
    return *out ? 0 : lab_pki_fail(err, LAB_INTERNAL, "cannot make a P-256 key");
}

/* RFC 5280 4.1.2.2: positive, at most 20 bytes; random, so that two CAs of one name never clash. */
static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *number = NULL;
    bool ok = RAND_bytes(bytes, sizeof(bytes)) == 1;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    ok = ok && (number = BN_bin2bn(bytes, sizeof(bytes), NULL)) &&
         BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return ok;
}

static bool set_name(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    const unsigned char *text = (const unsigned char *)name;
    return X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"labctl",
                                      -1, -1, 0) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
}

int lab_x509_begin(
    X509 **out, EVP_PKEY *key, const char *name, int64_t now_ms, int days, struct lab_error *err)
{
    LAB_AUTO_X509 X509 *cert = X509_new();
    int64_t begins = now_ms / 1000 - DAY_S;
    if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_serial(cert) ||
        !ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)begins) ||
        !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(begins + (int64_t)days * DAY_S)) ||
        !X509_set_pubkey(cert, key) || !set_name(cert, name))
        return lab_pki_fail(err, LAB_INTERNAL, "cannot make a certificate for '%s'", name);
    *out = lab_steal(&cert);
    return 0;
}

int lab_x509_extend(X509 *cert, X509 *issuer, int nid, const char *value, struct lab_error *err)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer ? issuer : cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return ok ? 0 : lab_pki_fail(err, LAB_INTERNAL, "cannot set '%s' in a certificate", value);
}

static GENERAL_NAME *name_of(const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    uint32_t ip;
    if (lab_ipv4_parse(text, &ip) == 0) {
        unsigned char bytes[4] = {(unsigned char)(ip >> 24), (unsigned char)(ip >> 16),
                                  (unsigned char)(ip >> 8), (unsigned char)ip};
        ASN1_OCTET_STRING *address = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(address, bytes, sizeof(bytes));
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    } else {
        ASN1_IA5STRING *host = ASN1_IA5STRING_new();
        ASN1_STRING_set(host, text, -1);
        GENERAL_NAME_set0_value(name, GEN_DNS, host);
    }
    return name;
}

int lab_x509_extend_names(X509 *cert, const char *const *names, size_t n, struct lab_error *err)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    for (size_t i = 0; i < n; i++)
        sk_GENERAL_NAME_push(list, name_of(names[i]));
    int ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT);
    GENERAL_NAMES_free(list);
    return ok == 1 ? 0 : lab_pki_fail(err, LAB_INTERNAL, "cannot name a certificate's server");
}
