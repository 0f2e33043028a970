/* The login key, looked at before anything depends on it; libssh2's set-up. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/i18n.h"
#include "guest/guest.h"
#include "guest/wire.h"
#include "platform.h"

static const char advice[] =
    LAB_N("make an ed25519 key without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE");

static const char openssh_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char openssh_end[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

int lab_guest_init(struct lab_error *err)
{
    plat_ignore_broken_pipe(); /* libuv writes without MSG_NOSIGNAL */
    int rc = libssh2_init(0);
    if (rc)
        return lab_fail(err, LAB_INTERNAL, "libssh2 cannot be set up (%d)", rc);
    return 0;
}

void lab_guest_exit(void)
{
    libssh2_exit();
}

/* --- OpenSSH's own format
 * ----------------------------------------------------------------------------- */

/* The base64 between the two lines; caller frees, NULL when it is none. */
static unsigned char *decode(const char *text, size_t *len)
{
    const char *from = strstr(text, openssh_begin);
    const char *to = from ? strstr(from, openssh_end) : NULL;
    if (!to)
        return NULL;
    from += sizeof(openssh_begin) - 1;
    size_t max = (size_t)(to - from);
    LAB_AUTOFREE char *compact = lab_alloc(max + 1);
    size_t n = 0, padding = 0;
    for (; from < to; from++)
        if (!strchr(" \t\r\n", *from))
            compact[n++] = *from;
    while (padding < 2 && padding < n && compact[n - 1 - padding] == '=')
        padding++;
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(max + 1);
    int got = n % 4 ? -1 : EVP_DecodeBlock(bytes, (const unsigned char *)compact, (int)n);
    lab_wipe(compact, n);
    if (got < (int)padding)
        return NULL;
    *len = (size_t)got - padding;
    return lab_steal(&bytes);
}

struct reader {
    const unsigned char *at;
    size_t left;
};

static bool read_u32(struct reader *r, uint32_t *out)
{
    if (r->left < 4)
        return false;
    *out = (uint32_t)r->at[0] << 24 | (uint32_t)r->at[1] << 16 | (uint32_t)r->at[2] << 8 | r->at[3];
    r->at += 4;
    r->left -= 4;
    return true;
}

static bool read_text(struct reader *r, struct reader *out)
{
    uint32_t n;
    if (!read_u32(r, &n) || n > r->left)
        return false;
    *out = (struct reader){r->at, n};
    r->at += n;
    r->left -= n;
    return true;
}

static bool is_text(const struct reader *r, const char *text)
{
    return r->left == strlen(text) && memcmp(r->at, text, r->left) == 0;
}

/* Key types that are refused by name; libssh2's own word for each would be "file error". */
static int check_type(const struct reader *type, struct lab_error *err)
{
    if (is_text(type, "ssh-rsa"))
        return lab_fail(
            err, LAB_USAGE,
            "it is an RSA key, and libssh2 before 1.11 cannot log in with one: it signs "
            "with SHA-1, which servers refuse");
    if (is_text(type, "ssh-dss"))
        return lab_fail(err, LAB_USAGE, "it is a DSA key, which servers refuse");
    if (type->left >= 3 && memcmp(type->at, "sk-", 3) == 0)
        return lab_fail(err, LAB_USAGE, "it lives on a hardware token, which labctl cannot ask");
    return 0;
}

static int check_openssh(const char *text, struct lab_error *err)
{
    size_t len = 0;
    LAB_AUTOFREE unsigned char *bytes = decode(text, &len);
    struct reader r = {bytes, len}, cipher, kdf, options, blob, type;
    uint32_t count = 0;
    if (!bytes || len < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return lab_fail(err, LAB_USAGE, "it is cut off or damaged");
    r.at += sizeof(magic);
    r.left -= sizeof(magic);
    bool whole = read_text(&r, &cipher) && read_text(&r, &kdf) && read_text(&r, &options) &&
                 read_u32(&r, &count) && count == 1 && read_text(&r, &blob) &&
                 read_text(&blob, &type);
    int rc = 0;
    if (!whole)
        rc = lab_fail(err, LAB_USAGE, "it is cut off or damaged");
    else if (!is_text(&cipher, "none"))
        rc = lab_fail(err, LAB_USAGE,
                      "it is encrypted with a passphrase, and nobody can be asked for one");
    else
        rc = check_type(&type, err);
    lab_wipe(bytes, len);
    return rc;
}

/* --- any format
 * ------------------------------------------------------------------------------------------ */

static int check_form(const char *key, struct lab_error *err)
{
    if (strstr(key, openssh_begin))
        return check_openssh(key, err);
    if (strstr(key, "-----BEGIN RSA PRIVATE KEY-----"))
        return check_type(&(struct reader){(const unsigned char *)"ssh-rsa", 7}, err);
    if (strstr(key, "BEGIN ENCRYPTED PRIVATE KEY") || strstr(key, "Proc-Type: 4,ENCRYPTED"))
        return lab_fail(err, LAB_USAGE,
                        "it is encrypted with a passphrase, and nobody can be asked for one");
    if (strncmp(key, "ssh-", 4) == 0 || strncmp(key, "ecdsa-", 6) == 0)
        return lab_fail(err, LAB_USAGE, "it is the public half; the private one is needed");
    if (!strstr(key, "PRIVATE KEY-----"))
        return lab_fail(err, LAB_USAGE, "it is no private key in OpenSSH or PEM form");
    return 0;
}

static LIBSSH2_ALLOC_FUNC(heap_alloc)
{
    return lab_heap_get(*abstract, count);
}

static LIBSSH2_REALLOC_FUNC(heap_realloc)
{
    return lab_heap_resize(*abstract, ptr, count);
}

static LIBSSH2_FREE_FUNC(heap_free)
{
    lab_heap_put(*abstract, ptr);
}

/* libssh2 loads the key and then tries to send: on a wire that fails, so that is how far it gets.
 */
static LIBSSH2_SEND_FUNC(refuse_send)
{
    (void)socket;
    (void)buffer;
    (void)length;
    (void)flags;
    (void)abstract;
    return -1;
}

static int check_loads(const char *key, struct lab_error *err)
{
    struct lab_heap heap; /* it forgets parts of damaged keys */
    lab_heap_init(&heap, 1024 * 1024);
    LIBSSH2_SESSION *ssh = libssh2_session_init_ex(heap_alloc, heap_free, heap_realloc, &heap);
    if (!ssh)
        return lab_fail(err, LAB_INTERNAL, "libssh2 has no memory for a session");
    LAB_SSH2_CALLBACK(ssh, LIBSSH2_CALLBACK_SEND, refuse_send);
    libssh2_session_set_blocking(ssh, 0);
    int rc = libssh2_userauth_publickey_frommemory(ssh, "x", 1, NULL, 0, key, strlen(key), NULL);
    if (rc != LIBSSH2_ERROR_SOCKET_SEND) {
        char *why = NULL;
        libssh2_session_last_error(ssh, &why, NULL, 0);
        lab_fail(err, LAB_USAGE, "libssh2 cannot load it: %s (%d)", why, rc);
    }
    libssh2_session_free(ssh);
    lab_heap_clear(&heap);
    return rc == LIBSSH2_ERROR_SOCKET_SEND ? 0 : -1;
}

int lab_guest_check_key(const char *key, struct lab_error *err)
{
    if (check_form(key, err) == 0 && check_loads(key, err) == 0)
        return 0;
    lab_error_wrap(err, "the SSH key cannot be used to log in to guests");
    return lab_error_hint(err, "%s", advice);
}
