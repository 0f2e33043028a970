/* ed25519 keys in OpenSSH's own formats (PROTOCOL.key in OpenSSH's source): libcrypto makes the
 * key, the wrapping is a few length-prefixed strings. */
#ifndef LAB_MEDIA_SSHKEY_H
#define LAB_MEDIA_SSHKEY_H

#include <stddef.h>

#include "base/error.h"

struct lab_sshkey {
    char *private_pem;      /* "-----BEGIN OPENSSH PRIVATE KEY-----…", unencrypted */
    char *public_line;      /* "ssh-ed25519 AAAA… comment" */
    unsigned char blob[64]; /* wire form of the public key */
    size_t blob_len;
};

int lab_sshkey_make(struct lab_sshkey *out,
                    const char *comment,
                    struct lab_error *err) LAB_MUST_CHECK;
/* Writes PATH (0600) and PATH.pub, or loads what is there already. */
int lab_sshkey_ensure(struct lab_sshkey *out,
                      const char *path,
                      const char *comment,
                      struct lab_error *err) LAB_MUST_CHECK;
int lab_sshkey_load(struct lab_sshkey *out, const char *path, struct lab_error *err) LAB_MUST_CHECK;
void lab_sshkey_clear(struct lab_sshkey *key);

#endif
