#include "base/crypto.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/work.h"
#include "platform.h"

struct lab_sha256 {
    EVP_MD_CTX *context;
};

/* libcrypto fails here only when it is broken or forbids SHA-256: nothing could go on. */
static void must(int ok, const char *what)
{
    if (ok == 1)
        return;
    fprintf(stderr, "labctl: libcrypto failed: %s\n", what);
    abort();
}

struct lab_sha256 *lab_sha256_new(void)
{
    struct lab_sha256 *h = lab_alloc(sizeof(*h));
    h->context = EVP_MD_CTX_new();
    must(h->context != NULL, "a digest context");
    must(EVP_DigestInit_ex(h->context, EVP_sha256(), NULL), "SHA-256");
    return h;
}

void lab_sha256_add(struct lab_sha256 *h, const void *bytes, size_t n)
{
    must(EVP_DigestUpdate(h->context, bytes, n), "SHA-256");
}

static void finish(struct lab_sha256 *h, unsigned char out[LAB_SHA256_LEN])
{
    must(EVP_DigestFinal_ex(h->context, out, NULL), "SHA-256");
    EVP_MD_CTX_free(h->context);
    free(h);
}

void lab_sha256_end(struct lab_sha256 *h, char hex[LAB_SHA256_HEX])
{
    unsigned char digest[LAB_SHA256_LEN];
    finish(h, digest);
    lab_hex(digest, sizeof(digest), hex);
}

void lab_sha256_bytes(const void *bytes, size_t n, unsigned char out[LAB_SHA256_LEN])
{
    struct lab_sha256 *h = lab_sha256_new();
    lab_sha256_add(h, bytes, n);
    finish(h, out);
}

void lab_sha256_hex(const void *bytes, size_t n, char hex[LAB_SHA256_HEX])
{
    unsigned char digest[LAB_SHA256_LEN];
    lab_sha256_bytes(bytes, n, digest);
    lab_hex(digest, sizeof(digest), hex);
}

/* Returns 0, or libuv's error number. */
static int hash_open_file(struct lab_sha256 *h, uv_file fd, uint64_t *size)
{
    static const size_t chunk = (size_t)1 << 20;
    LAB_AUTOFREE char *bytes = lab_alloc(chunk);
    for (;;) {
        uv_fs_t req;
        uv_buf_t buf = uv_buf_init(bytes, (unsigned)chunk);
        if (lab_work_cancelled())
            return UV_ECANCELED;
        int n = uv_fs_read(NULL, &req, fd, &buf, 1, -1, NULL);
        uv_fs_req_cleanup(&req);
        if (n == UV_EINTR)
            continue;
        if (n <= 0)
            return n;
        lab_sha256_add(h, bytes, (size_t)n);
        *size += (uint64_t)n;
    }
}

int lab_sha256_file(const char *path,
                    char hex[LAB_SHA256_HEX],
                    uint64_t *size,
                    struct lab_error *err)
{
    uv_fs_t req;
    LAB_AUTOFREE char *name = plat_any_length(path);
    int fd = uv_fs_open(NULL, &req, name, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&req);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open '%s' to compute its SHA-256: %s", path,
                        uv_strerror(fd));
    uint64_t bytes = 0;
    char digits[LAB_SHA256_HEX];
    struct lab_sha256 *h = lab_sha256_new();
    int rc = hash_open_file(h, fd, &bytes);
    lab_sha256_end(h, digits);
    uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    if (rc == UV_ECANCELED)
        return lab_fail(err, LAB_CANCELLED, "interrupted while computing the SHA-256 of '%s'",
                        path);
    if (rc < 0)
        return lab_fail(err, LAB_HOST, "cannot read '%s' to compute its SHA-256: %s", path,
                        uv_strerror(rc));
    memcpy(hex, digits, sizeof(digits));
    if (size)
        *size = bytes;
    return 0;
}

void lab_random(void *out, size_t n)
{
    static const size_t most = 1 << 20; /* RAND_bytes counts in int */
    for (unsigned char *at = out; n > 0;) {
        size_t part = n < most ? n : most;
        must(RAND_bytes(at, (int)part), "random bytes");
        at += part;
        n -= part;
    }
}

void lab_random_hex(char *out, size_t digits)
{
    char pair[3];
    for (size_t i = 0; i < digits; i += 2) {
        unsigned char byte;
        lab_random(&byte, 1);
        lab_hex(&byte, 1, pair);
        out[i] = pair[0];
        if (i + 1 < digits)
            out[i + 1] = pair[1];
    }
    out[digits] = '\0';
    lab_wipe(pair, sizeof(pair));
}

void lab_hex(const void *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
    out[2 * n] = '\0';
}

void lab_put_base64(struct lab_str *out, const void *bytes, size_t n)
{
    enum { STEP = 48 }; /* a multiple of three, so that padding comes only at the end */
    const unsigned char *b = bytes;
    unsigned char text[STEP / 3 * 4 + 1];
    for (size_t i = 0; i < n; i += STEP) {
        int part = (int)(n - i < STEP ? n - i : STEP);
        int len = EVP_EncodeBlock(text, b + i, part);
        lab_str_addn(out, text, (size_t)len);
    }
    lab_wipe(text, sizeof(text));
}

int lab_add_unbase64(struct lab_str *out, const char *text)
{
    size_t n = strlen(text), padding = 0;
    if (n % 4 != 0 || n > INT_MAX)
        return -1;
    while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
        padding++;
    /* OpenSSL would skip white space at the ends, and so find other groups */
    if (memchr(text, '=', n - padding) || strpbrk(text, " \t\r\n"))
        return -1;
    unsigned char *bytes = lab_alloc(n / 4 * 3 + 1);
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)n);
    if (len >= 0)
        lab_str_addn(out, bytes, (size_t)len - padding);
    lab_wipe(bytes, n / 4 * 3 + 1);
    free(bytes);
    return len < 0 ? -1 : 0;
}

char *lab_sshkey_fingerprint(const unsigned char *blob, size_t n)
{
    unsigned char digest[LAB_SHA256_LEN];
    struct lab_str text = LAB_STR_INIT;
    lab_sha256_bytes(blob, n, digest);
    lab_str_add(&text, "SHA256:");
    lab_put_base64(&text, digest, sizeof(digest));
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        lab_str_truncate(&text, text.len - 1);
    return lab_str_detach(&text);
}

static void uuid_text(unsigned char id[16], unsigned version, char out[LAB_UUID_TEXT])
{
    static const size_t dash_before[] = {4, 6, 8, 10};
    id[6] = (unsigned char)((id[6] & 0x0f) | version << 4);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    size_t at = 0, dash = 0;
    for (size_t i = 0; i < 16; i++) {
        if (dash < LAB_ARRAY_LEN(dash_before) && i == dash_before[dash]) {
            out[at++] = '-';
            dash++;
        }
        lab_hex(&id[i], 1, out + at);
        at += 2;
    }
}

void lab_uuid_random(char out[LAB_UUID_TEXT])
{
    unsigned char id[16];
    lab_random(id, sizeof(id));
    uuid_text(id, 4, out);
}

void lab_uuid_named(const char *name, char out[LAB_UUID_TEXT])
{
    unsigned char digest[LAB_SHA256_LEN];
    lab_sha256_bytes(name, strlen(name), digest);
    uuid_text(digest, 8, out);
}
