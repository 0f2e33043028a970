/* Inside pki only: X.509 objects as ca.c and look.c need them. */
#ifndef LAB_PKI_CERT_H
#define LAB_PKI_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/ca.h"

void lab_x509_free(X509 **cert);
void lab_pkey_free(EVP_PKEY **key);
#define LAB_AUTO_X509 LAB_CLEANUP(lab_x509_free)
#define LAB_AUTO_PKEY LAB_CLEANUP(lab_pkey_free)

/* "CONTEXT: what libcrypto says". Returns -1. */
int lab_pki_fail(struct lab_error *err, enum lab_code code, const char *fmt, ...) LAB_PRINTF(3, 4);

/* PEM files. Reading: LAB_HOST unreadable, LAB_INTEGRITY no such thing in it. */
int lab_x509_read(X509 **out, const char *path, struct lab_error *err) LAB_MUST_CHECK;
int lab_x509_write(X509 *cert, const char *path, struct lab_error *err) LAB_MUST_CHECK;
int lab_pkey_read(EVP_PKEY **out, const char *path, struct lab_error *err) LAB_MUST_CHECK;
int lab_pkey_write(EVP_PKEY *key, const char *path, struct lab_error *err) LAB_MUST_CHECK;
void lab_x509_pem(struct lab_str *out, X509 *cert);

int lab_pkey_make(EVP_PKEY **out, struct lab_error *err) LAB_MUST_CHECK;
/* A certificate for the key, not signed yet: version 3, a serial number, from a day before now for
 * so many days, and its subject's name. */
int lab_x509_begin(X509 **out,
                   EVP_PKEY *key,
                   const char *name,
                   int64_t now_ms,
                   int days,
                   struct lab_error *err) LAB_MUST_CHECK;
/* issuer NULL: the certificate itself. value as in x509v3_config(5); never from outside. */
int lab_x509_extend(X509 *cert, X509 *issuer, int nid, const char *value, struct lab_error *err)
    LAB_MUST_CHECK;
int lab_x509_extend_names(X509 *cert, const char *const *names, size_t n, struct lab_error *err)
    LAB_MUST_CHECK;

void lab_cert_look_at(struct lab_cert_look *out, X509 *cert);

#endif
