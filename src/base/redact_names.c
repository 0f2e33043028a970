/* Secrets that are known by their name: "password: x", "token=x", --token x, "passwd": "x",
 * <password>x</password>, and YAML's blocks below such a name. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/redact_priv.h"

/* The end of a name is enough: hashed_passwd, LABCTL_REGISTRY_PASSWORD, vnc.password. */
static const char *const names[] = {
    "password",    "passwd",      "passphrase", "secret",  "token",   "client-key-data",
    "private_key", "private-key", "privatekey", "api_key", "api-key", "apikey",
    "access_key",  "access-key",  "psk",        "vnc.key", "keysafe", "guestinfo.userdata",
};

/* What is no secret although it stands there. */
static const char *const plain[] = {"true", "false", "null", "none", "yes", "no", "~"};

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static const char *what_of(const char *name, size_t n)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        size_t len = strlen(names[i]);
        if (n >= len && strncasecmp(name + n - len, names[i], len) == 0)
            return strcmp(names[i], "passwd") == 0 ? "password" : names[i];
    }
    return NULL;
}

static size_t spaces(const char *text, size_t n, size_t at)
{
    while (at < n && (text[at] == ' ' || text[at] == '\t'))
        at++;
    return at;
}

static size_t line_end(const char *text, size_t n, size_t at)
{
    const char *end = at < n ? memchr(text + at, '\n', n - at) : NULL;
    size_t stop = end ? (size_t)(end - text) : n;
    return stop > at && text[stop - 1] == '\r' ? stop - 1 : stop;
}

static size_t next_line(const char *text, size_t n, size_t at)
{
    const char *end = at < n ? memchr(text + at, '\n', n - at) : NULL;
    return end ? (size_t)(end - text) + 1 : n;
}

/* The quote of a string, which within another string has a backslash before it; 0: none. */
static size_t quote_at(const char *text, size_t n, size_t at)
{
    if (at < n && (text[at] == '"' || text[at] == '\''))
        return 1;
    return at + 1 < n && text[at] == '\\' && text[at + 1] == '"' ? 2 : 0;
}

/* --- one line -----------------------------------------------------------------------------------
 */

/* To the same quote; one that is doubled or has a backslash more is a part of the string. */
static size_t quoted_end(const char *text, size_t n, size_t from, const char *quote, size_t len)
{
    for (size_t i = from; i + len <= n && text[i] != '\n'; i++) {
        if (memcmp(text + i, quote, len) == 0)
            return i;
        i += text[i] == '\\';
    }
    return line_end(text, n, from);
}

/* In a line that is a YAML pair the value is the rest of it, with its spaces. */
static size_t bare_end(const char *text, size_t n, size_t from, char separator, bool leads)
{
    const char *stops = separator == ':' ? ",}]\"'\\;" : " \t,;&\"'\\)}]";
    size_t i = from;
    if (separator == '>')
        stops = "<";
    if (leads && separator == ':')
        stops = "";
    /* no look at the whole line: a hostile one is long and full of names */
    while (i < n && text[i] != '\n' && text[i] != '\r' && !(text[i] && strchr(stops, text[i])))
        i++;
    return i;
}

static bool is_plain(const char *value, size_t n)
{
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    for (size_t i = 0; i < LAB_ARRAY_LEN(plain); i++)
        if (strlen(plain[i]) == n && strncasecmp(value, plain[i], n) == 0)
            return true;
    return n == 0 || (n >= 2 && memcmp(value, "{{", 2) == 0) ||
           (n >= 9 && memcmp(value, "[redacted", 9) == 0);
}

/* --- blocks -------------------------------------------------------------------------------------
 */

/* The first in its line, behind nothing but spaces, dashes and a quote. */
static bool is_first(const char *text, size_t at, size_t *indent)
{
    size_t line = at;
    while (line > 0 && strchr(" \t-\"'", text[line - 1]) && text[line - 1])
        line--;
    *indent = at - line;
    return line == 0 || text[line - 1] == '\n';
}

/* All lines below that have more indentation; at is in the line with the name. */
static bool block(struct lab_shape *out, const char *text, size_t n, size_t at, size_t indent)
{
    size_t from = 0, until = 0;
    for (size_t line = next_line(text, n, at); line < n; line = next_line(text, n, line)) {
        size_t word = spaces(text, n, line), end = line_end(text, n, line);
        if (word >= end) /* an empty one */
            continue;
        if (word - line <= indent)
            break;
        from = from ? from : word;
        until = end;
    }
    out->from = from;
    out->until = until;
    return until > from;
}

static bool is_block(const char *text, size_t n, size_t at)
{
    return at >= n || text[at] == '\n' || text[at] == '\r' || text[at] == '|' || text[at] == '>';
}

/* --- together -----------------------------------------------------------------------------------
 */

/* Behind "name": its separator; 0: there is none, so it is only a word. */
static char separator_of(const char *text, size_t n, size_t name, size_t *at)
{
    size_t i = *at + quote_at(text, n, *at);
    bool option = name >= 2 && text[name - 1] == '-' && text[name - 2] == '-';
    if (i < n && text[i] == '>') {
        *at = i + 1;
        return '>';
    }
    size_t after = spaces(text, n, i);
    if (after < n && (text[after] == ':' || text[after] == '=')) {
        *at = spaces(text, n, after + 1);
        return text[after];
    }
    *at = after;
    return option && after > i ? ' ' : '\0';
}

bool lab_shape_named(struct lab_shape *out, const char *text, size_t n, size_t at)
{
    enum { NAME_MOST = 128 };
    size_t end = at, indent;
    while (end < n && end - at <= NAME_MOST && is_name(text[end]))
        end++;
    out->what = what_of(text + at, end - at);
    size_t value = end;
    char separator = out->what ? separator_of(text, n, at, &value) : '\0';
    if (!separator)
        return false;
    bool leads = is_first(text, at, &indent);
    if (separator == ':' && leads && is_block(text, n, value))
        return block(out, text, n, value, indent);
    /* cloud-init's: a list of users with their passwords in any form */
    leads = leads || (end - at >= 8 && strncasecmp(text + end - 8, "chpasswd", 8) == 0);
    size_t quote = quote_at(text, n, value);
    out->from = value + quote;
    out->until = quote ? quoted_end(text, n, out->from, text + value, quote)
                       : bare_end(text, n, value, separator, leads);
    return out->until > out->from && !is_plain(text + out->from, out->until - out->from);
}
