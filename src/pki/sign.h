/* Ed25519 signatures of files (RFC 8032), in the forms that OpenSSL's own commands take: keys in
 * PEM (PKCS #8, SubjectPublicKeyInfo), a signature as its 64 bytes. By hand: openssl pkeyutl
 * -verify -rawin -pubin -inkey PUB -in FILE -sigfile FILE.sig */
#ifndef LAB_PKI_SIGN_H
#define LAB_PKI_SIGN_H

#include "base/error.h"

#define LAB_SIGNATURE_LEN 64
/* Ed25519 signs a whole message at once, so the file is held in memory. */
#define LAB_SIGN_MAX_BYTES (64u << 20)
#define LAB_KEY_ID_TEXT    17

/* Writes the private key (mode 0600) to path and the public one to PATH.pub. LAB_CONFLICT when
 * either is there: a key is never overwritten. */
int lab_sign_keygen(const char *path, struct lab_error *err) LAB_MUST_CHECK;

/* The signature of the file's bytes by the private key. LAB_USAGE when the key is no such one. */
int lab_sign_file(const char *key,
                  const char *path,
                  unsigned char signature[LAB_SIGNATURE_LEN],
                  struct lab_error *err) LAB_MUST_CHECK;

/* LAB_INTEGRITY: the signature in the file sig is not of these bytes by this public key. LAB_USAGE,
 * LAB_HOST: the key or a file cannot be used. */
int lab_sign_verify(const char *public_key,
                    const char *path,
                    const char *sig,
                    struct lab_error *err) LAB_MUST_CHECK;

/* The first 16 digits of the SHA-256 of the public key, for people to compare. */
int lab_sign_key_id(const char *public_key,
                    char id[LAB_KEY_ID_TEXT],
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
