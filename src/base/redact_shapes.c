/* Secrets that tell by themselves what they are. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/redact_priv.h"

/* A key of 16384 bits has 13 KiB; with a prefix on each of its lines it is several times that. */
enum { PEM_MAX = 64 * 1024, TOKEN_HEX = 64, URL_MAX = 512 };

static bool has(const char *text, size_t n, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at <= n && n - at >= len && memcmp(text + at, word, len) == 0;
}

static bool find(const char *text, size_t end, size_t from, const char *word, size_t *where)
{
    for (size_t i = from; i < end; i++) {
        const char *c = memchr(text + i, word[0], end - i);
        if (!c)
            return false;
        i = (size_t)(c - text);
        *where = i;
        if (has(text, end, i, word))
            return true;
    }
    return false;
}

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

static size_t run_of(const char *text, size_t n, size_t at, bool (*fits)(char c))
{
    size_t i = at;
    while (i < n && fits(text[i]))
        i++;
    return i - at;
}

static bool is_word_before(const char *text, size_t at)
{
    return at > 0 && isalnum((unsigned char)text[at - 1]);
}

static bool put(struct lab_shape *out, const char *what, size_t from, size_t until)
{
    *out = (struct lab_shape){what, from, until};
    return true;
}

/* --- PEM (RFC 7468), OpenSSH's own format included ----------------------------------------------
 */

/* "PRIVATE KEY-----" within the few words that such a line has. */
static bool is_key_label(const char *text, size_t n, size_t at, size_t *after)
{
    enum { LABEL_MAX = 60 };
    size_t end = n - at > LABEL_MAX ? at + LABEL_MAX : n, key;
    if (!find(text, end, at, "PRIVATE KEY-----", &key) || memchr(text + at, '\n', key - at) != NULL)
        return false;
    *after = key + strlen("PRIVATE KEY-----");
    return true;
}

/* Without its end in reach everything in reach is masked. */
static bool pem(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    size_t body, end, limit, after;
    if (!has(text, n, at, "-----BEGIN ") || !is_key_label(text, n, at + 11, &body))
        return false;
    limit = n - body > PEM_MAX ? body + PEM_MAX : n;
    if (!find(text, limit, body, "-----END ", &end) || !is_key_label(text, n, end, &after))
        after = limit;
    return put(out, "private key", at, after);
}

/* Whether the line that ends before *end is one of a key's body; *end becomes its beginning. */
static bool is_key_line(const char *text, size_t *end)
{
    size_t stop = *end, from;
    while (stop > 0 && isspace((unsigned char)text[stop - 1]))
        stop--;
    for (from = stop; from > 0 && is_base64(text[from - 1]);)
        from--;
    size_t line = from;
    while (line > 0 && (text[line - 1] == ' ' || text[line - 1] == '\t'))
        line--;
    if (from == stop || (line > 0 && text[line - 1] != '\n'))
        return false;
    *end = line;
    return true;
}

bool lab_shape_headless(struct lab_shape *out, const char *text, size_t n)
{
    size_t limit = n < PEM_MAX ? n : PEM_MAX, end, begin, after;
    if (!find(text, limit, 0, "-----END ", &end) || !is_key_label(text, n, end, &after))
        return false;
    if (find(text, end, 0, "-----BEGIN ", &begin))
        return false;
    size_t from = end;
    while (from > 0 && is_key_line(text, &from))
        ;
    return put(out, "private key, without its beginning", from, after);
}

/* The same once more in base64, as kubeconfigs have it; certificates are public. */
static bool pem_base64(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    static const char begin[] = "LS0tLS1CRUdJTi";
    if (!has(text, n, at, begin) || has(text, n, at + sizeof(begin) - 1, "BDRVJUSUZJQ0FURS"))
        return false;
    return put(out, "private key", at, at + run_of(text, n, at, is_base64));
}

