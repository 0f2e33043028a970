#include "pki/sign.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"

#define KEY_MAX_BYTES (64u << 10)
#define PUBLIC_LEN    32

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}
static void free_context(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}
#define AUTO_KEY LAB_CLEANUP(free_key)
#define AUTO_BIO LAB_CLEANUP(free_bio)
#define AUTO_CTX LAB_CLEANUP(free_context)

static int refused(struct lab_error *err, const char *what)
{
    lab_fail(err, LAB_HOST, "cannot %s: this host's libcrypto refuses ed25519", what);
    return lab_error_hint(err, "turn off a policy that forbids ed25519 (FIPS mode), for example "
                               "with OPENSSL_CONF=/dev/null");
}

/* --- keys ------------------------------------------------------------------------------------- */

static int write_pem(BIO *bio, const char *path, unsigned mode, struct lab_error *err)
{
    char *pem;
    long n = BIO_get_mem_data(bio, &pem);
    return lab_file_replace(path, pem, (size_t)n, mode, err);
}

static int write_keys(EVP_PKEY *key, const char *path, const char *pub, struct lab_error *err)
{
    AUTO_BIO BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
    if (!secret || !open ||
        PEM_write_bio_PKCS8PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_PUBKEY(open, key) != 1)
        return refused(err, lab_tr("make a signing key"));
    return write_pem(open, pub, 0644, err) < 0 ? -1 : write_pem(secret, path, 0600, err);
}

int lab_sign_keygen(const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *pub = lab_format("%s.pub", path);
    const char *there = lab_file_exists(path) ? path : lab_file_exists(pub) ? pub : NULL;
    if (there) {
        lab_fail(err, LAB_CONFLICT, "'%s' is there already, and a key is never overwritten", there);
        return lab_error_hint(err, "give the new key another name, or move the old one away");
    }
    AUTO_KEY EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key)
        return refused(err, lab_tr("make a signing key"));
    if (write_keys(key, path, pub, err) < 0)
        return lab_error_wrap(err, "cannot store a signing key");
    return 0;
}

/* PEM of another kind, a damaged one, or one with a passphrase, which would be asked for. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf, (void)size, (void)writing, (void)arg;
    return -1;
}

static EVP_PKEY *load(const char *path, bool is_private, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(KEY_MAX_BYTES + 1);
    if (lab_file_read(path, KEY_MAX_BYTES, &text, err) < 0) {
        lab_error_wrap(err, "cannot use the key '%s'", path);
        return NULL;
    }
    AUTO_BIO BIO *bio = BIO_new_mem_buf(lab_str_get(&text), (int)text.len);
    EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    if (text.len)
        lab_wipe(text.ptr, text.len);
    if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
        return key;
    EVP_PKEY_free(key);
    if (is_private)
        lab_fail(err, LAB_USAGE,
                 "cannot use '%s': it is no private ed25519 key in PEM without a passphrase", path);
    else
        lab_fail(err, LAB_USAGE, "cannot use '%s': it is no public ed25519 key in PEM", path);
    lab_error_hint(err, "'labctl bundle keygen FILE' makes a pair: FILE signs, FILE.pub verifies");
    return NULL;
}

int lab_sign_key_id(const char *public_key, char id[LAB_KEY_ID_TEXT], struct lab_error *err)
{
    unsigned char raw[PUBLIC_LEN];
    size_t n = sizeof(raw);
    char hex[LAB_SHA256_HEX];
    AUTO_KEY EVP_PKEY *key = load(public_key, false, err);
    if (!key)
        return -1;
    if (EVP_PKEY_get_raw_public_key(key, raw, &n) != 1)
        return refused(err, lab_tr("read a public key"));
    lab_sha256_hex(raw, n, hex);
    memcpy(id, hex, LAB_KEY_ID_TEXT - 1);
    id[LAB_KEY_ID_TEXT - 1] = '\0';
    return 0;
}

/* --- signatures ------------------------------------------------------------------------------- */

static int read_message(const char *path, struct lab_str *out, struct lab_error *err)
{
    out->max = LAB_SIGN_MAX_BYTES + 1;
    return lab_file_read(path, LAB_SIGN_MAX_BYTES, out, err);
}

static const unsigned char *bytes_of(const struct lab_str *s)
{
    return (const unsigned char *)lab_str_get(s);
}

int lab_sign_file(const char *key_path,
                  const char *path,
                  unsigned char signature[LAB_SIGNATURE_LEN],
                  struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str message = LAB_STR_INIT;
    size_t n = LAB_SIGNATURE_LEN;
    AUTO_KEY EVP_PKEY *key = load(key_path, true, err);
    if (!key || read_message(path, &message, err) < 0)
        return -1;
    AUTO_CTX EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &n, bytes_of(&message), message.len) != 1 ||
        n != LAB_SIGNATURE_LEN)
        return refused(err, "sign");
    return 0;
}

int lab_sign_verify(const char *public_key,
                    const char *path,
                    const char *sig,
                    struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str message = LAB_STR_INIT, signature = LAB_STR_MAX(4096);
    struct plat_stat st;
    AUTO_KEY EVP_PKEY *key = load(public_key, false, err);
    if (!key || read_message(path, &message, err) < 0)
        return -1;
    if (plat_stat(sig, &st) == 0 && st.size != LAB_SIGNATURE_LEN)
        return lab_fail(err, LAB_INTEGRITY,
                        "'%s' is no ed25519 signature: it has %llu bytes, not %d", sig,
                        (unsigned long long)st.size, LAB_SIGNATURE_LEN);
    if (lab_file_read(sig, LAB_SIGNATURE_LEN, &signature, err) < 0)
        return -1;
    AUTO_CTX EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
        return refused(err, lab_tr("verify a signature"));
    if (EVP_DigestVerify(ctx, bytes_of(&signature), signature.len, bytes_of(&message),
                         message.len) == 1)
        return 0;
    lab_fail(err, LAB_INTEGRITY, "the signature of '%s' is not by the key '%s'", path, public_key);
    return lab_error_hint(err, "the file was changed, or signed by somebody else: fetch it again, "
                               "or ask who signed it for the right public key");
}
