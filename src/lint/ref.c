#include "lint/ref.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char name_set[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/";
static const char tag_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* The part before the first '/' is a registry when it can be no folder of Docker Hub's. */
static bool is_registry(const char *text, size_t n)
{
    return memchr(text, '.', n) || memchr(text, ':', n) ||
           (n == strlen("localhost") && strncmp(text, "localhost", n) == 0);
}

static void set_path(struct lab_ref *out, const char *name)
{
    size_t n = strcspn(name, "/");
    if (!name[n] || !is_registry(name, n)) {
        out->registry = lab_strdup("docker.io");
        out->path = name[n] ? lab_strdup(name) : lab_format("library/%s", name);
        return;
    }
    out->registry = lab_strndup(name, n);
    out->path = lab_strdup(name + n + 1);
    if (strcmp(out->registry, "index.docker.io") == 0)
        lab_assign(&out->registry, "docker.io");
    if (strcmp(out->registry, "docker.io") == 0 && !strchr(out->path, '/')) {
        char *path = lab_format("library/%s", out->path);
        free(out->path);
        out->path = path;
    }
}

static bool is_sound(const struct lab_ref *ref)
{
    static const char digits[] = "0123456789abcdef";
    const char *path = ref->path;
    if (!isalnum((unsigned char)*path) || path[strspn(path, name_set)] || strstr(path, "//") ||
        lab_ends_with(path, "/") || !isalnum((unsigned char)*ref->registry))
        return false;
    if (ref->tag && (!*ref->tag || ref->tag[strspn(ref->tag, tag_set)] || *ref->tag == '-'))
        return false;
    return !ref->digest || (lab_starts_with(ref->digest, "sha256:") &&
                            strspn(ref->digest + 7, digits) == 64 && !ref->digest[7 + 64]);
}

int lab_ref_parse(struct lab_ref *out, const char *text)
{
    LAB_AUTOFREE char *name = lab_strdup(text);
    char *at = strchr(name, '@');
    memset(out, 0, sizeof(*out));
    if (at) {
        *at = '\0';
        out->digest = lab_strdup(at + 1);
    }
    char *colon = strrchr(name, ':');
    if (colon && !strchr(colon, '/')) {
        *colon = '\0';
        out->tag = lab_strdup(colon + 1);
    }
    set_path(out, name);
    if (strlen(text) <= 512 && is_sound(out))
        return 0;
    lab_ref_clear(out);
    return -1;
}

void lab_ref_clear(struct lab_ref *ref)
{
    free(ref->registry);
    free(ref->path);
    free(ref->tag);
    free(ref->digest);
    memset(ref, 0, sizeof(*ref));
}

static const char *tag_of(const struct lab_ref *ref)
{
    return ref->tag ? ref->tag : ref->digest ? "" : "latest";
}

bool lab_ref_is_latest(const struct lab_ref *ref)
{
    return !ref->digest && strcmp(tag_of(ref), "latest") == 0;
}

bool lab_ref_equal(const struct lab_ref *a, const struct lab_ref *b)
{
    if (strcmp(a->registry, b->registry) != 0 || strcmp(a->path, b->path) != 0)
        return false;
    if (a->digest && b->digest)
        return strcmp(a->digest, b->digest) == 0;
    return *tag_of(a) && strcmp(tag_of(a), tag_of(b)) == 0;
}

void lab_refs_add(struct lab_refs *refs, const char *text)
{
    struct lab_ref ref;
    if (lab_ref_parse(&ref, text) == 0)
        *lab_vec_push(&refs->list) = ref;
}

bool lab_refs_has(const struct lab_refs *refs, const struct lab_ref *ref)
{
    LAB_VEC_FOREACH (r, &refs->list)
        if (lab_ref_equal(r, ref))
            return true;
    return false;
}

void lab_refs_clear(struct lab_refs *refs)
{
    LAB_VEC_FOREACH (r, &refs->list)
        lab_ref_clear(r);
    lab_vec_clear(&refs->list);
}
