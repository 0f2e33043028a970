/* The wrapping of ed25519 keys, apart from files and libcrypto. */
#ifndef LAB_MEDIA_SSHKEY_PRIV_H
#define LAB_MEDIA_SSHKEY_PRIV_H

#include <stdint.h>

#include "base/str.h"
#include "media/sshkey.h"

#define LAB_ED25519_LEN 32

struct lab_ed25519 {
    unsigned char seed[LAB_ED25519_LEN];
    unsigned char public_key[LAB_ED25519_LEN];
};

/* Fills all of out. check: the number that OpenSSH writes twice, to notice a wrong passphrase. */
void lab_sshkey_encode(struct lab_sshkey *out,
                       const struct lab_ed25519 *key,
                       uint32_t check,
                       const char *comment);
/* Reads "-----BEGIN OPENSSH PRIVATE KEY-----…". Takes over a copy of the text. *why: static text.
 */
int lab_sshkey_decode(struct lab_sshkey *out, const char *pem, const char **why);

#endif
