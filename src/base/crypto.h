/* Hashes, random bytes and their spellings (libcrypto). */
#ifndef LAB_BASE_CRYPTO_H
#define LAB_BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define LAB_SHA256_LEN 32
#define LAB_SHA256_HEX 65

struct lab_sha256;
struct lab_sha256 *lab_sha256_new(void);
void lab_sha256_add(struct lab_sha256 *h, const void *bytes, size_t n);
/* Writes 64 lower-case digits and frees the hash. */
void lab_sha256_end(struct lab_sha256 *h, char hex[LAB_SHA256_HEX]);

void lab_sha256_bytes(const void *bytes, size_t n, unsigned char out[LAB_SHA256_LEN]);
void lab_sha256_hex(const void *bytes, size_t n, char hex[LAB_SHA256_HEX]);
/* Reads the whole file. size may be NULL. LAB_HOST when it cannot be read, LAB_CANCELLED between two
 * blocks after lab_work_cancel_all(). */
int lab_sha256_file(const char *path, char hex[LAB_SHA256_HEX], uint64_t *size,
                    struct lab_error *err) LAB_MUST_CHECK;

void lab_random(void *out, size_t n);                   /* aborts when the system has none */
void lab_random_hex(char *out, size_t digits);          /* writes digits + NUL */
void lab_hex(const void *bytes, size_t n, char *out);   /* writes 2n + NUL */
void lab_put_base64(struct lab_str *out, const void *bytes, size_t n);
/* -1 when text is no base64 (whole groups of four, padded; no white space). */
int lab_add_unbase64(struct lab_str *out, const char *text);
/* "SHA256:…" of a public key in its wire form, as ssh-keygen -l prints it; caller frees. */
char *lab_sshkey_fingerprint(const unsigned char *blob, size_t n);

/* RFC 4122 text form (36 + NUL). The named one is the same for the same name (SHA-256 based, v8). */
#define LAB_UUID_TEXT 37
void lab_uuid_random(char out[LAB_UUID_TEXT]);
void lab_uuid_named(const char *name, char out[LAB_UUID_TEXT]);

#endif
