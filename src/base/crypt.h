/* Hashed passwords in the form of crypt(5): by libxcrypt, not by the C library's crypt(), so that
 * the code is the same on both systems. They block for some milliseconds. */
#ifndef LAB_BASE_CRYPT_H
#define LAB_BASE_CRYPT_H

#include <stdbool.h>

/* SHA-512 ("$6$"), which every guest's crypt() knows. The caller frees; NULL when the system makes
 * none. */
char *lab_crypt_sha512(const char *password);
/* bcrypt ("$2b$") of 2^cost rounds, cost from 4 to 31; else the same. */
char *lab_crypt_bcrypt(const char *password, unsigned cost);
/* Whether the hash is this password's, by any method that libxcrypt knows. */
bool lab_crypt_matches(const char *password, const char *hash);

#endif
