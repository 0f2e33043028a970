#include "spec/pubkey.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "base/text.h"

#define TYPE_MAX 64

bool lab_pubkey_looks_inline(const char *text)
{
    static const char *const starts[] = {"ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-", "rsa-sha2-"};
    const char *space = strpbrk(text, " \t");
    for (size_t i = 0; space && i < LAB_ARRAY_LEN(starts); i++)
        if (lab_starts_with(text, starts[i]))
            return true;
    return false;
}

static int digit(char c)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(set, c) : NULL;
    return at ? (int)(at - set) : -1;
}

/* Decodes the first bytes (at most max) and checks all of it. Returns their number, or -1. */
static int decode(const char *s, size_t n, unsigned char *out, size_t max)
{
    size_t len = 0;
    if (n % 4)
        return -1;
    for (size_t i = 0; i < n; i += 4) {
        bool last = i + 4 == n;
        int pad = last && s[i + 3] == '=' ? (s[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t bits = 0;
        for (int k = 0; k < 4; k++) {
            int v = k >= 4 - pad ? 0 : digit(s[i + (size_t)k]);
            if (v < 0)
                return -1;
            bits = bits << 6 | (uint32_t)v;
        }
        for (int k = 0; k < 3 - pad && len < max; k++)
            out[len++] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return (int)len;
}

const char *lab_pubkey_check(const char *line)
{
    unsigned char blob[TYPE_MAX + 5];
    size_t type_len = strcspn(line, " \t");
    if (strstr(line, "PRIVATE KEY"))
        return lab_tr("that is a private key; give the public one (.pub)");
    if (line[strcspn(line, "\r\n")])
        return lab_tr("a key is one line");
    if (!type_len || type_len > TYPE_MAX || !line[type_len])
        return lab_tr(
            "a public key is \"type base64 comment\", such as \"ssh-ed25519 AAAA… me@host\"");
    const char *text = line + type_len + strspn(line + type_len, " \t");
    size_t text_len = strcspn(text, " \t");
    int n = decode(text, text_len, blob, sizeof(blob));
    if (n < 0)
        return lab_tr("the part after the type is not base64; was the line cut or wrapped?");
    if (n < 4 || blob[0] || blob[1] || blob[2] || blob[3] != type_len || (size_t)n < type_len + 5 ||
        memcmp(blob + 4, line, type_len) != 0)
        return lab_tr(
            "the type in front is not the one inside the key; was the line cut or mixed up?");
    return NULL;
}