/* --- tokens and hashes --------------------------------------------------------------------------
 */

static bool is_hex(char c)
{
    return isxdigit((unsigned char)c) != 0;
}

static bool is_token(char c)
{
    return isalnum((unsigned char)c) || c == ':' || c == '.' || c == '_' || c == '-';
}

/* "K10" + hash of the cluster's CA + "::" + user ":" + password (k3s's server/token). */
static bool k3s(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    if (!has(text, n, at, "K10") || is_word_before(text, at) ||
        run_of(text, n, at + 3, is_hex) != TOKEN_HEX || !has(text, n, at + 3 + TOKEN_HEX, "::"))
        return false;
    return put(out, "k3s token", at, at + run_of(text, n, at, is_token));
}

static bool is_crypt(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '/' || c == '$' || c == '=' || c == ',' ||
           c == '-' || c == '+';
}

/* crypt(5); salt and hash together have at least this many. */
static bool crypt_hash(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    static const char *const kinds[] = {"$1$",  "$5$",  "$6$",  "$y$",    "$gy$",      "$7$",
                                        "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2id$"};
    enum { SHORTEST = 20 };
    for (size_t i = 0; text[at] == '$' && i < LAB_ARRAY_LEN(kinds); i++) {
        size_t len = has(text, n, at, kinds[i]) ? run_of(text, n, at, is_crypt) : 0;
        if (len >= SHORTEST + strlen(kinds[i]))
            return put(out, "password hash", at, at + len);
    }
    return false;
}

static bool is_jwt(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* RFC 7519: a header that is an object ("eyJ" is '{"'), claims, signature. */
static bool jwt(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    size_t len =
        has(text, n, at, "eyJ") && !is_word_before(text, at) ? run_of(text, n, at, is_jwt) : 0;
    size_t dots = 0;
    for (size_t i = at; i < at + len; i++)
        dots += text[i] == '.';
    return len > 40 && dots >= 2 && put(out, "web token", at, at + len);
}

/* --- what stands around them --------------------------------------------------------------------
 */

static bool is_login(char c)
{
    return c != '/' && c != '"' && c != '\'' && c != '@' && !isspace((unsigned char)c);
}

static bool url(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    if (!has(text, n, at, "://"))
        return false;
    size_t from = at + 3, limit = n - from > URL_MAX ? from + URL_MAX : n;
    size_t len = run_of(text, limit, from, is_login);
    return len && from + len < n && text[from + len] == '@' && memchr(text + from, ':', len) &&
           put(out, "login in a URL", from, from + len);
}

static bool says(const char *text, size_t n, size_t at, const char *word)
{
    size_t len = strlen(word);
    if (at > n || n - at < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower((unsigned char)text[at + i]) != word[i])
            return false;
    return true;
}

/* To the end of the line, or of the string that it is in. */
static bool header(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    static const char *const names[] = {"authorization:", "cookie:", "x-auth-token:"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        if (!says(text, n, at, names[i]))
            continue;
        size_t from = at + strlen(names[i]);
        while (from < n && text[from] == ' ')
            from++;
        size_t until = from;
        while (until < n && !strchr("\r\n\"'\\", text[until]))
            until++;
        return until > from && put(out, "header", from, until);
    }
    return false;
}

static bool by_itself(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    switch (text[at]) {
    case '-':
        return pem(out, text, n, at);
    case 'L':
        return pem_base64(out, text, n, at);
    case 'K':
        return k3s(out, text, n, at);
    case '$':
        return crypt_hash(out, text, n, at);
    case ':':
        return url(out, text, n, at);
    case 'e':
        return jwt(out, text, n, at);
    default:
        return false;
    }
}

bool lab_shape_at(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    if (by_itself(out, text, n, at))
        return true;
    return isalpha((unsigned char)text[at]) && !is_word_before(text, at) &&
           (header(out, text, n, at) || lab_shape_named(out, text, n, at));
}
