/* OpenSSH's PROTOCOL.key:
 *   "openssh-key-v1" NUL
 *   string cipher "none", string kdf "none", string kdf options ""
 *   uint32 number of keys, 1
 *   string public: string "ssh-ed25519", string 32 bytes
 *   string private: uint32 check, uint32 check, string "ssh-ed25519", string 32 bytes,
 *                   string 64 bytes (seed, public), string comment, padding 1 2 3 … to 8 bytes
 * A string is a uint32 length and that many bytes; numbers are big-endian. */
#include "media/sshkey_priv.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/text.h"

#define MAGIC           "openssh-key-v1" /* its NUL counts */
#define ED25519         "ssh-ed25519"
#define BEGIN           "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END             "-----END OPENSSH PRIVATE KEY-----"
#define PEM_LINE        70
#define NO_CIPHER_BLOCK 8

static void put_u32(struct lab_str *out, uint32_t v)
{
    const unsigned char b[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                (unsigned char)(v >> 8), (unsigned char)v};
    lab_str_addn(out, b, sizeof(b));
}

static void put_string(struct lab_str *out, const void *bytes, size_t n)
{
    put_u32(out, (uint32_t)n);
    lab_str_addn(out, bytes, n);
}

static void put_text(struct lab_str *out, const char *text)
{
    put_string(out, text, strlen(text));
}

static void put_public(struct lab_str *out, const struct lab_ed25519 *key)
{
    put_text(out, ED25519);
    put_string(out, key->public_key, LAB_ED25519_LEN);
}

static void
put_private(struct lab_str *out, const struct lab_ed25519 *key, uint32_t check, const char *comment)
{
    unsigned char both[2 * LAB_ED25519_LEN];
    memcpy(both, key->seed, LAB_ED25519_LEN);
    memcpy(both + LAB_ED25519_LEN, key->public_key, LAB_ED25519_LEN);
    put_u32(out, check);
    put_u32(out, check);
    put_public(out, key);
    put_string(out, both, sizeof(both));
    put_text(out, comment);
    for (char pad = 1; out->len % NO_CIPHER_BLOCK != 0; pad++)
        lab_str_addc(out, pad);
    lab_wipe(both, sizeof(both));
}

static void put_pem(struct lab_str *out, const struct lab_str *bytes)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_base64(&text, bytes->ptr, bytes->len);
    lab_str_add(out, BEGIN "\n");
    for (size_t i = 0; i < text.len; i += PEM_LINE) {
        lab_str_addn(out, text.ptr + i, text.len - i < PEM_LINE ? text.len - i : PEM_LINE);
        lab_str_addc(out, '\n');
    }
    lab_str_add(out, END "\n");
    lab_wipe(text.ptr, text.len);
}

static void set_public(struct lab_sshkey *out, const void *blob, size_t n, const char *comment)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    memcpy(out->blob, blob, n);
    out->blob_len = n;
    lab_str_add(&line, ED25519 " ");
    lab_put_base64(&line, blob, n);
    if (comment[0] != '\0')
        lab_str_addf(&line, " %s", comment);
    out->public_line = lab_str_detach(&line);
}

void lab_sshkey_encode(struct lab_sshkey *out,
                       const struct lab_ed25519 *key,
                       uint32_t check,
                       const char *comment)
{
    LAB_AUTO_STR struct lab_str blob = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str secret = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str pem = LAB_STR_INIT;

    put_public(&blob, key);
    put_private(&secret, key, check, comment);
    lab_str_addn(&all, MAGIC, sizeof(MAGIC));
    put_text(&all, "none");
    put_text(&all, "none");
    put_text(&all, "");
    put_u32(&all, 1);
    put_string(&all, blob.ptr, blob.len);
    put_string(&all, secret.ptr, secret.len);
    put_pem(&pem, &all);
    out->private_pem = lab_str_detach(&pem);
    set_public(out, blob.ptr, blob.len, comment);
    lab_wipe(secret.ptr, secret.len);
    lab_wipe(all.ptr, all.len);
}

/* A place in the decoded bytes. Reading past the end sets failed, checked at the end of a section.
 */
struct reader {
    const unsigned char *at;
    size_t left;
    bool failed;
};

