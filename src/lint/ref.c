#include "lint/ref.h"

#include <string.h>

bool lab_ref_is_latest(const struct lab_image_ref *ref)
{
    return !ref->digest && strcmp(ref->tag, "latest") == 0;
}

static bool is_equal(const struct lab_image_ref *a, const struct lab_image_ref *b)
{
    if (strcmp(a->registry, b->registry) != 0 || strcmp(a->repository, b->repository) != 0)
        return false;
    if (a->digest && b->digest)
        return strcmp(a->digest, b->digest) == 0;
    return a->tag && b->tag && strcmp(a->tag, b->tag) == 0;
}

void lab_refs_add(struct lab_refs *refs, const char *text)
{
    struct lab_image_ref ref;
    if (lab_image_ref_parse(&ref, text, NULL) == 0)
        *lab_vec_push(&refs->list) = ref;
}

bool lab_refs_has(const struct lab_refs *refs, const struct lab_image_ref *ref)
{
    LAB_VEC_FOREACH (r, &refs->list)
        if (is_equal(r, ref))
            return true;
    return false;
}

void lab_refs_clear(struct lab_refs *refs)
{
    LAB_VEC_FOREACH (r, &refs->list)
        lab_image_ref_clear(r);
    lab_vec_clear(&refs->list);
}
