#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/ipv4.h"
#include "pki/cert.h"

static int64_t ms_of(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, epoch, time);
    ASN1_TIME_free(epoch);
    return ((int64_t)days * 24 * 3600 + seconds) * 1000;
}

static char *text_of(const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    size_t n = (size_t)ASN1_STRING_length(value);
    char ip[LAB_IPV4_TEXT];
    if (type == GEN_DNS)
        return lab_strndup((const char *)bytes, n);
    if (type != GEN_IPADD || n != 4)
        return NULL;
    return lab_strdup(lab_ipv4_format((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                                          (uint32_t)bytes[2] << 8 | bytes[3],
                                      ip));
}

static void take_names(struct lab_cert_look *out, X509 *cert)
{
    GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
        char *text = name->type == GEN_DNS || name->type == GEN_IPADD ? text_of(name) : NULL;
        if (text)
            *lab_vec_push(&out->names) = text;
    }
    GENERAL_NAMES_free(list);
}

void lab_cert_look_at(struct lab_cert_look *out, X509 *cert)
{
    char issuer[256] = "";
    X509_NAME_get_text_by_NID(X509_get_issuer_name(cert), NID_commonName, issuer, sizeof(issuer));
    out->issuer = lab_strdup(issuer);
    out->begins_ms = ms_of(X509_get0_notBefore(cert));
    out->ends_ms = ms_of(X509_get0_notAfter(cert));
    take_names(out, cert);
}

int lab_cert_look(struct lab_cert_look *out, const char *path, struct lab_error *err)
{
    LAB_AUTO_X509 X509 *cert = NULL;
    if (lab_x509_read(&cert, path, err))
        return -1;
    lab_cert_look_at(out, cert);
    return 0;
}

const char *lab_cert_why_not(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    const char *why =
        cert ? NULL : lab_tr("it holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
    ERR_clear_error();
    X509_free(cert);
    BIO_free(bio);
    return why;
}

void lab_cert_look_clear(struct lab_cert_look *look)
{
    LAB_VEC_FOREACH (name, &look->names)
        free(*name);
    lab_vec_clear(&look->names);
    free(look->issuer);
    look->issuer = NULL;
}