static uint32_t get_u32(struct reader *r)
{
    if (r->left < 4) {
        r->failed = true;
        return 0;
    }
    uint32_t v =
        (uint32_t)r->at[0] << 24 | (uint32_t)r->at[1] << 16 | (uint32_t)r->at[2] << 8 | r->at[3];
    r->at += 4;
    r->left -= 4;
    return v;
}

static struct reader get_string(struct reader *r)
{
    uint32_t n = get_u32(r);
    if (r->failed || n > r->left) {
        r->failed = true;
        return (struct reader){NULL, 0, true};
    }
    struct reader part = {r->at, n, false};
    r->at += n;
    r->left -= n;
    return part;
}

static bool is_text(struct reader part, const char *text)
{
    return part.left == strlen(text) && (part.left == 0 || memcmp(part.at, text, part.left) == 0);
}

/* The base64 between the two lines. NULL when there is none. */
static unsigned char *decode_pem(const char *pem, size_t *n)
{
    const char *from = strstr(pem, BEGIN);
    const char *to = from ? strstr(from, END) : NULL;
    if (!to)
        return NULL;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (const char *s = from + strlen(BEGIN); s < to; s++)
        if (*s != '\n' && *s != '\r' && *s != ' ')
            lab_str_addc(&text, *s);
    if (text.len == 0)
        return NULL;
    unsigned char *bytes = lab_alloc(text.len);
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr, (int)text.len);
    /* It counts the padding as bytes. */
    for (size_t i = text.len; len > 0 && i > 0 && text.ptr[i - 1] == '='; i--)
        len--;
    lab_wipe(text.ptr, text.len);
    if (len > 0) {
        *n = (size_t)len;
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* The comment of the private section, or NULL when the section is not that of the public key. */
static char *private_comment(struct reader secret, struct reader public_key)
{
    uint32_t check = get_u32(&secret);
    if (get_u32(&secret) != check || !is_text(get_string(&secret), ED25519))
        return NULL;
    struct reader again = get_string(&secret);
    struct reader both = get_string(&secret);
    struct reader comment = get_string(&secret);
    if (secret.failed || again.left != LAB_ED25519_LEN || both.left != 2 * LAB_ED25519_LEN ||
        memcmp(again.at, public_key.at, LAB_ED25519_LEN) != 0 ||
        memcmp(both.at + LAB_ED25519_LEN, public_key.at, LAB_ED25519_LEN) != 0)
        return NULL;
    return lab_strndup((const char *)comment.at, comment.left);
}

static const char *decode_all(struct lab_sshkey *out, struct reader all)
{
    if (all.left < sizeof(MAGIC) || memcmp(all.at, MAGIC, sizeof(MAGIC)) != 0)
        return lab_tr("it is not in OpenSSH's format");
    all.at += sizeof(MAGIC);
    all.left -= sizeof(MAGIC);
    if (!is_text(get_string(&all), "none"))
        return lab_tr("it is protected by a passphrase");
    (void)get_string(&all);
    (void)get_string(&all);
    if (get_u32(&all) != 1)
        return lab_tr("it holds more than one key");
    struct reader blob = get_string(&all);
    struct reader inner = blob;
    struct reader secret = get_string(&all);
    if (all.failed)
        return lab_tr("it is cut short");
    if (!is_text(get_string(&inner), ED25519))
        return lab_tr("it is not an ed25519 key");
    struct reader public_key = get_string(&inner);
    if (public_key.left != LAB_ED25519_LEN || blob.left > sizeof(out->blob))
        return lab_tr("its public part is damaged");
    LAB_AUTOFREE char *comment = private_comment(secret, public_key);
    if (!comment)
        return lab_tr("its private part is damaged");
    set_public(out, blob.at, blob.left, comment);
    return NULL;
}

int lab_sshkey_decode(struct lab_sshkey *out, const char *pem, const char **why)
{
    size_t n = 0;
    unsigned char *bytes = decode_pem(pem, &n);
    if (!bytes) {
        *why = lab_tr("there is no OpenSSH private key in it");
        return -1;
    }
    *why = decode_all(out, (struct reader){bytes, n, false});
    lab_wipe(bytes, n);
    free(bytes);
    if (*why)
        return -1;
    out->private_pem = lab_strdup(pem);
    return 0;
}
