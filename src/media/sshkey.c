#include "media/sshkey.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "media/sshkey_priv.h"
#include "platform.h"

#define KEY_MAX_BYTES (64u << 10)

static int make_raw(struct lab_ed25519 *key, struct lab_error *err)
{
    size_t public_len = LAB_ED25519_LEN;
    lab_random(key->seed, sizeof(key->seed));
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, sizeof(key->seed));
    int ok = pkey && EVP_PKEY_get_raw_public_key(pkey, key->public_key, &public_len) == 1 &&
             public_len == LAB_ED25519_LEN;
    EVP_PKEY_free(pkey);
    if (ok)
        return 0;
    lab_fail(err, LAB_HOST, "cannot make an SSH key: this host's libcrypto refuses ed25519");
    return lab_error_hint(err,
                          "turn off a policy that forbids ed25519 (FIPS mode), for example with "
                          "OPENSSL_CONF=/dev/null");
}

int lab_sshkey_make(struct lab_sshkey *out, const char *comment, struct lab_error *err)
{
    struct lab_ed25519 key;
    uint32_t check;
    if (make_raw(&key, err) < 0)
        return -1;
    lab_random(&check, sizeof(check));
    *out = (struct lab_sshkey){0};
    lab_sshkey_encode(out, &key, check, comment);
    lab_wipe(&key, sizeof(key));
    return 0;
}

int lab_sshkey_load(struct lab_sshkey *out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(KEY_MAX_BYTES + 1);
    const char *why = NULL;
    if (lab_file_read(path, KEY_MAX_BYTES, &text, err) < 0)
        return lab_error_wrap(err, "cannot load an SSH key"); /* whose, the caller knows */
    *out = (struct lab_sshkey){0};
    int rc = lab_sshkey_decode(out, lab_str_get(&text), &why);
    lab_wipe(text.ptr, text.len);
    if (rc == 0)
        return 0;
    lab_fail(err, LAB_HOST, "cannot use the SSH key '%s': %s", path, why);
    return lab_error_hint(
        err, "labctl uses ed25519 keys without a passphrase; restore the file, or remove "
             "it and its .pub so that a new one is made (guests that know the old one "
             "have to be made anew)");
}

static int write_both(const struct lab_sshkey *key,
                      const char *path,
                      const char *public_path,
                      bool private_too,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *line = lab_format("%s\n", key->public_line);
    if (private_too &&
        lab_file_replace(path, key->private_pem, strlen(key->private_pem), 0600, err) < 0)
        return lab_error_wrap(err, "cannot store an SSH key");
    if (lab_file_replace(public_path, line, strlen(line), 0644, err) < 0)
        return lab_error_wrap(err, "cannot store the public part of an SSH key");
    return 0;
}

int lab_sshkey_ensure(struct lab_sshkey *out,
                      const char *path,
                      const char *comment,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *public_path = lab_format("%s.pub", path);
    bool there = lab_file_exists(path);
    if ((there ? lab_sshkey_load(out, path, err) : lab_sshkey_make(out, comment, err)) < 0)
        return -1;
    /* A run that was killed between the two files leaves only the first, which is enough. */
    if (there && lab_file_exists(public_path))
        return 0;
    if (write_both(out, path, public_path, !there, err) == 0)
        return 0;
    lab_sshkey_clear(out);
    return -1;
}

void lab_sshkey_clear(struct lab_sshkey *key)
{
    if (key->private_pem)
        lab_wipe(key->private_pem, strlen(key->private_pem));
    free(key->private_pem);
    free(key->public_line);
    *key = (struct lab_sshkey){0};
}
