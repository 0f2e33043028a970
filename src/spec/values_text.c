#include "spec/values.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool only(const char *s, const char *set)
{
    return *s && strspn(s, set) == strlen(s);
}

static char *check_plain(const char *s)
{
    if (!*s)
        return lab_strdup(lab_tr("it must not be empty"));
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p < 0x20 || *p == 0x7F)
            return lab_strdup(lab_tr("line breaks and control characters are not allowed in it"));
    return NULL;
}

static char *check_label(const struct lab_field *field, const char *s)
{
    if (lab_is_label(s) && strlen(s) <= field->max)
        return NULL;
    return lab_format(
        lab_tr("allowed are a-z, 0-9 and '-' (not first or last), at most %d characters"),
        (int)field->max);
}

static char *check_user(const char *s)
{
    if (strcmp(s, "root") == 0)
        return lab_strdup(
            lab_tr("cloud images refuse root over SSH; name an ordinary user, labctl gives "
                   "it sudo"));
    if (only(s, LOWER DIGIT "_-") && !strchr(DIGIT "-", *s) && strlen(s) <= 32)
        return NULL;
    return lab_strdup(
        lab_tr("allowed are a-z, 0-9, '_' and '-', beginning with a letter or '_', at most 32 "
               "characters"));
}

static char *check_variable(const char *s)
{
    if (only(s, UPPER LOWER DIGIT "_") && !strchr(DIGIT, *s))
        return NULL;
    return lab_strdup(lab_tr("write the name of an environment variable: letters, digits and '_'"));
}

static char *check_sha256(const char *s)
{
    if (strlen(s) == 64 && only(s, DIGIT "abcdefABCDEF"))
        return NULL;
    return lab_format(lab_tr("a SHA-256 has 64 hexadecimal digits, this has %zu characters"),
                      strlen(s));
}

static char *check_bridge(const char *s)
{
    if (only(s, UPPER LOWER DIGIT "._:-") && strlen(s) <= 64)
        return NULL;
    return lab_strdup(
        lab_tr("write the name of a VMnet, a libvirt network or a host bridge: letters, "
               "digits, '.', '_', ':' and '-'"));
}

static bool is_host(const char *s, size_t n)
{
    LAB_AUTOFREE char *host = lab_strndup(s, n);
    uint32_t ip;
    if (only(host, DIGIT ".")) /* no name consists of numbers: this must be an address */
        return lab_ipv4_parse(host, &ip) == 0;
    for (char *label = host, *dot; label; label = dot ? dot + 1 : NULL) {
        dot = strchr(label, '.');
        if (dot)
            *dot = '\0';
        if (!lab_is_label(label))
            return false;
    }
    return n <= 253;
}

static char *check_endpoint(const char *s)
{
    uint64_t port;
    const char *colon = strrchr(s, ':');
    if (colon && is_host(s, (size_t)(colon - s)) && lab_parse_uint(colon + 1, 65535, &port) == 0 &&
        port > 0)
        return NULL;
    if (!colon && is_host(s, strlen(s)))
        return lab_format(lab_tr("the port is missing: write %s:5000"), s);
    return lab_strdup(lab_tr("write host:port without http://, such as 192.168.6.1:5000"));
}

static char *check_uri(const char *s)
{
    size_t n = strspn(s, LOWER DIGIT "+");
    if (n && !strchr(DIGIT "+", *s) && lab_starts_with(s + n, "://"))
        return NULL;
    return lab_strdup(
        lab_tr("write a libvirt URI such as qemu:///system or qemu+ssh://host/system"));
}

/* A name of the IANA time zone database; whether the guest has it only the guest can tell. */
static char *check_timezone(const char *s)
{
    if (only(s, LOWER UPPER DIGIT "_+-/") && *s != '/' && !strstr(s, "//") && strlen(s) <= 64 &&
        !lab_ends_with(s, "/"))
        return NULL;
    return lab_strdup(lab_tr("write a name of the time zone database, such as Asia/Seoul or UTC"));
}

char *lab_value_text(const struct lab_field *field, const char *text)
{
    char *why = check_plain(text);
    if (why)
        return why;
    switch (field->type) {
    case LAB_TYPE_LABEL:
        return check_label(field, text);
    case LAB_TYPE_USER:
        return check_user(text);
    case LAB_TYPE_VARIABLE:
        return check_variable(text);
    case LAB_TYPE_TIMEZONE:
        return check_timezone(text);
    case LAB_TYPE_SHA256:
        return check_sha256(text);
    case LAB_TYPE_BRIDGE:
        return check_bridge(text);
    case LAB_TYPE_ENDPOINT:
        return check_endpoint(text);
    case LAB_TYPE_URI:
        return check_uri(text);
    default:
        return NULL;
    }
}
