#include "oci/ref.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define TEXT_MAX 1024
#define DOCKER   "docker.io"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789";

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_alnum(char c)
{
    return is_one_of(c, lower) || is_one_of(c, digits);
}

bool lab_is_digest(const char *s)
{
    return lab_starts_with(s, "sha256:") && strlen(s) == LAB_DIGEST_TEXT - 1 &&
           strspn(s + 7, "0123456789abcdef") == 64;
}

bool lab_is_tag(const char *s)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t n = strlen(s);
    return n > 0 && n <= LAB_TAG_MAX && strspn(s, set) == n && *s != '.' && *s != '-';
}

/* Between the words of a path component: one '.', one or two '_', any number of '-'. */
static size_t separator(const char *s)
{
    if (*s == '.')
        return 1;
    if (*s == '_')
        return s[1] == '_' ? 2 : 1;
    return strspn(s, "-");
}

bool lab_is_repository(const char *s)
{
    if (strlen(s) > LAB_REPOSITORY_MAX)
        return false;
    for (;;) {
        if (!is_alnum(*s))
            return false;
        while (is_alnum(*s))
            s++;
        if (!*s)
            return true;
        size_t n = *s == '/' ? 1 : separator(s);
        if (n == 0)
            return false;
        s += n;
    }
}

static bool is_host(const char *s)
{
    const char *colon = strchr(s, ':');
    size_t n = colon ? (size_t)(colon - s) : strlen(s);
    uint64_t port;
    if (n == 0 || n > 253 || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") != n)
        return false;
    if (!is_alnum(*s) || !is_alnum(s[n - 1]) || strstr(s, ".."))
        return false;
    return !colon || (lab_parse_uint(colon + 1, 65535, &port) == 0 && port > 0);
}

static int refuse(struct lab_error *err, const char *text, const char *why)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, text, strlen(text), 120);
    lab_fail(err, LAB_USAGE, "'%s' is no image reference: %s", lab_str_get(&shown), why);
    return lab_error_hint(err, "write it as in 'registry.example/team/app:1.2'");
}

/* What can be said of the whole text; NULL: nothing is wrong so far. */
static const char *check_text(const char *text)
{
    if (!*text)
        return lab_tr("it is empty");
    if (strlen(text) > TEXT_MAX)
        return lab_tr("it is longer than 1024 characters");
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        if (*s == '\r')
            return lab_tr(
                "it ends in a carriage return; was it read from a file with Windows line ends?");
        if (*s < ' ' || *s == 127)
            return lab_tr("there is a control character in it");
        if (*s == ' ')
            return lab_tr("there is a space in it");
    }
    return strstr(text, "://") ? lab_tr("it is a URL; leave out the part up to '://'") : NULL;
}

/* Cuts the digest and the tag off name. NULL, or what is wrong. */
static const char *cut(struct lab_image_ref *out, char *name)
{
    char *at = strchr(name, '@');
    if (at) {
        *at++ = '\0';
        if (!lab_is_digest(at))
            return lab_tr("what follows '@' is not 'sha256:' and 64 lower-case hexadecimal digits");
        out->digest = lab_strdup(at);
    }
    char *slash = strrchr(name, '/'), *colon = strchr(slash ? slash : name, ':');
    if (colon) {
        *colon++ = '\0';
        if (!lab_is_tag(colon))
            return lab_tr("its tag is not made of at most 128 letters, digits, '_', '.' and '-'");
        out->tag = lab_strdup(colon);
    }
    if (!colon && !at)
        out->tag = lab_strdup("latest");
    return NULL;
}

/* The part before the first slash is a registry when it looks like a host. */
static bool has_registry(const char *name, size_t n)
{
    return memchr(name, '.', n) || memchr(name, ':', n) ||
           (n == strlen("localhost") && strncmp(name, "localhost", n) == 0);
}

static const char *split(struct lab_image_ref *out, const char *name)
{
    const char *slash = strchr(name, '/');
    size_t n = slash ? (size_t)(slash - name) : 0;
    if (strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return lab_tr("names of registries and repositories are in lower case");
    if (slash && has_registry(name, n)) {
        out->registry = lab_strndup(name, n);
        name = slash + 1;
        if (!is_host(out->registry))
            return lab_tr("its registry is neither a host name nor HOST:PORT");
        if (strcmp(out->registry, "index.docker.io") == 0)
            lab_assign(&out->registry, DOCKER);
    } else {
        out->registry = lab_strdup(DOCKER);
    }
    bool official = strcmp(out->registry, DOCKER) == 0 && !strchr(name, '/');
    out->repository = lab_format("%s%s", official ? "library/" : "", name);
    if (strlen(out->repository) > LAB_REPOSITORY_MAX)
        return lab_tr("its repository is longer than 255 characters");
    return lab_is_repository(out->repository)
               ? NULL
               : lab_tr("its repository is not made of letters, digits and single separators");
}

int lab_image_ref_parse(struct lab_image_ref *out, const char *text, struct lab_error *err)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    const char *why = check_text(text);
    if (why)
        return refuse(err, text, why);
    LAB_AUTOFREE char *name = lab_strdup(text);
    why = cut(&ref, name);
    if (!why)
        why = split(&ref, name);
    if (why)
        return refuse(err, text, why);
    *out = ref;
    ref = (struct lab_image_ref){0};
    return 0;
}

void lab_image_ref_clear(struct lab_image_ref *ref)
{
    free(ref->registry);
    free(ref->repository);
    free(ref->tag);
    free(ref->digest);
    *ref = (struct lab_image_ref){0};
}

static void put_rest(struct lab_str *out, const struct lab_image_ref *ref)
{
    if (ref->tag)
        lab_str_addf(out, ":%s", ref->tag);
    if (ref->digest)
        lab_str_addf(out, "@%s", ref->digest);
}

void lab_image_ref_put(struct lab_str *out, const struct lab_image_ref *ref)
{
    lab_str_addf(out, "%s/%s", ref->registry, ref->repository);
    put_rest(out, ref);
}

void lab_image_ref_put_familiar(struct lab_str *out, const struct lab_image_ref *ref)
{
    const char *repository = ref->repository;
    bool docker = strcmp(ref->registry, DOCKER) == 0;
    if (docker && lab_starts_with(repository, "library/"))
        repository += strlen("library/");
    if (!docker)
        lab_str_addf(out, "%s/", ref->registry);
    lab_str_add(out, repository);
    put_rest(out, ref);
}

const char *lab_image_ref_wanted(const struct lab_image_ref *ref)
{
    return ref->digest ? ref->digest : ref->tag;
}
